// Messages from inside lie here until the rows that point at them were routed. What the region has no room for is taken
// from the arena and given back with the rest.

import { alloc, free } from "../memory/arena";
import { SLACK_BYTES, STAGING_BYTES, stagingBase } from "../memory/layout";

let used: usize = 0;
let firstSpill: u32 = 0;

/** Room for so many bytes and slack behind them; 0 when memory is out. */
export function stage(length: usize): usize {
  const needed = (length + SLACK_BYTES + 15) & ~15;
  if (needed <= STAGING_BYTES - used) {
    const place = stagingBase + used;
    used += needed;
    return place;
  }
  // A spill: next u32, bytes u32, then the room.
  const bytes = needed + 16;
  const piece = alloc(bytes);
  if (piece == 0) {
    return 0;
  }
  store<u32>(piece, firstSpill);
  store<u32>(piece, <u32>bytes, 4);
  firstSpill = <u32>piece;
  return piece + 16;
}

/** All of it is free again. */
export function clearStaging(): void {
  used = 0;
  while (firstSpill != 0) {
    const piece: usize = firstSpill;
    firstSpill = load<u32>(piece);
    free(piece, load<u32>(piece, 4));
  }
}
