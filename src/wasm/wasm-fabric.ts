// The fabric over the WASM module: owns its memory and knows its handles. Texts cross as bytes, one
// character each, and go in staged.

import { type CopyBytes, copyBytes } from "../base/bytes.ts";
import type { OutgoingMessage } from "../base/outgoing-message.ts";
import {
  type AccountCounters,
  type AccountIndex,
  type Fabric,
  type HandoffRows,
  type InterestStatistics,
  type MemoryStatistics,
  noPermissions,
  noSlot,
  type Outcome,
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
} from "./fabric.ts";
import { FabricFull } from "./fabric-full.ts";
import { WasmOp, WasmRows } from "./handoff.ts";
import { Ingress } from "./ingress.ts";
import { InsideMessages } from "./inside-messages.ts";
import { type FabricExports, instantiate, unsigned } from "./module.ts";
import { optionFlags } from "./slot-flags.ts";
import { Stage } from "./staged-text.ts";
import { SubscriptionReader } from "./subscription-reader.ts";

/** A payload above this could not be addressed beside everything else. */
const maxPayloadBytes = 1024 * 1024 * 1024;

export class WasmFabric implements Fabric {
  readonly #exports: FabricExports;
  readonly #bytes: Uint8Array;
  readonly #stage: Stage;
  readonly #ingress: Ingress;
  readonly #reader: SubscriptionReader;
  readonly #inside: InsideMessages;
  /** The module's handle of each account; index 0 is none. */
  readonly #accounts: number[] = [0];
  readonly #freeAccounts: number[] = [];
  readonly op: PendingOp;
  readonly rows: HandoffRows;

  /** `memoryBytes` is the most it may ever use: interest, outboxes and all. Throws FabricFull when it cannot be had. */
  constructor(
    module: WebAssembly.Module,
    seed: number,
    memoryBytes: number = 2 ** 32,
    copy: CopyBytes = copyBytes,
  ) {
    this.#exports = instantiate(module, memoryBytes);
    this.#bytes = new Uint8Array(this.#exports.memory.buffer);
    const words = new Uint32Array(this.#exports.memory.buffer);
    this.#exports.begin(seed | 0);
    this.#ingress = new Ingress(this.#exports, this.#bytes);
    this.#stage = new Stage(this.#exports, this.#bytes, copy);
    this.#reader = new SubscriptionReader(this.#exports, this.#bytes, words);
    this.#inside = new InsideMessages(this.#exports, this.#stage);
    this.op = new WasmOp(this.#exports, this.#bytes, words);
    this.rows = new WasmRows(this.#exports, this.#bytes, words);
  }

  #account(index: AccountIndex): number {
    return this.#accounts[index] ?? 0;
  }

  openAccount(): AccountIndex {
    const index = this.#freeAccounts.pop() ?? this.#accounts.length;
    const handle = unsigned(this.#exports.openAccount(index));
    if (handle === 0) {
      throw new FabricFull("fabric-full", "no memory left for another account");
    }
    this.#accounts[index] = handle;
    return index as AccountIndex;
  }

  closeAccount(account: AccountIndex): void {
    this.#exports.closeAccount(this.#account(account) | 0);
    this.#accounts[account] = 0;
    this.#freeAccounts.push(account);
  }

  setMappedSubjects(account: AccountIndex, patterns: readonly string[]): void {
    const set = patterns.length === 0 ? 0 : this.#patternSet(patterns);
    this.#exports.setMapped(this.#account(account) | 0, set | 0);
  }

  setTracesParents(account: AccountIndex, isOn: boolean): void {
    this.#exports.setTracesParents(this.#account(account) | 0, isOn ? 1 : 0);
  }

  #patternSet(patterns: readonly string[]): number {
    const set = this.#exports.newPatternSet();
    if (set === 0) {
      throw new FabricFull("fabric-full", "no memory left for a set of patterns");
    }
    for (const pattern of patterns) {
      const { start, length } = this.#stage.text(pattern);
      const isAdded = this.#exports.addPattern(set, start | 0, length);
      this.#stage.clear();
      if (!isAdded) {
        throw new FabricFull("fabric-full", "no memory left for a set of patterns");
      }
    }
    return set;
  }

  #accountCountersAt(handle: number): AccountCounters {
    const read = (which: number): number => this.#exports.accountCounter(handle | 0, which);
    return {
      inMessages: read(0),
      inBytes: read(1),
      outMessages: read(2),
      outBytes: read(3),
      subscriptions: read(4),
    };
  }

  accountCounters(account: AccountIndex): AccountCounters {
    return this.#accountCountersAt(this.#account(account));
  }

  totals(): AccountCounters {
    const closed = this.#accountCountersAt(0);
    let { inMessages, inBytes, outMessages, outBytes } = closed;
    for (const handle of this.#accounts) {
      if (handle !== 0) {
        const counters = this.#accountCountersAt(handle);
        inMessages += counters.inMessages;
        inBytes += counters.inBytes;
        outMessages += counters.outMessages;
        outBytes += counters.outBytes;
      }
    }
    return { inMessages, inBytes, outMessages, outBytes, subscriptions: closed.subscriptions };
  }

  openSlot(options: SlotOptions): SlotIndex {
    const slot = this.#exports.openSlot() as SlotIndex;
    if (slot === noSlot) {
      throw new FabricFull("fabric-full", "no room left for another connection");
    }
    this.setSlotOptions(slot, options);
    return slot;
  }

  setSlotOptions(slot: SlotIndex, options: SlotOptions): void {
    this.#exports.setSlotOptions(
      slot,
      this.#account(options.account) | 0,
      options.permissions | 0,
      optionFlags(options),
      Math.min(options.maxPayload, maxPayloadBytes),
      options.maxSubscriptions,
      options.maxControlLine,
    );
  }

