// Who gets the messages of a consumer: requests that wait, or the listeners of one subject. The pump asks it, message by
// message, and knows no more of it than this.

export interface Receiver {
  /** Whether somebody would take a message now. */
  readonly isReady: boolean;
  /**
   * Where a message of this size goes, `now` in the consumer's time; null when nobody who waits may have it. Followed by
   * delivered() or lost().
   */
  choose(size: number, now: number): Uint8Array | null;
  /** What is said of the pin in the message that was chosen for; "" is nothing. */
  readonly pinId: string;
  /** `size` as it was sent. */
  delivered(size: number, now: number): void;
  /** Nobody heard it. */
  lost(): void;
  /** There is nothing more for now. `isAtEnd`: the stream has none; else acknowledgements are missing. */
  ranDry(isAtEnd: boolean, now: number): void;
  /** Ends its timers. */
  stop(): void;
}
