// The large blocks that outboxes grow from and give back to. Those not needed for a while become cold: their pages can be
// given to the system, and come back empty when the block is used again.

import { alloc, noteSetAside, noteTakenUp } from "./arena";
import { COLD_CAPACITY, coldBase } from "./layout";

/** One write of this size costs little more than what the kernel must copy anyway. */
export const LARGE_BLOCK: usize = 131072;
/** So many stay warm whatever happens: eight megabytes. */
const WARM_KEPT: u32 = 64;

let warmBlocks: u32 = 0;
let warmCount: u32 = 0;
/** The fewest that were warm since this was asked last: so many were not needed. */
let warmLow: u32 = 0;
let coldCount: u32 = 0;

/** A block, warm when there is one; 0 when memory is out. */
export function takeBlock(): usize {
  if (warmBlocks != 0) {
    const block: usize = warmBlocks;
    warmBlocks = load<u32>(block);
    warmCount--;
    if (warmCount < warmLow) {
      warmLow = warmCount;
    }
    noteTakenUp(LARGE_BLOCK);
    return block;
  }
  if (coldCount > 0) {
    coldCount--;
    noteTakenUp(LARGE_BLOCK);
    return load<u32>(coldBase + ((<usize>coldCount) << 2));
  }
  return alloc(LARGE_BLOCK);
}

export function giveBlock(block: usize): void {
  store<u32>(block, warmBlocks);
  warmBlocks = <u32>block;
  warmCount++;
  noteSetAside(LARGE_BLOCK);
}

/** How many blocks were idle since this was asked last, beyond those that are always kept warm. */
export function idleBlocks(): u32 {
  const idle = warmLow > WARM_KEPT ? warmLow - WARM_KEPT : 0;
  warmLow = warmCount;
  return idle;
}

/** Makes one warm block cold and gives its address: its pages may be given to the system. 0 when there is none. */
export function coolBlock(): usize {
  if (warmBlocks == 0 || coldCount == COLD_CAPACITY) {
    return 0;
  }
  const block: usize = warmBlocks;
  warmBlocks = load<u32>(block);
  warmCount--;
  warmLow = min(warmLow, warmCount);
  store<u32>(coldBase + ((<usize>coldCount) << 2), <u32>block);
  coldCount++;
  return block;
}
