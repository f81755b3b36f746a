// A consumer's rest until a given time.

import type { Clock } from "../../ports/clock.ts";
import type { Timers } from "../../ports/timers.ts";

const nanosPerMilli = 1_000_000n;

export class Pause {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #onOver: () => void;
  #timer: Disposable | null = null;

  constructor(clock: Clock, timers: Timers, onOver: () => void) {
    this.#clock = clock;
    this.#timers = timers;
    this.#onOver = onOver;
  }

  /** Gives whether there is a rest: null, and times that went by, are none. onOver is called at its end. */
  set(untilNanos: bigint | null): boolean {
    this.stop();
    const left = untilNanos === null ? 0n : untilNanos - this.#clock.wallNanos();
    if (untilNanos === null || left <= 0n) {
      return false;
    }
    const millis = Number(left / nanosPerMilli) + 1;
    this.#timer = this.#timers.after(millis, () => {
      this.#timer = null;
      // Long waits are cut short, and clocks are set.
      if (!this.set(untilNanos)) {
        this.#onOver();
      }
    });
    return true;
  }

  stop(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
  }
}
