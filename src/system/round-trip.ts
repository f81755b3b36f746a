// Round trip times as they are told to people: below a millisecond in whole microseconds.

const micro = 1000;
const milli = 1_000_000;

export function shownRoundTripNanos(nanos: number): number {
  return nanos > micro && nanos < milli ? Math.floor(nanos / micro) * micro : nanos;
}
