// Calls in the future. Disposing a timer cancels it.

export interface Timers {
  /** One call after at least `millis`. */
  after(millis: number, action: () => void): Disposable;
  /** A call every `millis` until disposed. */
  every(millis: number, action: () => void): Disposable;
  /** One call when all sockets readable in this turn were handed over. Cannot be cancelled. */
  endOfTurn(action: () => void): void;
}
