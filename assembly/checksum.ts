// What the checksum module offers: bytes are copied into its window, and their XXH64 comes back. Longer ones come in
// several windows, all but the last of them full. Whole runs of records are sealed and checked in one call.

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

/** The checksum of the first bytes of the window. */
export function checksum(length: u32): u64 {
  beginSum(sum);
  return finishSum(sum, windowBase, length);
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

/** Writes the checksum of every record of the run that fills the first bytes of the window. */
export function sealRecords(length: u32, salt: u64): void {
  sealRun(sum, windowBase, length, salt);
}

/** How many of the first bytes of the window are whole records whose checksums are right. */
export function checkRecords(length: u32, salt: u64): u32 {
  return checkRun(sum, windowBase, length, salt);
}
