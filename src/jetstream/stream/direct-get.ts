// Reads of a stream without its API (ADR-31): one message or a batch, raw, under a subject of the stream's own. What was
// read and is not durable yet is told only when it is.

import { utf8Bytes } from "../../base/bytes.ts";
import { OutgoingMessage } from "../../base/outgoing-message.ts";
import type { PassingMessage } from "../../broker/message.ts";
import type { Subscriber } from "../../broker/subscriber.ts";
import { reservedQueue } from "../../subjects/reserved.ts";
import { hasWildcard } from "../../subjects/subject.ts";
import { apiLevel } from "../engine-settings.ts";
import type { Outlet } from "../outlet.ts";
import type { MessageStore } from "../store/message-store.ts";
import { MessageView } from "../store/message-view.ts";
import { SubjectFilter } from "../store/subject-filter.ts";
import {
  BatchRead,
  beginFacts,
  type DirectAnswers,
  LastOfManyRead,
  startOf,
} from "./direct-batch.ts";
import {
  badRequest,
  type DirectGetRequest,
  readLastRequest,
  readRequest,
} from "./direct-get-request.ts";
import { MessageFacts } from "./message-facts.ts";
import { NatsHeaders, natsHeader } from "./nats-headers.ts";
import type { AckQueue } from "./publish-ack.ts";
import type { StreamSettings } from "./stream-parts.ts";

const none: Uint8Array = new Uint8Array(0);
const notFound = "404 Message Not Found";
const requiredLevel = "412 Required Api Level";

export interface DirectGetSurroundings {
  readonly name: string;
  readonly store: MessageStore;
  readonly outlet: Outlet;
  readonly settings: StreamSettings;
  readonly visibleSequence: number;
}

export class DirectGet implements DirectAnswers {
  readonly #around: DirectGetSurroundings;
  readonly #queue: AckQueue;
  readonly facts: MessageFacts;
  readonly #message: MessageView = new MessageView();
  readonly #headers: NatsHeaders = new NatsHeaders();
  readonly #outgoing: OutgoingMessage = new OutgoingMessage();

  constructor(around: DirectGetSurroundings, queue: AckQueue) {
    this.#around = around;
    this.#queue = queue;
    this.facts = new MessageFacts(around.name);
  }

  get store(): MessageStore {
    return this.#around.store;
  }

  /** Serves under this stream's name, which may be that of the origin of a mirror. Disposing ends it. */
  serve(stream: string): Disposable {
    const { outlet, settings } = this.#around;
    const prefixes = ["$JS.API.DIRECT.GET."];
    if (settings.domain !== "") {
      prefixes.push(`$JS.${settings.domain}.API.DIRECT.GET.`);
    }
    const subscriptions = prefixes.flatMap((prefix) => [
      outlet.subscribe(`${prefix}${stream}`, new RequestSubscriber(this), reservedQueue),
      outlet.subscribe(
        `${prefix}${stream}.>`,
        new LastRequestSubscriber(this, prefix.length + stream.length + 1),
        reservedQueue,
      ),
    ]);
    return {
      [Symbol.dispose]: (): void => {
        for (const subscription of subscriptions.splice(0)) {
          subscription[Symbol.dispose]();
        }
      },
    };
  }

  /** `request` is null where the passing message's body says it; the reply is read from the message. */
  answer(passing: PassingMessage, lastOf: string | null): void {
    if (passing.replyLength === 0) {
      return;
    }
    if (passing.headerLength > 0 && this.#lacksLevel(passing)) {
      this.#refuse(passing, requiredLevel);
      return;
    }
    if (lastOf !== null && passing.bodyLength === 0) {
      this.#sendLast(passing, lastOf);
      return;
    }
    const request =
      lastOf === null ? readRequest(passing.body) : readLastRequest(passing.body, lastOf);
    if (typeof request === "string") {
      this.#refuse(passing, request);
      return;
    }
    this.#serve(passing, request);
  }

  refuseBad(passing: PassingMessage): void {
    if (passing.replyLength > 0) {
      this.#refuse(passing, badRequest);
    }
  }

  // --- what batches use

  get maxBytes(): number {
    return this.#around.settings.maxPending;
  }

  /** Whether a reader is too full; then `onRoom` is called once. */
  mustWait(onRoom: () => void): boolean {
    return this.#around.outlet.mustWait(onRoom);
  }

  sendStatus(to: Uint8Array, status: string, isHeld: boolean): void {
    const block = utf8Bytes(`NATS/1.0 ${status}\r\n\r\n`);
    this.#send(to, 0, to.length, block, none, 0, 0, isHeld);
  }

