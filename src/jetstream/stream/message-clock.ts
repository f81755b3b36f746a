// The time that messages are stamped with: microseconds, cheap to ask for each message. It follows the wall clock, which
// it looks at anew every few milliseconds, and the monotonic clock between.

import type { Clock } from "../../ports/clock.ts";

const microsPerMilli = 1000;
const nanosPerMicro = 1000n;
/** How long the monotonic clock is trusted alone: a jump of the wall clock is seen that late. */
const calibrationMillis = 20;
/** A wall clock that is set back by less than this is only slewing: stamps wait for it. */
const slewMicros = 1_000_000;

export class MessageClock {
  readonly #clock: Clock;
  #calibratedMillis = Number.NEGATIVE_INFINITY;
  /** Wall time in micros when the monotonic clock was at zero. */
  #originMicros = 0;
  #lastMicros = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  nowMicros(): number {
    const monotonic = this.#clock.monotonicMillis();
    if (monotonic - this.#calibratedMillis >= calibrationMillis) {
      this.#calibratedMillis = monotonic;
      this.#originMicros =
        Number(this.#clock.wallNanos() / nanosPerMicro) - monotonic * microsPerMilli;
    }
    const now = Math.floor(this.#originMicros + monotonic * microsPerMilli);
    const isSlewing = now < this.#lastMicros && now > this.#lastMicros - slewMicros;
    if (!isSlewing) {
      this.#lastMicros = now;
    }
    return this.#lastMicros;
  }
}
