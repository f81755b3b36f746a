// Atomic batches (ADR-50): messages are kept aside until the last one comes, then judged one behind the other, and all
// stored, or none. What is kept aside is in memory: a batch that was not committed is nothing.

import { withHeader, withoutHeader } from "../../protocol/headers.ts";
import { type ApiError, apiErrors } from "../api-error.ts";
import { messageTag } from "../store/message-store.ts";
import { batchAck } from "./batch-answers.ts";
import { BatchDeadlines } from "./batch-deadlines.ts";
import { type BatchTotals, exceedsSize, lacksApiLevel } from "./batch-limits.ts";
import { BatchView } from "./batch-view.ts";
import { MessageDraft } from "./message-draft.ts";
import { natsHeader } from "./nats-headers.ts";
import type { StreamCore } from "./stream-features.ts";

const longestId = 64;
const noBytes: Uint8Array = new Uint8Array(0);

/** Why a batch was given up, as advisories say it. */
type AbandonReason = "timeout" | "large" | "incomplete" | "unsupported";
type Commit = "none" | "withMessage" | "endOfBatch" | "invalid";

interface StagedMessage {
  readonly subject: string;
  /** The header block, then the body. */
  readonly bytes: Uint8Array;
  readonly headerLength: number;
}

interface AtomicBatch {
  readonly id: string;
  readonly staged: StagedMessage[];
  stagedBytes: number;
  /** The sequence within the batch of the last message that came. */
  last: number;
}

export class AtomicBatches {
  readonly #core: StreamCore;
  readonly #totals: BatchTotals;
  readonly #deadlines: BatchDeadlines;
  /** At most settings.batches.maxInflightPerStream. */
  readonly #batches: Map<string, AtomicBatch> = new Map();
  /** At most settings.maxBufferedBytes. */
  #stagedBytes = 0;

  constructor(core: StreamCore, totals: BatchTotals) {
    this.#core = core;
    this.#totals = totals;
    this.#deadlines = new BatchDeadlines(core.clock, core.timers, (id) => {
      this.#abandon(id, "timeout");
    });
  }

  /** Batches that are not committed yet. */
  get size(): number {
    return this.#batches.size;
  }

  take(draft: MessageDraft): void {
    const id = draft.headers.text(natsHeader.batchId);
    const refusal = this.#refusalOf(draft, id) ?? this.#join(draft, id);
    if (refusal !== null) {
      this.#core.replyError(draft, refusal);
    }
  }

  /** Gives all of them up without a word. */
  stop(): void {
    for (const id of [...this.#batches.keys()]) {
      this.#remove(id);
    }
    this.#deadlines.clear();
  }

  /** What needs no knowledge of the batch. */
  #refusalOf(draft: MessageDraft, id: string): ApiError | null {
    const { config } = this.#core;
    if (config.sealed) {
      return apiErrors.streamSealed;
    }
    if (exceedsSize(draft, config)) {
      return apiErrors.streamMessageExceedsMaximum;
    }
    if (!config.allowAtomic) {
      return apiErrors.atomicPublishDisabled;
    }
    if (id.length > longestId) {
      return apiErrors.atomicPublishInvalidBatchId;
    }
    return sequenceOf(draft) === null ? apiErrors.atomicPublishMissingSeq : null;
  }

  #join(draft: MessageDraft, id: string): ApiError | null {
    const sequence = sequenceOf(draft) ?? 0;
    const commit = commitOf(draft);
    const size = commit === "endOfBatch" ? sequence - 1 : sequence;
    const { maxMessages, timeoutMillis } = this.#core.settings.batches;
    const batch = this.#batches.get(id) ?? this.#begin(id, sequence);
    if (batch === null) {
      return sequence === 1
        ? apiErrors.atomicPublishTooManyInflight
        : size > maxMessages
          ? apiErrors.atomicPublishTooLargeBatch(maxMessages)
          : apiErrors.atomicPublishIncompleteBatch;
    }
    if (commit === "invalid") {
      this.#remove(id);
      return apiErrors.atomicPublishInvalidBatchCommit;
    }
    if (lacksApiLevel(draft)) {
      this.#abandon(id, "unsupported");
      return apiErrors.requiredApiLevel;
    }
    batch.last++;
    if (batch.last !== sequence || (sequence === 1 && commit === "endOfBatch")) {
      this.#abandon(id, "incomplete");
      return apiErrors.atomicPublishIncompleteBatch;
    }
    if (size > maxMessages) {
      this.#abandon(id, "large");
      return apiErrors.atomicPublishTooLargeBatch(maxMessages);
    }
    if (commit !== "endOfBatch" && !this.#stage(batch, draft)) {
      this.#abandon(id, "large");
      return apiErrors.streamTooManyRequests;
    }
    if (commit === "none") {
      this.#deadlines.extend(id, timeoutMillis);
      this.#core.reply(draft, noBytes);
      return null;
    }
    this.#remove(id);
    return this.#commit(batch, draft, commit === "endOfBatch");
  }

  /** Null: there is no such batch and none may begin. */
  #begin(id: string, sequence: number): AtomicBatch | null {
    const { maxInflightPerStream, maxInflightTotal } = this.#core.settings.batches;
    if (
      sequence !== 1 ||
      this.#batches.size >= maxInflightPerStream ||
      this.#totals.atomic >= maxInflightTotal
    ) {
      return null;
    }
    const batch: AtomicBatch = { id, staged: [], stagedBytes: 0, last: 0 };
    this.#batches.set(id, batch);
    this.#totals.atomic++;
    return batch;
  }

  /** False: too much is kept aside. */
  #stage(batch: AtomicBatch, draft: MessageDraft): boolean {
    const headers = draft.headers.has(natsHeader.requiredApiLevel)
      ? withoutHeader(draft.headerBlock, "Nats-Required-Api-Level")
      : draft.headerBlock;
    const length = headers.length + draft.bodyLength;
    if (this.#stagedBytes + length > this.#core.settings.maxBufferedBytes) {
      return false;
    }
    const bytes = new Uint8Array(length);
    bytes.set(headers, 0);
    bytes.set(draft.body, headers.length);
    batch.staged.push({ subject: draft.subject, bytes, headerLength: headers.length });
    batch.stagedBytes += length;
    this.#stagedBytes += length;
    return true;
  }

  #commit(batch: AtomicBatch, last: MessageDraft, isEndOfBatch: boolean): ApiError | null {
    const core = this.#core;
    const view = new BatchView(core.view, core.config.storage);
    for (const [index, staged] of batch.staged.entries()) {
      const draft = draftOf(staged);
      if (isEndOfBatch && index === batch.staged.length - 1) {
        // Whoever reads the stream sees the end of the batch where it is.
        draft.setHeaders(withHeader(draft.headerBlock, "Nats-Batch-Commit", "1"));
      }
      const refusal = this.#judge(draft, view);
      if (refusal !== null) {
        return refusal;
      }
      view.add(draft);
    }
    const { drafts } = view;
    for (const [index, draft] of drafts.entries()) {
      if (index < drafts.length - 1) {
        draft.tags |= messageTag.batchGoesOn;
      }
      core.commit(draft);
    }
    const ack = batchAck({
      stream: core.name,
      domain: core.settings.domain,
      sequence: drafts.at(-1)?.sequence ?? 0,
      batchId: batch.id,
      count: drafts.length,
      isDuplicate: false,
    });
    core.reply(last, ack);
    return null;
  }

  /** The rules of every publish, and those that hold within a batch. */
  #judge(draft: MessageDraft, view: BatchView): ApiError | null {
    const { headers } = draft;
    if (headers.hasValue(natsHeader.expectedLastMessageId)) {
      return apiErrors.atomicPublishUnsupportedHeaderBatch("Nats-Expected-Last-Msg-Id");
    }
    const admission = this.#core.admit(draft, view);
    if (
      admission.duplicateOf > 0 ||
      (draft.messageId !== "" && view.hasMessageId(draft.messageId))
    ) {
      return apiErrors.atomicPublishContainsDuplicateMessage;
    }
    const isRightSequence = admission.error === null;
    const isWrongSequence =
      admission.error?.errCode === apiErrors.streamWrongLastSequence(0).errCode;
    if ((isRightSequence || isWrongSequence) && expectsOfBatch(draft, view, isRightSequence)) {
      return apiErrors.streamWrongLastSequenceConstant;
    }
    return admission.error ?? rollupRefusal(draft, view);
  }

  #abandon(id: string, reason: AbandonReason): void {
    this.#remove(id);
    this.#core.events.onBatchAbandoned(id, reason);
  }

  #remove(id: string): void {
    const batch = this.#batches.get(id);
    if (batch !== undefined) {
      this.#batches.delete(id);
      this.#deadlines.drop(id);
      this.#stagedBytes -= batch.stagedBytes;
      this.#totals.atomic--;
    }
  }
}

