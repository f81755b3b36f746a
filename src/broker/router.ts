// Gives each handoff row to the subscriber its receiver number names. What a subscriber is, the router does not ask.

import { assert } from "../base/assert.ts";
import type { Fabric } from "../wasm/fabric.ts";
import { PassingMessage } from "./message.ts";
import type { Subscriber } from "./subscriber.ts";

export class Router {
  readonly #fabric: Fabric;
  readonly #message: PassingMessage;
  /** By receiver number; 0 is never given. */
  readonly #subscribers: (Subscriber | null)[] = [null];
  readonly #free: number[] = [];
  /** Released while rows may still name them: given out again only when the rows are cleared. */
  #released: number[] = [];
  #isRouting = false;

  constructor(fabric: Fabric) {
    this.#fabric = fabric;
    this.#message = new PassingMessage(fabric.rows);
  }

  /** Gives the receiver number for fabric.subscribeInside. One subscriber may have many subscriptions under it. */
  register(subscriber: Subscriber): number {
    const receiver = this.#free.pop() ?? this.#subscribers.length;
    this.#subscribers[receiver] = subscriber;
    return receiver;
  }

  /** The subscriber gets nothing more, not even from rows that wait. */
  release(receiver: number): void {
    assert(this.#subscribers[receiver] !== null, "receiver is registered");
    this.#subscribers[receiver] = null;
    this.#released.push(receiver);
    if (!this.#isRouting && this.#fabric.rows.count === 0) {
      this.#reclaim();
    }
  }

  /**
   * Delivers all rows, those included that deliveries leave behind, and clears them. Called while it runs, it does
   * nothing: the running call reaches the new rows.
   */
  route(): void {
    const rows = this.#fabric.rows;
    if (this.#isRouting || rows.count === 0) {
      return;
    }
    this.#isRouting = true;
    try {
      for (let row = 0; row < rows.count; row++) {
        const subscriber = this.#subscribers[rows.receiver(row)];
        if (subscriber) {
          this.#message.moveTo(row);
          subscriber.deliver(this.#message);
        }
      }
      this.#fabric.clearRows();
    } finally {
      this.#isRouting = false;
    }
    this.#reclaim();
  }

  #reclaim(): void {
    if (this.#released.length > 0) {
      this.#free.push(...this.#released);
      this.#released = [];
    }
  }
}
