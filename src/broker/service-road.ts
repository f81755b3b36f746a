// The two ways of a service import: requests into the exporting account, and answers back to who asked. Each is one
// subscriber; what all of them share is at the desk.

import type { Account } from "../accounts/account.ts";
import type { ServiceImport } from "../accounts/imports.ts";
import { byteTextAt, byteTextOf } from "../base/byte-text.ts";
import { ackPrefix } from "../subjects/reserved.ts";
import { hasWildcard } from "../subjects/subject.ts";
import type { SubjectTransform } from "../subjects/transform.ts";
import type { Fabric, SlotIndex, SubscriptionRef } from "../wasm/fabric.ts";
import type { LatencyReporter, Measurement } from "./latency-reporter.ts";
import { mappedSubject, nowhere } from "./mapped-publish.ts";
import type { PassingMessage } from "./message.ts";
import type { Disclosure, RequestInfo } from "./request-info.ts";
import { latencyStatus } from "./service-latency.ts";
import type { PendingResponse, PendingResponses, ResponseQueue } from "./service-response.ts";
import type { Subscriber } from "./subscriber.ts";

/** Rewritten subjects remembered per import. */
const maxRememberedSubjects = 4096;
const fastBatchEnd = ".$FI";
const noBytes: Uint8Array = new Uint8Array(0);

/** Who follows a message through imports and records what becomes of it. */
export interface RoadTrace {
  /** It goes through an import, or back, as `to` into `account`. */
  pass(step: TracedStep, headers: Uint8Array): Passage;
  /** Sends it to whoever listens to `subject` in `account`, and records who got it. Gives what `send` gives. */
  watch(account: Account, subject: string, send: () => number): number;
}

export interface TracedStep {
  readonly account: Account;
  readonly from: string;
  readonly to: string;
  readonly allowsTrace: boolean;
  /** A subject of answers in that account that nobody listens on. */
  readonly deadEnd: () => string;
}

/** How a message goes on. */
export interface Passage {
  readonly headers: Uint8Array | undefined;
  /** Null when nobody follows it any more. */
  readonly trace: RoadTrace | null;
}

/** One message on its way through one import or back. */
export interface HopStart {
  /** Null when it came from its publisher. */
  readonly previous: Hop | null;
  readonly trace: RoadTrace | null;
  /** What it goes through; null for an answer. */
  readonly road: ServiceRoad | null;
  /** The account it was published in. */
  readonly importer: Account;
  readonly pending: PendingResponse | null;
  /** Who published it, or answered. */
  readonly origin: SlotIndex;
  readonly subject: string;
  readonly reply: string;
  readonly disclosure: Disclosure;
}

/** As long as rows that it caused in the next account still wait for further imports. */
export interface Hop extends HopStart {
  /** Rows that may yet fail. */
  outstanding: number;
  /** Others got it too. */
  readonly wasDelivered: boolean;
}

/** What the roads of a server share. */
export interface ServiceDesk {
  readonly fabric: Fabric;
  readonly pending: PendingResponses;
  readonly info: RequestInfo;
  readonly latency: LatencyReporter;
  readonly clusterName: string;
  isSystem(account: Account): boolean;
  /** What this row came through, if our own forwarding caused it. To be asked once per row. */
  takeHop(row: number): Hop | null;
  /** Who follows this row, which came through `previous`. */
  traceOf(row: number, previous: Hop | null): RoadTrace | null;
  /** An `_R_` subject in this account that was never given to anybody. */
  deadEnd(account: Account): string;
  /** The `_R_` subject of a pending answer. */
  replySubjectOf(response: PendingResponse): string;
  /** Gives whether anybody may have got it; a null subject reaches nobody. */
  forward(
    row: number,
    to: Account,
    subject: string | null,
    reply: string,
    hop: HopStart,
    headers?: Uint8Array,
  ): boolean;
  /** The hop reached nobody. */
  fail(hop: HopStart): void;
}

/** One service import of one account. */
export class ServiceRoad implements Subscriber {
  readonly taken: ServiceImport;
  readonly importer: Account;
  readonly exporter: Account;
  /** The server's own doing, not the definition's. */
  isOfSystem = false;
  receiver = 0;
  subscription: SubscriptionRef = 0 as SubscriptionRef;
  readonly #desk: ServiceDesk;
  readonly #queue: ResponseQueue;
  readonly #isSingle: boolean;
  /** Null when many subjects are imported at once. */
  readonly #from: string | null;
  readonly #to: string;
  /** Of requests that come from their publisher; the same object each time, so that headers can be kept by it. */
  readonly #disclosure: Disclosure;
  /** Of requests that came through another import, by what was disclosed there. */
  readonly #furtherDisclosures: Map<Disclosure, Disclosure> = new Map();
  readonly #rewritten: Map<string, string> = new Map();

