// JetStream as the server's statistics and pages show it: its configuration, what it holds, its limits. Plain numbers in,
// the members that tools know out.

import { omitEmpty } from "../base/go-json.ts";

const nanosPerMilli = 1_000_000;
/** Shown when everything is synced always: what the reference would use else. */
const defaultSyncMillis = 120_000;

export interface JetStreamFigures {
  readonly maxMemory: number;
  readonly maxStore: number;
  readonly storeFolder: string;
  /** 0 is always. */
  readonly syncIntervalMillis: number;
  /** "" is none. */
  readonly domain: string;
  readonly uniqueTag: string;
  readonly isStrict: boolean;
  /** Some size was left to the server. */
  readonly isDynamic: boolean;
  readonly memory: number;
  readonly storage: number;
  readonly reservedMemory: number;
  readonly reservedStorage: number;
  readonly accounts: number;
  /** Syncs of files that had to wait for others. */
  readonly diskWaits: {
    readonly waiters: number;
    readonly waits: number;
    readonly waitMillis: number;
    readonly maxWaitMillis: number;
  };
  readonly api: {
    readonly level: number;
    readonly total: number;
    readonly errors: number;
    readonly inflight: number;
  };
  /** 0 is not given. */
  readonly limits: {
    readonly maxRequestBatch: number;
    readonly maxAckPending: number;
    readonly maxHaAssets: number;
    readonly duplicateWindowMillis: number;
    readonly batch: {
      readonly maxInflightPerStream: number;
      readonly maxInflightTotal: number;
      readonly maxMessages: number;
      readonly timeoutMillis: number;
    };
  };
}

export function jetStreamConfigBody(figures: JetStreamFigures): object {
  const isAlways = figures.syncIntervalMillis === 0;
  const syncMillis = isAlways ? defaultSyncMillis : figures.syncIntervalMillis;
  return {
    max_memory: figures.maxMemory,
    max_storage: figures.maxStore,
    store_dir: omitEmpty(figures.storeFolder),
    sync_interval: syncMillis * nanosPerMilli,
    sync_always: omitEmpty(isAlways),
    domain: omitEmpty(figures.domain),
    compress_ok: omitEmpty(!figures.isDynamic),
    unique_tag: omitEmpty(figures.uniqueTag),
    strict: omitEmpty(figures.isStrict),
  };
}

export function jetStreamStatsBody(figures: JetStreamFigures): object {
  const { level, total, errors, inflight } = figures.api;
  return {
    memory: figures.memory,
    storage: figures.storage,
    reserved_memory: figures.reservedMemory,
    reserved_storage: figures.reservedStorage,
    accounts: figures.accounts,
    ha_assets: 0,
    api: { level, total, errors, inflight: omitEmpty(inflight) },
  };
}

export function jetStreamLimitsBody({ limits }: JetStreamFigures): object {
  const { batch } = limits;
  return {
    max_request_batch: omitEmpty(limits.maxRequestBatch),
    max_ack_pending: omitEmpty(limits.maxAckPending),
    max_ha_assets: omitEmpty(limits.maxHaAssets),
    max_duplicate_window: omitEmpty(limits.duplicateWindowMillis * nanosPerMilli),
    max_batch_inflight_per_stream: omitEmpty(batch.maxInflightPerStream),
    max_batch_inflight_total: omitEmpty(batch.maxInflightTotal),
    max_batch_size: omitEmpty(batch.maxMessages),
    max_batch_timeout: omitEmpty(batch.timeoutMillis * nanosPerMilli),
  };
}

/** Of the general page and the statistics: {} while it is off. */
export function jetStreamBody(figures: JetStreamFigures | null): object {
  return figures === null
    ? {}
    : {
        config: jetStreamConfigBody(figures),
        stats: jetStreamStatsBody(figures),
        limits: jetStreamLimitsBody(figures),
      };
}