  closeSlot(slot: SlotIndex): void {
    this.#ingress.forget(slot);
    this.#exports.closeSlot(slot);
  }

  slotCounters(slot: SlotIndex): SlotCounters {
    const read = (which: number): number => this.#exports.slotCounter(slot, which);
    return {
      inMessages: read(0),
      inBytes: read(1),
      outMessages: read(2),
      outBytes: read(3),
      subscriptions: read(4),
      pendingBytes: this.pendingBytes(slot),
    };
  }

  awaitPong(slot: SlotIndex, isAwaited: boolean): void {
    this.#exports.awaitPong(slot, isAwaited ? 1 : 0);
  }

  openPermissions(spec: PermissionsSpec): PermissionsRef {
    const allow = spec.publishAllow === null ? 0 : this.#patternSet(spec.publishAllow);
    const deny = spec.publishDeny.length === 0 ? 0 : this.#patternSet(spec.publishDeny);
    const hide = spec.subscribeDeny.length === 0 ? 0 : this.#patternSet(spec.subscribeDeny);
    const responses = spec.responses;
    const handle = this.#exports.openPermissions(
      allow,
      deny,
      hide,
      responses?.max ?? 0,
      responses?.millis ?? 0,
      responses === null ? 0 : 1,
    );
    if (handle === 0) {
      throw new FabricFull("fabric-full", "no memory left for a set of permissions");
    }
    return unsigned(handle) as PermissionsRef;
  }

  closePermissions(permissions: PermissionsRef): void {
    if (permissions !== noPermissions) {
      this.#exports.closePermissions(permissions | 0);
    }
  }

  ingest(slot: SlotIndex, chunk: Uint8Array, nowMillis: number): Outcome {
    return this.#ingress.ingest(slot, chunk, nowMillis);
  }

  resume(slot: SlotIndex): Outcome {
    return this.#ingress.resume(slot);
  }

  hold(slot: SlotIndex): void {
    this.#ingress.hold(slot);
  }

  get stalledBy(): SlotIndex {
    return this.#exports.stalledBy() as SlotIndex;
  }

  takeStall(): SlotIndex {
    return this.#exports.takeStall() as SlotIndex;
  }

  publishMapped(slot: SlotIndex, subject: string): number {
    const staged = this.#stage.text(subject);
    const receivers = this.#exports.publishMapped(slot, staged.start | 0, staged.length);
    this.#stage.clear();
    return receivers;
  }

  publishTraced(slot: SlotIndex, to: string, delivers: boolean, headers?: Uint8Array): number {
    const { start, length } = this.#stage.text(to);
    const payload = this.#stage.otherHeaders(this.op, headers) | 0;
    const how = [delivers ? 1 : 0, payload, headers?.length ?? 0] as const;
    const receivers = this.#exports.publishTraced(slot, start | 0, length, ...how);
    this.#stage.clear();
    return receivers;
  }

  subscribe(options: SubscribeOptions): SubscriptionRef {
    const known = this.findSubscription(options.slot, options.sid);
    if (known !== 0) {
      return known;
    }
    const patterns = options.alsoDenied ?? [];
    const denied = patterns.length === 0 ? 0 : this.#patternSet(patterns);
    const subject = this.#stage.text(options.subject);
    const queue = this.#stage.text(options.queue);
    const sid = this.#stage.text(options.sid);
    const handle = this.#exports.subscribe(
      options.slot,
      this.#account(options.account) | 0,
      subject.start | 0,
      subject.length,
      queue.start | 0,
      queue.length,
      sid.start | 0,
      sid.length,
      options.filtersDenied ? 1 : 0,
      denied | 0,
    );
    this.#stage.clear();
    if (denied !== 0 && handle === 0) {
      this.#exports.freePatternSet(denied | 0);
    }
    return unsigned(handle) as SubscriptionRef;
  }

  subscribeInside(
    account: AccountIndex,
    subject: string,
    queue: string,
    receiver: number,
  ): SubscriptionRef {
    const subjectText = this.#stage.text(subject);
    const queueText = this.#stage.text(queue);
    const handle = this.#exports.subscribeInside(
      this.#account(account) | 0,
      subjectText.start | 0,
      subjectText.length,
      queueText.start | 0,
      queueText.length,
      receiver | 0,
    );
    this.#stage.clear();
    return unsigned(handle) as SubscriptionRef;
  }

  addShadow(
    primary: SubscriptionRef,
    account: AccountIndex,
    subject: string,
    show: string | null,
  ): SubscriptionRef {
    const subjectText = this.#stage.text(subject);
    const showText = this.#stage.text(show ?? "");
    const handle = this.#exports.addShadow(
      primary | 0,
      this.#account(account) | 0,
      subjectText.start | 0,
      subjectText.length,
      showText.start | 0,
      showText.length,
    );
    this.#stage.clear();
    return unsigned(handle) as SubscriptionRef;
  }

  unsubscribe(subscription: SubscriptionRef): void {
    this.#exports.unsubscribe(subscription | 0);
  }

  findSubscription(slot: SlotIndex, sid: string): SubscriptionRef {
    const { start, length } = this.#stage.text(sid);
    const handle = this.#exports.findSubscription(slot, start | 0, length);
    this.#stage.clear();
    return unsigned(handle) as SubscriptionRef;
  }

  describe(subscription: SubscriptionRef): SubscriptionDetail {
    return this.#reader.describe(subscription);
  }

  subscriptionsOf(slot: SlotIndex): readonly SubscriptionDetail[] {
    return this.#reader.ofSlot(slot);
  }

  subscriptionsIn(account: AccountIndex, limit: number): readonly SubscriptionDetail[] {
    const handle = this.#account(account) | 0;
    return this.#reader.collected(this.#exports.walkAccount(handle, Math.min(limit, 0x7fffffff)));
  }

  match(account: AccountIndex, subject: string): readonly SubscriptionDetail[] {
    const { start, length } = this.#stage.text(subject);
    const count = this.#exports.matchInto(this.#account(account) | 0, start | 0, length);
    this.#stage.clear();
    return this.#reader.collected(count);
  }

  hasInterest(account: AccountIndex, subject: string): boolean {
    const { start, length } = this.#stage.text(subject);
    const isWanted = this.#exports.hasInterest(this.#account(account) | 0, start | 0, length);
    this.#stage.clear();
    return isWanted !== 0;
  }

  hasListener(account: AccountIndex, subject: string, queue: string): boolean {
    const subjectText = this.#stage.text(subject);
    const queueText = this.#stage.text(queue);
    const isThere = this.#exports.hasListener(
      this.#account(account) | 0,
      subjectText.start | 0,
      subjectText.length,
      queueText.start | 0,
      queueText.length,
    );
    this.#stage.clear();
    return isThere !== 0;
  }

  interestStatistics(): InterestStatistics {
    const exports = this.#exports;
    return {
      subscriptions: exports.accountCounter(0, 4),
      cachedSubjects: exports.cachedSubjectCount(),
      inserts: exports.insertedCount(),
      removes: exports.removedCount(),
      matches: exports.matchedCount(),
      cacheHits: exports.cacheHits(),
      maxFanout: exports.largestFanout(),
      averageFanout: exports.averageFanout(),
    };
  }

  publish(options: PublishOptions): number {
    return this.#inside.publish(this.#account(options.account), options, false);
  }

  deliver(account: AccountIndex, message: OutgoingMessage): number {
    return this.#inside.deliver(this.#account(account), message);
  }

  forward(
    row: number,
    account: AccountIndex,
    origin: SlotIndex,
    subject: string,
    reply: string,
    headers?: Uint8Array,
  ): number {
    const handle = this.#account(account);
    if (headers === undefined) {
      return this.#inside.forward(row, handle, origin, subject, reply);
    }
    const bodyStart = this.rows.bodyStart(row);
    const body = this.#bytes.subarray(bodyStart, bodyStart + this.rows.bodyLength(row));
    return this.#inside.publish(handle, { account, origin, subject, reply, headers, body }, true);
  }

  sendNoResponders(slot: SlotIndex, reply: string, subject: string): void {
    this.#inside.sendNoResponders(slot, reply, subject);
  }

  clearRows(): void {
    this.#exports.clearRows();
  }

  write(slot: SlotIndex, bytes: Uint8Array): boolean {
    const start = this.#stage.room(bytes.length);
    this.#bytes.set(bytes, start);
    const isWritten = this.#exports.write(slot, start | 0, bytes.length) !== 0;
    this.#stage.clear();
    return isWritten;
  }

  takeTouched(): SlotIndex {
    return this.#exports.takeTouched() as SlotIndex;
  }

  outboxBytes(_slot: SlotIndex): Uint8Array {
    return this.#bytes;
  }

  outboxOffset(slot: SlotIndex): number {
    return unsigned(this.#exports.outboxOffset(slot));
  }

  outboxLength(slot: SlotIndex): number {
    return this.#exports.outboxLength(slot);
  }

  took(slot: SlotIndex, count: number): void {
    this.#exports.took(slot, count);
  }

  pendingBytes(slot: SlotIndex): number {
    return unsigned(this.#exports.pendingBytes(slot));
  }

  setStuck(slot: SlotIndex, isStuck: boolean): void {
    this.#exports.setStuck(slot, isStuck ? 1 : 0);
  }

  setStallBytes(bytes: number): void {
    this.#exports.setStallBytes(Math.min(bytes, 0x7fffffff));
  }

  setMaxPending(bytes: number): void {
    this.#exports.setMaxPending(Math.min(bytes, 0x7fffffff));
  }

  takeOverflowed(): SlotIndex {
    return this.#exports.takeOverflowed() as SlotIndex;
  }

  memoryStatistics(): MemoryStatistics {
    return {
      arenaBytes: unsigned(this.#exports.arenaBytes()),
      outboxBytes: unsigned(this.#exports.outboxBytes()),
    };
  }

  releaseIdle(release: (bytes: Uint8Array, offset: number, length: number) => void): void {
    const length = this.#exports.blockLength();
    for (let left = this.#exports.idleBlocks(); left > 0; left--) {
      const offset = unsigned(this.#exports.coolBlock());
      if (offset !== 0) {
        release(this.#bytes, offset, length);
      }
    }
  }

  /** Bytes of the arena that are taken now: what a leak would leave behind. */
  bytesInUse(): number {
    return unsigned(this.#exports.arenaInUse());
  }
}
