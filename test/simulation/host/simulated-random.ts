// Random numbers from a seed: the same seed gives the same run for ever.

import type { Random } from "../../../src/ports/random.ts";

export class SimulatedRandom implements Random {
  #state: number;

  constructor(seed: number) {
    this.#state = (Math.imul(seed, 2_654_435_761) ^ 0x9e37_79b9) >>> 0;
    // Neighbouring seeds begin alike.
    for (let turn = 0; turn < 4; turn++) {
      this.#next();
    }
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }

  below(bound: number): number {
    return Math.floor((this.#next() / 2 ** 32) * bound);
  }

  /** True in one of `in` cases. */
  isOne(inCases: number): boolean {
    return this.below(inCases) === 0;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }

  /** xorshift with a multiplication: 32 bits. */
  #next(): number {
    let state = (this.#state + 0x6d2b_79f5) >>> 0;
    this.#state = state;
    state = Math.imul(state ^ (state >>> 15), state | 1);
    state ^= state + Math.imul(state ^ (state >>> 7), state | 61);
    return (state ^ (state >>> 14)) >>> 0;
  }
}
