// The segments of one log in order, and which block of which of them holds a message. Who reads in order finds the next
// one without looking anything up.

import type { Block } from "./block.ts";
import type { Segment } from "./segment.ts";
import type { SegmentReader } from "./segment-reader.ts";

export class SegmentList {
  readonly segments: Segment[];
  readonly reader: SegmentReader;
  /** The block read last, and the sequences that no other block can have. */
  #hint: Block | null = null;
  #hintFirst = 0;
  #hintEnd = 0;

  constructor(segments: Segment[], reader: SegmentReader) {
    this.segments = segments;
    this.reader = reader;
  }

  get last(): Segment | undefined {
    return this.segments.at(-1);
  }

  /** The block that holds the message if any does; null when none can. Throws DiskError. */
  blockOf(sequence: number): Block | null {
    const hint = this.#hint;
    if (hint !== null && sequence >= this.#hintFirst && sequence < this.#hintEnd && !hint.isGone) {
      hint.wasUsed = true;
      return hint;
    }
    const segment = this.segmentOf(sequence);
    if (segment === null) {
      return null;
    }
    const table = this.reader.table(segment);
    const entry = table.find(sequence);
    if (entry < 0) {
      return null;
    }
    const block = this.reader.block(segment, entry);
    const isLast = entry + 1 === table.count;
    // What is being filled gets more messages, and may give way to another block.
    this.#hint = isLast && segment === this.last ? null : block;
    this.#hintFirst = table.firstOf(entry);
    this.#hintEnd = isLast ? segment.lastSequence + 1 : table.firstOf(entry + 1);
    return block;
  }

  segmentOf(sequence: number): Segment | null {
    const { segments } = this;
    const { last } = this;
    if (last === undefined || sequence >= last.firstSequence) {
      return last ?? null;
    }
    let low = 0;
    let high = segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((segments[middle]?.firstSequence ?? 0) <= sequence) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return segments[low - 1] ?? null;
  }

  add(segment: Segment): void {
    this.segments.push(segment);
    this.#hint = null;
  }

  /** Takes the first ones out. */
  takeHead(count: number): readonly Segment[] {
    this.#hint = null;
    return this.segments.splice(0, count);
  }

  /** One takes the place of some that follow each other. */
  replace(olds: readonly Segment[], by: Segment): void {
    const [first] = olds;
    const at = first === undefined ? -1 : this.segments.indexOf(first);
    if (at >= 0) {
      this.segments.splice(at, olds.length, by);
    }
    this.#hint = null;
  }

  /** Blocks were changed, or read before they were complete. */
  forgetHint(): void {
    this.#hint = null;
  }
}
