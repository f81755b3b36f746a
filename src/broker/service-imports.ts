// Services of other accounts: takes requests on the imported subjects into the exporting account, and answers on `_R_`
// subjects back to who asked. Messages are forwarded where they lie; it reads no bodies and knows no connection.

import type { Account } from "../accounts/account.ts";
import { defaultResponseThresholdMillis, type ServiceExport } from "../accounts/exports.ts";
import { compileServiceRoad, type ServiceImport } from "../accounts/imports.ts";
import { byteTextOf } from "../base/byte-text.ts";
import type { Clock } from "../ports/clock.ts";
import { type Fabric, noSlot, type SlotIndex, type SubscriptionRef } from "../wasm/fabric.ts";
import type { InsideRoad } from "./internal-client.ts";
import { LatencyReporter } from "./latency-reporter.ts";
import { type Requesters, RequestInfo, type ServerNames } from "./request-info.ts";
import { latencyStatus } from "./service-latency.ts";
import {
  type DropReason,
  type PendingResponse,
  PendingResponses,
  ResponseQueue,
} from "./service-response.ts";
import {
  type Hop,
  type HopStart,
  ReplyRoad,
  type RoadTrace,
  type ServiceDesk,
  ServiceRoad,
} from "./service-road.ts";
import type { Subscriber } from "./subscriber.ts";

export interface ServiceSurroundings extends InsideRoad {
  readonly clock: Clock;
  readonly requesters: Requesters;
  readonly names: ServerNames;
  accountNamed(name: string): Account | null;
  isSystem(account: Account): boolean;
}

/** Subscriptions of one account: its imports, and where answers to its own services arrive. */
interface OpenAccount {
  readonly account: Account;
  readonly roads: ServiceRoad[];
  replies: ReplyRoad | null;
}

export class ServiceImports implements ServiceDesk {
  readonly around: ServiceSurroundings;
  readonly fabric: Fabric;
  readonly clusterName: string;
  readonly info: RequestInfo;
  readonly latency: LatencyReporter;
  readonly pending: PendingResponses;
  readonly #open: Map<Account, OpenAccount> = new Map();
  /** By subscription, to tell our own from others when nobody answers. */
  readonly #roads: Map<SubscriptionRef, ServiceRoad> = new Map();
  readonly #receivers: Set<number> = new Set();
  /** By export, so that all imports of it share one threshold. */
  readonly #queues: Map<ServiceExport | null, ResponseQueue> = new Map();
  /** By row, for rows in this pass of the router that our forwarding caused. */
  readonly #hops: Map<number, Hop> = new Map();
  /** Who follows the rows below a number. */
  #traced: { readonly trace: RoadTrace; readonly below: number } | null = null;

  constructor(around: ServiceSurroundings) {
    this.around = around;
    this.fabric = around.fabric;
    this.clusterName = around.names.cluster;
    this.info = new RequestInfo(around.requesters, around.names);
    this.latency = new LatencyReporter(around);
    this.pending = new PendingResponses(around, (response, reason) =>
      this.#onDropped(response, reason),
    );
  }

  /** Opens the roads of all service imports of an account that stands in the fabric. */
  open(account: Account): void {
    for (const one of account.trade.serviceImports) {
      this.#add(account, one, false);
    }
  }

  /** A service of the system account that this account need not import itself. Does nothing when the subject is taken. */
  addSystemImport(
    account: Account,
    system: Account,
    subject: string,
    to: string,
    share: boolean,
  ): void {
    const roads = this.#opened(account).roads;
    if (roads.some((road) => road.exporter === system && road.taken.from === subject)) {
      return;
    }
    const compiled = compileServiceRoad(system.name, subject, to, share, null);
    if (compiled.ok) {
      this.#add(account, compiled.value, true);
    }
  }

