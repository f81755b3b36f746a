// Sequences, first in first out, in one growing ring of numbers.

const firstCapacity = 64;
const keptCapacity = 4096;

export class SequenceQueue {
  #ring: Float64Array = new Float64Array(0);
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get memoryBytes(): number {
    return this.#ring.length * 8;
  }

  get first(): number {
    return this.#ring[this.#head] ?? 0;
  }

  push(sequence: number): void {
    if (this.#size === this.#ring.length) {
      this.#resize(Math.max(firstCapacity, this.#size * 2));
    }
    this.#ring[(this.#head + this.#size) & (this.#ring.length - 1)] = sequence;
    this.#size++;
  }

  dropFirst(): void {
    if (this.#size > 0) {
      this.#head = (this.#head + 1) & (this.#ring.length - 1);
      this.#size--;
    }
  }

  /** Drops all others; the order stays. */
  keep(isKept: (sequence: number) => boolean): void {
    const mask = this.#ring.length - 1;
    let kept = 0;
    for (let place = 0; place < this.#size; place++) {
      const sequence = this.#ring[(this.#head + place) & mask] ?? 0;
      if (isKept(sequence)) {
        this.#ring[(this.#head + kept) & mask] = sequence;
        kept++;
      }
    }
    this.#size = kept;
  }

  clear(): void {
    this.#head = 0;
    this.#size = 0;
    if (this.#ring.length > keptCapacity) {
      this.#ring = new Float64Array(0);
    }
  }

  /** Capacities are powers of two. */
  #resize(capacity: number): void {
    const ring = new Float64Array(capacity);
    for (let place = 0; place < this.#size; place++) {
      ring[place] = this.#ring[(this.#head + place) & (this.#ring.length - 1)] ?? 0;
    }
    this.#ring = ring;
    this.#head = 0;
  }
}
