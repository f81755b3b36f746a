// How a finished segment ends: where its blocks begin and what its tombstones say, so that nobody has to read it whole to
// find a message or to recover. It is a shortcut: without it the records are walked.
//
//    a record of kind `footer`: sequence = last message in it, timeMicros = the highest `removedBelow` in it, and as body
//    +----------+------------------------------------+----------------+-----------------+---------------+
//    | blocks   | per block: first sequence (u64),   | tombstone runs | per run: first  | length of the |
//    |  (u32)   | place in the file (u64)            |     (u32)      | last (u64 each) | record (u32)  |
//    +----------+------------------------------------+----------------+-----------------+---------------+

import { SequenceSet } from "../base/sequence-set.ts";
import {
  checksumBytes,
  fieldOffset,
  readUint64,
  recordKind,
  recordOverhead,
  writeChange,
  writeUint64,
} from "./record.ts";
import type { RecordChecksum } from "./record-checksum.ts";
import { SegmentTable } from "./segment-table.ts";

export interface SegmentFooter {
  readonly table: SegmentTable;
  readonly removed: SequenceSet;
  readonly removedBelow: number;
  /** 0: no message. */
  readonly lastSequence: number;
}

/** Behind the record comes nothing; before its checksum stands its length. */
export const footerTailBytes: number = 4 + checksumBytes;
const pairBytes = 16;

export function encodeFooter(
  footer: SegmentFooter,
  salt: bigint,
  checksum: RecordChecksum,
): Uint8Array {
  const runs: number[] = [];
  footer.removed.eachRun((first, last) => {
    runs.push(first, last);
    return true;
  });
  const { table } = footer;
  const length = recordOverhead + 4 + table.count * pairBytes + 4 + runs.length * 8 + 4;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  writeChange(bytes, view, 0, length, recordKind.footer, footer.lastSequence, footer.removedBelow);
  let at: number = fieldOffset.content;
  view.setUint32(at, table.count, true);
  at += 4;
  for (let entry = 0; entry < table.count; entry++) {
    writeUint64(view, at, table.firstOf(entry));
    writeUint64(view, at + 8, table.placeOf(entry));
    at += pairBytes;
  }
  view.setUint32(at, runs.length / 2, true);
  at += 4;
  for (const sequence of runs) {
    writeUint64(view, at, sequence);
    at += 8;
  }
  view.setUint32(at, length, true);
  checksum.seal(bytes, view, 0, length, salt);
  return bytes;
}

/** `bytes` is a whole record with a right checksum; `end` is where the records before it end. Null when it is another. */
export function decodeFooter(bytes: Uint8Array, end: number): SegmentFooter | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes[fieldOffset.kind] !== recordKind.footer) {
    return null;
  }
  const table = new SegmentTable();
  let at: number = fieldOffset.content;
  const blocks = view.getUint32(at, true);
  at += 4;
  for (let entry = 0; entry < blocks; entry++) {
    table.add(readUint64(view, at), readUint64(view, at + 8));
    at += pairBytes;
  }
  table.end = end;
  const removed = new SequenceSet();
  const runs = view.getUint32(at, true);
  at += 4;
  for (let run = 0; run < runs; run++) {
    removed.addRange(readUint64(view, at), readUint64(view, at + 8));
    at += pairBytes;
  }
  return {
    table,
    removed,
    removedBelow: readUint64(view, fieldOffset.timeMicros),
    lastSequence: readUint64(view, fieldOffset.sequence),
  };
}
