// The one timer of a consumer's unacknowledged messages: it fires when the next wait may be over, and hands over all
// that are due.

import type { Timers } from "../../ports/timers.ts";
import type { ConsumerCore } from "./consumer-core.ts";

/** More than this are taken in the next turn. */
const dueAtATime = 65_536;
const leastMillis = 1;

export class RedeliveryTimer {
  readonly #core: ConsumerCore;
  readonly #timers: Timers;
  readonly #onTimer: () => void;
  #timer: Disposable | null = null;
  #due = Number.POSITIVE_INFINITY;

  constructor(core: ConsumerCore) {
    this.#core = core;
    this.#timers = core.parts.timers;
    this.#onTimer = (): void => this.#fire();
  }

  /** After deliveries, acknowledgements, and changes of waits. */
  arm(): void {
    const { redelivery, pending } = this.#core.ledger;
    const due = pending.size === 0 ? Number.POSITIVE_INFINITY : redelivery.nextDue;
    // One that fires too early looks again.
    if (due >= this.#due) {
      return;
    }
    this.stop();
    this.#due = due;
    this.#timer = this.#timers.after(Math.max(leastMillis, due - this.#core.now), this.#onTimer);
  }

  stop(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
    this.#due = Number.POSITIVE_INFINITY;
  }

  #fire(): void {
    this.#timer = null;
    this.#due = Number.POSITIVE_INFINITY;
    const core = this.#core;
    const { redelivery, pending } = core.ledger;
    const wasFull = core.isFull;
    const due = redelivery.takeDue(core.now, dueAtATime);
    for (const sequence of due) {
      const index = pending.find(sequence);
      if (index !== -1) {
        core.redeliver(index);
      }
    }
    if (due.length > 0 && (redelivery.queued > 0 || wasFull)) {
      core.owner.wantPump();
    }
    this.arm();
  }
}
