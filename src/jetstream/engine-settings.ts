// What the configuration says to the engine, resolved: no value is "automatic" any more.

import type { StreamSettings } from "./stream/stream-parts.ts";

/** The API level of the version that is announced. */
export const apiLevel = 4;

export interface EngineSettings {
  /** Bytes in memory streams of all accounts. */
  readonly maxMemory: number;
  /** Bytes in file streams of all accounts. */
  readonly maxStore: number;
  /** "" is none. */
  readonly domain: string;
  /** API requests with unknown fields are refused. */
  readonly isStrict: boolean;
  readonly requestQueueLimit: number;
  readonly infoQueueLimit: number;
  /** Acknowledgement subjects carry domain and account. */
  readonly namesDomainInAcks: boolean;
  /** 0 is no limit. */
  readonly maxAckPending: number;
  readonly maxRequestBatch: number;
  readonly duplicateWindowNanos: bigint;
  readonly stream: StreamSettings;
}
