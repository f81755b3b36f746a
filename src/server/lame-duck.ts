// Leaves without dropping anyone at once: tells clients to go elsewhere, waits a grace, then closes them one by one over
// the time that is set for it.

import type { Broker } from "../broker/broker.ts";
import type { OpenConnection } from "../broker/connection-registry.ts";
import type { Log } from "../ports/log.ts";
import type { Random } from "../ports/random.ts";
import type { Timers } from "../ports/timers.ts";
import { closedReason } from "../protocol/closed-reason.ts";

const longestPauseMillis = 1000;

export interface LameDuckParts {
  readonly broker: Broker;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  readonly durationMillis: number;
  readonly graceMillis: number;
  /** Everybody is gone. */
  readonly onDone: () => void;
}

export class LameDuck implements Disposable {
  readonly #parts: LameDuckParts;
  #timer: Disposable | null = null;

  constructor(parts: LameDuckParts) {
    this.#parts = parts;
  }

  /** The listeners are closed already. */
  begin(): void {
    const { broker, timers, graceMillis, log, onDone } = this.#parts;
    if (broker.connections.openCount === 0) {
      onDone();
      return;
    }
    broker.sendInfoToAll(true);
    this.#timer = timers.after(graceMillis, () => {
      log.notice("Closing existing clients");
      const clients = [...broker.connections.open];
      this.#closeNext(clients, 0, clients.length);
    });
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
  }

  // Timers are no finer than a millisecond: of many clients in little time, several are closed at once.
  #closeNext(clients: readonly OpenConnection[], from: number, total: number): void {
    const { durationMillis, graceMillis, timers, random, onDone } = this.#parts;
    const spread = Math.max(durationMillis - graceMillis, 1);
    const pause = Math.min(spread / Math.max(total, 1), longestPauseMillis);
    const batch = pause < 1 ? Math.ceil(1 / pause) : 1;
    for (const { connection } of clients.slice(from, from + batch)) {
      connection.closeFor(closedReason.serverShutdown);
    }
    const next = from + batch;
    if (next >= clients.length) {
      onDone();
      return;
    }
    const half = Math.max(Math.floor(pause / 2), 1);
    const wait = half + random.below(half);
    this.#timer = timers.after(wait, () => this.#closeNext(clients, next, total));
  }
}
