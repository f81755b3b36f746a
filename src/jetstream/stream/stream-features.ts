// Where the features beside the plain road plug in: batches, counters, schedules, mirrors and sources. A stream knows
// them by these interfaces alone; they know the stream as a StreamCore.

import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { Random } from "../../ports/random.ts";
import type { Timers } from "../../ports/timers.ts";
import type { ApiError } from "../api-error.ts";
import type { MessageView } from "../store/message-view.ts";
import type { MessageDraft } from "./message-draft.ts";
import type { OriginStatus } from "./source-status.ts";
import type { OnStreamDone, PurgeRequest, StreamAccess } from "./stream-access.ts";
import type { StreamConfig } from "./stream-config.ts";
import type { StreamEvents, StreamSettings } from "./stream-parts.ts";
import type { StreamView } from "./stream-view.ts";

/** What a feature may ask of its stream. */
export interface StreamCore extends StreamAccess {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  readonly settings: StreamSettings;
  readonly events: StreamEvents;
  /** What is stored, and nothing in flight (the local committer leaves nothing in flight). */
  readonly view: StreamView;
  /** Null: it works. Else why nothing can be stored. */
  readonly failure: string | null;
  /**
   * All rules, in order; the first refusal wins. Fills in the draft's decisions; the subject must be set (not yet
   * transformed: this does it) and the headers read. Nothing is stored. A duplicate gives `duplicateOf` > 0.
   */
  admit(draft: MessageDraft, view: StreamView): Admission;
  /** Stores what was admitted. The draft's sequence is set then; nothing is acknowledged. */
  commit(draft: MessageDraft): void;
  /** Admits, without what only clients are refused for, and stores. The draft may bring sequence and time. */
  storeFromOrigin(draft: MessageDraft): ApiError | null;
  /** All sequences below `next` count as deleted. */
  skipTo(next: number): void;
  /** Removes by wish of the server itself, whatever the configuration denies. */
  purgeNow(request: PurgeRequest): number;
  /** Queued behind all acknowledgements before it; leaves when all that was stored up to now is durable. */
  reply(draft: MessageDraft, body: Uint8Array): void;
  replyError(draft: MessageDraft, error: ApiError): void;
  /** Answers direct gets under this name too: the origin's, for a mirror. Disposing ends it. */
  serveDirect(stream: string): Disposable;
  /** Called when all that was stored up to now is durable, or can never be; never before this returns. */
  whenDurable(onDone: OnStreamDone): void;
}

/** One per stream, filled by `admit`, valid until the next call of it. */
export interface Admission {
  readonly error: ApiError | null;
  /** The message is known already under this sequence; 0 is new. */
  readonly duplicateOf: number;
  /** Nobody wants it and the stream keeps only what is wanted: commit() gives it a number and stores nothing. */
  readonly isUnwanted: boolean;
}

export interface StreamFeatures {
  readonly batches: BatchFeature | null;
  readonly counter: CounterFeature | null;
  readonly schedules: ScheduleFeature | null;
  /** Mirror, sources: whatever lives beside the stream. Schedules and batches too, if they hold timers. */
  readonly lives: readonly FeatureLife[];
  /** How far mirror and sources have come. */
  readonly origins?: OriginReport;
}

export interface OriginReport {
  /** Null is no mirror. */
  mirrorStatus(): OriginStatus | null;
  sourceStatus(): readonly OriginStatus[];
}

export interface FeatureLife {
  /** The stream takes messages from now on; what is stored is recovered. */
  start(): void;
  stop(): void;
  /** After the stream took the new configuration. */
  configured(former: StreamConfig, current: StreamConfig): void;
  /** After the stream's messages are closed: closes what it holds open itself. */
  close?(): Promise<void>;
}

export interface BatchFeature {
  /**
   * Asked for a publish with Nats-Batch-Id, or whose reply ends in `.$FI`, before any rule. True: it is taken, answered
   * by the feature; false: an ordinary message.
   */
  take(draft: MessageDraft): boolean;
}

export interface CounterFeature {
  /** First of the rules: whether Nats-Incr may stand here. Also asked without it, as a counter stream requires it. */
  check(draft: MessageDraft): ApiError | null;
  /** Last but the sizes: sets the body to the new total, and counterValue. */
  apply(draft: MessageDraft, view: StreamView): ApiError | null;
}

export interface ScheduleFeature {
  /** Between the expected sequences and the duplicates. Sets tags, rollup and purgesSchedule where it must. */
  check(draft: MessageDraft, view: StreamView): ApiError | null;
  /** A message stands in the stream that was tagged as schedule, or that ends or renews one. */
  stored(draft: MessageDraft): void;
  /** At recovery, for every message tagged as schedule. */
  recovered(message: MessageView): void;
  removed(sequence: number, subject: string): void;
  /** Many are gone. */
  purged(): void;
}
