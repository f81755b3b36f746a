// Memory as the system sees it.

export interface Memory {
  /** The pages that lie wholly in bytes[offset, offset + length) go back to the system; they read as zeros afterwards. */
  release(bytes: Uint8Array, offset: number, length: number): void;
  /** bytes[start, end) of `from` to `place` in `into`, which has room: a short range costs less than a view of it. */
  copy(from: Uint8Array, start: number, end: number, into: Uint8Array, place: number): void;
  /**
   * Writes zeros all over memory that was never used, in the background: its pages are there when it is. Nobody touches it
   * until `onDone`, which never comes before this returns.
   */
  warm(bytes: Uint8Array, onDone: () => void): void;
  /** Frees what nobody refers to any more, now. */
  collect(): void;
}
