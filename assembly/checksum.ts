// What the checksum module offers: the XXH64 of bytes that lie in its memory. What lies elsewhere is copied into its window,
// longer ones in several windows, all but the last of them full. Whole runs of records are sealed and checked in one call.

import { addStripes, beginSum, finishSum, Sum } from "./record/checksum";
import { checkRun, sealRun } from "./record/run";

/** A multiple of 32. */
const WINDOW_BYTES: u32 = 0x100000;

const sum: Sum = changetype<Sum>(memory.data(40));
const windowBase: usize = (__heap_base + 63) & ~63;

export function windowStart(): usize {
  return windowBase;
}

export function windowBytes(): u32 {
  return WINDOW_BYTES;
}

/** Behind it the memory is the caller's: a multiple of the system's pages. */
export function roomStart(): usize {
  return (windowBase + WINDOW_BYTES + 4095) & ~4095;
}

/** The checksum of bytes anywhere in the memory. */
export function checksum(start: usize, length: u32): u64 {
  beginSum(sum);
  return finishSum(sum, start, length);
}

/** A new checksum, of several windows. */
export function begin(): void {
  beginSum(sum);
}

/** The whole window belongs to it. */
export function addWindow(): void {
  addStripes(sum, windowBase, WINDOW_BYTES);
}

/** The first bytes of the window are its last. */
export function finish(length: u32): u64 {
  return finishSum(sum, windowBase, length);
}

/** Writes the checksum of every record of the run that lies there. */
export function sealRecords(start: usize, length: u32, salt: u64): void {
  sealRun(sum, start, length, salt);
}

/** How many of the bytes that lie there are whole records whose checksums are right, before the first that is not. */
export function checkRecords(start: usize, length: u32, salt: u64): u32 {
  return checkRun(sum, start, length, salt);
}
