// The plain twin of the fast road: the same interface as the WASM fabric, written to be obviously right and slow.
// Where a caller breaks the interface's rules it throws, so that unit tests on it find the fault.

import { assert } from "../../src/base/assert.ts";
import type { OutgoingMessage } from "../../src/base/outgoing-message.ts";
import {
  type AccountCounters,
  type AccountIndex,
  type Fabric,
  type HandoffRows,
  type InterestStatistics,
  type MemoryStatistics,
  noSlot,
  type Outcome,
  outcome,
  type PendingOp,
  type PermissionsRef,
  type PermissionsSpec,
  type PublishOptions,
  type SlotCounters,
  type SlotIndex,
  type SlotOptions,
  type SubscribeOptions,
  type SubscriptionDetail,
  type SubscriptionRef,
} from "../../src/wasm/fabric.ts";
import { checkedText, textOf } from "./plain-bytes.ts";
import { deliver, writeNoResponders } from "./plain-delivery.ts";
import { PlainIngress } from "./plain-ingress.ts";
import { detailOf, type NewSubscription, type PlainSubscription } from "./plain-interest.ts";
import { PlainPermissions } from "./plain-permissions.ts";
import { type Message, PlainAccount, PlainSlot, PlainState } from "./plain-state.ts";
import { isSubscribable } from "./plain-subject.ts";

type Address = Pick<Message, "account" | "origin" | "subject" | "reply" | "skipsShadows" | "shown">;

export class PlainFabric implements Fabric {
  readonly #state: PlainState;
  readonly #ingress: PlainIngress;
  /** The slot whose window is not finished: nobody else may ingest until it is done or held. */
  #active: SlotIndex = noSlot;
  readonly #held = new Set<SlotIndex>();
  #stalledBy: SlotIndex = noSlot;
  /** The first receiver too full for a message from inside. */
  #insideStall: SlotIndex = noSlot;
  /** Numbers are never given twice, so that a stale one is found out. */
  #lastAccount = 0;
  #lastSlot = 0;
  #lastPermissions = 0;

  constructor(seed: number) {
    this.#state = new PlainState(seed);
    this.#ingress = new PlainIngress(this.#state);
  }

  // --- accounts

  openAccount(): AccountIndex {
    this.#lastAccount += 1;
    const index = this.#lastAccount as AccountIndex;
    this.#state.accounts.set(index, new PlainAccount());
    return index;
  }

