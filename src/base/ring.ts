// A bounded first-in first-out list: adding to a full one drops the oldest.

import { assert } from "./assert.ts";

export class Ring<T> {
  readonly capacity: number;
  readonly #items: (T | undefined)[] = [];
  #first = 0;
  #size = 0;

  constructor(capacity: number) {
    assert(capacity > 0, "a ring holds at least one item");
    this.capacity = capacity;
  }

  get size(): number {
    return this.#size;
  }

  /** Gives the item that had to leave, if one had to. */
  add(item: T): T | undefined {
    const place = (this.#first + this.#size) % this.capacity;
    if (this.#size < this.capacity) {
      this.#items[place] = item;
      this.#size += 1;
      return undefined;
    }
    const left = this.#items[this.#first];
    this.#items[this.#first] = item;
    this.#first = (this.#first + 1) % this.capacity;
    return left;
  }

  /** Takes the oldest item out. */
  take(): T | undefined {
    if (this.#size === 0) {
      return undefined;
    }
    const item = this.#items[this.#first];
    this.#items[this.#first] = undefined;
    this.#first = (this.#first + 1) % this.capacity;
    this.#size -= 1;
    return item;
  }

  clear(): void {
    this.#items.length = 0;
    this.#first = 0;
    this.#size = 0;
  }

  /** From the oldest to the newest. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (let index = 0; index < this.#size; index++) {
      yield this.#items[(this.#first + index) % this.capacity] as T;
    }
  }
}
