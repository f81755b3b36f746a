// Message path tracing (ADR-41): which publishes are traced, and where the record of each is sent. The message itself goes
// its way, unless only the trace is wanted. What the record says others write.

import type { Account } from "../accounts/account.ts";
import { byteTextAt, byteTextOf, readableText } from "../base/byte-text.ts";
import type { Clock } from "../ports/clock.ts";
import { goQuote } from "../protocol/go-quote.ts";
import { headerBlock, withOnlyHeader } from "../protocol/headers.ts";
import { publishViolation, replyViolation } from "../protocol/violation.ts";
import { isReservedForPublish, oldGatewayReplyPrefix } from "../subjects/reserved.ts";
import { hasWildcard, isValidSubject } from "../subjects/subject.ts";
import { noSlot, type PendingOp } from "../wasm/fabric.ts";
import type { ClientSession } from "./client-session.ts";
import type { InsideRoad } from "./internal-client.ts";
import {
  readTraceWish,
  type TraceWish,
  traceDestination,
  tracingDisabled,
} from "./trace-headers.ts";
import { TraceRecord } from "./trace-record.ts";
import { TraceRoad, type TraceSurroundings } from "./trace-road.ts";

/** Who sends traces out. Without it nobody can tell where they come from, and none are sent. */
export interface TraceOutlet {
  /** Who this server is, for one event. */
  stamp(): object;
  gzip(bytes: Uint8Array): Uint8Array;
}

/** What a traced publish meets beside the fabric. */
export interface TracedRoads {
  readonly clock: Clock;
  readonly around: TraceSurroundings;
  /** Which subject a publish on this one gets. */
  mappedSubject(account: Account, subject: string): string;
  /** Routes what the publish left for receivers inside, followed by its trace. */
  routeTraced(trace: TraceRoad): void;
  isSystemAccount(account: Account): boolean;
}

/** How a session tells its client. */
export interface PublishRefusals {
  refusePublish(subject: string): void;
  refuseReply(reply: string): void;
  logError(text: string): void;
}

type Judgement =
  | { readonly kind: "dropped" }
  /** It goes on untraced; with other headers, if given. */
  | { readonly kind: "untraced"; readonly headers?: Uint8Array }
  | { readonly kind: "traced"; readonly wish: TraceWish; readonly destination: string };

const noHeaders: Uint8Array = new Uint8Array(0);
const encoder: TextEncoder = new TextEncoder();
/** A longer record, of a message with hundreds of thousands of receivers, is not sent. */
const recordBytesMax = 64 * 1024 * 1024;
const payloadTooLarge = "maximum payload exceeded";

export class MessageTraces {
  outlet: TraceOutlet | null = null;
  readonly #road: InsideRoad;
  readonly #roads: TracedRoads;

  constructor(road: InsideRoad, roads: TracedRoads) {
    this.#road = road;
    this.#roads = roads;
  }

  /** Takes an opKind.traced on, traced or not. */
  publish(session: ClientSession, op: PendingOp, refusals: PublishRefusals): void {
    const block = op.bytes.subarray(op.headerStart, op.headerStart + op.headerLength);
    const judged = this.#judge(session, block, refusals, true);
    const published = byteTextAt(op.bytes, op.subjectStart, op.subjectLength);
    const reply = byteTextAt(op.bytes, op.replyStart, op.replyLength);
    switch (judged.kind) {
      case "dropped":
        return;
      case "untraced": {
        const subject = this.#roads.mappedSubject(session.account, published);
        const { slot } = session.connection;
        const result = this.#road.fabric.publishTraced(slot, subject, true, judged.headers);
        this.#tellRefusal(result, subject, reply, refusals);
        return;
      }
      case "traced": {
        const record = this.#recordOf(session, judged.wish, op.bodyLength, published);
        this.#follow(session, record, judged.wish.isOnly, { published, reply }, refusals);
        this.#send(session.account, judged, record, refusals);
        return;
      }
    }
  }

  /** A publish with headers was too large: so much is here of its block. */
  tooLarge(session: ClientSession, op: PendingOp, size: number, refusals: PublishRefusals): void {
    const block = op.bytes.subarray(op.headerStart, op.headerStart + op.headerLength);
    const judged = this.#judge(session, block, refusals, false);
    if (judged.kind === "traced") {
      const subject = byteTextAt(op.bytes, op.subjectStart, op.subjectLength);
      const record = this.#recordOf(session, judged.wish, size, subject);
      record.refused(payloadTooLarge);
      this.#send(session.account, judged, record, refusals);
    }
  }

  // --- whether it is traced

