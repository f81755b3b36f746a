// Walks over bytes that should be records: tells of each that is right, and of each stretch that is not, behind which it
// looks for the next right one. Bytes are never trusted for being where a record is expected: the checksum says.

import { isPlausible } from "./record.ts";
import type { RecordChecksum } from "./record-checksum.ts";

export interface RecordVisitor {
  /** A right record begins at `at`. */
  record(bytes: Uint8Array, view: DataView, at: number): void;
  /** bytes[from, to) hold no right record; `to` is where the next one begins, or the end. */
  damaged(bytes: Uint8Array, view: DataView, from: number, to: number): void;
}

/** Bytes of zeros only, up to the end, are not damage: nothing was written there. Gives where they begin. */
export function walkRecords(
  bytes: Uint8Array,
  view: DataView,
  range: { readonly start: number; readonly end: number },
  salt: bigint,
  checksum: RecordChecksum,
  visitor: RecordVisitor,
): number {
  const { end } = range;
  const written = behindLastByte(bytes, range.start, end);
  let at = range.start;
  while (at < written) {
    const bad = checksum.check(bytes, view, at, end, salt);
    for (; at < bad; at += view.getUint32(at, true)) {
      visitor.record(bytes, view, at);
    }
    if (at < written) {
      const next = Math.min(findRecord(bytes, view, at + 1, end, salt, checksum), written);
      visitor.damaged(bytes, view, at, next);
      at = next;
    }
  }
  return at;
}

/** Where the next right record begins; `end` when there is none. */
function findRecord(
  bytes: Uint8Array,
  view: DataView,
  from: number,
  end: number,
  salt: bigint,
  checksum: RecordChecksum,
): number {
  for (let at = from; at < end; at++) {
    if (isPlausible(view, at, end - at) && checksum.isSound(bytes, view, at, end, salt)) {
      return at;
    }
  }
  return end;
}

/** The last bytes of a checksum may be zeros: what is walked may end behind this. */
function behindLastByte(bytes: Uint8Array, start: number, end: number): number {
  let last = end;
  while (last > start && bytes[last - 1] === 0) {
    last--;
  }
  return last;
}
