// Pieces of any size, each size class with its own free list. Whoever frees a piece knows how large it was, so a piece
// has no header. Memory goes from the arena to a class and stays there; the classes keep the waste below a quarter.

import { arenaBase, memoryEnd, SLACK_BYTES } from "./layout";

// Classes 1..8 are 16..128 bytes in steps of 16; then four classes for each doubling, up to 2 GiB.
const CLASS_COUNT: u32 = 128;
const freeLists: usize = memory.data(512);

let arenaNext: usize = arenaBase;
let bytesInUse: usize = 0;

function classOf(size: usize): u32 {
  if (size <= 128) {
    return <u32>((size + 15) >> 4);
  }
  const top: u32 = 31 - clz<u32>(<u32>(size - 1));
  const quarter: u32 = <u32>((size - 1) >> (top - 2)) & 3;
  return 9 + ((top - 7) << 2) + quarter;
}

function sizeOfClass(index: u32): usize {
  if (index <= 8) {
    return (<usize>index) << 4;
  }
  const top: u32 = 7 + ((index - 9) >> 2);
  const quarter: usize = <usize>((index - 9) & 3);
  return (1 << (<usize>top)) + ((quarter + 1) << (<usize>(top - 2)));
}

/** What a piece of at least this size really holds. */
export function roomFor(size: usize): usize {
  return sizeOfClass(classOf(size));
}

/** A piece of at least `size` bytes (size > 0), not cleared, 16-byte aligned; 0 when memory is out. */
export function alloc(size: usize): usize {
  const index = classOf(size);
  assert(index > 0 && index < CLASS_COUNT);
  const list = freeLists + ((<usize>index) << 2);
  const first: usize = load<u32>(list);
  const room = sizeOfClass(index);
  if (first != 0) {
    store<u32>(list, load<u32>(first));
    bytesInUse += room;
    return first;
  }
  if (room > memoryEnd - SLACK_BYTES - arenaNext) {
    return 0;
  }
  const piece = arenaNext;
  arenaNext += room;
  bytesInUse += room;
  return piece;
}

/** Gives back a piece that was taken with this size. */
export function free(piece: usize, size: usize): void {
  assert(piece >= arenaBase && piece < arenaNext);
  const index = classOf(size);
  const list = freeLists + ((<usize>index) << 2);
  store<u32>(piece, load<u32>(list));
  store<u32>(list, <u32>piece);
  bytesInUse -= sizeOfClass(index);
}

/** So many bytes were set aside by their owner, for itself to use again: they count as given back. */
export function noteSetAside(bytes: usize): void {
  bytesInUse -= bytes;
}

/** And taken up again. */
export function noteTakenUp(bytes: usize): void {
  bytesInUse += bytes;
}

/** The high-water mark. */
export function arenaBytes(): usize {
  return arenaNext - arenaBase;
}

/** What is taken now; 0 when everything was given back. */
export function arenaBytesInUse(): usize {
  return bytesInUse;
}
