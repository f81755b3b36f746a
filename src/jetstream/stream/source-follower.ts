// Follows one origin stream, here or in another account or domain: has a consumer made there, takes what it delivers in
// order, finds gaps by the consumer's own numbers, and begins again behind what it has. What becomes of the messages its
// sink knows.

import { byteTextOf, readableText } from "../../base/byte-text.ts";
import type { PassingMessage } from "../../broker/message.ts";
import type { Subscriber } from "../../broker/subscriber.ts";
import { headerBlock, headerValue } from "../../protocol/headers.ts";
import { SubjectTransform } from "../../subjects/transform.ts";
import { type ApiError, apiErrors } from "../api-error.ts";
import type { StreamSourceConfig } from "./source-config.ts";
import { SourceDelivery } from "./source-delivery.ts";
import {
  createRequest,
  deleteRequest,
  type OriginConsumer,
  type OriginRequest,
  readAnswer,
  resetRequest,
  type StartingPoint,
} from "./source-request.ts";
import type { OriginStatus } from "./source-status.ts";
import type { StreamCore } from "./stream-features.ts";

const answerMillis = 30_000;
/** A consumer that stands already answers sooner. */
const resetAnswerMillis = 5_000;
/** Nothing heard for so long, not even a heartbeat: it is begun anew. */
const silenceMillis = 10_000;
const firstWaitMillis = 10;
/** Between two requests at least. */
const retryMillis = 1_000;
const longestRetryMillis = 60_000;
const jitterMillis = 100;
const inboxLetters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const inboxLength = 14;
const noBytes: Uint8Array = new Uint8Array(0);
const controlStatus: readonly number[] = [..."NATS/1.0 100 "].map((letter) => letter.charCodeAt(0));
const refusedByOlder: ReadonlySet<number> = new Set([
  apiErrors.requiredApiLevel.errCode,
  apiErrors.invalidJson("").errCode,
]);

export type OriginKind = "mirror" | "source";

/** Who takes what the origin has. */
export interface OriginSink {
  readonly kind: OriginKind;
  readonly source: StreamSourceConfig;
  /** Of the consumer made at the origin, which may put something behind it. */
  readonly consumerName: string;
  /** Behind what is stored. */
  startingPoint(): StartingPoint;
  /** The origin delivers what stands behind what it delivered already; gives from where messages are new. */
  opened(consumer: OriginConsumer): number;
  /** `subject` is rewritten already. A refusal: it is asked for again. */
  store(message: PassingMessage, delivery: SourceDelivery, subject: string): ApiError | null;
}

export class OriginFollower implements Subscriber {
  readonly #core: StreamCore;
  readonly #sink: OriginSink;
  readonly #transforms: readonly SubjectTransform[];
  readonly #delivery: SourceDelivery = new SourceDelivery();
  #consumer = "";
  #subscription: Disposable | null = null;
  #request: Disposable | null = null;
  #retry: Disposable | null = null;
  #health: Disposable | null = null;
  /** The origin's sequence of the last message that was taken. */
  #position = 0;
  /** The consumer's number of the last message that was delivered. */
  #delivered = 0;
  #lag = 0;
  #error: ApiError | null = null;
  /** Times in a row that no consumer could be had, or that a message could not be stored. */
  #fails = 0;
  #refusals = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  #heardAt: number | null = null;
  #isOpen = false;

  constructor(core: StreamCore, sink: OriginSink) {
    this.#core = core;
    this.#sink = sink;
    this.#transforms = transformsOf(sink.source);
  }

  /** The origin's sequence of the last message that was taken. */
  get position(): number {
    return this.#position;
  }

  get lag(): number {
    return this.#lag;
  }

  /** Whether the origin is heard at this moment. */
  get isFollowing(): boolean {
    return this.#subscription !== null;
  }

  start(): void {
    this.#isOpen = true;
    this.#retryIn(firstWaitMillis);
  }

  stop(): void {
    this.#isOpen = false;
    this.#cancel();
    this.#health?.[Symbol.dispose]();
    this.#health = null;
  }

