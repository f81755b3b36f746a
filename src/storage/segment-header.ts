// How a segment file begins: twice the same 64 bytes, so that one damaged byte loses nothing. It tells which part of the
// log the file is and what was true when it was begun.
//
//    0       8      9     12           16     24       32           40              48             56         64 .. 128
//    +-------+------+-----+------------+------+--------+------------+---------------+--------------+----------+------+
//    | magic | vers | fla | previous   | salt | number | lastNumber | firstSequence | nextSequence | checksum | once |
//    |  u64  |  u8  | u8  | End u32    | u64  |  u64   |    u64     |      u64      |     u64      |   u64    | more |
//    +-------+------+-----+------------+------+--------+------------+---------------+--------------+----------+------+

import { readUint64, writeUint64 } from "./record.ts";
import type { RecordChecksum } from "./record-checksum.ts";

export const headerBytes = 128;
const copyBytes = 64;
const checksumAt = 56;
/** "MIDGELOG" */
const magic = 0x474f4c454744494dn;
const version = 1;
const sealedFlag = 1;
const compactedFlag = 2;

export interface SegmentHeader {
  /** Its records lie in sealed frames. */
  readonly isSealed: boolean;
  /** Written anew from other segments, and synced whole before it got its name. */
  readonly isCompacted: boolean;
  /** Makes the checksums of this log its own. */
  readonly salt: bigint;
  readonly number: number;
  /** It stands for all segments up to this one: they are gone, or were about to be. */
  readonly lastNumber: number;
  /** Of the log when the segment was begun: the first message that was not removed. */
  readonly firstSequence: number;
  /** No message in it has a lower one. */
  readonly nextSequence: number;
  /** Where the records of the segment before ended; what stands behind that is its footer. */
  readonly previousEnd: number;
}

export function encodeHeader(header: SegmentHeader, checksum: RecordChecksum): Uint8Array {
  const bytes = new Uint8Array(headerBytes);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, magic, true);
  view.setUint8(8, version);
  view.setUint8(9, (header.isSealed ? sealedFlag : 0) | (header.isCompacted ? compactedFlag : 0));
  view.setUint16(10, 0, true);
  view.setUint32(12, header.previousEnd, true);
  view.setBigUint64(16, header.salt, true);
  writeUint64(view, 24, header.number);
  writeUint64(view, 32, header.lastNumber);
  writeUint64(view, 40, header.firstSequence);
  writeUint64(view, 48, header.nextSequence);
  view.setBigUint64(checksumAt, checksum.of(bytes.subarray(0, checksumAt)), true);
  bytes.copyWithin(copyBytes, 0, copyBytes);
  return bytes;
}

/** Null when neither copy is right. */
export function decodeHeader(bytes: Uint8Array, checksum: RecordChecksum): SegmentHeader | null {
  for (
    let start = 0;
    start + copyBytes <= Math.min(bytes.length, headerBytes);
    start += copyBytes
  ) {
    const copy = bytes.subarray(start, start + copyBytes);
    const view = new DataView(copy.buffer, copy.byteOffset, copyBytes);
    const sum = checksum.of(copy.subarray(0, checksumAt));
    const isSound =
      view.getBigUint64(0, true) === magic &&
      view.getBigUint64(checksumAt, true) === sum &&
      view.getUint8(8) === version;
    if (isSound) {
      return readCopy(view);
    }
  }
  return null;
}

function readCopy(view: DataView): SegmentHeader {
  const flags = view.getUint8(9);
  return {
    isSealed: (flags & sealedFlag) !== 0,
    isCompacted: (flags & compactedFlag) !== 0,
    previousEnd: view.getUint32(12, true),
    salt: view.getBigUint64(16, true),
    number: readUint64(view, 24),
    lastNumber: readUint64(view, 32),
    firstSequence: readUint64(view, 40),
    nextSequence: readUint64(view, 48),
  };
}
