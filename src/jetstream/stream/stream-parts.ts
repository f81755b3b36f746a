// What a stream is built from, and the small wishes it has to those around it.

import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { Random } from "../../ports/random.ts";
import type { Timers } from "../../ports/timers.ts";
import type { ApiError } from "../api-error.ts";
import type { Outlet } from "../outlet.ts";
import type { MessageStore } from "../store/message-store.ts";
import type { StreamPlace } from "../store/stores.ts";
import type { StreamConfig } from "./stream-config.ts";
import type { StreamCore, StreamFeatures } from "./stream-features.ts";

/** The account's and the server's limits of storage, as the stream meets them. */
export interface StorageBudget {
  /** Whether so many bytes more may be stored; asked for every publish. Null is yes. */
  mayStore(bytes: number): ApiError | null;
  /** What the stream now holds more, or less. */
  changed(messages: number, bytes: number): void;
}

export interface StreamEvents {
  /** The store failed: once. The stream takes no more publishes. */
  onFailed(reason: string): void;
  /** A batch was given up: its id and why ("timeout", "large", "incomplete", "unsupported"). */
  onBatchAbandoned(batchId: string, reason: string): void;
}

/** Settings of the server, as they count when the stream asks. */
export interface StreamSettings {
  /** "" is none. */
  readonly domain: string;
  readonly maxPayload: number;
  /** What a direct get sends at most when the request says nothing. */
  readonly maxPending: number;
  /** Publishes that wait to be durable: above, they are refused (`max_buffered_msgs`, `max_buffered_size`). */
  readonly maxBufferedMessages: number;
  readonly maxBufferedBytes: number;
  readonly batches: {
    readonly maxInflightPerStream: number;
    readonly maxInflightTotal: number;
    readonly maxMessages: number;
    readonly timeoutMillis: number;
  };
  /** Of fast batches, which cost less. */
  readonly fastBatches: {
    readonly maxInflightPerStream: number;
    readonly maxInflightTotal: number;
  };
}

/** As the server ships. */
export const defaultStreamSettings: StreamSettings = {
  domain: "",
  maxPayload: 1024 * 1024,
  maxPending: 64 * 1024 * 1024,
  maxBufferedMessages: 1_000_000,
  maxBufferedBytes: 128 * 1024 * 1024,
  batches: {
    maxInflightPerStream: 50,
    maxInflightTotal: 1000,
    maxMessages: 1000,
    timeoutMillis: 10_000,
  },
  fastBatches: { maxInflightPerStream: 1000, maxInflightTotal: 50_000 },
};

export interface StreamParts {
  readonly place: StreamPlace;
  /** Checked, defaults filled in. */
  readonly config: StreamConfig;
  readonly createdNanos: bigint;
  readonly store: MessageStore;
  readonly outlet: Outlet;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  readonly budget: StorageBudget;
  readonly events: StreamEvents;
  readonly settings: StreamSettings;
  /** Left out: a stream without batches, counters, schedules, mirror and sources. */
  readonly makeFeatures?: (core: StreamCore) => StreamFeatures;
}