/** What a message expects cannot be judged by what the same batch wrote. */
function expectsOfBatch(draft: MessageDraft, view: BatchView, isRight: boolean): boolean {
  const { headers } = draft;
  if (headers.hasValue(natsHeader.expectedLastSubjectSequence)) {
    const named = headers.text(natsHeader.expectedLastSubjectSequenceSubject);
    if (view.hasSubject(named === "" ? draft.subject : named)) {
      return true;
    }
  }
  // Of the stream's sequence: only the first of a batch may expect one, and a wrong one is told with its number.
  return isRight && view.drafts.length > 0 && headers.hasValue(natsHeader.expectedLastSequence);
}

function rollupRefusal(draft: MessageDraft, view: BatchView): ApiError | null {
  if (draft.rollup === "sub" && view.hasSubject(draft.subject)) {
    return apiErrors.streamRollupFailed("batch rollup sub invalid");
  }
  return draft.rollup === "all" && view.drafts.length > 0
    ? apiErrors.streamRollupFailed("batch rollup all invalid")
    : null;
}

function draftOf(staged: StagedMessage): MessageDraft {
  const draft = new MessageDraft();
  draft.subject = staged.subject;
  draft.setHeaders(staged.bytes.subarray(0, staged.headerLength));
  draft.setBody(staged.bytes.subarray(staged.headerLength));
  return draft;
}

/** Null: not there, or no number. */
function sequenceOf(draft: MessageDraft): number | null {
  const sequence = draft.headers.number(natsHeader.batchSequence);
  return sequence === null || sequence < 0 ? null : sequence;
}

function commitOf(draft: MessageDraft): Commit {
  if (!draft.headers.has(natsHeader.batchCommit)) {
    return "none";
  }
  const text = draft.headers.text(natsHeader.batchCommit);
  return text === "1" ? "withMessage" : text === "eob" ? "endOfBatch" : "invalid";
}
