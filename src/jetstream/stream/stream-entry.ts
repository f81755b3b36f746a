// Everything that can happen to a stream, as data: what the committer carries and apply.ts does. An entry holds every
// decision, times and numbers included, so that applying it is the same wherever and whenever it is done.

import type { MessageDraft } from "./message-draft.ts";
import type { StreamConfig } from "./stream-config.ts";

export type StreamEntry =
  | MessageDraft
  | UnwantedEntry
  | SkipEntry
  | RemoveEntry
  | AcknowledgedEntry
  | PurgeEntry
  | ConfigureEntry;

/** A message that nobody wants: it gets a number and is not stored. */
export interface UnwantedEntry {
  readonly kind: "unwanted";
  readonly draft: MessageDraft;
}

/** All sequences below `next` count as deleted. */
export interface SkipEntry {
  readonly kind: "skip";
  readonly next: number;
}

export interface RemoveEntry {
  readonly kind: "remove";
  readonly sequence: number;
  readonly erases: boolean;
}

/** A consumer was the last to be done with the message. Reused: one per stream. */
export interface AcknowledgedEntry {
  readonly kind: "acknowledged";
  sequence: number;
}

export interface PurgeEntry {
  readonly kind: "purge";
  /** "" is all. */
  readonly filter: string;
  /** Only below it; 0 is not given. */
  readonly sequence: number;
  /** 0 is not given. */
  readonly keep: number;
}

export interface ConfigureEntry {
  readonly kind: "configure";
  readonly config: StreamConfig;
}