  constructor(
    desk: ServiceDesk,
    importer: Account,
    exporter: Account,
    taken: ServiceImport,
    queue: ResponseQueue,
  ) {
    this.#desk = desk;
    this.importer = importer;
    this.exporter = exporter;
    this.taken = taken;
    this.#queue = queue;
    this.#isSingle = (taken.offer?.responseType ?? "stream") === "single";
    this.#from = hasWildcard(taken.from) ? null : byteTextOf(taken.from);
    this.#to = byteTextOf(taken.to);
    const namesServer = desk.isSystem(exporter);
    this.#disclosure = { isDetailed: taken.share, namesServer, service: "" };
  }

  deliver(message: PassingMessage): void {
    const desk = this.#desk;
    const { rows } = desk.fabric;
    const row = message.row;
    const previous = desk.takeHop(row);
    const origin = previous === null ? message.origin : previous.origin;
    const disclosure = this.#disclosureAfter(previous);
    const subject =
      this.#from ?? byteTextAt(rows.bytes, rows.subjectStart(row), rows.subjectLength(row));
    const reply = byteTextAt(rows.bytes, rows.replyStart(row), rows.replyLength(row));
    const wentRound = previous !== null && this.#wasPassed(previous);
    const measurement = wentRound ? null : this.#measure(message, origin, disclosure);
    // An acknowledgement subject must come back as it was given out.
    const isKept = wentRound || reply === "" || reply.startsWith(ackPrefix);
    const pending = isKept ? null : this.#openPending(reply, origin, previous, measurement);
    const target = wentRound ? null : this.targetOf(subject);
    const block = rows.headerLength(row) === 0 ? noBytes : message.headers;
    const told = toldReply(previous === null ? reply : firstReply(previous));
    const headers = desk.info.headersFor(origin, disclosure, block, told);
    const trace = desk.traceOf(row, previous);
    const passage =
      trace === null || target === null
        ? { headers, trace: null }
        : trace.pass(this.stepFor(subject, target), headers ?? block);
    const hop: HopStart = {
      previous,
      trace: passage.trace,
      road: this,
      importer: this.importer,
      pending,
      origin,
      subject,
      reply,
      disclosure,
    };
    const isForwarded = desk.forward(
      row,
      this.exporter,
      target,
      pending === null ? reply : desk.replySubjectOf(pending),
      hop,
      passage.headers,
    );
    if (!isForwarded) {
      desk.fail(hop);
    }
    if (reply === "" && measurement !== null) {
      desk.latency.failed(measurement, latencyStatus.badRequest);
    }
  }

  /** Whether somebody listens in the exporting account to what this subject becomes there. */
  isHeard(subject: string): boolean {
    const target = this.targetOf(subject);
    return target !== null && this.#desk.fabric.hasInterest(this.exporter.index, target);
  }

  #openPending(
    reply: string,
    origin: SlotIndex,
    previous: Hop | null,
    measurement: Measurement | null,
  ): PendingResponse {
    const pending = this.#desk.pending.open({
      queue: this.#queue,
      host: this.exporter,
      requester: this.importer,
      reply,
      origin,
      upstream: previous?.pending ?? null,
      isSingle: this.#isSingle,
    });
    if (measurement !== null) {
      pending.measurement = measurement;
      this.#desk.pending.watch(pending);
    }
    return pending;
  }

  #measure(message: PassingMessage, origin: SlotIndex, disclosure: Disclosure): Measurement | null {
    const latency = this.taken.offer?.latency ?? null;
    return latency === null
      ? null
      : this.#desk.latency.measure(
          this.exporter,
          latency,
          origin,
          disclosure,
          () => message.headers,
        );
  }

  /** What a trace records of a request on this subject. */
  stepFor(subject: string, target: string): TracedStep {
    return {
      account: this.exporter,
      from: subject,
      to: target,
      allowsTrace: this.taken.offer?.allowsTrace ?? false,
      deadEnd: () => this.#desk.deadEnd(this.exporter),
    };
  }

  /** A request must not go through both: they are one, or take from one export. */
  isSameWay(other: ServiceRoad): boolean {
    const { offer } = this.taken;
    return other === this || (offer !== null && other.taken.offer === offer);
  }

  /** The subject in the exporting account, its mappings applied; null is lost. */
  targetOf(subject: string): string | null {
    const { keepsSubject, transform } = this.taken;
    const unmapped = keepsSubject ? subject : this.#to;
    const target = transform === null ? unmapped : this.#rewrite(transform, subject);
    return this.exporter.mappings.isEmpty
      ? target
      : mappedSubject(this.exporter, target, this.#desk.clusterName);
  }

  #rewrite(transform: SubjectTransform, subject: string): string {
    const known = this.#rewritten.get(subject);
    if (known !== undefined) {
      return known;
    }
    const made = transform.rewrite(subject);
    if (this.#rewritten.size >= maxRememberedSubjects) {
      this.#rewritten.clear();
    }
    this.#rewritten.set(subject, made);
    return made;
  }

  /** A request must not go round: through one export it passes once. */
  #wasPassed(previous: Hop): boolean {
    for (let hop: Hop | null = previous; hop !== null; hop = hop.previous) {
      if (hop.road !== null && this.isSameWay(hop.road)) {
        return true;
      }
    }
    return false;
  }

  /** What was told at the first import stays; the last account on the way is named. */
  #disclosureAfter(previous: Hop | null): Disclosure {
    if (previous === null || previous.road === null) {
      return this.#disclosure;
    }
    let further = this.#furtherDisclosures.get(previous.disclosure);
    if (further === undefined) {
      const { isDetailed, namesServer } = previous.disclosure;
      const mayName = this.taken.share || this.#disclosure.namesServer;
      further = { isDetailed, namesServer: namesServer || mayName, service: this.importer.name };
      this.#furtherDisclosures.set(previous.disclosure, further);
    }
    return further;
  }
}

