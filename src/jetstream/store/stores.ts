// The contract of where assets live: opens the stores of streams and consumers, keeps their descriptions, finds them
// again after a restart. One implementation in memory, one on disk; the file one also serves memory streams of a server
// (their descriptions are not kept).

import type { SyncWaits } from "../../storage/sync-gate.ts";
import type { MessageStore } from "./message-store.ts";
import type { StateJournal } from "./state-journal.ts";

export interface StreamPlace {
  readonly account: string;
  readonly stream: string;
}

export interface StreamStoreOptions {
  readonly storage: "file" | "memory";
  readonly compression: "none" | "s2";
  /** The first sequence of a new stream. */
  readonly firstSequence: number;
  /** Acknowledged before it is synced: `persist_mode: async`. */
  readonly isAsync: boolean;
}

export interface FoundConsumer {
  readonly name: string;
  /** The description as it was written; null when it could not be read. */
  readonly description: Uint8Array | null;
}

/** What is in it may be read anew each time that it is asked for. */
export interface FoundStream {
  readonly place: StreamPlace;
  /** Null when it could not be read: the asset is damaged, stays on disk, and is reported. */
  readonly description: Uint8Array | null;
  readonly consumers: readonly FoundConsumer[];
}

export interface Stores {
  /**
   * Everything on disk, or all of one account, sorted by account and name. A damaged one never hides another. What a
   * creation left unfinished goes: nobody may be creating something there.
   */
  find(account?: string): readonly FoundStream[];
  /** Durable when onDone is called with null; else the reason. Replaces a former one. */
  describeStream(place: StreamPlace, description: Uint8Array, onDone: OnDone): void;
  describeConsumer(place: StreamPlace, name: string, description: Uint8Array, onDone: OnDone): void;
  openMessages(place: StreamPlace, options: StreamStoreOptions): MessageStore;
  openConsumer(place: StreamPlace, name: string, storage: "file" | "memory"): StateJournal;
  /** Where a stream stands in its mirror's or sources' origins. Goes with the stream. */
  openOrigins(place: StreamPlace, storage: "file" | "memory"): StateJournal;
  /** The stores must be closed. Durable when onDone is called. */
  removeStream(place: StreamPlace, onDone: OnDone): void;
  removeConsumer(place: StreamPlace, name: string, onDone: OnDone): void;
  /** End of turn: writes what was changed and starts the syncs. */
  commitTurn(): void;
  readonly status: StoresStatus;
  close(): Promise<void>;
}

export type OnDone = (failure: string | null) => void;

export interface StoresStatus {
  /** Null: files work. Else why JetStream's files do not. */
  readonly failure: string | null;
  readonly syncs: number;
  /** Syncs that had to wait for others. */
  readonly waits: SyncWaits;
}
