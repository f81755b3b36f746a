// How large a segment gets before the next one is begun: large where much is kept, so that there are few files; small
// where little is, so that what does not count any more goes soon.

/** A segment is never finished before it has this size. */
const least = 1 << 20;
/** And always when it has this. */
const most = 1 << 25;
/** In between, when it is this share of what counts, and was not begun just now. */
const share = 4;
const leastMillis = 1000;

export function isSegmentFull(bytes: number, liveBytes: number, ageMillis: number): boolean {
  return (
    bytes >= most || (bytes >= least && bytes * share >= liveBytes && ageMillis >= leastMillis)
  );
}
