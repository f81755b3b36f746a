// Where the blocks of one segment begin, and from which sequence on each has messages. Tables of finished segments are
// looked up when they are needed and kept like blocks are.

import type { Cached } from "./block-cache.ts";

const entryBytes = 16;
const tableOverhead = 120;

export class SegmentTable implements Cached {
  /** Behind the last block. */
  end = 0;
  wasUsed = true;
  readonly isPinned = false;
  onEvict: (() => void) | null = null;
  readonly #firsts: number[] = [];
  readonly #places: number[] = [];

  get count(): number {
    return this.#firsts.length;
  }

  get cachedBytes(): number {
    return this.#firsts.length * entryBytes + tableOverhead;
  }

  evict(): void {
    this.onEvict?.();
  }

  /** Gives the number of the entry. `place` is -1 while it is not known. */
  add(first: number, place: number): number {
    this.#firsts.push(first);
    return this.#places.push(place) - 1;
  }

  settle(entry: number, place: number): void {
    this.#places[entry] = place;
  }

  firstOf(entry: number): number {
    return this.#firsts[entry] ?? 0;
  }

  placeOf(entry: number): number {
    return this.#places[entry] ?? -1;
  }

  endOf(entry: number): number {
    return entry + 1 < this.#places.length ? (this.#places[entry + 1] ?? this.end) : this.end;
  }

  /** The block that has the sequence if any has; -1 when all begin behind it. */
  find(sequence: number): number {
    const firsts = this.#firsts;
    let low = 0;
    let high = firsts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((firsts[middle] ?? 0) <= sequence) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - 1;
  }
}
