// Reads a message block as the reference writes it and older backups hold it: records one behind the other, each with its
// checksum. It tells what each record says; which messages are left, its caller finds out.
//
// record  length 4, top bit: has headers | sequence 8, top bits: erased, deletion | time 8 | length of subject 2
//         subject | [length of headers 4 | headers] | body | checksum 8

import { HighwayHash } from "./highway-hash.ts";

const headBytes = 22;
const checksumBytes = 8;
const headersMark = 0x8000_0000;
const erasedMark = 0x8000_0000;
const deletionMark = 0x4000_0000;
const sequenceMask = 0x3fff_ffff;
const twoTo32 = 2 ** 32;
const subjectLengthAt = 20;
/** What the checksum covers of the head: sequence and time. */
const hashedFrom = 4;
const hashedBytes = 16;

export interface BlockRecord {
  readonly sequence: number;
  readonly timeNanos: bigint;
  readonly bytes: Uint8Array;
  readonly subjectStart: number;
  readonly subjectLength: number;
  readonly headerStart: number;
  readonly headerLength: number;
  readonly bodyStart: number;
  readonly bodyLength: number;
}

export interface BlockVisitor {
  message(record: BlockRecord): void;
  /** The message is deleted; it may stand in this block, or in one that came before. */
  deleted(sequence: number): void;
}

/** `key` is the digest of the stream's name and the block's number. Gives how many bytes at the end make no sense. */
export function readMessageBlock(
  block: Uint8Array,
  key: Uint8Array,
  visitor: BlockVisitor,
): number {
  const hash = new HighwayHash(key);
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  let at = 0;
  while (at < block.length) {
    const length = at + headBytes > block.length ? 0 : view.getUint32(at, true) % headersMark;
    if (!isWhole(block, view, at, length) || !isRight(block, view, at, length, hash)) {
      return block.length - at;
    }
    readRecord(block, view, at, length, visitor);
    at += length;
  }
  return 0;
}

function isWhole(block: Uint8Array, view: DataView, at: number, length: number): boolean {
  if (length < headBytes + checksumBytes || at + length > block.length) {
    return false;
  }
  const content = contentOf(view, at, length);
  return content.bodyStart <= at + length - checksumBytes;
}

function contentOf(view: DataView, at: number, length: number): Omit<BlockRecord, "bytes"> {
  const hasHeaders = view.getUint32(at, true) >= headersMark;
  const subjectLength = view.getUint16(at + subjectLengthAt, true);
  const subjectStart = at + headBytes;
  const behind = subjectStart + subjectLength;
  const end = at + length - checksumBytes;
  const headerStart = hasHeaders ? behind + 4 : behind;
  const headerLength = hasHeaders && behind + 4 <= end ? view.getUint32(behind, true) : 0;
  const bodyStart = headerStart + headerLength;
  return {
    sequence:
      (view.getUint32(at + 8, true) & sequenceMask) * twoTo32 + view.getUint32(at + 4, true),
    timeNanos: view.getBigInt64(at + 12, true),
    subjectStart,
    subjectLength,
    headerStart,
    headerLength,
    bodyStart,
    bodyLength: end - bodyStart,
  };
}

function isRight(
  block: Uint8Array,
  view: DataView,
  at: number,
  length: number,
  hash: HighwayHash,
): boolean {
  const { subjectStart, subjectLength, headerStart } = contentOf(view, at, length);
  const end = at + length - checksumBytes;
  const hashed = new Uint8Array(hashedBytes + subjectLength + end - headerStart);
  hashed.set(block.subarray(at + hashedFrom, at + hashedFrom + hashedBytes));
  hashed.set(block.subarray(subjectStart, subjectStart + subjectLength), hashedBytes);
  hashed.set(block.subarray(headerStart, end), hashedBytes + subjectLength);
  return hash.of(hashed).every((byte, index) => byte === block[end + index]);
}

function readRecord(
  block: Uint8Array,
  view: DataView,
  at: number,
  length: number,
  visitor: BlockVisitor,
): void {
  const record = { ...contentOf(view, at, length), bytes: block };
  const high = view.getUint32(at + 8, true);
  if ((high & (deletionMark | erasedMark)) !== 0 || record.sequence === 0) {
    visitor.deleted(record.sequence);
  } else {
    visitor.message(record);
  }
}
