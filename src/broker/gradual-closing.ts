// Closes all connections one after the other over a span of time, so that their clients do not all come to the next
// server at once.

import type { Random } from "../ports/random.ts";
import type { Timers } from "../ports/timers.ts";
import { closedReason } from "../protocol/closed-reason.ts";
import type { ConnectionRegistry } from "./connection-registry.ts";

/** Few clients are not kept waiting for their turn. */
const intervalMaxMillis = 1000;
/** Shorter timers are not kept exactly; then several are closed at a time. */
const intervalMinMillis = 1;

export class GradualClosing implements Disposable {
  readonly #connections: ConnectionRegistry;
  readonly #timers: Timers;
  readonly #random: Random;
  readonly #onDone: () => void;
  readonly #ids: number[];
  readonly #intervalMillis: number;
  readonly #batch: number;
  #timer: Disposable | null = null;

  constructor(
    connections: ConnectionRegistry,
    timers: Timers,
    random: Random,
    spanMillis: number,
    onDone: () => void,
  ) {
    this.#connections = connections;
    this.#timers = timers;
    this.#random = random;
    this.#onDone = onDone;
    this.#ids = [...connections.open].map(({ connection }) => connection.cid);
    const each = spanMillis / Math.max(1, this.#ids.length);
    this.#batch = Math.max(1, Math.ceil(intervalMinMillis / Math.max(each, 0.001)));
    this.#intervalMillis = Math.min(
      intervalMaxMillis,
      Math.max(intervalMinMillis, Math.floor(each)),
    );
    this.#closeNext();
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
    this.#ids.length = 0;
  }

  #closeNext(): void {
    for (const cid of this.#ids.splice(0, this.#batch)) {
      this.#connections.find(cid)?.connection.closeFor(closedReason.serverShutdown);
    }
    if (this.#ids.length === 0) {
      this.#timer = null;
      this.#onDone();
      return;
    }
    const half = Math.ceil(this.#intervalMillis / 2);
    this.#timer = this.#timers.after(half + this.#random.below(half), () => this.#closeNext());
  }
}
