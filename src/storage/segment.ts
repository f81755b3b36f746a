// What is known in memory of one file of a log: which sequences it may have, how much of it still counts, and which of
// its blocks are at hand. It reads and writes nothing.

import { SequenceSet } from "../base/sequence-set.ts";
import type { Block } from "./block.ts";
import { headerBytes } from "./segment-header.ts";
import type { SegmentTable } from "./segment-table.ts";

export interface SegmentOrigin {
  readonly number: number;
  readonly lastNumber: number;
  readonly path: string;
  readonly isSealed: boolean;
  readonly firstSequence: number;
}

export class Segment {
  readonly number: number;
  /** It stands for all up to this one. */
  readonly lastNumber: number;
  readonly path: string;
  readonly isSealed: boolean;
  /** No message in it has a lower sequence. */
  readonly firstSequence: number;
  /** Of the last message in it; 0 is none. */
  lastSequence = 0;
  /** Where its records end. */
  end: number = headerBytes;
  /** Messages in it that were not removed, and the bytes of their records. */
  live = 0;
  liveBytes = 0;
  /** Null: not looked up, or taken away. */
  table: SegmentTable | null = null;
  readonly blocks: Map<number, Block> = new Map();
  /** What the tombstones in it say; null is not known (of a finished segment). */
  removed: SequenceSet | null = null;
  removedBelow = 0;

  constructor(origin: SegmentOrigin) {
    this.number = origin.number;
    this.lastNumber = origin.lastNumber;
    this.path = origin.path;
    this.isSealed = origin.isSealed;
    this.firstSequence = origin.firstSequence;
  }

  noteRemoved(first: number, last: number): void {
    this.removed ??= new SequenceSet();
    this.removed.addRange(first, last);
  }
}

const suffix = ".log";
const nameDigits = 10;

export function segmentName(number: number): string {
  return `${String(number).padStart(nameDigits, "0")}${suffix}`;
}

/** Null for a file that is no segment. */
export function segmentNumber(name: string): number | null {
  const match = /^(\d{10})\.log$/.exec(name);
  return match?.[1] === undefined ? null : Number(match[1]);
}
