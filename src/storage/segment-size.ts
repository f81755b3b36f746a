// How large a segment gets before the next one is begun: large where much is kept, so that there are few files; small
// where little is, so that what does not count any more goes soon. And when one is so empty that it is written anew.

import type { Segment } from "./segment.ts";

export interface SegmentLimits {
  /** A segment is never finished before it has this size. */
  readonly leastBytes: number;
  /** And always when it has this. */
  readonly mostBytes: number;
  /** In between it must have been begun so long ago. */
  readonly leastMillis: number;
}

export const segmentLimits: SegmentLimits = {
  leastBytes: 1 << 20,
  mostBytes: 1 << 25,
  leastMillis: 1000,
};

/** In between, a segment is finished when it is this share of what counts. */
const share = 4;
/** A segment is sparse when less than one of so many bytes counts. */
const sparseShare = 2;
/** Smaller ones are not worth it. */
const sparseLeastBytes = 4096;

export function isSegmentFull(
  limits: SegmentLimits,
  bytes: number,
  liveBytes: number,
  ageMillis: number,
): boolean {
  return (
    bytes >= limits.mostBytes ||
    (bytes >= limits.leastBytes && bytes * share >= liveBytes && ageMillis >= limits.leastMillis)
  );
}

export function isSparse(segment: Segment): boolean {
  return segment.end >= sparseLeastBytes && segment.liveBytes * sparseShare < segment.end;
}
