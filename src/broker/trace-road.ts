// Follows one message: notes who listens before it is sent and who has got it after, or, when it is not to be sent, who
// would get it. It sends nothing itself.

import type { Account } from "../accounts/account.ts";
import { readableText } from "../base/byte-text.ts";
import type { Random } from "../ports/random.ts";
import { withOnlyHeader } from "../protocol/headers.ts";
import {
  type Fabric,
  noSlot,
  type SlotIndex,
  type SubscriptionDetail,
  type SubscriptionRef,
} from "../wasm/fabric.ts";
import type { PermissionSet } from "./permission-sets.ts";
import {
  type Passage,
  ReplyRoad,
  type RoadTrace,
  type ServiceRoad,
  type TracedStep,
} from "./service-road.ts";
import { type StandIn, shownSubject } from "./stream-imports.ts";
import type { Subscriber } from "./subscriber.ts";
import { traceDestination, tracingDisabled } from "./trace-headers.ts";
import type { TracedConnection, TraceRecord, Undelivered } from "./trace-record.ts";
import { undelivered } from "./trace-record.ts";

/** A client as traces see it. */
export interface TracedReceiver {
  readonly connection: TracedConnection;
  readonly permissionSet: PermissionSet | null;
  readonly hearsItself: boolean;
}

export interface TraceSurroundings {
  readonly fabric: Fabric;
  readonly random: Random;
  receiverAt(slot: SlotIndex): TracedReceiver | null;
  /** The import behind a stand-in in this account; null when it is none any more. */
  standInOf(detail: SubscriptionDetail, exporter: Account): StandIn | null;
  /** Who keeps messages under this subscription; null is nobody. */
  keeperAt(subscription: SubscriptionRef): Subscriber | null;
  roadAt(account: Account, subscription: SubscriptionRef): ServiceRoad | ReplyRoad | null;
}

/** A message as it is published in one account. */
interface Leg {
  readonly account: Account;
  readonly subject: string;
  /** It came through a service import: no stream import carries it on. */
  readonly isImported: boolean;
  /** The imports it came through. */
  readonly passed: readonly ServiceRoad[];
}

type HasReceived = (detail: SubscriptionDetail) => boolean;

export class TraceRoad implements RoadTrace {
  readonly #around: TraceSurroundings;
  readonly #record: TraceRecord;
  readonly #origin: SlotIndex;

  constructor(around: TraceSurroundings, record: TraceRecord, origin: SlotIndex) {
    this.#around = around;
    this.#record = record;
    this.#origin = origin;
  }

  // --- a message that is sent

  /** As watch, for the publish itself: stream imports carry it on. */
  watchPublish(account: Account, subject: string, send: () => number): number {
    return this.#watch({ account, subject, isImported: false, passed: [] }, send);
  }

  watch(account: Account, subject: string, send: () => number): number {
    return this.#watch({ account, subject, isImported: true, passed: [] }, send);
  }

  pass(step: TracedStep, headers: Uint8Array): Passage {
    this.#noteStep(step);
    const destination = step.allowsTrace ? step.deadEnd() : tracingDisabled;
    return {
      headers: withOnlyHeader(headers, traceDestination, destination),
      trace: step.allowsTrace ? this : null,
    };
  }

