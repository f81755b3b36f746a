// A subscription from inside the server, and what it gets from other accounts by stream imports: a further subscription
// in each exporting account, whose messages are shown as the importer sees them.

import { byteTextOf } from "../base/byte-text.ts";
import type { AccountIndex, Fabric, SubscriptionRef } from "../wasm/fabric.ts";
import type { PassingMessage } from "./message.ts";
import type { Router } from "./router.ts";
import { type StandIn, shownSubject } from "./stream-imports.ts";
import type { Subscriber } from "./subscriber.ts";

/** A stand-in, and the account that it stands in. */
export interface InsideStandIn {
  readonly account: AccountIndex;
  readonly standIn: StandIn;
}

/** What of other accounts a subscription on this pattern gets too. `subject` is byte text. */
export type InsideStandInsOf = (account: AccountIndex, subject: string) => readonly InsideStandIn[];

export interface InsideWish {
  readonly account: AccountIndex;
  readonly subject: string;
  readonly queue: string;
  readonly subscriber: Subscriber;
}

export class InsideSubscription {
  readonly #fabric: Fabric;
  readonly #router: Router;
  readonly #wish: InsideWish;
  readonly #receiver: number;
  readonly #subscription: SubscriptionRef;
  #standIns: readonly Disposable[] = [];

  constructor(fabric: Fabric, router: Router, wish: InsideWish) {
    this.#fabric = fabric;
    this.#router = router;
    this.#wish = wish;
    const { account, subject, queue, subscriber } = wish;
    this.#receiver = router.register(subscriber);
    this.#subscription = fabric.subscribeInside(account, subject, queue, this.#receiver);
  }

  get ref(): SubscriptionRef {
    return this.#subscription;
  }

  /** Those it has are given up for these. */
  standInFor(standInsOf: InsideStandInsOf): void {
    this.#endStandIns();
    const { account, subject } = this.#wish;
    const found = standInsOf(account, subject);
    if (found.length > 0) {
      this.#standIns = found.map((one) => this.#standIn(one));
    }
  }

  end(): void {
    this.#endStandIns();
    this.#fabric.unsubscribe(this.#subscription);
    this.#router.release(this.#receiver);
  }

  #standIn({ account, standIn }: InsideStandIn): Disposable {
    const { queue, subscriber } = this.#wish;
    const receiver = this.#router.register(
      standIn.show === null ? subscriber : new ShowingSubscriber(standIn, subscriber),
    );
    const subject = byteTextOf(standIn.subject);
    const subscription = this.#fabric.subscribeInside(account, subject, queue, receiver);
    return {
      [Symbol.dispose]: (): void => {
        this.#fabric.unsubscribe(subscription);
        this.#router.release(receiver);
      },
    };
  }

  #endStandIns(): void {
    for (const standIn of this.#standIns) {
      standIn[Symbol.dispose]();
    }
    this.#standIns = [];
  }
}

/** Hands on what was published in another account under the subject that the importer knows. */
class ShowingSubscriber implements Subscriber {
  readonly #standIn: StandIn;
  readonly #inner: Subscriber;

  constructor(standIn: StandIn, inner: Subscriber) {
    this.#standIn = standIn;
    this.#inner = inner;
  }

  deliver(message: PassingMessage): void {
    message.showAs(shownSubject(this.#standIn, message.subject));
    this.#inner.deliver(message);
  }
}
