// Numbers ordered by when they fall due; what the numbers name, its owner knows. Time is passed in. Nothing is taken out
// by name: the owner says which entries still count, and those that do not are passed over and swept in time.

const entryNumbers = 2;
const fewest = 16;
/** Dead entries are not looked for in a queue smaller than this. */
const smallQueue = 1024;

export class DeadlineQueue {
  readonly #counts: (id: number, deadline: number) => boolean;
  /** A heap of deadlines and ids in turn, the earliest first. */
  #heap: Float64Array = new Float64Array(fewest * entryNumbers);
  #size = 0;
  #dead = 0;

  /** `counts` says whether an entry is still wanted; it is asked again and again. */
  constructor(counts: (id: number, deadline: number) => boolean) {
    this.#counts = counts;
  }

  /** Entries held, dead ones included. */
  get size(): number {
    return this.#size;
  }

  get memoryBytes(): number {
    return this.#heap.byteLength + 64;
  }

  add(id: number, deadline: number): void {
    if (this.#size * entryNumbers === this.#heap.length) {
      this.#resize(this.#heap.length * 2);
    }
    this.#size++;
    this.#rise(this.#size - 1, deadline, id);
  }

  /** An entry does not count any more. Telling is not needed, but keeps memory in bounds. */
  noteDead(): void {
    this.#dead++;
    if (this.#size > smallQueue && this.#dead * 2 > this.#size) {
      this.#sweep();
    }
  }

  /** The earliest deadline of an entry that counts; 0 when there is none. */
  next(): number {
    while (this.#size > 0) {
      const deadline = this.#heap[0] ?? 0;
      if (this.#counts(this.#heap[1] ?? 0, deadline)) {
        return deadline;
      }
      this.#dropFirst();
      this.#dead = Math.max(0, this.#dead - 1);
    }
    this.#dead = 0;
    return 0;
  }

  /** What is due by then, the earliest first, at most `max`. It stays until it does not count any more. */
  due(now: number, max: number): readonly number[] {
    const ids: number[] = [];
    const deadlines: number[] = [];
    while (ids.length < max) {
      const deadline = this.next();
      if (this.#size === 0 || deadline > now) {
        break;
      }
      ids.push(this.#heap[1] ?? 0);
      deadlines.push(deadline);
      this.#dropFirst();
    }
    for (const [index, id] of ids.entries()) {
      this.add(id, deadlines[index] ?? 0);
    }
    return ids;
  }

  clear(): void {
    this.#heap = new Float64Array(fewest * entryNumbers);
    this.#size = 0;
    this.#dead = 0;
  }

  /** All of it, for `load`. */
  dump(): Uint8Array {
    const numbers = this.#heap.slice(0, this.#size * entryNumbers);
    return new Uint8Array(numbers.buffer);
  }

  /** Adds what was dumped; false when the bytes are none of `dump`. */
  load(bytes: Uint8Array): boolean {
    if (bytes.length % (8 * entryNumbers) !== 0) {
      return false;
    }
    const numbers = new Float64Array(bytes.slice().buffer);
    for (let at = 0; at < numbers.length; at += entryNumbers) {
      this.add(numbers[at + 1] ?? 0, numbers[at] ?? 0);
    }
    return true;
  }

  #dropFirst(): void {
    const heap = this.#heap;
    this.#size--;
    const last = this.#size * entryNumbers;
    if (this.#size > 0) {
      this.#sink(0, heap[last] ?? 0, heap[last + 1] ?? 0);
    }
    if (heap.length > fewest * entryNumbers && last * 4 < heap.length) {
      this.#resize(heap.length / 2);
    }
  }

  #rise(place: number, deadline: number, id: number): void {
    const heap = this.#heap;
    let at = place;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      const above = heap[parent * 2] ?? 0;
      if (above < deadline || (above === deadline && (heap[parent * 2 + 1] ?? 0) < id)) {
        break;
      }
      heap[at * 2] = above;
      heap[at * 2 + 1] = heap[parent * 2 + 1] ?? 0;
      at = parent;
    }
    heap[at * 2] = deadline;
    heap[at * 2 + 1] = id;
  }

  #sink(place: number, deadline: number, id: number): void {
    const heap = this.#heap;
    let at = place;
    for (;;) {
      const child = this.#earlierChild(at);
      const below = heap[child * 2] ?? 0;
      if (
        child >= this.#size ||
        below > deadline ||
        (below === deadline && (heap[child * 2 + 1] ?? 0) > id)
      ) {
        break;
      }
      heap[at * 2] = below;
      heap[at * 2 + 1] = heap[child * 2 + 1] ?? 0;
      at = child;
    }
    heap[at * 2] = deadline;
    heap[at * 2 + 1] = id;
  }

  #earlierChild(at: number): number {
    const heap = this.#heap;
    const left = 2 * at + 1;
    const right = left + 1;
    if (right >= this.#size) {
      return left;
    }
    const one = heap[left * 2] ?? 0;
    const other = heap[right * 2] ?? 0;
    const isLeft =
      one < other || (one === other && (heap[left * 2 + 1] ?? 0) < (heap[right * 2 + 1] ?? 0));
    return isLeft ? left : right;
  }

  #sweep(): void {
    const heap = this.#heap;
    const entries = this.#size;
    this.#size = 0;
    this.#dead = 0;
    for (let at = 0; at < entries; at++) {
      const deadline = heap[at * 2] ?? 0;
      const id = heap[at * 2 + 1] ?? 0;
      if (this.#counts(id, deadline)) {
        this.#size++;
        this.#rise(this.#size - 1, deadline, id);
      }
    }
    let length = heap.length;
    while (length > fewest * entryNumbers && this.#size * entryNumbers * 4 < length) {
      length /= 2;
    }
    this.#resize(length);
  }

  #resize(length: number): void {
    const moved = new Float64Array(length);
    moved.set(this.#heap.subarray(0, this.#size * entryNumbers));
    this.#heap = moved;
  }
}
