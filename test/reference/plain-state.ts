// The records behind the plain fabric: accounts, slots and what belongs to the whole.
// It decides nothing about messages.

import { assert } from "../../src/base/assert.ts";
import type {
  AccountIndex,
  PermissionsRef,
  SlotIndex,
  SlotOptions,
  SubscriptionRef,
} from "../../src/wasm/fabric.ts";
import { PlainInterest, type PlainSubscription } from "./plain-interest.ts";
import { PlainOutbox } from "./plain-outbox.ts";
import type { PublishLine } from "./plain-parser.ts";
import { type PlainPermissions, PlainReplies } from "./plain-permissions.ts";
import { PlainRows } from "./plain-rows.ts";

export class Counters {
  inMessages = 0;
  inBytes = 0;
  outMessages = 0;
  outBytes = 0;

  countIn(bytes: number): void {
    this.inMessages += 1;
    this.inBytes += bytes;
  }

  countOut(bytes: number): void {
    this.outMessages += 1;
    this.outBytes += bytes;
  }
}

export class PlainAccount {
  readonly counters: Counters = new Counters();
  mappedSubjects: readonly string[] = [];
  tracesParents = false;
}

/** A message on its way, from a client or from inside. */
export interface Message {
  readonly account: AccountIndex;
  readonly origin: SlotIndex;
  readonly subject: string;
  readonly reply: string;
  readonly headers: string;
  readonly body: string;
  /** The length of the header block, and of it and the body together, as frames write them. */
  readonly headerText: string;
  readonly sizeText: string;
  /** It came through a service import: shadows do not get it. */
  readonly skipsShadows?: boolean;
  /** Receivers are shown this instead of the subject that is matched; templates of shadows and denials ask the latter. */
  readonly shown?: string;
}

export class PlainSlot {
  readonly index: SlotIndex;
  options: SlotOptions;
  readonly counters: Counters = new Counters();
  readonly outbox: PlainOutbox = new PlainOutbox();
  readonly replies: PlainReplies = new PlainReplies();
  readonly subscriptions: Map<string, PlainSubscription> = new Map();
  /** What came in and was not consumed. */
  input = "";
  /** A publish whose control line is consumed and whose payload is not. */
  publishLine: PublishLine | null = null;
  /** A publish that was handed up, for publishMapped and publishTraced. */
  pendingMessage: Message | null = null;
  /** A full receiver met by a publish of this slot, not reported yet. */
  stalledBy: SlotIndex | null = null;
  /** Broken bytes end the reading for good. */
  isBroken = false;
  /** Set with the options, so that options given later ask for it again. */
  awaitsFirstPing: boolean;
  isPongAwaited = false;
  isStuck = false;

  constructor(index: SlotIndex, options: SlotOptions) {
    this.index = index;
    this.options = options;
    this.awaitsFirstPing = options.reportsFirstPing;
  }
}

/** xorshift32; the same numbers come out of the WASM fabric for the same seed. */
export class PlainRandom {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0 === 0 ? 1 : seed >>> 0;
  }

  /** Below `count`. One candidate is no choice and uses no number. */
  below(count: number): number {
    if (count <= 1) {
      return 0;
    }
    this.#state = (this.#state ^ (this.#state << 13)) >>> 0;
    this.#state = (this.#state ^ (this.#state >>> 17)) >>> 0;
    this.#state = (this.#state ^ (this.#state << 5)) >>> 0;
    return this.#state % count;
  }
}

export class PlainState {
  readonly accounts: Map<AccountIndex, PlainAccount> = new Map();
  readonly slots: Map<SlotIndex, PlainSlot> = new Map();
  readonly permissions: Map<PermissionsRef, PlainPermissions> = new Map();
  readonly interest: PlainInterest = new PlainInterest();
  readonly rows: PlainRows = new PlainRows();
  readonly totals: Counters = new Counters();
  readonly touched: Set<SlotIndex> = new Set();
  readonly overflowed: Set<SlotIndex> = new Set();
  readonly random: PlainRandom;
  stallBytes: number = Number.POSITIVE_INFINITY;
  maxPending: number = Number.POSITIVE_INFINITY;
  /** The time of the last ingest. */
  now = 0;
  /** Written to outboxes since the chunk began or the last flush was asked for. */
  bytesToFlush = 0;

  constructor(seed: number) {
    this.random = new PlainRandom(seed);
  }

  account(index: AccountIndex): PlainAccount {
    const account = this.accounts.get(index);
    assert(account !== undefined, `account ${index} is open`);
    return account;
  }

  slot(index: SlotIndex): PlainSlot {
    const slot = this.slots.get(index);
    assert(slot !== undefined, `slot ${index} is open`);
    return slot;
  }

  /** Null allows everything. */
  permissionsOf(slot: PlainSlot): PlainPermissions | null {
    const ref = slot.options.permissions;
    if (ref === 0) {
      return null;
    }
    const permissions = this.permissions.get(ref);
    assert(permissions !== undefined, `permissions ${ref} are open`);
    return permissions;
  }

  removeSubscription(subscription: PlainSubscription): void {
    const isOwn = subscription.slot !== 0 && subscription.primary === null;
    if (isOwn) {
      this.slot(subscription.slot).subscriptions.delete(subscription.sid);
    }
    this.interest.remove(subscription);
  }

  #isOverflowing(slot: PlainSlot): boolean {
    return slot.outbox.pending > this.maxPending;
  }

  /** A frame that meets a slot above the limit is not written, and puts it on the list. */
  refusesFrames(slot: PlainSlot): boolean {
    if (this.#isOverflowing(slot)) {
      this.overflowed.add(slot.index);
      return true;
    }
    return false;
  }

  /** Everything written anywhere goes through here. */
  write(slot: PlainSlot, text: string): void {
    slot.outbox.append(text);
    this.bytesToFlush += text.length;
    this.touched.add(slot.index);
    if (this.#isOverflowing(slot)) {
      this.overflowed.add(slot.index);
    }
  }

  subscriptionCount(account: AccountIndex): number {
    return this.interest.ofAccount(account).length;
  }

  find(slot: PlainSlot, sid: string): SubscriptionRef {
    return slot.subscriptions.get(sid)?.ref ?? (0 as SubscriptionRef);
  }
}
