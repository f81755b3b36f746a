// Fast batches (ADR-50): a publisher streams messages without waiting, and hears now and then how far they are stored;
// gaps end the batch, or are told and borne, as it wishes. Every message is stored by itself: nothing is kept aside.

import { readableText } from "../../base/byte-text.ts";
import { withoutHeader } from "../../protocol/headers.ts";
import { type ApiError, apiErrors } from "../api-error.ts";
import { batchAck, flowAck, flowError, flowGap } from "./batch-answers.ts";
import { BatchDeadlines } from "./batch-deadlines.ts";
import { type BatchTotals, exceedsSize, lacksApiLevel } from "./batch-limits.ts";
import { type FastBatchPublish, parseFastBatchReply } from "./fast-batch-reply.ts";
import type { MessageDraft } from "./message-draft.ts";
import { natsHeader } from "./nats-headers.ts";
import type { StreamCore } from "./stream-features.ts";

const longestId = 64;
/** All fast batches of a stream together hear once for so many messages, each at least. */
const flowShared = 500;

interface FastBatch {
  readonly id: string;
  readonly allowsGaps: boolean;
  readonly largestFlow: number;
  flow: number;
  /** The highest sequence within the batch that came. */
  last: number;
  /** The stream's sequence of the message stored last. */
  storedSequence: number;
  /** Up to where the publisher was told. */
  told: number;
}

export class FastBatches {
  readonly #core: StreamCore;
  readonly #totals: BatchTotals;
  readonly #deadlines: BatchDeadlines;
  /** At most settings.fastBatches.maxInflightPerStream. */
  readonly #batches: Map<string, FastBatch> = new Map();

  constructor(core: StreamCore, totals: BatchTotals) {
    this.#core = core;
    this.#totals = totals;
    this.#deadlines = new BatchDeadlines(core.clock, core.timers, (id) => this.#remove(id));
  }

  get size(): number {
    return this.#batches.size;
  }

  /** `reply` is the publisher's own: what an import made of it the draft knows. */
  take(draft: MessageDraft, reply: string): void {
    const publish = parseFastBatchReply(reply);
    const refusal = this.#refusalOf(draft, publish);
    const batch = refusal !== null || publish === null ? null : this.#batchOf(publish);
    if (batch === null || publish === null) {
      const unknown =
        publish?.sequence === 1
          ? apiErrors.batchPublishTooManyInflight
          : apiErrors.batchPublishUnknownBatchId;
      this.#core.replyError(draft, refusal ?? unknown);
      return;
    }
    if (!this.#takeApiLevel(draft, batch)) {
      return;
    }
    this.#deadlines.extend(batch.id, this.#core.settings.batches.timeoutMillis);
    if (publish.operation === "ping") {
      this.#ping(draft, publish, batch);
    } else {
      this.#append(draft, publish, batch);
    }
  }

  stop(): void {
    for (const id of [...this.#batches.keys()]) {
      this.#remove(id);
    }
    this.#deadlines.clear();
  }

  #refusalOf(draft: MessageDraft, publish: FastBatchPublish | null): ApiError | null {
    const { config } = this.#core;
    if (config.sealed) {
      return apiErrors.streamSealed;
    }
    if (exceedsSize(draft, config)) {
      return apiErrors.streamMessageExceedsMaximum;
    }
    if (!config.allowBatched) {
      return apiErrors.batchPublishDisabled;
    }
    if (publish === null) {
      return apiErrors.batchPublishInvalidPattern;
    }
    return publish.id.length > longestId ? apiErrors.batchPublishInvalidBatchId : null;
  }

