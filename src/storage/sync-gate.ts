// How many syncs of files and folders run at the same time: each holds a file open and a thread of the system, and ten
// thousand assets may want theirs at once. Who comes later waits for its turn.

import type { Clock } from "../ports/clock.ts";

export interface SyncWaits {
  /** Who waits now. */
  readonly waiters: number;
  /** Who had to wait, ever. */
  readonly waits: number;
  readonly waitMillis: number;
  readonly maxWaitMillis: number;
}

interface Waiting {
  readonly begin: () => void;
  readonly sinceMillis: number;
}

export class SyncGate {
  readonly #clock: Clock;
  readonly #most: number;
  #running = 0;
  #waiting: Waiting[] = [];
  /** Of those in the list, how many have begun. */
  #begun = 0;
  #isLetting = false;
  #waits = 0;
  #waitMillis = 0;
  #maxWaitMillis = 0;

  constructor(clock: Clock, most: number) {
    this.#clock = clock;
    this.#most = most;
  }

  get waits(): SyncWaits {
    return {
      waiters: this.#waiting.length - this.#begun,
      waits: this.#waits,
      waitMillis: this.#waitMillis,
      maxWaitMillis: this.#maxWaitMillis,
    };
  }

  /** Calls `begin`, now or later; it must not throw. Each `enter` has its `leave`. */
  enter(begin: () => void): void {
    if (this.#running < this.#most) {
      this.#running++;
      begin();
    } else {
      this.#waiting.push({ begin, sinceMillis: this.#clock.monotonicMillis() });
    }
  }

  leave(): void {
    this.#running--;
    // Who is let in and leaves at once must not let in the next from within.
    if (this.#isLetting) {
      return;
    }
    this.#isLetting = true;
    try {
      let isAnyLeft = true;
      while (isAnyLeft && this.#running < this.#most) {
        isAnyLeft = this.#letNextIn();
      }
    } finally {
      this.#isLetting = false;
    }
  }

  /** False when nobody waits. */
  #letNextIn(): boolean {
    const next = this.#waiting[this.#begun];
    if (next === undefined) {
      return false;
    }
    this.#begun++;
    if (this.#begun === this.#waiting.length) {
      this.#waiting = [];
      this.#begun = 0;
    }
    this.#count(this.#clock.monotonicMillis() - next.sinceMillis);
    this.#running++;
    next.begin();
    return true;
  }

  #count(millis: number): void {
    this.#waits++;
    this.#waitMillis += millis;
    this.#maxWaitMillis = Math.max(this.#maxWaitMillis, millis);
  }
}
