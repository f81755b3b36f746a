// The contract of a small state that changes often, a consumer's: a snapshot and the changes since. What the bytes mean
// its owner knows.

export interface StateJournal {
  /** As found when it was opened; null is new. Read once, then dropped. */
  takeRecovered(): RecoveredState | null;
  /** Not all that was written could be read again, or nothing: what was recovered may be older than what was durable. */
  readonly isDamaged: boolean;
  /** Writes a change down; durable with a later ticket. */
  append(change: Uint8Array): void;
  /** How many bytes of changes stand behind the snapshot: the owner then decides to write a new one. */
  readonly changeBytes: number;
  /** Replaces all that was written, in one step. */
  replace(snapshot: Uint8Array): void;
  readonly written: number;
  readonly durable: number;
  /**
   * What is written may stay unsynced for a while: only when this was called is a sync made for all up to `written`.
   * Costs one sync together with all others of the turn.
   */
  wantDurable(): void;
  onDurable: () => void;
  onFailed: (reason: string) => void;
  close(): Promise<void>;
}

export interface RecoveredState {
  readonly snapshot: Uint8Array;
  readonly changes: readonly Uint8Array[];
}
