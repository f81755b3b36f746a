// A stream that is the copy of another one: what the origin delivers is stored under its own sequence and time, and what
// the origin lacks is lacking here. Nothing else is written to it.

import type { PassingMessage } from "../../broker/message.ts";
import { withoutHeaders } from "../../protocol/headers.ts";
import type { ApiError } from "../api-error.ts";
import { MessageDraft } from "./message-draft.ts";
import { natsHeader } from "./nats-headers.ts";
import type { StreamSourceConfig } from "./source-config.ts";
import type { SourceDelivery } from "./source-delivery.ts";
import { OriginFollower, type OriginSink } from "./source-follower.ts";
import type { HashOf } from "./source-header.ts";
import type { OriginConsumer, StartingPoint } from "./source-request.ts";
import type { OriginStatus } from "./source-status.ts";
import type { StreamConfig } from "./stream-config.ts";
import type { FeatureLife, StreamCore } from "./stream-features.ts";

/** Of less than so many messages behind, a mirror may answer direct gets for its origin. */
const closeBehind = 10;

export class Mirror implements OriginSink, FeatureLife {
  readonly kind = "mirror" as const;
  readonly source: StreamSourceConfig;
  readonly consumerName: string;
  readonly #core: StreamCore;
  readonly #draft: MessageDraft = new MessageDraft();
  readonly #follower: OriginFollower;
  #direct: Disposable | null = null;

  constructor(core: StreamCore, source: StreamSourceConfig, hashOf: HashOf) {
    this.#core = core;
    this.source = source;
    this.consumerName = `JS_MIRROR_${hashOf(followerId(core))}`;
    this.#follower = new OriginFollower(core, this);
  }

  status(): OriginStatus {
    return this.#follower.status();
  }

  start(): void {
    this.#follower.start();
  }

  stop(): void {
    this.#follower.stop();
    this.#endDirect();
  }

  /** Promoted: a mirror that is none any more lives on as a stream of its own. */
  configured(_former: StreamConfig, current: StreamConfig): void {
    if (current.mirror === null) {
      this.#follower.abandon();
    }
    if (current.mirror === null || !current.mirrorDirect) {
      this.#endDirect();
    }
  }

  startingPoint(): StartingPoint {
    const { state } = this.#core.store;
    const { optStartSequence, optStartTimeNanos } = this.source;
    if (state.lastSequence > 0) {
      return { kind: "sequence", sequence: BigInt(state.lastSequence) + 1n };
    }
    if (optStartSequence > 0n) {
      return { kind: "sequence", sequence: optStartSequence };
    }
    return optStartTimeNanos === null
      ? { kind: "all" }
      : { kind: "time", nanos: optStartTimeNanos };
  }

  opened({ deliveredSequence, pending }: OriginConsumer): number {
    const core = this.#core;
    if (deliveredSequence > core.store.state.lastSequence) {
      core.skipTo(deliveredSequence + 1);
    }
    this.#serveDirect(pending);
    return core.store.state.lastSequence;
  }

  store(message: PassingMessage, delivery: SourceDelivery, subject: string): ApiError | null {
    const draft = this.#draft;
    fillFromOrigin(draft, message, subject);
    draft.sequence = delivery.streamSequence;
    draft.timeMicros = delivery.timeMicros;
    draft.restNanos = delivery.restNanos;
    const refusal = this.#core.storeFromOrigin(draft);
    if (this.#direct === null && refusal === null) {
      this.#serveDirect(delivery.pending);
    }
    return refusal;
  }

  /** Direct gets of the origin are answered here too, once we have nearly all of it. */
  #serveDirect(pending: number): void {
    if (this.#direct === null && pending < closeBehind && this.#core.config.mirrorDirect) {
      this.#direct = this.#core.serveDirect(this.source.name);
    }
  }

  #endDirect(): void {
    this.#direct?.[Symbol.dispose]();
    this.#direct = null;
  }
}

/** What the names of followers at their origins are made from: the same after every restart. */
export function followerId(core: StreamCore): string {
  const { domain } = core.settings;
  return domain === "" ? `${core.name} ${core.account}` : `${core.name} ${core.account} ${domain}`;
}

/** The message where it lies; what was a matter between publisher and origin is left out. */
export function fillFromOrigin(
  draft: MessageDraft,
  message: PassingMessage,
  subject: string,
): void {
  draft.clear();
  draft.isFromOrigin = true;
  draft.subject = subject;
  const { bytes, headerLength } = message;
  if (headerLength > 0) {
    draft.headerBytes = bytes;
    draft.headerStart = message.headerStart;
    draft.headerLength = headerLength;
    draft.headers.read(bytes, message.headerStart, headerLength);
    if (betweenOthers.some((header) => draft.headers.has(header))) {
      draft.setHeaders(withoutHeaders(draft.headerBlock, isBetweenOthers));
    }
  }
  draft.bodyBytes = bytes;
  draft.bodyStart = message.bodyStart;
  draft.bodyLength = message.bodyLength;
}

const betweenOthers = [
  natsHeader.expectedStream,
  natsHeader.expectedLastSequence,
  natsHeader.expectedLastSubjectSequence,
  natsHeader.expectedLastSubjectSequenceSubject,
  natsHeader.expectedLastMessageId,
  natsHeader.batchId,
  natsHeader.batchSequence,
  natsHeader.batchCommit,
] as const;

function isBetweenOthers(key: string): boolean {
  return key.startsWith("Nats-Expected-") || key.startsWith("Nats-Batch-");
}
