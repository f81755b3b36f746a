// Which messages a store had and cannot give any more: within a limit by number, beyond it only counted in bytes.

import type { LostMessages } from "./message-store.ts";

/** More are not listed. */
const listedMost = 65_536;

export class LostList implements LostMessages {
  readonly sequences: number[] = [];
  bytes = 0;
  readonly #known: Set<number> = new Set();

  /** False when it was in before. */
  add(sequence: number): boolean {
    if (this.#known.has(sequence) || this.sequences.length >= listedMost) {
      return false;
    }
    this.#known.add(sequence);
    this.sequences.push(sequence);
    return true;
  }

  /** The others were not lost after all. */
  keep(isLost: (sequence: number) => boolean): void {
    for (const sequence of this.sequences.splice(0)) {
      this.#known.delete(sequence);
      if (isLost(sequence)) {
        this.add(sequence);
      }
    }
  }

  get isFull(): boolean {
    return this.sequences.length >= listedMost;
  }

  get isEmpty(): boolean {
    return this.sequences.length === 0 && this.bytes === 0;
  }

  has(sequence: number): boolean {
    return this.#known.has(sequence);
  }

  dump(): Uint8Array {
    const numbers = Float64Array.from([this.bytes, this.sequences.length, ...this.sequences]);
    return new Uint8Array(numbers.buffer);
  }

  /** Null when the bytes are none of `dump`. */
  static load(source: { take(length: number): Uint8Array | null }): LostList | null {
    const [bytes, count] = numbersOf(source.take(headNumbers * 8)) ?? [];
    if (bytes === undefined || count === undefined || !(count <= listedMost)) {
      return null;
    }
    const sequences = numbersOf(source.take(count * 8));
    if (sequences === null) {
      return null;
    }
    const list = new LostList();
    list.bytes = bytes;
    for (const sequence of sequences) {
      list.add(sequence);
    }
    return list;
  }
}

const headNumbers = 2;

function numbersOf(bytes: Uint8Array | null): Float64Array | null {
  return bytes === null ? null : new Float64Array(bytes.slice().buffer);
}