  sendMessage(to: Uint8Array, message: MessageView, headers: Uint8Array, isHeld: boolean): void {
    this.#send(
      to,
      0,
      to.length,
      headers,
      message.bytes,
      message.bodyStart,
      message.bodyLength,
      isHeld,
    );
  }

  /** Whether what stands there waits to be durable. */
  isHeld(sequence: number): boolean {
    return sequence > this.#around.visibleSequence;
  }

  #lacksLevel(passing: PassingMessage): boolean {
    this.#headers.read(passing.bytes, passing.headerStart, passing.headerLength);
    const needed = this.#headers.number(natsHeader.requiredApiLevel);
    return needed !== null && (needed < 0 || needed > apiLevel);
  }

  #serve(passing: PassingMessage, request: DirectGetRequest): void {
    if (request.multi_last.length > 0) {
      new LastOfManyRead(this, replyOf(passing), request).run();
      return;
    }
    if (request.batch > 0) {
      new BatchRead(this, replyOf(passing), request).run();
      return;
    }
    if (request.last_by_subj !== "" && !request.no_hdr) {
      this.#sendLast(passing, request.last_by_subj);
      return;
    }
    const message = this.#message;
    if (!this.#find(request, message)) {
      this.#refuse(passing, notFound);
    } else {
      this.#sendFound(passing, message, !request.no_hdr);
    }
  }

  #find(request: DirectGetRequest, message: MessageView): boolean {
    const { store } = this.#around;
    if (request.last_by_subj !== "") {
      return this.#readLast(request.last_by_subj, message);
    }
    const from = startOf(store, request);
    if (request.next_by_subj !== "") {
      return store.next(new SubjectFilter([request.next_by_subj]), from, message);
    }
    return from > 0 && store.read(from, message);
  }

  #sendLast(passing: PassingMessage, subject: string): void {
    const message = this.#message;
    if (this.#readLast(subject, message)) {
      this.#sendFound(passing, message, true);
    } else {
      this.#refuse(passing, notFound);
    }
  }

  #readLast(subject: string, message: MessageView): boolean {
    const { store } = this.#around;
    if (hasWildcard(subject)) {
      return store.previous(new SubjectFilter([subject]), store.state.lastSequence, message);
    }
    const last = store.subjectTotals(subject)?.last ?? 0;
    return last > 0 && store.read(last, message);
  }

  #sendFound(passing: PassingMessage, message: MessageView, hasFacts: boolean): void {
    const { facts } = this;
    if (hasFacts) {
      beginFacts(facts, message);
      facts.end();
    }
    this.#send(
      passing.bytes,
      passing.replyStart,
      passing.replyLength,
      hasFacts ? facts.block : none,
      message.bytes,
      message.bodyStart,
      message.bodyLength,
      this.isHeld(message.sequence),
    );
  }

  #refuse(passing: PassingMessage, status: string): void {
    this.sendStatus(replyOf(passing), status, false);
  }

  #send(
    to: Uint8Array,
    toStart: number,
    toLength: number,
    headers: Uint8Array,
    body: Uint8Array,
    bodyStart: number,
    bodyLength: number,
    isHeld: boolean,
  ): void {
    const { outlet, store } = this.#around;
    if (isHeld && store.durable < store.written) {
      this.#queue.send(
        store.written,
        to.subarray(toStart, toStart + toLength),
        headers,
        body.subarray(bodyStart, bodyStart + bodyLength),
      );
      return;
    }
    const outgoing = this.#outgoing;
    outgoing.toBytes = to;
    outgoing.toStart = toStart;
    outgoing.toLength = toLength;
    outgoing.headerBytes = headers;
    outgoing.headerStart = 0;
    outgoing.headerLength = headers.length;
    outgoing.bodyBytes = body;
    outgoing.bodyStart = bodyStart;
    outgoing.bodyLength = bodyLength;
    outlet.deliver(outgoing);
  }
}

class RequestSubscriber implements Subscriber {
  readonly #gets: DirectGet;

  constructor(gets: DirectGet) {
    this.#gets = gets;
  }

  deliver(passing: PassingMessage): void {
    this.#gets.answer(passing, null);
  }
}

class LastRequestSubscriber implements Subscriber {
  readonly #gets: DirectGet;
  readonly #prefixLength: number;

  constructor(gets: DirectGet, prefixLength: number) {
    this.#gets = gets;
    this.#prefixLength = prefixLength;
  }

  deliver(passing: PassingMessage): void {
    const subject = passing.subject.slice(this.#prefixLength);
    if (subject === "") {
      this.#gets.refuseBad(passing);
    } else {
      this.#gets.answer(passing, subject);
    }
  }
}

function replyOf(passing: PassingMessage): Uint8Array {
  return passing.bytes.slice(passing.replyStart, passing.replyStart + passing.replyLength);
}
