// Messages that are to be delivered again, first in first out. Each gets a number, its turn; who is taken out keeps its
// entry until that comes to the front, and is known by a turn that counts no more.

import type { Pending } from "./pending.ts";

const firstCapacity = 64;
const keptCapacity = 4096;
const noDoubles: Float64Array = new Float64Array(0);
const noWords: Uint32Array = new Uint32Array(0);

/** Entries that count no more may be as many as those that do, and so many more. */
const staleMax = 1024;
const turnMax = 2 ** 32 - 1;

export class RedeliveryQueue {
  readonly #pending: Pending;
  #sequences: Float64Array = noDoubles;
  #turns: Uint32Array = noWords;
  #head = 0;
  #entries = 0;
  #size = 0;
  #turn = 0;

  constructor(pending: Pending) {
    this.#pending = pending;
  }

  get size(): number {
    return this.#size;
  }

  get memoryBytes(): number {
    return this.#sequences.length * 12;
  }

  has(index: number): boolean {
    return this.#pending.turn(index) !== 0;
  }

  add(index: number): void {
    if (this.has(index)) {
      return;
    }
    if (this.#entries > this.#size * 2 + staleMax) {
      this.#dropStale();
    }
    if (this.#entries === this.#sequences.length) {
      this.#resize(Math.max(firstCapacity, this.#entries * 2));
    }
    this.#turn = this.#turn === turnMax ? 1 : this.#turn + 1;
    const at = (this.#head + this.#entries) & (this.#sequences.length - 1);
    this.#sequences[at] = this.#pending.sequence(index);
    this.#turns[at] = this.#turn;
    this.#pending.setTurn(index, this.#turn);
    this.#entries++;
    this.#size++;
  }

  take(index: number): void {
    if (this.has(index)) {
      this.#pending.setTurn(index, 0);
      this.#size--;
    }
  }

  /** Whose turn it is; -1 is nobody's. */
  first(): number {
    while (this.#size > 0 && this.#entries > 0) {
      const index = this.#indexAt(this.#head);
      if (index !== -1) {
        return index;
      }
      this.#head = (this.#head + 1) & (this.#sequences.length - 1);
      this.#entries--;
    }
    return -1;
  }

  clear(): void {
    this.#head = 0;
    this.#entries = 0;
    this.#size = 0;
    if (this.#sequences.length > keptCapacity) {
      this.#sequences = noDoubles;
      this.#turns = noWords;
    }
  }

  /** -1: the entry counts no more. */
  #indexAt(at: number): number {
    const index = this.#pending.find(this.#sequences[at] ?? 0);
    return index !== -1 && this.#pending.turn(index) === this.#turns[at] ? index : -1;
  }

  #dropStale(): void {
    const mask = this.#sequences.length - 1;
    let kept = 0;
    for (let place = 0; place < this.#entries; place++) {
      const from = (this.#head + place) & mask;
      if (this.#indexAt(from) !== -1) {
        const to = (this.#head + kept) & mask;
        this.#sequences[to] = this.#sequences[from] ?? 0;
        this.#turns[to] = this.#turns[from] ?? 0;
        kept++;
      }
    }
    this.#entries = kept;
  }

  /** Capacities are powers of two. */
  #resize(capacity: number): void {
    const mask = this.#sequences.length - 1;
    const sequences = new Float64Array(capacity);
    const turns = new Uint32Array(capacity);
    for (let place = 0; place < this.#entries; place++) {
      const from = (this.#head + place) & mask;
      sequences[place] = this.#sequences[from] ?? 0;
      turns[place] = this.#turns[from] ?? 0;
    }
    this.#sequences = sequences;
    this.#turns = turns;
    this.#head = 0;
  }
}