  /** Takes the roads of its definition away. Answers that are on their way still arrive, until dropAccount. */
  close(account: Account): void {
    const roads = this.#open.get(account)?.roads ?? [];
    for (const road of roads.splice(0)) {
      if (road.isOfSystem) {
        roads.push(road);
      } else {
        this.#closeRoad(road);
      }
    }
    this.info.forgetAll();
  }

  /** The account is about to leave the fabric. */
  dropAccount(account: Account): void {
    const opened = this.#open.get(account);
    this.pending.dropAccount(account);
    for (const road of opened?.roads ?? []) {
      this.#closeRoad(road);
    }
    if (opened?.replies) {
      this.#unsubscribe(opened.replies.subscription, opened.replies.receiver);
    }
    this.#open.delete(account);
    this.info.forgetAll();
  }

  onSlotClosing(slot: SlotIndex): void {
    this.info.forget(slot);
    this.pending.onSlotClosing(slot);
  }

  /** All exports are new objects: what waits for answers to the old ones keeps its threshold. */
  forgetExports(): void {
    this.#queues.clear();
  }

  isSystem(account: Account): boolean {
    return this.around.isSystem(account);
  }

  /** The `_R_` subject of a pending answer. */
  replySubjectOf(response: PendingResponse): string {
    const opened = this.#opened(response.host);
    opened.replies ??= this.#openReplies(response.host);
    return opened.replies.prefix + this.pending.token(response);
  }

  /** What this row came through, if our own forwarding caused it. To be asked once per row. */
  takeHop(row: number): Hop | null {
    if (this.#hops.size === 0) {
      return null;
    }
    const hop = this.#hops.get(row) ?? null;
    this.#hops.delete(row);
    return hop;
  }

  /** Routes the rows of a publish that somebody follows: no others wait. */
  routeTraced(trace: RoadTrace): void {
    this.#traced = { trace, below: this.around.fabric.rows.count };
    this.around.router.route();
    this.#traced = null;
  }

  traceOf(row: number, previous: Hop | null): RoadTrace | null {
    if (previous !== null) {
      return previous.trace;
    }
    return this.#traced !== null && row < this.#traced.below ? this.#traced.trace : null;
  }

  deadEnd(account: Account): string {
    const opened = this.#opened(account);
    opened.replies ??= this.#openReplies(account);
    return opened.replies.prefix + this.pending.unusedToken();
  }

  /** The import, or the way back of answers, that stands behind this subscription of an account; null is none. */
  roadAt(account: Account, subscription: SubscriptionRef): ServiceRoad | ReplyRoad | null {
    const replies = this.#open.get(account)?.replies ?? null;
    return replies?.subscription === subscription
      ? replies
      : (this.#roads.get(subscription) ?? null);
  }

  /**
   * Forwards a row; who is reached by further imports later in this pass counts as reached until that fails. Gives
   * whether anybody may have got it.
   */
  forward(
    row: number,
    to: Account,
    subject: string | null,
    reply: string,
    hop: HopStart,
    headers?: Uint8Array,
  ): boolean {
    if (subject === null || !to.isOpen) {
      return false;
    }
    const { fabric } = this.around;
    const { rows } = fabric;
    // Only within its own account can the origin meet its own subscriptions; elsewhere it stands for nothing.
    const origin = to === hop.importer ? hop.origin : noSlot;
    const before = rows.count;
    const send = (): number => fabric.forward(row, to.index, origin, subject, reply, headers);
    const receivers = hop.trace === null ? send() : hop.trace.watch(to, subject, send);
    const after = rows.count;
    if (after > before) {
      this.#noteRows(before, after, receivers, hop);
    }
    return receivers > 0;
  }

  /** The hop reached nobody: what waited for its answer is given up, and the hop before it may have failed with it. */
  fail(hop: HopStart): void {
    if (hop.pending !== null) {
      this.pending.drop(hop.pending, "noDelivery");
    }
    const { previous } = hop;
    if (previous === null) {
      this.#tellNobodyListens(hop);
      return;
    }
    previous.outstanding -= 1;
    if (previous.outstanding === 0 && !previous.wasDelivered) {
      this.fail(previous);
    }
  }

  #noteRows(before: number, after: number, receivers: number, start: HopStart): void {
    const { rows } = this.around.fabric;
    const ours: number[] = [];
    for (let row = before; row < after; row++) {
      if (this.#receivers.has(rows.receiver(row))) {
        ours.push(row);
      }
    }
    if (ours.length > 0) {
      const outstanding = ours.length;
      const hop: Hop = { ...start, outstanding, wasDelivered: receivers > outstanding };
      for (const row of ours) {
        this.#hops.set(row, hop);
      }
    }
  }

