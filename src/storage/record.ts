// The bytes of one record of a log. It knows no segment and no file; what sequences mean is its writer's business.
//
//    0        4    5    6         8          16           24              32             36            38        40
//    +--------+----+----+---------+----------+------------+---------------+--------------+-------------+---------+------+
//    | length |kind|tags|restNanos| sequence | timeMicros | expiresMicros | headerLength |subjectLength| leftOut | back |
//    |  u32   | u8 | u8 |   u16   |   u64    |    u64     |      u64      |     u32      |     u16     |   u16   | u32  |
//    +--------+----+----+---------+----------+------------+---------------+--------------+-------------+---------+------+
//   44
//    +---------+--------+------+----------+
//    | subject | header | body | checksum |   `length` counts all of it. The checksum (u64) is the XXH64 of all before
//    +---------+--------+------+----------+   it, exclusive-or the salt of the log. Everything is little-endian.

import type { CopyBytes } from "../base/bytes.ts";

export const recordKind = {
  message: 1,
  /** The messages from `sequence` to `timeMicros` are gone. */
  removed: 2,
  /** All messages below `sequence` are gone. */
  removedBelow: 3,
  /** The next message gets at least `sequence`; the last one before was stored at `timeMicros`, 0 when there was none. */
  skipped: 4,
  /**
   * All before the place (segment `sequence`, offset `timeMicros`) was durable when this was written; `tags` says
   * whether what follows was promised without a sync.
   */
  mark: 5,
  /** The body is a sealed run of records, the first message of which is not below `sequence`. */
  sealed: 6,
  /** A message that is gone and whose headers and body were overwritten. */
  erased: 7,
  /** What a finished segment holds: see segment-footer.ts. */
  footer: 8,
} as const;

/** The tags of a mark. */
export const relaxedMark = 1;

const firstKind = 1;
const lastKind = 8;

export const fieldOffset = {
  length: 0,
  kind: 4,
  tags: 5,
  restNanos: 6,
  sequence: 8,
  timeMicros: 16,
  expiresMicros: 24,
  headerLength: 32,
  subjectLength: 36,
  leftOut: 38,
  /** How far before it the last message of the same subject was stored; 0 is none. */
  back: 40,
  content: 44,
} as const;

export const checksumBytes = 8;
/** All of a record but its content. */
export const recordOverhead: number = fieldOffset.content + checksumBytes;
/** As many sequences left out, or more. */
export const leftOutMost = 0xffff;
/** So far back, or farther, or not known. */
export const backMost = 0xffff_ffff;
/** More does not fit its field. */
export const subjectLengthMax = 0xffff;
/** No record is longer: a length above it is a damaged one. */
export const recordLengthMax = 0x7fff_ffff;

const span32 = 0x1_0000_0000;

/** What a message brings. Mutable and reused by its writer: nothing of it is kept. */
export interface RecordContent {
  readonly sequence: number;
  readonly timeMicros: number;
  readonly restNanos: number;
  /** Byte text. */
  readonly subject: string;
  readonly headerBytes: Uint8Array;
  readonly headerStart: number;
  readonly headerLength: number;
  readonly bodyBytes: Uint8Array;
  readonly bodyStart: number;
  readonly bodyLength: number;
  readonly expiresMicros: number;
  readonly tags: number;
}

export function messageLength(content: RecordContent): number {
  return recordOverhead + content.subject.length + content.headerLength + content.bodyLength;
}

/** A whole number from 0 to 2^53 - 1 in eight bytes. */
export function writeUint64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true);
  view.setUint32(at + 4, (value / span32) >>> 0, true);
}

export function readUint64(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * span32 + view.getUint32(at, true);
}

/** Below this, a loop is cheaper than a call. */
const shortCopy = 16;

/**
 * All but the checksum, at `at`. `leftOut` counts the sequences before this one that hold no message, `back` how far
 * before it the last one of its subject stands.
 */
export function writeMessage(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  length: number,
  content: RecordContent,
  leftOut: number,
  back: number,
  copy: CopyBytes,
): void {
  const { subject, headerLength, bodyBytes, bodyStart, bodyLength } = content;
  const subjectLength = subject.length;
  view.setUint32(at, length, true);
  bytes[at + fieldOffset.kind] = recordKind.message;
  bytes[at + fieldOffset.tags] = content.tags;
  view.setUint16(at + fieldOffset.restNanos, content.restNanos, true);
  writeUint64(view, at + fieldOffset.sequence, content.sequence);
  writeUint64(view, at + fieldOffset.timeMicros, content.timeMicros);
  writeUint64(view, at + fieldOffset.expiresMicros, content.expiresMicros);
  view.setUint32(at + fieldOffset.headerLength, headerLength, true);
  view.setUint16(at + fieldOffset.subjectLength, subjectLength, true);
  view.setUint16(at + fieldOffset.leftOut, leftOut, true);
  view.setUint32(at + fieldOffset.back, back, true);
  let place = at + fieldOffset.content;
  for (let index = 0; index < subjectLength; index++) {
    bytes[place + index] = subject.charCodeAt(index);
  }
  place += subjectLength;
  if (headerLength > 0) {
    const { headerBytes, headerStart } = content;
    copy(headerBytes, headerStart, headerStart + headerLength, bytes, place);
    place += headerLength;
  }
  if (bodyLength > shortCopy) {
    copy(bodyBytes, bodyStart, bodyStart + bodyLength, bytes, place);
  } else {
    for (let index = 0; index < bodyLength; index++) {
      bytes[place + index] = bodyBytes[bodyStart + index] ?? 0;
    }
  }
}

/** A record without subject and header: a change, a mark, a frame. All but body and checksum. */
export function writeChange(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  length: number,
  kind: number,
  sequence: number,
  operand: number,
): void {
  view.setUint32(at, length, true);
  bytes[at + fieldOffset.kind] = kind;
  bytes[at + fieldOffset.tags] = 0;
  view.setUint16(at + fieldOffset.restNanos, 0, true);
  writeUint64(view, at + fieldOffset.sequence, sequence);
  writeUint64(view, at + fieldOffset.timeMicros, operand);
  writeUint64(view, at + fieldOffset.expiresMicros, 0);
  writeUint64(view, at + fieldOffset.headerLength, 0);
  view.setUint32(at + fieldOffset.back, 0, true);
}

/** Whether the lengths in it can be true: what is asked before its checksum. `left` counts the bytes from `at` on. */
export function isPlausible(view: DataView, at: number, left: number): boolean {
  if (left < recordOverhead) {
    return false;
  }
  const length = view.getUint32(at, true);
  const kind = view.getUint8(at + fieldOffset.kind);
  return (
    length >= recordOverhead &&
    length <= left &&
    kind >= firstKind &&
    kind <= lastKind &&
    recordOverhead +
      view.getUint16(at + fieldOffset.subjectLength, true) +
      view.getUint32(at + fieldOffset.headerLength, true) <=
      length
  );
}

/**
 * Headers and body of a message are overwritten; its place, sequence, subject and lengths stay, by which it was counted.
 * The checksum is to be made anew.
 */
export function eraseMessage(bytes: Uint8Array, view: DataView, at: number): void {
  const subjectLength = view.getUint16(at + fieldOffset.subjectLength, true);
  const end = at + view.getUint32(at, true) - checksumBytes;
  bytes[at + fieldOffset.kind] = recordKind.erased;
  bytes.fill(0, at + fieldOffset.content + subjectLength, end);
}
