// The contract of what keeps a stream's messages: in memory or in files. A store knows sequences, subjects, times and
// bytes; it knows no rule of a stream, no consumer, no account. All calls are synchronous; only being durable comes
// later, and is told through tickets.

import type { MessageView } from "./message-view.ts";
import type { SubjectFilter } from "./subject-filter.ts";

/** Mutable and reused by the writer: nothing of it is kept, all bytes are copied. */
export interface NewMessage {
  /** Above the last one. Numbers left out count as deleted. */
  sequence: number;
  timeMicros: number;
  restNanos: number;
  /** Byte text. */
  subject: string;
  headerBytes: Uint8Array;
  headerStart: number;
  headerLength: number;
  bodyBytes: Uint8Array;
  bodyStart: number;
  bodyLength: number;
  /** 0 is never. */
  expiresMicros: number;
  /** Sum of messageTag: what a recovery must find again without reading every message. */
  tags: number;
}

export const messageTag = {
  /** Has Nats-Msg-Id: wanted for the window of duplicates. */
  messageId: 1,
  /** Has Nats-Schedule. */
  schedule: 2,
  /** Has Nats-Stream-Source, wanted to find where a source stands. */
  sourced: 4,
  /**
   * The atomic batch goes on with the next message that is appended; the last one of a batch does not bear it. A
   * recovery that finds the log ending inside a batch cuts it before the batch's first message, as if nothing of what
   * stands behind that had been written.
   */
  batchGoesOn: 8,
} as const;

/**
 * Kept up to date in place: hold the object, read its fields. The first time is 0 when there is no message; the last one
 * is that of the last message stored, also when it is gone, as the reference reports it.
 */
export interface StoreState {
  readonly messages: number;
  /** What the messages cost: `messageCost` of each, as the reference counts file or memory storage. */
  readonly bytes: number;
  /** Of an empty store, lastSequence + 1. */
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly firstTimeMicros: number;
  readonly firstRestNanos: number;
  readonly lastTimeMicros: number;
  readonly lastRestNanos: number;
  readonly subjects: number;
  /** Sequences between first and last that hold no message. */
  readonly deleted: number;
}

export interface SubjectTotals {
  readonly messages: number;
  readonly first: number;
  readonly last: number;
}

/** What could not be read: sequences that were stored and are gone, or cannot be trusted. */
export interface LostMessages {
  readonly sequences: readonly number[];
  readonly bytes: number;
}

export interface MessageStore {
  readonly state: StoreState;
  readonly lost: LostMessages | null;

  // --- writing. Every change takes a ticket; `written` is the last one taken.
  append(message: NewMessage): void;
  /** The next message gets at least `next`: all numbers between count as deleted. */
  skipTo(next: number): void;
  /** Gives false when there is no such message. `erases` overwrites its bytes. */
  remove(sequence: number, erases: boolean): boolean;
  /** Removes all below `first`; gives how many messages that were. */
  removeBelow(first: number): number;
  /** Removes everything; the next sequence stays. Gives how many messages that were. */
  removeAll(): number;
  readonly written: number;
  /** All changes up to this ticket survive a loss of power. */
  readonly durable: number;
  /** Called when `durable` has moved. Never inside a call of this store. One listener, set once. */
  onDurable: () => void;
  /** Called once, when writing, syncing or reading failed: the store takes no more changes, nothing gets durable. */
  onFailed: (reason: string) => void;
  readonly failure: string | null;

  // --- reading. A view is filled and true given, or false and the view is spoilt.
  /** Whether there is such a message, by the index alone. */
  isPresent(sequence: number): boolean;
  read(sequence: number, into: MessageView): boolean;
  /** The first message from `from` on, in order of sequence, that the filter wants. */
  next(filter: SubjectFilter, from: number, into: MessageView): boolean;
  /** The last message up to `upTo`, that the filter wants. */
  previous(filter: SubjectFilter, upTo: number, into: MessageView): boolean;
  /** The first sequence whose message is not older; lastSequence + 1 when there is none. */
  sequenceAt(timeMicros: number): number;
  /** Null when no message has it. `subject` is a literal. */
  subjectTotals(subject: string): SubjectTotals | null;
  /** In order of subject (bytes); ends when `visit` gives false. */
  eachSubject(
    filter: SubjectFilter,
    visit: (subject: string, totals: SubjectTotals) => boolean | undefined,
  ): void;
  /** How many messages from `from` on the filter wants; of each subject only its last when `lastOnly`. */
  count(filter: SubjectFilter, from: number, lastOnly: boolean): number;
  /** Deleted sequences between first and last, as runs, in order. */
  eachGap(visit: (first: number, last: number) => boolean | undefined): void;
  /** Messages that bear the tag, from `from` on, in order: what recovery asks. */
  eachTagged(tag: number, from: number, visit: (message: MessageView) => boolean | undefined): void;
  /** When the next message expires by its own wish; 0 is never. */
  readonly nextExpiryMicros: number;
  /** Sequences expired by then, at most `max`, the earliest first; they are still there until removed. */
  expired(nowMicros: number, max: number): readonly number[];

  // --- life
  /** Its bytes go to the system; what is durable stays. Resolves when all that was written is durable or failed. */
  close(): Promise<void>;
  /** Memory it holds beside the messages themselves, for status pages. */
  readonly memoryBytes: number;
}
