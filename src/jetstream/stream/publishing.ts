// The road of a publish through its stream: is there room, is it part of a batch, may it in, committed, answered. What
// is answered waits in the queue until it is durable.

import type { KeptTrace } from "../../broker/subscriber.ts";
import type { SubjectTransform } from "../../subjects/transform.ts";
import { type ApiError, apiErrors } from "../api-error.ts";
import type { MessageStore } from "../store/message-store.ts";
import { AdmissionDesk } from "./admission.ts";
import type { Expiry } from "./expiry.ts";
import type { MessageClock } from "./message-clock.ts";
import type { MessageDraft } from "./message-draft.ts";
import { expiryOf } from "./message-ttl.ts";
import { natsHeader } from "./nats-headers.ts";
import type { AckQueue } from "./publish-ack.ts";
import type { Republisher } from "./republish.ts";
import type { StreamConfig } from "./stream-config.ts";
import type { StreamEntry } from "./stream-entry.ts";
import type { Admission, StreamFeatures } from "./stream-features.ts";
import type { StorageBudget, StreamSettings } from "./stream-parts.ts";
import type { StreamView } from "./stream-view.ts";
import type { Visibility } from "./visibility.ts";

/** What replies of fast batches end in: ".$FI". */
const fastBatchEnd: readonly number[] = [0x2e, 0x24, 0x46, 0x49];

/** The stream, as this road sees it. */
export interface PublishingSurroundings {
  readonly config: StreamConfig;
  readonly settings: StreamSettings;
  readonly failure: string | null;
  readonly store: MessageStore;
  readonly budget: StorageBudget;
  readonly view: StreamView;
  readonly features: StreamFeatures;
  isWanted(subject: string): boolean;
}

export interface PublishingParts {
  readonly stream: PublishingSurroundings;
  readonly clock: MessageClock;
  readonly visibility: Visibility;
  readonly queue: AckQueue;
  readonly expiry: Expiry;
  readonly commit: (entry: StreamEntry) => number;
}

export class Publishing {
  /** Exchanged with the configuration. */
  transform: SubjectTransform | null = null;
  republisher: Republisher | null = null;
  readonly #stream: PublishingSurroundings;
  readonly #store: MessageStore;
  readonly #clock: MessageClock;
  readonly #visibility: Visibility;
  readonly #queue: AckQueue;
  readonly #expiry: Expiry;
  readonly #commit: (entry: StreamEntry) => number;
  readonly #desk: AdmissionDesk;

  constructor({ stream, clock, visibility, queue, expiry, commit }: PublishingParts) {
    this.#stream = stream;
    this.#store = stream.store;
    this.#clock = clock;
    this.#visibility = visibility;
    this.#queue = queue;
    this.#expiry = expiry;
    this.#commit = commit;
    this.#desk = new AdmissionDesk(this);
  }

  // --- what the rules ask

  get config(): StreamConfig {
    return this.#stream.config;
  }

  get budget(): StorageBudget {
    return this.#stream.budget;
  }

  get counter(): StreamFeatures["counter"] {
    return this.#stream.features.counter;
  }

  get schedules(): StreamFeatures["schedules"] {
    return this.#stream.features.schedules;
  }

  isWanted(subject: string): boolean {
    return this.#stream.isWanted(subject);
  }

  /** What a trace tells of a message on this subject. */
  traceOf(subject: string): KeptTrace {
    const { config } = this.#stream;
    const kept = this.transform?.apply(subject) ?? subject;
    const hasNoInterest = config.retention === "interest" && !this.isWanted(kept);
    return { stream: config.name, subject: kept, hasNoInterest };
  }

  // --- the road

  publish(draft: MessageDraft): void {
    if (this.#isBusy(draft) || this.#isOfBatch(draft)) {
      return;
    }
    const { error, duplicateOf } = this.#desk.admit(draft, this.#stream.view);
    if (error !== null) {
      this.replyError(draft, error);
      return;
    }
    if (duplicateOf > 0) {
      this.#acknowledgeWith(draft, duplicateOf, ',"duplicate": true');
      return;
    }
    this.commit(draft);
    if (draft.counterValue !== "") {
      this.#acknowledgeWith(draft, draft.sequence, `,"val":"${draft.counterValue}"`);
    } else if (this.#answers(draft)) {
      const { replyBytes, replyStart, replyLength } = draft;
      const ticket = this.#store.written;
      this.#queue.acknowledge(ticket, draft.sequence, replyBytes, replyStart, replyLength);
      this.#releaseIdle();
    }
  }