  #watch(leg: Leg, send: () => number): number {
    const { fabric } = this.#around;
    const listening = fabric.match(leg.account.index, leg.subject);
    const result = send();
    const counts = new Map<SubscriptionRef, number>();
    for (const { ref, delivered } of fabric.match(leg.account.index, leg.subject)) {
      counts.set(ref, delivered);
    }
    // Who is gone has had its last message.
    const hasReceived: HasReceived = ({ ref, delivered }) =>
      (counts.get(ref) ?? delivered + 1) > delivered;
    if (result >= 0) {
      this.#noteReceivers(leg, listening, hasReceived);
    }
    return result;
  }

  #noteReceivers(
    leg: Leg,
    listening: readonly SubscriptionDetail[],
    hasReceived: HasReceived,
  ): void {
    const { plain, groups } = partsOf(listening);
    for (const detail of plain) {
      this.#note(leg, detail, hasReceived(detail));
    }
    for (const members of groups) {
      const chosen = members.filter(hasReceived);
      for (const detail of chosen.length > 0 ? chosen : members) {
        this.#note(leg, detail, chosen.length > 0);
      }
    }
  }

  #note(leg: Leg, detail: SubscriptionDetail, wasDelivered: boolean): void {
    if (detail.slot === noSlot) {
      this.#noteKept(leg, detail);
      return;
    }
    const shown = this.#export(leg, detail);
    if (shown !== null) {
      const error = wasDelivered ? null : (this.#refusal(detail, shown) ?? undelivered.closed);
      this.#noteEgress(detail, error);
    }
  }

  // --- a message that is not

  /** Records who would get it. Gives whether anybody would. */
  survey(account: Account, subject: string): boolean {
    return this.#survey({ account, subject, isImported: false, passed: [] });
  }

  #survey(leg: Leg): boolean {
    const { fabric, random } = this.#around;
    const { plain, groups } = partsOf(fabric.match(leg.account.index, leg.subject));
    let isWanted = false;
    for (const detail of plain) {
      isWanted = this.#wouldGet(leg, detail) || isWanted;
    }
    for (const members of groups) {
      const start = random.below(members.length);
      const inTurn = [...members.slice(start), ...members.slice(0, start)];
      isWanted = inTurn.some((detail) => this.#wouldGet(leg, detail)) || isWanted;
    }
    return isWanted;
  }

  #wouldGet(leg: Leg, detail: SubscriptionDetail): boolean {
    if (detail.slot === noSlot) {
      return this.#wouldGetInside(leg, detail);
    }
    if (detail.isShadow && leg.isImported) {
      return false;
    }
    const shown = this.#export(leg, detail);
    if (shown === null) {
      return true;
    }
    const error = this.#refusal(detail, shown);
    this.#noteEgress(detail, error);
    return error === null;
  }

  #wouldGetInside(leg: Leg, detail: SubscriptionDetail): boolean {
    if (this.#noteKept(leg, detail)) {
      return true;
    }
    const road = this.#around.roadAt(leg.account, detail.ref);
    if (road instanceof ReplyRoad) {
      const step = road.giveUp(leg.subject);
      if (step !== null) {
        this.#noteStep(step);
      }
      return false;
    }
    return road === null || this.#wouldPass(leg, road);
  }

  #wouldPass(leg: Leg, road: ServiceRoad): boolean {
    if (leg.passed.some((one) => one.isSameWay(road))) {
      return false;
    }
    const target = road.targetOf(leg.subject);
    if (target === null || !road.exporter.isOpen) {
      return false;
    }
    const step = road.stepFor(leg.subject, target);
    this.#noteStep(step);
    const passed = [...leg.passed, road];
    return (
      step.allowsTrace &&
      this.#survey({ account: road.exporter, subject: target, isImported: true, passed })
    );
  }

  // --- events

  #noteStep({ account, from, to }: TracedStep): void {
    this.#record.imported(account.name, readableText(from), readableText(to));
  }

  /**
   * The subject under which this subscription would show the message. Null when the trace ends before it: it is no
   * longer somebody's, or in another account that traces may not enter.
   */
  #export(leg: Leg, detail: SubscriptionDetail): string | null {
    if (!detail.isShadow) {
      return leg.subject;
    }
    const standIn = this.#around.standInOf(detail, leg.account);
    const receiver = this.#around.receiverAt(detail.slot);
    if (leg.isImported || standIn === null || receiver === null) {
      return null;
    }
    const shown = shownSubject(standIn, leg.subject);
    this.#record.exported(receiver.connection.account, readableText(shown));
    return standIn.allowsTrace ? shown : null;
  }

  /** Why it does not get what is shown to it so; null when nothing speaks against it. */
  #refusal({ slot, queue }: SubscriptionDetail, shown: string): Undelivered | null {
    const receiver = this.#around.receiverAt(slot);
    if (receiver === null) {
      return undelivered.closed;
    }
    if (slot === this.#origin && !receiver.hearsItself) {
      return undelivered.noEcho;
    }
    const permissions = receiver.permissionSet?.permissions;
    return permissions?.deniesDelivery(readableText(shown), readableText(queue))
      ? undelivered.denied
      : null;
  }

  /** False: nobody keeps messages under this subscription. */
  #noteKept({ subject }: Leg, { ref }: SubscriptionDetail): boolean {
    const kept = this.#around.keeperAt(ref)?.trace?.(subject);
    if (kept !== undefined) {
      this.#record.kept(kept);
    }
    return kept !== undefined;
  }

  #noteEgress({ slot, subject, queue }: SubscriptionDetail, error: Undelivered | null): void {
    const receiver = this.#around.receiverAt(slot);
    if (receiver !== null) {
      this.#record.egress({
        to: receiver.connection,
        subject: readableText(subject),
        queue: readableText(queue),
        error,
      });
    }
  }
}

function partsOf(listening: readonly SubscriptionDetail[]): {
  readonly plain: readonly SubscriptionDetail[];
  readonly groups: readonly (readonly SubscriptionDetail[])[];
} {
  const plain = listening.filter(({ queue }) => queue === "");
  const grouped = listening.filter(({ queue }) => queue !== "");
  return { plain, groups: [...Map.groupBy(grouped, ({ queue }) => queue).values()] };
}
