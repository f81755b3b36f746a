// Lets a log line that a crowd of clients causes through once in a while instead of once per client.

import type { Clock } from "../ports/clock.ts";

/** The same statement is said again after so long. */
const quietMillis = 1000;
/** So many statements are remembered; a crowd with different words must not eat the memory. */
const rememberedMax = 1000;

export class LogThrottle {
  readonly #clock: Clock;
  readonly #saidAt: Map<string, number> = new Map();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether it may be said now; if so it counts as said. */
  allows(statement: string): boolean {
    const now = this.#clock.monotonicMillis();
    const said = this.#saidAt.get(statement);
    if (said !== undefined && now - said < quietMillis) {
      return false;
    }
    if (this.#saidAt.size >= rememberedMax) {
      this.#saidAt.clear();
    }
    this.#saidAt.set(statement, now);
    return true;
  }
}
