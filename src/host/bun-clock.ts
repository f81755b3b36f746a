// Wall and monotonic time, and the timers of Bun's event loop.

import type { Clock } from "../ports/clock.ts";
import type { Timers } from "../ports/timers.ts";

/** Farther apart than this, the wall clock was set or the machine slept. */
const toleratedMillis = 2;

export class BunClock implements Clock {
  /** Wall time when the monotonic clock was at zero. */
  #originMillis: number = Date.now() - performance.now();

  wallMillis(): number {
    return Date.now();
  }

  wallNanos(): bigint {
    // The wall clock counts whole milliseconds; the fraction comes from the monotonic clock.
    const wall = Date.now();
    let millis = this.#originMillis + performance.now();
    if (Math.abs(millis - wall) > toleratedMillis) {
      this.#originMillis = wall - performance.now();
      millis = wall;
    }
    return BigInt(Math.trunc(millis * 1000)) * 1000n;
  }

  monotonicMillis(): number {
    return performance.now();
  }
}

class ArmedTimer implements Disposable {
  readonly #timer: ReturnType<typeof setTimeout>;

  constructor(timer: ReturnType<typeof setTimeout>) {
    this.#timer = timer;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}

/** Longer waits overflow the loop's 32-bit milliseconds and would fire at once. */
const longestMillis = 2 ** 31 - 1;

export class BunTimers implements Timers {
  after(millis: number, action: () => void): Disposable {
    return new ArmedTimer(setTimeout(action, Math.min(millis, longestMillis)));
  }

  every(millis: number, action: () => void): Disposable {
    return new ArmedTimer(setInterval(action, Math.min(millis, longestMillis)));
  }

  endOfTurn(action: () => void): void {
    setImmediate(action);
  }
}
