// When a consumer was left alone for so long that it goes: ephemeral ones, and those with a threshold. It does not know
// what use is; it asks.

import type { Random } from "../../ports/random.ts";
import type { Timers } from "../../ports/timers.ts";

const nanosPerMilli = 1_000_000;
/** Pull consumers live a little longer, each by another while, for clients that ask again in that rhythm. */
const graceMillis = 100;
const graceRangeMillis = 900;

export interface InactivityQuestions {
  readonly now: number;
  /** When it was last used; Infinity is right now, and nobody knows until when. */
  readonly lastUsed: number;
  onInactive(): void;
}

export class Inactivity {
  readonly #timers: Timers;
  readonly #random: Random;
  readonly #questions: InactivityQuestions;
  #thresholdMillis = 0;
  #timer: Disposable | null = null;

  constructor(timers: Timers, random: Random, questions: InactivityQuestions) {
    this.#timers = timers;
    this.#random = random;
    this.#questions = questions;
  }

  /** 0 is forever. */
  setThreshold(nanos: bigint, isPull: boolean): void {
    const grace = isPull ? graceMillis + this.#random.below(graceRangeMillis) : 0;
    this.#thresholdMillis = nanos <= 0n ? 0 : Number(nanos) / nanosPerMilli + grace;
    this.stop();
    if (this.#thresholdMillis > 0) {
      this.#arm(this.#thresholdMillis);
    }
  }

  stop(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
  }

  #arm(millis: number): void {
    this.#timer = this.#timers.after(Math.max(1, millis), () => {
      this.#timer = null;
      const { lastUsed, now } = this.#questions;
      if (lastUsed === Number.POSITIVE_INFINITY) {
        this.#arm(this.#thresholdMillis);
        return;
      }
      const left = lastUsed + this.#thresholdMillis - now;
      if (left > 0) {
        this.#arm(left);
      } else {
        this.#questions.onInactive();
      }
    });
  }
}
