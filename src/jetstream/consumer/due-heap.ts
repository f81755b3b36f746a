// Sequences ordered by when they fall due: a binary heap in columns of numbers. What became of a sequence since it was
// put in, it does not know: whoever takes one out asks.

const firstCapacity = 64;
const keptCapacity = 4096;

const noDoubles: Float64Array = new Float64Array(0);

export class DueHeap {
  #dues: Float64Array = noDoubles;
  #sequences: Float64Array = noDoubles;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get memoryBytes(): number {
    return this.#dues.length * 16;
  }

  /** When the first falls due; Infinity when it is empty. */
  get firstDue(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : (this.#dues[0] ?? 0);
  }

  get firstSequence(): number {
    return this.#sequences[0] ?? 0;
  }

  push(sequence: number, due: number): void {
    if (this.#size === this.#dues.length) {
      this.#resize(Math.max(firstCapacity, this.#size * 2));
    }
    let at = this.#size;
    this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = this.#dues[parent] ?? 0;
      if (above <= due) {
        break;
      }
      this.#dues[at] = above;
      this.#sequences[at] = this.#sequences[parent] ?? 0;
      at = parent;
    }
    this.#dues[at] = due;
    this.#sequences[at] = sequence;
  }

  dropFirst(): void {
    if (this.#size === 0) {
      return;
    }
    this.#size--;
    const due = this.#dues[this.#size] ?? 0;
    const sequence = this.#sequences[this.#size] ?? 0;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= this.#size) {
        break;
      }
      if (child + 1 < this.#size && (this.#dues[child + 1] ?? 0) < (this.#dues[child] ?? 0)) {
        child++;
      }
      const below = this.#dues[child] ?? 0;
      if (due <= below) {
        break;
      }
      this.#dues[at] = below;
      this.#sequences[at] = this.#sequences[child] ?? 0;
      at = child;
    }
    this.#dues[at] = due;
    this.#sequences[at] = sequence;
  }

  clear(): void {
    this.#size = 0;
    if (this.#dues.length > keptCapacity) {
      this.#dues = noDoubles;
      this.#sequences = noDoubles;
    }
  }

  #resize(capacity: number): void {
    const dues = new Float64Array(capacity);
    dues.set(this.#dues);
    this.#dues = dues;
    const sequences = new Float64Array(capacity);
    sequences.set(this.#sequences);
    this.#sequences = sequences;
  }
}