  /** Null: it is not known, and no further one may begin. */
  #batchOf(publish: FastBatchPublish): FastBatch | null {
    const known = this.#batches.get(publish.id);
    if (known !== undefined) {
      return known;
    }
    const { fastBatches } = this.#core.settings;
    if (
      publish.sequence !== 1 ||
      this.#batches.size >= fastBatches.maxInflightPerStream ||
      this.#totals.fast >= fastBatches.maxInflightTotal
    ) {
      return null;
    }
    const isAlone = this.#batches.size === 0;
    const batch: FastBatch = {
      id: publish.id,
      allowsGaps: publish.allowsGaps,
      largestFlow: publish.flow,
      // Alone it may have what it asked for; else it begins slowly.
      flow: isAlone ? Math.min(flowShared, publish.flow) : 1,
      last: 0,
      storedSequence: 0,
      told: 0,
    };
    this.#batches.set(batch.id, batch);
    this.#totals.fast++;
    return batch;
  }

  /** Takes the header off; false: the publisher wants more than we serve, and was told. */
  #takeApiLevel(draft: MessageDraft, batch: FastBatch): boolean {
    if (!draft.headers.has(natsHeader.requiredApiLevel)) {
      return true;
    }
    if (lacksApiLevel(draft)) {
      this.#remove(batch.id);
      this.#core.replyError(draft, apiErrors.requiredApiLevel);
      return false;
    }
    draft.setHeaders(withoutHeader(draft.headerBlock, "Nats-Required-Api-Level"));
    return true;
  }

  #ping(draft: MessageDraft, publish: FastBatchPublish, batch: FastBatch): void {
    if (publish.sequence > batch.last) {
      this.#core.reply(draft, flowGap(batch.last + 1, publish.sequence + 1));
      if (!batch.allowsGaps) {
        this.#end(draft, batch);
        return;
      }
      batch.last = publish.sequence;
      if (this.#tellFlow(draft, batch)) {
        return;
      }
    }
    this.#core.reply(draft, flowAck(batch.told, batch.flow));
  }

  #append(draft: MessageDraft, publish: FastBatchPublish, batch: FastBatch): void {
    const { sequence, operation } = publish;
    const expected = batch.last + 1;
    if (sequence !== expected) {
      this.#core.reply(draft, flowGap(expected, sequence));
      if (sequence < expected || !batch.allowsGaps) {
        this.#end(draft, batch);
        return;
      }
    }
    if (operation === "endOfBatch") {
      // With gaps allowed, what was lost before the end counts as come.
      batch.last = sequence - 1;
      this.#end(draft, batch);
      return;
    }
    batch.last = sequence;
    const ends = operation === "commit";
    if (sequence === 1 && !ends) {
      this.#core.reply(draft, flowAck(0, batch.flow));
    }
    this.#store(draft, batch, ends);
  }

  #store(draft: MessageDraft, batch: FastBatch, ends: boolean): void {
    const core = this.#core;
    const { error, duplicateOf } = core.admit(draft, core.view);
    if (error !== null || duplicateOf > 0) {
      this.#refused(draft, batch, ends, error, duplicateOf);
      return;
    }
    core.commit(draft);
    batch.storedSequence = draft.sequence;
    if (ends) {
      this.#end(draft, batch);
    } else {
      this.#tellFlow(draft, batch);
    }
  }

  /** `error` null: it is known under `duplicateOf`. */
  #refused(
    draft: MessageDraft,
    batch: FastBatch,
    ends: boolean,
    error: ApiError | null,
    duplicateOf: number,
  ): void {
    if (error === null) {
      // What is known already counts as stored.
      this.#tellFlow(draft, batch);
      if (!ends) {
        return;
      }
    }
    if (!batch.allowsGaps && batch.last === 1) {
      this.#remove(batch.id);
      this.#answerFirst(draft, batch, error, duplicateOf);
      return;
    }
    if (error !== null) {
      this.#core.reply(draft, flowError(batch.last, error));
      if (batch.allowsGaps && !ends) {
        return;
      }
      batch.last--;
    }
    this.#end(draft, batch);
  }

  /** A batch that fails with its first message is answered as a plain publish is. */
  #answerFirst(
    draft: MessageDraft,
    batch: FastBatch,
    error: ApiError | null,
    duplicateOf: number,
  ): void {
    if (error !== null) {
      this.#core.replyError(draft, error);
    } else {
      this.#acknowledge(draft, batch, duplicateOf, true);
    }
  }

  /** The publisher hears what was stored of the batch, which is over. */
  #end(draft: MessageDraft, batch: FastBatch): void {
    this.#remove(batch.id);
    this.#acknowledge(draft, batch, batch.storedSequence, false);
  }

  #acknowledge(draft: MessageDraft, batch: FastBatch, sequence: number, isKnown: boolean): void {
    const ack = batchAck({
      stream: this.#core.name,
      domain: this.#core.settings.domain,
      sequence,
      batchId: readableText(batch.id),
      count: batch.last,
      isDuplicate: isKnown,
    });
    this.#core.reply(draft, ack);
  }

  /** When it is time: how far it is stored, and when we speak next. Gives whether it was time. */
  #tellFlow(draft: MessageDraft, batch: FastBatch): boolean {
    if (batch.last < batch.told + batch.flow) {
      return false;
    }
    batch.told += Math.floor((batch.last - batch.told) / batch.flow) * batch.flow;
    const share = Math.max(1, Math.floor(flowShared / this.#batches.size));
    const most = Math.min(share, batch.largestFlow);
    if (batch.flow < most) {
      batch.flow = Math.min(batch.flow * 2, most);
    } else if (batch.flow > most) {
      batch.flow = Math.max(Math.floor(batch.flow / 2), most);
    }
    this.#core.reply(draft, flowAck(batch.told, batch.flow));
    return true;
  }

  #remove(id: string): void {
    if (this.#batches.delete(id)) {
      this.#deadlines.drop(id);
      this.#totals.fast--;
    }
  }
}
