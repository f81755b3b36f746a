// What the API asks of those who run JetStream: accounts, their streams and consumers, and the server's own facts. The
// engine implements it; the API knows no store, no tenancy, no disk.
//
// Nothing here throws for what a client sent. Whatever ends in `onDone` may call it at once or later, once, when what
// was asked for is durable; a refusal changes nothing.

import type { PassingMessage } from "../../broker/message.ts";
import type { ClientInfo } from "../../broker/request-info.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { Timers } from "../../ports/timers.ts";
import type { ApiError } from "../api-error.ts";
import type { ConsumerBackup } from "../consumer/consumer-backup.ts";
import type { ConsumerConfig } from "../consumer/consumer-config.ts";
import type { ConsumerStatus } from "../consumer/consumer-status.ts";
import type { Outlet } from "../outlet.ts";
import type { StreamSourceConfig, SubjectTransformConfig } from "../stream/source-config.ts";
import type { StreamAccess } from "../stream/stream-access.ts";
import type { StreamConfig } from "../stream/stream-config.ts";
import type { ApiCounts } from "./api-counts.ts";
import type { StreamRestore } from "./backup/stream-restore.ts";

/** Settings and facts of the server, as they count when they are asked for (a reload may change some). */
export interface ApiContext {
  readonly serverName: string;
  readonly serverId: string;
  /** What `_nats.ver` in the metadata of assets says. */
  readonly version: string;
  readonly apiLevel: number;
  /** "" is none. */
  readonly domain: string;
  /** `jetstream{strict}`: unknown fields are refused. */
  readonly isStrict: boolean;
  readonly requestQueueLimit: number;
  readonly infoQueueLimit: number;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  /** All accounts of the server together. */
  readonly counts: ApiCounts;
  /** For the advisory of dropped requests, in the system account. */
  readonly systemOutlet: Outlet;
  /** A new unique id of 22 letters and digits, for advisories and the names of ephemeral consumers. */
  newId(): string;
  /** Also one whose JetStream is off. Null: there is no such account. */
  account(name: string): ApiAccount | null;
  /** Who sent it, for the audit; null when that cannot be told. */
  requester(message: PassingMessage, account: string): ClientInfo | null;
}

export interface ApiAccount {
  readonly name: string;
  readonly outlet: Outlet;
  readonly isSystem: boolean;
  /** Whether JetStream is on for this account. */
  readonly isEnabled: boolean;
  readonly counts: ApiCounts;
  usage(): AccountUsage;
  stream(name: string): ApiStream | null;
  /** In any order. */
  streams(): Iterable<ApiStream>;
  /**
   * The configuration as it was asked for: zeros and "" where nothing was said. Checks it, fills in the defaults,
   * checks the limits of account and server, and that the subjects are free. The same configuration again gives the
   * stream that is there; another one under the same name is refused with 10058.
   */
  createStream(config: StreamConfig, isPedantic: boolean, onDone: OnStream): void;
  /** As createStream; what may not change is refused. */
  updateStream(
    stream: ApiStream,
    config: StreamConfig,
    isPedantic: boolean,
    onDone: OnStream,
  ): void;
  deleteStream(stream: ApiStream, onDone: OnApiDone): void;
  /** A stream to be filled from a backup; checks what createStream checks. */
  restoreStream(
    config: StreamConfig,
    onReady: (failure: ApiError | null, restore: StreamRestore | null) => void,
  ): void;
  /** As createStream. `name` equals `durable` when that is given; with neither the consumer gets a random name of eight
   * letters and digits, and its configuration keeps none. */
  createConsumer(
    stream: ApiStream,
    config: ConsumerConfig,
    action: ConsumerAction,
    isPedantic: boolean,
    onDone: OnConsumer,
  ): void;
  /** Only `pauseUntilNanos` (and the metadata that follows from it) differs from what the consumer has. */
  pauseConsumer(
    stream: ApiStream,
    consumer: ApiConsumer,
    config: ConsumerConfig,
    onDone: OnApiDone,
  ): void;
  deleteConsumer(stream: ApiStream, consumer: ApiConsumer, onDone: OnApiDone): void;
}

/** "" is create or update. */
export type ConsumerAction = "" | "create" | "update";

/** Null is done. */
export type OnApiDone = (failure: ApiError | null) => void;
export type OnStream = (failure: ApiError | null, stream: ApiStream | null) => void;
export type OnConsumer = (failure: ApiError | null, consumer: ApiConsumer | null) => void;

export interface ApiStream {
  readonly access: StreamAccess;
  /** Why it takes no part (damaged, or of a higher API level); "" is online. */
  readonly offlineReason: string;
  /** Null is no mirror. */
  mirrorStatus(): SourceStatus | null;
  sourceStatus(): readonly SourceStatus[];
  /** All that is stored by now is durable, or never will be; at once when that is so already. */
  whenDurable(onDone: () => void): void;
  /** Direct ones, which clients do not see, too. */
  consumer(name: string): ApiConsumer | null;
  /** Without direct ones; in any order. */
  consumers(): Iterable<ApiConsumer>;
  /** Without direct ones. */
  readonly consumerCount: number;
}

/** How far a mirror or a source has come. */
export interface SourceStatus {
  readonly name: string;
  readonly external: StreamSourceConfig["external"];
  readonly lag: number;
  /** Since something was heard of it; null is never. */
  readonly activeNanos: bigint | null;
  readonly error: ApiError | null;
  readonly filterSubject: string;
  readonly subjectTransforms: readonly SubjectTransformConfig[];
}

export interface ApiConsumer {
  readonly name: string;
  readonly config: ConsumerConfig;
  readonly createdNanos: bigint;
  /** "" is online. */
  readonly offlineReason: string;
  status(): ConsumerStatus;
  /** Its state as a backup holds it, up to this sequence of the stream. */
  backup(lastSequence: number): ConsumerBackup;
  /** The client that is pinned to this group is so no longer; the advisory is the consumer's. False: no such group. */
  unpin(group: string): boolean;
  /**
   * Starts again: from this sequence of the stream, 0 is behind the ack floor. A text says why it cannot; a number is
   * the sequence it starts from. onDone when it is durable.
   */
  reset(sequence: bigint, onDone: (failure: string | null, startsFrom: number) => void): void;
}

/** -1 is no limit. */
export interface AccountUsageLimits {
  readonly maxMemory: number;
  readonly maxStorage: number;
  readonly maxStreams: number;
  readonly maxConsumers: number;
  readonly maxAckPending: number;
  readonly memoryMaxStreamBytes: number;
  readonly storageMaxStreamBytes: number;
  readonly maxBytesRequired: boolean;
}

export interface UsageOfTier {
  readonly memory: number;
  readonly storage: number;
  readonly reservedMemory: number;
  readonly reservedStorage: number;
  readonly streams: number;
  readonly consumers: number;
  readonly limits: AccountUsageLimits;
}

export interface AccountUsage extends UsageOfTier {
  /** By name ("R1"); empty when the account has no tiers. */
  readonly tiers: Readonly<Record<string, UsageOfTier>>;
}