  #judge(
    session: ClientSession,
    block: Uint8Array,
    refusals: PublishRefusals,
    goesOn: boolean,
  ): Judgement {
    const wish = readTraceWish(block);
    if (wish === null) {
      return { kind: "untraced" };
    }
    const disabled = (): Judgement => ({
      kind: "untraced",
      ...(goesOn ? { headers: withOnlyHeader(block, traceDestination, tracingDisabled) } : {}),
    });
    if (wish.originAccount !== "") {
      const shown = goQuote(wish.originAccount);
      refusals.logError(
        `Message tracing disabled because of header "Nats-Trace-Origin-Account" with value=${shown}`,
      );
      return wish.isOnly ? { kind: "dropped" } : disabled();
    }
    const own = session.account.options.messageTrace;
    if (wish.destination === null && own === null) {
      return { kind: "untraced" };
    }
    if (wish.destination === null && !this.#isSampled(own?.sampling ?? 0)) {
      return disabled();
    }
    const destination = wish.destination ?? byteTextOf(own?.destination ?? "");
    return this.#judgeDestination(session, wish, destination, refusals);
  }

  #judgeDestination(
    session: ClientSession,
    wish: TraceWish,
    destination: string,
    refusals: PublishRefusals,
  ): Judgement {
    const shown = readableText(destination);
    if (!isValidSubject(destination) || hasWildcard(destination)) {
      refusals.logError(
        `Destination ${goQuote(shown)} is not valid, won't be able to trace events`,
      );
      return wish.isOnly ? { kind: "dropped" } : { kind: "untraced" };
    }
    if (!this.#mayPublish(session, destination)) {
      refusals.refusePublish(shown);
      return { kind: "dropped" };
    }
    return { kind: "traced", wish, destination };
  }

  #isSampled(percent: number): boolean {
    return percent >= 100 || this.#road.random.below(100) < percent;
  }

  #mayPublish(session: ClientSession, destination: string): boolean {
    const isSystem = this.#roads.isSystemAccount(session.account);
    const permissions = session.permissionSet?.permissions;
    return (
      !isReservedForPublish(destination, isSystem) &&
      !destination.startsWith(oldGatewayReplyPrefix) &&
      permissions?.mayPublish(readableText(destination)) !== false
    );
  }

  // --- what becomes of it

  #recordOf(
    session: ClientSession,
    wish: TraceWish,
    messageSize: number,
    subject: string,
  ): TraceRecord {
    const { cid } = session.connection;
    const origin = { cid, name: session.facts.name, account: session.account.name };
    return new TraceRecord(this.#roads.clock, wish, messageSize, origin, readableText(subject));
  }

  #follow(
    session: ClientSession,
    record: TraceRecord,
    isOnly: boolean,
    { published, reply }: { readonly published: string; readonly reply: string },
    refusals: PublishRefusals,
  ): void {
    const { account } = session;
    const { slot } = session.connection;
    const { fabric } = this.#road;
    const subject = this.#roads.mappedSubject(account, published);
    if (account.mappings.maps(published)) {
      record.mapped(readableText(subject));
    }
    const road = new TraceRoad(this.#roads.around, record, slot);
    const send = (): number => fabric.publishTraced(slot, subject, !isOnly);
    const result = isOnly ? send() : road.watchPublish(account, subject, send);
    if (result < 0) {
      const told =
        result === -1
          ? publishViolation(readableText(subject))
          : replyViolation(readableText(reply));
      record.refused(told.text);
      this.#tellRefusal(result, subject, reply, refusals);
    } else if (!isOnly) {
      this.#roads.routeTraced(road);
    } else if (!road.survey(account, subject) && reply !== "") {
      fabric.sendNoResponders(slot, reply, subject);
    }
  }

  #tellRefusal(result: number, subject: string, reply: string, refusals: PublishRefusals): void {
    if (result === -1) {
      refusals.refusePublish(readableText(subject));
    } else if (result === -2) {
      refusals.refuseReply(readableText(reply));
    }
  }

  #send(
    account: Account,
    { wish, destination }: Judgement & { readonly kind: "traced" },
    record: TraceRecord,
    refusals: PublishRefusals,
  ): void {
    if (this.outlet === null || !account.isOpen) {
      return;
    }
    const plain = encoder.encode(record.json(this.outlet.stamp()));
    if (plain.length > recordBytesMax) {
      refusals.logError(`a trace of ${plain.length} bytes was not sent`);
      return;
    }
    const packed = wish.encodings.includes("gzip") ? this.outlet.gzip(plain) : null;
    const encoding = packed === null ? "identity" : "gzip";
    const { fabric, router, wantFlush } = this.#road;
    fabric.publish({
      account: account.index,
      origin: noSlot,
      subject: destination,
      reply: "",
      headers: wish.encodings === "" ? noHeaders : headerBlock([["Content-Encoding", encoding]]),
      body: packed ?? plain,
    });
    wantFlush();
    router.route();
  }
}
