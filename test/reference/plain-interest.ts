// All subscriptions in the order they were made, and who wants a subject.
// It looks at every subscription for every subject; it delivers nothing and knows no slots but by their number.

import { assert } from "../../src/base/assert.ts";
import type {
  AccountIndex,
  SlotIndex,
  SubscriptionDetail,
  SubscriptionRef,
} from "../../src/wasm/fabric.ts";
import { matches } from "./plain-subject.ts";

export interface PlainSubscription {
  readonly ref: SubscriptionRef;
  readonly slot: SlotIndex;
  readonly account: AccountIndex;
  readonly subject: string;
  readonly queue: string;
  readonly sid: string;
  readonly filtersDenied: boolean;
  readonly alsoDenied: readonly string[];
  /** Null for one that belongs to a slot. */
  readonly receiver: number | null;
  /** Null shows the published subject. */
  readonly show: string | null;
  /** Itself, unless it is a shadow: delivered and max are counted there. */
  readonly primary: PlainSubscription | null;
  readonly shadows: PlainSubscription[];
  delivered: number;
  max: number;
  isRemoved: boolean;
}

export type NewSubscription = Pick<
  PlainSubscription,
  | "slot"
  | "account"
  | "subject"
  | "queue"
  | "sid"
  | "filtersDenied"
  | "alsoDenied"
  | "receiver"
  | "show"
  | "primary"
>;

/** Where delivered and max of a subscription are counted. */
export function primaryOf(subscription: PlainSubscription): PlainSubscription {
  return subscription.primary ?? subscription;
}

export function detailOf(subscription: PlainSubscription): SubscriptionDetail {
  const { ref, slot, account, subject, queue, sid } = subscription;
  const { delivered, max } = primaryOf(subscription);
  const isShadow = subscription.primary !== null;
  return { ref, slot, account, subject, queue, sid, delivered, max, isShadow };
}

export class PlainInterest {
  /** References are never used twice here, so that a stale one is found out. Iteration is oldest first. */
  readonly #all = new Map<SubscriptionRef, PlainSubscription>();
  inserts = 0;
  removes = 0;
  matches = 0;

  get count(): number {
    return this.#all.size;
  }

  get(ref: SubscriptionRef): PlainSubscription {
    const subscription = this.#all.get(ref);
    assert(subscription !== undefined, `subscription ${ref} exists`);
    return subscription;
  }

  add(fields: NewSubscription): PlainSubscription {
    this.inserts += 1;
    const ref = this.inserts as SubscriptionRef;
    const subscription = {
      ...fields,
      ref,
      shadows: [],
      delivered: 0,
      max: 0,
      isRemoved: false,
    };
    this.#all.set(ref, subscription);
    fields.primary?.shadows.push(subscription);
    return subscription;
  }

  /** A primary takes its shadows along. */
  remove(subscription: PlainSubscription): void {
    assert(!subscription.isRemoved, `subscription ${subscription.ref} is removed once`);
    this.removes += 1;
    this.#all.delete(subscription.ref);
    subscription.isRemoved = true;
    for (const shadow of subscription.shadows.splice(0)) {
      this.remove(shadow);
    }
    const siblings = subscription.primary?.shadows;
    const place = siblings?.indexOf(subscription) ?? -1;
    if (place >= 0) {
      siblings?.splice(place, 1);
    }
  }

  ofSlot(slot: SlotIndex): PlainSubscription[] {
    return [...this.#all.values()].filter((subscription) => subscription.slot === slot);
  }

  ofAccount(account: AccountIndex): PlainSubscription[] {
    return [...this.#all.values()].filter((subscription) => subscription.account === account);
  }

  /** Oldest first. */
  match(account: AccountIndex, subject: string): PlainSubscription[] {
    this.matches += 1;
    return this.ofAccount(account).filter((subscription) => matches(subscription.subject, subject));
  }
}