  closeAccount(account: AccountIndex): void {
    this.#state.account(account);
    const slots = [...this.#state.slots.values()];
    assert(!slots.some((slot) => slot.options.account === account), "the account has no slots");
    assert(this.#state.subscriptionCount(account) === 0, "the account has no subscriptions");
    this.#state.accounts.delete(account);
  }

  setMappedSubjects(account: AccountIndex, patterns: readonly string[]): void {
    this.#state.account(account).mappedSubjects = patterns.map(checkedText);
  }

  setTracesParents(account: AccountIndex, isOn: boolean): void {
    this.#state.account(account).tracesParents = isOn;
  }

  accountCounters(account: AccountIndex): AccountCounters {
    const { counters } = this.#state.account(account);
    return { ...counters, subscriptions: this.#state.subscriptionCount(account) };
  }

  // --- slots

  openSlot(options: SlotOptions): SlotIndex {
    this.#checkOptions(options);
    this.#lastSlot += 1;
    const index = this.#lastSlot as SlotIndex;
    this.#state.slots.set(index, new PlainSlot(index, { ...options }));
    return index;
  }

  setSlotOptions(slot: SlotIndex, options: SlotOptions): void {
    this.#checkOptions(options);
    const record = this.#state.slot(slot);
    if (record.options.permissions !== options.permissions) {
      record.replies.forgetAll();
    }
    record.options = { ...options };
    record.awaitsFirstPing = options.reportsFirstPing;
  }

  closeSlot(slot: SlotIndex): void {
    const { subscriptions } = this.#state.slot(slot);
    for (const subscription of [...subscriptions.values()]) {
      this.#state.removeSubscription(subscription);
    }
    this.#state.slots.delete(slot);
    this.#state.touched.delete(slot);
    this.#state.overflowed.delete(slot);
    this.#held.delete(slot);
    if (this.#insideStall === slot) {
      this.#insideStall = noSlot;
    }
    if (this.#active === slot) {
      this.#active = noSlot;
    }
    for (const other of this.#state.slots.values()) {
      if (other.stalledBy === slot) {
        other.stalledBy = null;
      }
    }
  }

  slotCounters(slot: SlotIndex): SlotCounters {
    const { counters, subscriptions, outbox } = this.#state.slot(slot);
    return { ...counters, subscriptions: subscriptions.size, pendingBytes: outbox.pending };
  }

  totals(): AccountCounters {
    return { ...this.#state.totals, subscriptions: this.#state.interest.count };
  }

  awaitPong(slot: SlotIndex, isAwaited: boolean): void {
    this.#state.slot(slot).isPongAwaited = isAwaited;
  }

  // --- permissions

  openPermissions(spec: PermissionsSpec): PermissionsRef {
    this.#lastPermissions += 1;
    const ref = this.#lastPermissions as PermissionsRef;
    const lists = [spec.publishAllow ?? [], spec.publishDeny, spec.subscribeDeny];
    lists.flat().forEach(checkedText);
    this.#state.permissions.set(ref, new PlainPermissions(spec));
    return ref;
  }

  closePermissions(permissions: PermissionsRef): void {
    assert(this.#state.permissions.has(permissions), `permissions ${permissions} are open`);
    const slots = [...this.#state.slots.values()];
    const isUsed = slots.some((slot) => slot.options.permissions === permissions);
    assert(!isUsed, "no slot uses the permissions any more");
    this.#state.permissions.delete(permissions);
  }

  // --- bytes in

  ingest(slot: SlotIndex, chunk: Uint8Array, nowMillis: number): Outcome {
    const record = this.#state.slot(slot);
    assert(this.#active === noSlot, "the window before this one is done or held");
    assert(!this.#held.has(slot), "the slot's bytes are not held");
    assert(this.#state.rows.count === 0, "the rows before this chunk are cleared");
    this.#state.now = nowMillis;
    this.#state.bytesToFlush = 0;
    record.input += textOf(chunk);
    return this.#run(record);
  }

  resume(slot: SlotIndex): Outcome {
    const record = this.#state.slot(slot);
    assert(this.#active === slot || this.#held.has(slot), "the slot has an unfinished window");
    assert(this.#active === slot || this.#active === noSlot, "no other window is open");
    assert(this.#state.rows.count === 0, "the rows before this resume are cleared");
    this.#held.delete(slot);
    return this.#run(record);
  }

  hold(slot: SlotIndex): void {
    assert(this.#active === slot, "only an unfinished window is held");
    this.#active = noSlot;
    this.#held.add(slot);
  }

  get op(): PendingOp {
    return this.#ingress.op;
  }

  get stalledBy(): SlotIndex {
    return this.#stalledBy;
  }

  takeStall(): SlotIndex {
    const slot = this.#insideStall;
    this.#insideStall = noSlot;
    return slot;
  }

  publishMapped(slot: SlotIndex, subject: string): number {
    return this.#ingress.publishMapped(this.#state.slot(slot), checkedText(subject));
  }

  publishTraced(slot: SlotIndex, to: string, delivers: boolean, headers?: Uint8Array): number {
    const block = headers && textOf(headers);
    return this.#ingress.publishTraced(this.#state.slot(slot), checkedText(to), delivers, block);
  }

  // --- interest

  subscribe(options: SubscribeOptions): SubscriptionRef {
    const { slot, account, subject, queue, sid, filtersDenied, alsoDenied = [] } = options;
    const record = this.#state.slot(slot);
    const present = record.subscriptions.get(sid);
    if (present !== undefined) {
      return present.ref;
    }
    const added = this.#add({
      ...{ slot, account, subject, queue, sid, filtersDenied, alsoDenied },
      ...{ receiver: null, show: null, primary: null },
    });
    record.subscriptions.set(sid, added);
    return added.ref;
  }

  subscribeInside(
    account: AccountIndex,
    subject: string,
    queue: string,
    receiver: number,
  ): SubscriptionRef {
    assert(receiver >>> 0 === receiver, "a receiver is a whole number below 2^32");
    return this.#add({
      ...{ slot: noSlot, account, subject, queue, sid: "", filtersDenied: false, alsoDenied: [] },
      ...{ receiver, show: null, primary: null },
    }).ref;
  }

  addShadow(
    primary: SubscriptionRef,
    account: AccountIndex,
    subject: string,
    show: string | null,
  ): SubscriptionRef {
    const original = this.#state.interest.get(primary);
    assert(original.primary === null, "a shadow has no shadows");
    const { slot, queue, sid, filtersDenied, alsoDenied, receiver } = original;
    return this.#add({
      ...{ slot, account, subject, queue, sid, filtersDenied, alsoDenied },
      ...{ receiver, show: show === null ? null : checkedText(show), primary: original },
    }).ref;
  }

  unsubscribe(subscription: SubscriptionRef): void {
    this.#state.removeSubscription(this.#state.interest.get(subscription));
  }

  findSubscription(slot: SlotIndex, sid: string): SubscriptionRef {
    return this.#state.find(this.#state.slot(slot), sid);
  }

  describe(subscription: SubscriptionRef): SubscriptionDetail {
    return detailOf(this.#state.interest.get(subscription));
  }

  subscriptionsOf(slot: SlotIndex): readonly SubscriptionDetail[] {
    this.#state.slot(slot);
    return this.#state.interest.ofSlot(slot).map(detailOf);
  }

  subscriptionsIn(account: AccountIndex, limit: number): readonly SubscriptionDetail[] {
    return this.#state.interest.ofAccount(account).slice(0, limit).map(detailOf);
  }

  match(account: AccountIndex, subject: string): readonly SubscriptionDetail[] {
    return this.#state.interest.match(account, checkedText(subject)).map(detailOf);
  }

  hasInterest(account: AccountIndex, subject: string): boolean {
    return this.match(account, subject).length > 0;
  }

  hasListener(account: AccountIndex, subject: string, queue: string): boolean {
    const isPattern = checkedText(subject)
      .split(".")
      .some((token) => /^[*>]$/.test(token));
    const all = this.#state.interest.ofAccount(account);
    return !isPattern && all.some((one) => one.subject === subject && one.queue === queue);
  }

  interestStatistics(): InterestStatistics {
    const { count, inserts, removes, matches } = this.#state.interest;
    const withoutCache = { cachedSubjects: 0, cacheHits: 0, maxFanout: 0, averageFanout: 0 };
    return { subscriptions: count, inserts, removes, matches, ...withoutCache };
  }

  // --- messages from inside

  publish(options: PublishOptions): number {
    const { account, origin, subject, reply, headers, body } = options;
    return this.#deliver({ account, origin, subject, reply }, textOf(headers), textOf(body));
  }

  deliver(account: AccountIndex, message: OutgoingMessage): number {
    const text = (from: Uint8Array, start: number, length: number): string =>
      textOf(from.subarray(start, start + length));
    const subject = text(message.toBytes, message.toStart, message.toLength);
    const shown = text(message.subjectBytes, message.subjectStart, message.subjectLength);
    const reply = text(message.replyBytes, message.replyStart, message.replyLength);
    const headers = text(message.headerBytes, message.headerStart, message.headerLength);
    const body = text(message.bodyBytes, message.bodyStart, message.bodyLength);
    const isShown = shown === "" ? {} : { shown };
    return this.#deliver({ account, origin: noSlot, subject, reply, ...isShown }, headers, body);
  }

  forward(
    row: number,
    account: AccountIndex,
    origin: SlotIndex,
    subject: string,
    reply: string,
    headers?: Uint8Array,
  ): number {
    const original = this.#state.rows.row(row);
    const block = headers === undefined ? original.headers : textOf(headers);
    const isShown =
      headers === undefined && original.shown !== undefined ? { shown: original.shown } : {};
    const address = { account, origin, subject, reply, skipsShadows: true, ...isShown };
    return this.#deliver(address, block, original.body);
  }

  sendNoResponders(slot: SlotIndex, reply: string, subject: string): void {
    const record = this.#state.slot(slot);
    writeNoResponders(this.#state, record, checkedText(reply), checkedText(subject));
  }

  get rows(): HandoffRows {
    return this.#state.rows;
  }

  clearRows(): void {
    this.#state.rows.clear();
  }

  // --- bytes out

  write(slot: SlotIndex, bytes: Uint8Array): boolean {
    this.#state.write(this.#state.slot(slot), textOf(bytes));
    return true;
  }

  takeTouched(): SlotIndex {
    return takeFirst(this.#state.touched);
  }

  outboxBytes(slot: SlotIndex): Uint8Array {
    return this.#state.slot(slot).outbox.firstBlock();
  }

  outboxOffset(slot: SlotIndex): number {
    return this.#state.slot(slot).outbox.offset;
  }

  outboxLength(slot: SlotIndex): number {
    return this.#state.slot(slot).outbox.firstLength;
  }

  took(slot: SlotIndex, count: number): void {
    this.#state.slot(slot).outbox.took(count);
  }

  pendingBytes(slot: SlotIndex): number {
    return this.#state.slot(slot).outbox.pending;
  }

  /** Its memory is the collector's business. */
  releaseIdle(): void {}

  setStuck(slot: SlotIndex, isStuck: boolean): void {
    this.#state.slot(slot).isStuck = isStuck;
  }

  setStallBytes(bytes: number): void {
    this.#state.stallBytes = bytes;
  }

  setMaxPending(bytes: number): void {
    this.#state.maxPending = bytes;
  }

  takeOverflowed(): SlotIndex {
    return takeFirst(this.#state.overflowed);
  }

  memoryStatistics(): MemoryStatistics {
    const slots = [...this.#state.slots.values()];
    const outboxBytes = slots.reduce((sum, slot) => sum + slot.outbox.pending, 0);
    return { arenaBytes: 0, outboxBytes };
  }

  #run(slot: PlainSlot): Outcome {
    const result = this.#ingress.run(slot);
    this.#active = result === outcome.done ? noSlot : slot.index;
    if (result === outcome.stalled) {
      this.#stalledBy = slot.stalledBy ?? noSlot;
      slot.stalledBy = null;
    }
    return result;
  }

  #add(fields: NewSubscription): PlainSubscription {
    this.#state.account(fields.account);
    assert(isSubscribable(checkedText(fields.subject)), "a subscription has a valid subject");
    checkedText(fields.queue + fields.sid);
    return this.#state.interest.add(fields);
  }

  #deliver(address: Address, headers: string, body: string): number {
    this.#state.account(address.account);
    checkedText(address.subject + address.reply);
    const headerText = `${headers.length}`;
    const sizeText = `${headers.length + body.length}`;
    const message = { ...address, headers, body, headerText, sizeText };
    const { receivers, full } = deliver(this.#state, message);
    if (this.#insideStall === noSlot) {
      this.#insideStall = full[0] ?? noSlot;
    }
    return receivers;
  }

  #checkOptions(options: SlotOptions): void {
    this.#state.account(options.account);
    const { permissions } = options;
    const isOpen = permissions === 0 || this.#state.permissions.has(permissions);
    assert(isOpen, `permissions ${permissions} are open`);
  }
}

function takeFirst(slots: Set<SlotIndex>): SlotIndex {
  for (const slot of slots) {
    slots.delete(slot);
    return slot;
  }
  return noSlot;
}
