// What stands before the records of a segment when it is begun, and behind them when it is finished.

import { SequenceSet } from "../base/sequence-set.ts";
import type { LogSurroundings } from "./log-surroundings.ts";
import type { RecordChecksum } from "./record-checksum.ts";
import type { Segment } from "./segment.ts";
import { encodeFooter } from "./segment-footer.ts";
import { encodeHeader } from "./segment-header.ts";
import type { SegmentReader } from "./segment-reader.ts";

export interface Beginning {
  readonly salt: bigint;
  /** The first message of the log that counts. */
  readonly firstSequence: number;
  /** Where the records of the segment before end; 0 when there is none. */
  readonly previousEnd: number;
  readonly checksum: RecordChecksum;
}

export function beginning(segment: Segment, log: Beginning): Uint8Array {
  const { salt, previousEnd, checksum } = log;
  return encodeHeader(
    {
      isSealed: segment.isSealed,
      isCompacted: false,
      salt,
      number: segment.number,
      lastNumber: segment.lastNumber,
      firstSequence: Math.min(log.firstSequence, segment.firstSequence),
      nextSequence: segment.firstSequence,
      previousEnd,
    },
    checksum,
  );
}

/** A shortcut, so nobody waits for its sync. Throws DiskError. */
export function writeEnding(
  { checksum, files }: LogSurroundings,
  reader: SegmentReader,
  finished: Segment | null,
  nextSequence: number,
): void {
  const table = finished?.table ?? null;
  if (finished === null || table === null) {
    return;
  }
  const { removedBelow } = finished;
  // Also when the last ones cannot be read.
  const lastSequence = nextSequence - 1;
  const removed = finished.removed ?? new SequenceSet();
  const footer = encodeFooter(
    { table, removed, removedBelow, lastSequence },
    reader.salt,
    checksum,
  );
  files.file(finished.path).write(footer, 0, footer.length, finished.end);
  reader.keepTable(finished, table);
}
