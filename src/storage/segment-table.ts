// Where the blocks of one segment begin, and from which sequence on each has messages. Tables of finished segments are
// looked up when they are needed and kept like blocks are.

import type { Cached } from "./block-cache.ts";

const entryBytes = 16;
const tableOverhead = 120;

export class SegmentTable implements Cached {
  /** Behind the last block. */
  end = 0;
  wasUsed = true;
  cacheSlot = -1;
  readonly isPinned = false;
  onEvict: (() => void) | null = null;
  readonly #firsts: number[] = [];
  readonly #places: number[] = [];

  get count(): number {
    return this.#firsts.length;
  }

  get isLarge(): boolean {
    return false;
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

  /** A block that is not written yet has no place: the one before it ends with the file. */
  endOf(entry: number): number {
    const next = this.#places[entry + 1] ?? -1;
    return next < 0 ? this.end : next;
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