/** The answers that arrive in one account, on all its `_R_` subjects. */
export class ReplyRoad implements Subscriber {
  readonly account: Account;
  /** "_R_.xxxxxx." */
  readonly prefix: string;
  receiver = 0;
  subscription: SubscriptionRef = 0 as SubscriptionRef;
  readonly #desk: ServiceDesk;

  constructor(desk: ServiceDesk, account: Account, prefix: string) {
    this.#desk = desk;
    this.account = account;
    this.prefix = prefix;
  }

  deliver(message: PassingMessage): void {
    const desk = this.#desk;
    const { rows } = desk.fabric;
    const row = message.row;
    const start = rows.subjectStart(row) + this.prefix.length;
    const length = rows.subjectLength(row) - this.prefix.length;
    const previous = desk.takeHop(row);
    const answered = desk.pending.find(rows.bytes, start, length);
    if (answered === null || answered.host !== this.account) {
      return;
    }
    const origin = previous === null ? message.origin : previous.origin;
    if (answered.measurement !== null) {
      desk.latency.answered(answered.measurement, origin);
      answered.measurement = null;
    }
    const isLast =
      answered.isSingle || (rows.headerLength(row) === 0 && rows.bodyLength(row) === 0);
    const hop = this.#hopBack(message, answered, origin);
    const { requester } = answered;
    const target = this.#targetOf(answered);
    const newReply = hop.pending === null ? hop.reply : desk.replySubjectOf(hop.pending);
    const trace = target === null ? null : desk.traceOf(row, previous);
    const passage = trace?.pass(this.#stepTo(requester, message.subject, target), message.headers);
    const isForwarded = desk.forward(row, requester, target, newReply, hop, passage?.headers);
    if (!isForwarded) {
      desk.fail(hop);
    }
    if (!isForwarded || isLast) {
      desk.pending.drop(answered, isForwarded ? "answered" : "noDelivery");
    } else {
      desk.pending.touch(answered);
    }
  }

  /** What a trace records of an answer that is not sent; who waited for it waits no longer. */
  giveUp(subject: string): TracedStep | null {
    const { pending } = this.#desk;
    const token = Uint8Array.from(subject.slice(this.prefix.length), (one) => one.charCodeAt(0));
    const answered = pending.find(token, 0, token.length);
    if (answered === null || answered.host !== this.account) {
      return null;
    }
    pending.drop(answered, "noDelivery");
    return this.#stepTo(answered.requester, subject, this.#targetOf(answered));
  }

  #targetOf({ requester, reply }: PendingResponse): string | null {
    return requester.mappings.isEmpty
      ? reply
      : mappedSubject(requester, reply, this.#desk.clusterName);
  }

  /** No trace follows an answer. */
  #stepTo(account: Account, from: string, to: string | null): TracedStep {
    return { account, from, to: to ?? nowhere, allowsTrace: false, deadEnd: () => nowhere };
  }

  /** An answer may ask back: its own reply gets a `_R_` subject too, in the account of who asked first. */
  #hopBack(message: PassingMessage, answered: PendingResponse, origin: SlotIndex): HopStart {
    const { rows } = this.#desk.fabric;
    const row = message.row;
    const reply = byteTextAt(rows.bytes, rows.replyStart(row), rows.replyLength(row));
    const isKept = reply === "" || reply.startsWith(ackPrefix);
    const pending = isKept
      ? null
      : this.#desk.pending.open({
          queue: answered.queue,
          host: answered.requester,
          requester: this.account,
          reply,
          origin,
          upstream: null,
          isSingle: answered.isSingle,
        });
    return {
      previous: null,
      trace: null,
      road: null,
      importer: this.account,
      pending,
      origin,
      subject: reply === "" ? "" : message.subject,
      reply,
      disclosure: noDisclosure,
    };
  }
}

/** A publisher of a fast batch says in its reply what it sends: the stream behind the import must read it. */
function toldReply(reply: string): string {
  return reply.endsWith(fastBatchEnd) ? reply : "";
}

/** What the requester gave, before the first import gave another. */
function firstReply(hop: Hop): string {
  let first = hop;
  while (first.previous !== null) {
    first = first.previous;
  }
  return first.reply;
}

const noDisclosure: Disclosure = { isDetailed: false, namesServer: false, service: "" };
