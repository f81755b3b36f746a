// The two kinds of batches (ADR-50), told apart: an atomic one names itself in headers, a fast one in the reply subject.

import { byteTextAt } from "../../base/byte-text.ts";
import { AtomicBatches } from "./atomic-batch.ts";
import type { BatchTotals } from "./batch-limits.ts";
import { FastBatches } from "./fast-batch.ts";
import { isFastBatchReply } from "./fast-batch-reply.ts";
import type { MessageDraft } from "./message-draft.ts";
import { natsHeader } from "./nats-headers.ts";
import type { StreamConfig } from "./stream-config.ts";
import type { BatchFeature, FeatureLife, StreamCore } from "./stream-features.ts";

export class Batches implements BatchFeature, FeatureLife {
  readonly #core: StreamCore;
  readonly #totals: BatchTotals;
  /** Made for the first batch. */
  #atomic: AtomicBatches | null = null;
  #fast: FastBatches | null = null;

  constructor(core: StreamCore, totals: BatchTotals) {
    this.#core = core;
    this.#totals = totals;
  }

  take(draft: MessageDraft): boolean {
    const reply = draft.hasReply ? publisherReply(draft) : "";
    if (isFastBatchReply(reply)) {
      this.#fast ??= new FastBatches(this.#core, this.#totals);
      this.#fast.take(draft, reply);
      return true;
    }
    if (draft.headers.hasValue(natsHeader.batchId)) {
      this.#atomic ??= new AtomicBatches(this.#core, this.#totals);
      this.#atomic.take(draft);
      return true;
    }
    return false;
  }

  /** Open batches of both kinds. */
  get size(): number {
    return (this.#atomic?.size ?? 0) + (this.#fast?.size ?? 0);
  }

  start(): void {}

  /** Open batches are given up: their publishers find out when they go on. */
  stop(): void {
    this.#atomic?.stop();
    this.#fast?.stop();
  }

  configured(former: StreamConfig, current: StreamConfig): void {
    if (former.allowAtomic && !current.allowAtomic) {
      this.#atomic?.stop();
    }
    if (former.allowBatched && !current.allowBatched) {
      this.#fast?.stop();
    }
  }
}

function publisherReply(draft: MessageDraft): string {
  return draft.publisherReply === ""
    ? byteTextAt(draft.replyBytes, draft.replyStart, draft.replyLength)
    : draft.publisherReply;
}
