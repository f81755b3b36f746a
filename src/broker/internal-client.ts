// Publish, subscribe and request from inside the server, in the name of one account. It has no permissions and no
// connection; what it sends leaves with the flush at the end of the turn.

import type { OutgoingMessage } from "../base/outgoing-message.ts";
import type { Random } from "../ports/random.ts";
import type { Timers } from "../ports/timers.ts";
import {
  type AccountIndex,
  type Fabric,
  noSlot,
  type SlotIndex,
  type SubscriptionRef,
} from "../wasm/fabric.ts";
import { type InsideStandInsOf, InsideSubscription } from "./inside-subscription.ts";
import { messageBytes, type PassingMessage } from "./message.ts";
import type { Router } from "./router.ts";
import type { Subscriber } from "./subscriber.ts";

const noHeaders = new Uint8Array(0);
const inboxAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const inboxLength = 22;
const noStandIns: InsideStandInsOf = () => [];

/** What an internal client needs of the broker. */
export interface InsideRoad {
  readonly fabric: Fabric;
  readonly router: Router;
  readonly timers: Timers;
  readonly random: Random;
  /** Outboxes may have been written to: a flush at the end of this turn is wanted. */
  readonly wantFlush: () => void;
  /** Who keeps messages, by subscription: for traces. */
  readonly keepers?: Map<SubscriptionRef, Subscriber>;
  /** Calls `onRoom` once when the connection takes messages again, is given up, or is closed. */
  readonly whenRoom: (slot: SlotIndex, onRoom: () => void) => void;
}

export interface InternalPublishOptions {
  readonly reply?: string;
  /** A whole header block. */
  readonly headers?: Uint8Array;
  /** The connection in whose name it is published; its echo rule and its wish for 503 apply. */
  readonly origin?: SlotIndex;
}

/** Null when nobody listens, or nobody answered in time. */
export type OnReply = (reply: PassingMessage | null) => void;

export class InternalClient implements Disposable {
  readonly account: AccountIndex;
  readonly #road: InsideRoad;
  readonly #standInsOf: InsideStandInsOf;
  readonly #subscriptions: Set<InsideSubscription> = new Set();
  #inbox: Inbox | null = null;

  constructor(road: InsideRoad, account: AccountIndex, standInsOf: InsideStandInsOf = noStandIns) {
    this.#road = road;
    this.account = account;
    this.#standInsOf = standInsOf;
  }

  /** Gives the number of receivers. */
  publish(
    subject: string,
    body: Uint8Array | string,
    options: InternalPublishOptions = {},
  ): number {
    const count = this.#road.fabric.publish({
      account: this.account,
      origin: options.origin ?? noSlot,
      subject,
      reply: options.reply ?? "",
      headers: options.headers ?? noHeaders,
      body: messageBytes(body),
    });
    this.#road.wantFlush();
    this.#road.router.route();
    return count;
  }

  /** The same without strings or objects; receivers may be shown another subject. What comes of it is routed later. */
  deliver(message: OutgoingMessage): number {
    const receivers = this.#road.fabric.deliver(this.account, message);
    this.#road.wantFlush();
    return receivers;
  }

  hasInterest(subject: string): boolean {
    return this.#road.fabric.hasInterest(this.account, subject);
  }

  /** Whether somebody subscribed to this very subject, not by a pattern: in that queue group; without, in none. */
  hasListener(subject: string, queue = ""): boolean {
    return this.#road.fabric.hasListener(this.account, subject, queue);
  }

  /**
   * Whether a receiver was too full for something published or delivered from inside since this was asked last: then
   * `onRoom` is called, once, when it has room again, makes no progress any more, or is gone.
   */
  mustWait(onRoom: () => void): boolean {
    const slot = this.#road.fabric.takeStall();
    if (slot === noSlot) {
      return false;
    }
    this.#road.whenRoom(slot, onRoom);
    return true;
  }

  /** Disposing ends the subscription. It gets what stream imports bring, too. */
  subscribe(subject: string, subscriber: Subscriber, queue = ""): Disposable {
    const { fabric, router } = this.#road;
    const wish = { account: this.account, subject, queue, subscriber };
    const subscription = new InsideSubscription(fabric, router, wish);
    subscription.standInFor(this.#standInsOf);
    this.#subscriptions.add(subscription);
    const { keepers } = this.#road;
    if (subscriber.trace !== undefined) {
      keepers?.set(subscription.ref, subscriber);
    }
    return {
      [Symbol.dispose]: (): void => {
        if (this.#subscriptions.delete(subscription)) {
          keepers?.delete(subscription.ref);
          subscription.end();
        }
      },
    };
  }

  /** The stream imports of the account changed. */
  renewStandIns(): void {
    for (const subscription of this.#subscriptions) {
      subscription.standInFor(this.#standInsOf);
    }
  }

  /** Exactly one call of onReply: with the first answer, or null. Disposing before that cancels it. */
  request(
    subject: string,
    body: Uint8Array | string,
    timeoutMillis: number,
    onReply: OnReply,
  ): Disposable {
    this.#inbox ??= new Inbox(this, this.#road);
    return this.#inbox.request(subject, body, timeoutMillis, onReply);
  }

  /** Ends its requests, which are not answered any more. Subscriptions are their owners' to end. */
  [Symbol.dispose](): void {
    this.#inbox?.[Symbol.dispose]();
    this.#inbox = null;
  }
}

interface PendingRequest {
  readonly onReply: OnReply;
  readonly timer: Disposable;
}

/** The one wildcard subscription under which all requests of a client await their answers. */
class Inbox implements Subscriber, Disposable {
  readonly #client: InternalClient;
  readonly #timers: Timers;
  readonly #prefix: string;
  readonly #pending: Map<string, PendingRequest> = new Map();
  readonly #subscription: Disposable;
  #next = 0;

  constructor(client: InternalClient, road: InsideRoad) {
    this.#client = client;
    this.#timers = road.timers;
    this.#prefix = `_INBOX.${randomName(road.random)}.`;
    this.#subscription = client.subscribe(`${this.#prefix}*`, this);
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
    for (const { timer } of this.#pending.values()) {
      timer[Symbol.dispose]();
    }
    this.#pending.clear();
  }

  request(
    subject: string,
    body: Uint8Array | string,
    timeoutMillis: number,
    onReply: OnReply,
  ): Disposable {
    this.#next += 1;
    const token = this.#next.toString(36);
    const timer = this.#timers.after(timeoutMillis, () => this.#finish(token, null));
    this.#pending.set(token, { onReply, timer });
    const receivers = this.#client.publish(subject, body, { reply: `${this.#prefix}${token}` });
    if (receivers <= 0) {
      this.#finish(token, null);
    }
    return {
      [Symbol.dispose]: (): void => {
        this.#pending.get(token)?.timer[Symbol.dispose]();
        this.#pending.delete(token);
      },
    };
  }

  deliver(message: PassingMessage): void {
    this.#finish(message.subject.slice(this.#prefix.length), message);
  }

  #finish(token: string, reply: PassingMessage | null): void {
    const pending = this.#pending.get(token);
    if (pending) {
      this.#pending.delete(token);
      pending.timer[Symbol.dispose]();
      pending.onReply(reply);
    }
  }
}

function randomName(random: Random): string {
  let name = "";
  for (let i = 0; i < inboxLength; i++) {
    name += inboxAlphabet.charAt(random.below(inboxAlphabet.length));
  }
  return name;
}