  /** 503 for who asked, unless somebody else heard the request; of several imports that failed, one says so. */
  #tellNobodyListens({ reply, origin, subject, importer, road }: HopStart): void {
    const { fabric, requesters } = this.around;
    if (reply === "" || origin === noSlot || requesters.requesterOf(origin) === null) {
      return;
    }
    if (road !== null) {
      for (const { ref } of fabric.match(importer.index, subject)) {
        const other = this.#roads.get(ref);
        if (
          other === undefined ||
          (other !== road && (ref < road.subscription || other.isHeard(subject)))
        ) {
          return;
        }
      }
    }
    fabric.sendNoResponders(origin, reply, subject);
  }

  #onDropped(response: PendingResponse, reason: DropReason): void {
    const { measurement } = response;
    if (measurement === null || reason === "answered") {
      return;
    }
    response.measurement = null;
    this.latency.failed(measurement, failureOf[reason]);
  }

  #queueOf(offer: ServiceExport | null): ResponseQueue {
    let queue = this.#queues.get(offer);
    if (queue === undefined) {
      queue = new ResponseQueue(offer?.thresholdMillis ?? defaultResponseThresholdMillis);
      this.#queues.set(offer, queue);
    }
    return queue;
  }

  #opened(account: Account): OpenAccount {
    let opened = this.#open.get(account);
    if (opened === undefined) {
      opened = { account, roads: [], replies: null };
      this.#open.set(account, opened);
    }
    return opened;
  }

  #add(account: Account, taken: ServiceImport, isOfSystem: boolean): void {
    const exporter = this.around.accountNamed(taken.exporter);
    if (exporter === null) {
      return;
    }
    const road = new ServiceRoad(this, account, exporter, taken, this.#queueOf(taken.offer));
    road.isOfSystem = isOfSystem;
    road.receiver = this.#register(road);
    road.subscription = this.#subscribe(account, byteTextOf(taken.from), road.receiver);
    this.#opened(account).roads.push(road);
    this.#roads.set(road.subscription, road);
  }

  #closeRoad(road: ServiceRoad): void {
    this.#roads.delete(road.subscription);
    this.#unsubscribe(road.subscription, road.receiver);
  }

  #openReplies(account: Account): ReplyRoad {
    const road = new ReplyRoad(this, account, this.pending.makePrefix());
    road.receiver = this.#register(road);
    road.subscription = this.#subscribe(account, `${road.prefix}>`, road.receiver);
    return road;
  }

  #register(subscriber: Subscriber): number {
    const receiver = this.around.router.register(subscriber);
    this.#receivers.add(receiver);
    return receiver;
  }

  #subscribe(account: Account, subject: string, receiver: number): SubscriptionRef {
    return this.around.fabric.subscribeInside(account.index, subject, "", receiver);
  }

  #unsubscribe(subscription: SubscriptionRef, receiver: number): void {
    this.#hops.clear();
    this.#receivers.delete(receiver);
    this.around.fabric.unsubscribe(subscription);
    this.around.router.release(receiver);
  }
}

const failureOf = {
  noDelivery: latencyStatus.unavailable,
  timeout: latencyStatus.timedOut,
  interestLost: latencyStatus.interestLost,
} as const;
