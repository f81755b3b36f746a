// Which batches have been idle for too long. All wait equally long, so that their order is the order of their last
// sign of life; one timer serves them all.

import type { Clock } from "../../ports/clock.ts";
import type { Timers } from "../../ports/timers.ts";

export class BatchDeadlines {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #onExpired: (batchId: string) => void;
  /** Of each batch the monotonic time of its end, the earliest first. */
  readonly #ends: Map<string, number> = new Map();
  #timer: Disposable | null = null;

  constructor(clock: Clock, timers: Timers, onExpired: (batchId: string) => void) {
    this.#clock = clock;
    this.#timers = timers;
    this.#onExpired = onExpired;
  }

  /** A sign of life. */
  extend(batchId: string, millis: number): void {
    this.#ends.delete(batchId);
    this.#ends.set(batchId, this.#clock.monotonicMillis() + millis);
    this.#arm();
  }

  drop(batchId: string): void {
    this.#ends.delete(batchId);
  }

  clear(): void {
    this.#ends.clear();
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
  }

  #arm(): void {
    if (this.#timer !== null) {
      return;
    }
    for (const end of this.#ends.values()) {
      const wait = Math.max(1, Math.ceil(end - this.#clock.monotonicMillis()));
      this.#timer = this.#timers.after(wait, () => this.#expire());
      return;
    }
  }

  #expire(): void {
    this.#timer = null;
    const now = this.#clock.monotonicMillis();
    for (const [batchId, end] of this.#ends) {
      if (end > now) {
        break;
      }
      this.#ends.delete(batchId);
      this.#onExpired(batchId);
    }
    this.#arm();
  }
}