  admit(draft: MessageDraft, view: StreamView): Admission {
    return this.#desk.admit(draft, view);
  }

  /** Gives the draft its number and time, and lets it be applied. */
  commit(draft: MessageDraft): void {
    if (draft.sequence === 0) {
      draft.sequence = this.#store.state.lastSequence + 1;
    }
    if (draft.timeMicros === 0) {
      draft.timeMicros = this.#clock.nowMicros();
    }
    if (draft.isUnwanted) {
      this.#commit({ kind: "unwanted", draft });
      return;
    }
    draft.expiresMicros = expiryOf(draft.timeMicros, draft.ttlSeconds);
    if (this.republisher === null) {
      this.#commit(draft);
    } else {
      this.#commitAndRepublish(draft, this.republisher);
    }
    this.#expiry.stored(draft);
  }

  /** From a mirror, a source, or the server itself. A duplicate is left out in silence. */
  storeFromOrigin(draft: MessageDraft): ApiError | null {
    const { failure, view } = this.#stream;
    if (failure !== null) {
      return apiErrors.streamStoreFailed(failure);
    }
    draft.isFromOrigin = true;
    const { error, duplicateOf } = this.#desk.admit(draft, view);
    if (error === null && duplicateOf === 0) {
      this.commit(draft);
    }
    return error;
  }

  reply(draft: MessageDraft, body: Uint8Array): void {
    if (this.#answers(draft)) {
      this.#queue.sendAcknowledgement(this.#store.written, replyOf(draft), body);
      this.#releaseIdle();
    }
  }

  replyError(draft: MessageDraft, error: ApiError): void {
    if (this.#answers(draft)) {
      this.#queue.refuse(this.#store.written, replyOf(draft), error);
      this.#releaseIdle();
    }
  }

  /** More waits than may, or nothing can be stored: answered at once. */
  #isBusy(draft: MessageDraft): boolean {
    const { failure, settings } = this.#stream;
    const { waitingMessages, waitingBytes } = this.#visibility;
    const isFull =
      waitingMessages >= settings.maxBufferedMessages ||
      waitingBytes >= settings.maxBufferedBytes ||
      this.#queue.size >= settings.maxBufferedMessages;
    if (!isFull && failure === null) {
      return false;
    }
    if (this.#answers(draft)) {
      const error =
        failure === null ? apiErrors.streamTooManyRequests : apiErrors.streamStoreFailed(failure);
      this.#queue.refuseNow(replyOf(draft), error);
    }
    return true;
  }

  #isOfBatch(draft: MessageDraft): boolean {
    const { batches } = this.#stream.features;
    const mayBe =
      batches !== null && (isFastBatchReply(draft) || draft.headers.hasValue(natsHeader.batchId));
    return mayBe && batches.take(draft);
  }

  #answers(draft: MessageDraft): boolean {
    return draft.replyLength > 0 && !this.#stream.config.noAck;
  }

  #acknowledgeWith(draft: MessageDraft, sequence: number, more: string): void {
    if (this.#answers(draft)) {
      this.#queue.acknowledgeWith(this.#store.written, sequence, replyOf(draft), more);
      this.#releaseIdle();
    }
  }

  #commitAndRepublish(draft: MessageDraft, republisher: Republisher): void {
    const destination = republisher.destinationOf(draft.subject);
    const before = destination === null ? 0 : this.#stream.view.lastSequenceOf(draft.subject);
    this.#commit(draft);
    if (destination !== null) {
      republisher.send(this.#queue, this.#store.written, draft, destination, before);
      this.#releaseIdle();
    }
  }

  /** Nothing waits to be durable: what was said needs not wait either. */
  #releaseIdle(): void {
    const { durable, written } = this.#store;
    if (durable >= written) {
      this.#queue.release(durable);
    }
  }
}

function replyOf(draft: MessageDraft): Uint8Array {
  const { replyBytes, replyStart, replyLength } = draft;
  return replyBytes.subarray(replyStart, replyStart + replyLength);
}

function isFastBatchReply(draft: MessageDraft): boolean {
  const { replyBytes, replyLength } = draft;
  if (draft.publisherReply !== "") {
    return true;
  }
  const start = draft.replyStart + replyLength - fastBatchEnd.length;
  return (
    replyLength > fastBatchEnd.length &&
    replyBytes[start + 3] === fastBatchEnd[3] &&
    fastBatchEnd.every((byte, at) => replyBytes[start + at] === byte)
  );
}