  /** Stops for good: the consumer at the origin is not needed any more. Nobody waits for it to go. */
  abandon(): void {
    const consumer = readableText(this.#consumer);
    this.stop();
    if (this.#sink.source.consumer === null && consumer !== "") {
      const { subject, body } = deleteRequest(this.#sink.source, consumer);
      this.#core.outlet.request(byteTextOf(subject), body, answerMillis, () => {});
    }
  }

  status(): OriginStatus {
    const { source } = this.#sink;
    const heard = this.#heardAt;
    const activeMillis = heard === null ? null : this.#core.clock.monotonicMillis() - heard;
    return {
      name: source.name,
      external: source.external,
      lag: this.#lag,
      activeNanos: activeMillis === null ? null : BigInt(Math.round(activeMillis * 1_000_000)),
      error: this.#error,
      filterSubject: source.filterSubject,
      subjectTransforms: source.subjectTransforms,
    };
  }

  // --- asking

  #ask(saysSourcing: boolean): void {
    const { source, kind, consumerName } = this.#sink;
    const core = this.#core;
    this.#cancel();
    this.#askedAt = core.clock.monotonicMillis();
    if (source.consumer !== null) {
      this.#send(resetRequest(source, source.consumer.name), resetAnswerMillis, saysSourcing);
      return;
    }
    const random = randomName(core);
    const label = kind === "mirror" ? "mirror" : "src";
    const metadata: Record<string, string> = {
      [`_nats.${label}.acc`]: core.account,
      [`_nats.${label}.stream`]: core.name,
    };
    if (core.settings.domain !== "") {
      metadata[`_nats.${label}.domain`] = core.settings.domain;
    }
    const request = createRequest({
      source,
      name: saysSourcing ? consumerName : `${consumerName}_${random}`,
      deliverSubject: deliverSubject(source, kind, random),
      from: this.#sink.startingPoint(),
      metadata,
      saysSourcing,
    });
    this.#send(request, answerMillis, saysSourcing);
  }

  #send(request: OriginRequest, timeoutMillis: number, saysSourcing: boolean): void {
    const { subject, body } = request;
    let isAnswered = false;
    const sent = this.#core.outlet.request(byteTextOf(subject), body, timeoutMillis, (reply) => {
      isAnswered = true;
      this.#request = null;
      this.#answered(reply === null ? noBytes : reply.body, saysSourcing);
    });
    this.#request = isAnswered ? null : sent;
  }

  #answered(body: Uint8Array, saysSourcing: boolean): void {
    const answer = readAnswer(body);
    if (answer === null) {
      this.#failed(body.length === 0 ? null : this.#setupError("invalid consumer create response"));
    } else if (answer.kind === "consumer") {
      this.#open(answer.consumer);
    } else if (saysSourcing && refusedByOlder.has(answer.error.errCode)) {
      this.#ask(false);
    } else {
      this.#failed(answer.error);
    }
  }

  #open(consumer: OriginConsumer): void {
    const { source, kind } = this.#sink;
    const named = source.consumer;
    if (named !== null && consumer.ackPolicy !== "flow_control") {
      this.#failed(
        kind === "mirror"
          ? apiErrors.mirrorConsumerRequiresAckFc
          : apiErrors.sourceConsumerRequiresAckFc,
      );
      return;
    }
    this.#error = null;
    this.#fails = 0;
    this.#consumer = byteTextOf(consumer.name);
    this.#delivered = 0;
    this.#position = this.#sink.opened(consumer);
    this.#heardAt = this.#core.clock.monotonicMillis();
    this.#subscription = this.#core.outlet.subscribe(
      byteTextOf(named === null ? consumer.deliverSubject : named.deliverSubject),
      this,
    );
    this.#health ??= this.#core.timers.every(silenceMillis, () => this.#checkHealth());
  }

  #failed(error: ApiError | null): void {
    this.#error = error;
    this.#fails++;
    if (error !== null) {
      const { kind, source } = this.#sink;
      this.#core.log.warn(
        `JetStream: stream ${this.#core.name} of account ${this.#core.account} has no consumer of its ${kind} ${source.name}: ${error.description}`,
      );
    }
    this.#again();
  }

  #setupError(reason: string): ApiError {
    return this.#sink.kind === "mirror"
      ? apiErrors.mirrorConsumerSetupFailed(reason)
      : apiErrors.sourceConsumerSetupFailed(reason);
  }

  // --- beginning again

  #checkHealth(): void {
    const heard = this.#heardAt ?? 0;
    if (this.isFollowing && this.#core.clock.monotonicMillis() - heard > silenceMillis) {
      this.#again();
    }
  }

  /** Gives the consumer up and asks for another one, soon, or later when that failed before. */
  #again(): void {
    this.#cancel();
    const sinceAsked = this.#core.clock.monotonicMillis() - this.#askedAt;
    const soon = Math.max(0, retryMillis - sinceAsked);
    const fails = Math.max(this.#fails, this.#refusals);
    const later = fails === 0 ? 0 : Math.min(retryMillis * 2 ** (fails - 1), longestRetryMillis);
    this.#retryIn(Math.max(soon, later));
  }

  #retryIn(millis: number): void {
    if (this.#isOpen) {
      const wait = Math.ceil(millis) + this.#core.random.below(jitterMillis);
      this.#retry = this.#core.timers.after(wait, () => {
        this.#retry = null;
        this.#ask(true);
      });
    }
  }

  #cancel(): void {
    this.#subscription?.[Symbol.dispose]();
    this.#subscription = null;
    this.#request?.[Symbol.dispose]();
    this.#request = null;
    this.#retry?.[Symbol.dispose]();
    this.#retry = null;
  }

  // --- taking

  deliver(message: PassingMessage): void {
    if (this.#subscription === null) {
      return;
    }
    this.#heardAt = this.#core.clock.monotonicMillis();
    if (isControl(message)) {
      this.#control(message);
      return;
    }
    const delivery = this.#delivery;
    const isOurs =
      delivery.read(message.bytes, message.replyStart, message.replyLength) &&
      delivery.isOf(this.#consumer) &&
      delivery.deliveries <= 1;
    if (isOurs) {
      this.#take(message, delivery);
    }
  }

  #take(message: PassingMessage, delivery: SourceDelivery): void {
    const { streamSequence, consumerSequence, pending } = delivery;
    const isNext = consumerSequence === this.#delivered + 1;
    if (streamSequence <= this.#position) {
      this.#delivered += isNext ? 1 : 0;
      return;
    }
    if (!isNext && streamSequence !== this.#position + 1) {
      this.#again();
      return;
    }
    this.#lag = Math.max(0, pending - 1);
    const refusal = this.#sink.store(message, delivery, this.#rewritten(message.shownSubject));
    if (refusal !== null) {
      this.#refused(refusal, streamSequence);
      return;
    }
    this.#refusals = 0;
    this.#position = streamSequence;
    this.#delivered = consumerSequence;
  }

  #refused(refusal: ApiError, sequence: number): void {
    // That the stream is full passes, and says nothing of the origin.
    if (refusal.errCode !== apiErrors.streamStoreFailed("").errCode) {
      const { kind, source } = this.#sink;
      this.#refusals++;
      this.#core.log.warn(
        `JetStream: stream ${this.#core.name} of account ${this.#core.account} could not take message ${sequence} of its ${kind} ${source.name}: ${refusal.description}`,
      );
    }
    this.#again();
  }

  /** Heartbeats and requests of flow control. */
  #control(message: PassingMessage): void {
    if (message.hasReply) {
      this.#answerFlow(message.reply);
      return;
    }
    const delivered = Number(headerValue(message.headers, "Nats-Last-Consumer") ?? 0);
    if (delivered > 0 && delivered !== this.#delivered) {
      this.#again();
      return;
    }
    const stalled = headerValue(message.headers, "Nats-Consumer-Stalled") ?? "";
    if (stalled !== "") {
      this.#answerFlow(stalled);
    }
  }

  /** The origin may forget what we say we have: it must not go when the power does. */
  #answerFlow(reply: string): void {
    const headers = headerBlock([
      ["Nats-Last-Consumer", String(this.#delivered)],
      ["Nats-Last-Stream", String(this.#position)],
    ]);
    const subscription = this.#subscription;
    this.#core.whenDurable((failure) => {
      if (failure === null && this.#subscription === subscription) {
        this.#core.outlet.publish(reply, noBytes, { headers });
      }
    });
  }

  #rewritten(subject: string): string {
    for (const transform of this.#transforms) {
      const written = transform.apply(subject);
      if (written !== null) {
        return written;
      }
    }
    return subject;
  }
}

function isControl(message: PassingMessage): boolean {
  if (message.bodyLength > 0 || message.headerLength < controlStatus.length) {
    return false;
  }
  const { bytes, headerStart } = message;
  return controlStatus.every((byte, at) => bytes[headerStart + at] === byte);
}

/** Without a destination a transform only filters. */
function transformsOf(source: StreamSourceConfig): readonly SubjectTransform[] {
  const transforms: SubjectTransform[] = [];
  for (const { src, dest } of source.subjectTransforms) {
    const parsed = dest === "" ? null : SubjectTransform.parse(src, dest);
    if (parsed?.ok) {
      transforms.push(parsed.value);
    }
  }
  return transforms;
}

function deliverSubject(source: StreamSourceConfig, kind: OriginKind, random: string): string {
  const letter = kind === "mirror" ? "M" : "S";
  const prefix = source.external?.deliver || "$JS";
  return `${prefix}.${letter}.${random}`.replaceAll("..", ".");
}

function randomName(core: StreamCore): string {
  let name = "";
  for (let at = 0; at < inboxLength; at++) {
    name += inboxLetters.charAt(core.random.below(inboxLetters.length));
  }
  return name;
}
