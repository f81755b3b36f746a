// At the end of a turn, writes every outbox that was touched, once; and in the middle of one when the fabric asks.
// Which connection a slot is, the list is told; what a write does to it, the connection knows.

import type { Timers } from "../ports/timers.ts";
import { type Fabric, noSlot, type SlotIndex } from "../wasm/fabric.ts";
import type { Router } from "./router.ts";

export interface FlushTarget {
  /** Writes what waits until the socket takes no more. */
  flush(): void;
  /** More waited than is allowed: a slow consumer. */
  overflowed(): void;
}

export class FlushList {
  readonly #fabric: Fabric;
  readonly #router: Router;
  readonly #timers: Timers;
  readonly #targetOf: (slot: SlotIndex) => FlushTarget | undefined;
  readonly #afterFlush: () => void;
  readonly #endOfTurn: () => void;
  readonly #beforeFlush: Set<() => void> = new Set();
  #isWanted = false;

  constructor(options: {
    readonly fabric: Fabric;
    readonly router: Router;
    readonly timers: Timers;
    readonly targetOf: (slot: SlotIndex) => FlushTarget | undefined;
    /** Called behind the flush of a turn: who waited for room goes on. */
    readonly afterFlush: () => void;
  }) {
    this.#fabric = options.fabric;
    this.#router = options.router;
    this.#timers = options.timers;
    this.#targetOf = options.targetOf;
    this.#afterFlush = options.afterFlush;
    this.#endOfTurn = (): void => {
      this.#isWanted = false;
      this.#router.route();
      for (const action of this.#beforeFlush) {
        action();
      }
      this.#router.route();
      this.flushNow();
      this.#afterFlush();
    };
  }

  /** Done at every end of a turn, when its rows were routed and nothing of it was flushed yet. Disposing ends that. */
  beforeFlush(action: () => void): Disposable {
    this.#beforeFlush.add(action);
    return { [Symbol.dispose]: () => this.#beforeFlush.delete(action) };
  }

  /** Something may have been written to: flush when the sockets of this turn were all read. */
  want(): void {
    if (!this.#isWanted) {
      this.#isWanted = true;
      this.#timers.endOfTurn(this.#endOfTurn);
    }
  }

  flushNow(): void {
    const fabric = this.#fabric;
    for (let slot = fabric.takeTouched(); slot !== noSlot; slot = fabric.takeTouched()) {
      this.#targetOf(slot)?.flush();
    }
    for (let slot = fabric.takeOverflowed(); slot !== noSlot; slot = fabric.takeOverflowed()) {
      this.#targetOf(slot)?.overflowed();
    }
  }
}
