// Wall time and monotonic time, as the server asks for them.

export interface Clock {
  /** Wall time in milliseconds since 1970. */
  wallMillis(): number;
  /** Wall time in nanoseconds since 1970, as fine as the host can tell. */
  wallNanos(): bigint;
  /** Never goes back; milliseconds with a fraction. */
  monotonicMillis(): number;
}
