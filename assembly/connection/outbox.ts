// What waits for one socket: a chain of blocks. The first is small, so that a thousand idle connections with a word each
// cost little; when it overflows, untaken, its bytes move into a large one. An empty outbox owns no block.

import { alloc, free } from "../memory/arena";
import { giveBlock, LARGE_BLOCK, takeBlock } from "../memory/blocks";
import { copyBytes } from "../memory/copy";
import { SLACK_BYTES } from "../memory/layout";
import { FLAG_OVERFLOWED, FLAG_TOUCHED, Slot, slotAt } from "./slot";

/** The head of a block; start and end are addresses of its bytes. */
@unmanaged
class Block {
  next: u32;
  bytes: u32;
  start: u32;
  end: u32;
}

/** One message of a few hundred bytes and its neighbours fit. */
const SMALL_BLOCK: usize = 2048;

let firstTouched: u32 = 0;
let lastTouched: u32 = 0;
let touchedCount: u32 = 0;
let firstOverflowed: u32 = 0;
let unflushed: usize = 0;
let blockBytes: usize = 0;
let maxPending: u32 = 64 * 1024 * 1024;

export function setMaxPending(bytes: u32): void {
  maxPending = bytes;
}

export function outboxBytes(): usize {
  return blockBytes;
}

// A turn's output goes out when the open blocks are nearly full: a little later each would be written with a second,
// short one behind it. Where very many share it, sooner: what waits should still be in the processor's cache.
const FLUSH_BYTES: usize = 0x38000;
const FLUSH_BYTES_EACH: usize = 0x1c000;
const FLUSH_BYTES_ENOUGH: usize = 0x100000;
const FLUSH_BYTES_EACH_OF_MANY: usize = 0x4000;

/** Enough waits for a flush before more is taken in. */
export function wantsFlush(): bool {
  const touched = <usize>touchedCount;
  const bytes = min(
    touched * FLUSH_BYTES_EACH,
    max(FLUSH_BYTES_ENOUGH, touched * FLUSH_BYTES_EACH_OF_MANY),
  );
  return unflushed > max(FLUSH_BYTES, bytes);
}

function touch(slot: Slot): void {
  slot.flags |= FLAG_TOUCHED;
  slot.nextTouched = 0;
  if (lastTouched != 0) {
    slotAt(lastTouched).nextTouched = slot.index;
  } else {
    firstTouched = slot.index;
  }
  lastTouched = slot.index;
  touchedCount++;
}

/** The next slot with new bytes, 0 when there is none. */
export function takeTouched(): u32 {
  const index = firstTouched;
  if (index == 0) {
    unflushed = 0;
    return 0;
  }
  const slot = slotAt(index);
  firstTouched = slot.nextTouched;
  if (firstTouched == 0) {
    lastTouched = 0;
  }
  touchedCount--;
  slot.flags &= ~FLAG_TOUCHED;
  return index;
}

export function takeOverflowed(): u32 {
  const index = firstOverflowed;
  if (index != 0) {
    const slot = slotAt(index);
    firstOverflowed = slot.nextOverflowed;
    slot.nextOverflowed = 0;
    slot.flags &= ~FLAG_OVERFLOWED;
  }
  return index;
}

function noteOverflow(slot: Slot): void {
  if (!(slot.flags & FLAG_OVERFLOWED)) {
    slot.flags |= FLAG_OVERFLOWED;
    slot.nextOverflowed = firstOverflowed;
    firstOverflowed = slot.index;
  }
}

/** Whether a message may be added: what waits is not above the limit yet. */
export function hasRoom(slot: Slot): bool {
  if (slot.pending > maxPending) {
    noteOverflow(slot);
    return false;
  }
  return true;
}

function addBlock(slot: Slot, bytes: usize): bool {
  const record = bytes == LARGE_BLOCK ? takeBlock() : alloc(bytes);
  if (record == 0) {
    noteOverflow(slot);
    return false;
  }
  const block = changetype<Block>(record);
  block.next = 0;
  block.bytes = <u32>bytes;
  block.start = <u32>(record + offsetof<Block>());
  block.end = block.start;
  blockBytes += bytes;
  if (slot.lastBlock != 0) {
    const last = changetype<Block>(<usize>slot.lastBlock);
    last.end = slot.writePointer;
    last.next = <u32>record;
  } else {
    slot.firstBlock = <u32>record;
  }
  slot.lastBlock = <u32>record;
  slot.writePointer = block.start;
  slot.writeEnd = <u32>(record + bytes - SLACK_BYTES);
  return true;
}

// Moves the bytes of a lone small block, of which nothing was taken, to the front of a large one.
function enlarge(slot: Slot): bool {
  const small = changetype<Block>(<usize>slot.firstBlock);
  const length = slot.writePointer - small.start;
  slot.firstBlock = 0;
  slot.lastBlock = 0;
  if (!addBlock(slot, LARGE_BLOCK)) {
    slot.firstBlock = <u32>changetype<usize>(small);
    slot.lastBlock = slot.firstBlock;
    return false;
  }
  memory.copy(slot.writePointer, small.start, length);
  slot.writePointer += length;
  freeBlock(small);
  return true;
}

function freeBlock(block: Block): void {
  blockBytes -= block.bytes;
  if (block.bytes == <u32>LARGE_BLOCK) {
    giveBlock(changetype<usize>(block));
  } else {
    free(changetype<usize>(block), block.bytes);
  }
}

function makeRoom(slot: Slot, length: usize): bool {
  if (slot.lastBlock == 0) {
    return addBlock(
      slot,
      length <= SMALL_BLOCK - SLACK_BYTES - offsetof<Block>() ? SMALL_BLOCK : LARGE_BLOCK,
    );
  }
  const first = changetype<Block>(<usize>slot.firstBlock);
  const isLone = slot.firstBlock == slot.lastBlock;
  if (isLone && first.bytes == <u32>SMALL_BLOCK) {
    return enlarge(slot);
  }
  return addBlock(slot, LARGE_BLOCK);
}

/** Appends bytes; hasRoom was asked before a message. False when memory is out: the slot is then overflowed. */
export function append(slot: Slot, source: usize, length: usize): bool {
  if (<usize>slot.writePointer + length <= <usize>slot.writeEnd) {
    copyBytes(slot.writePointer, source, length);
    slot.writePointer += <u32>length;
    return true;
  }
  return appendAcross(slot, source, length);
}

function appendAcross(slot: Slot, source: usize, length: usize): bool {
  let from = source;
  let rest = length;
  while (rest > 0) {
    if (slot.writePointer >= slot.writeEnd && !makeRoom(slot, rest)) {
      return false;
    }
    const room = <usize>(slot.writeEnd - slot.writePointer);
    if (room < rest && slot.firstBlock == slot.lastBlock && enlargesFor(slot)) {
      continue;
    }
    const part = min(room, rest);
    memory.copy(slot.writePointer, from, part);
    slot.writePointer += <u32>part;
    from += part;
    rest -= part;
  }
  return true;
}

function enlargesFor(slot: Slot): bool {
  return changetype<Block>(<usize>slot.firstBlock).bytes == <u32>SMALL_BLOCK && enlarge(slot);
}

/** So many bytes were appended: they wait, and the slot is on the list of this turn. */
export function noteAppended(slot: Slot, length: usize): void {
  slot.pending += <u32>length;
  unflushed += length;
  if (slot.pending > maxPending) {
    noteOverflow(slot);
  }
  if (!(slot.flags & FLAG_TOUCHED)) {
    touch(slot);
  }
}

export function outboxStart(slot: Slot): usize {
  return slot.firstBlock == 0 ? 0 : changetype<Block>(<usize>slot.firstBlock).start;
}

/** Length of the first block's bytes. */
export function outboxLength(slot: Slot): u32 {
  if (slot.firstBlock == 0) {
    return 0;
  }
  const block = changetype<Block>(<usize>slot.firstBlock);
  return (slot.firstBlock == slot.lastBlock ? slot.writePointer : block.end) - block.start;
}

/** The socket took so many bytes of the first block. */
export function took(slot: Slot, count: u32): void {
  const block = changetype<Block>(<usize>slot.firstBlock);
  const isLone = slot.firstBlock == slot.lastBlock;
  const end = isLone ? slot.writePointer : block.end;
  assert(count <= end - block.start);
  block.start += count;
  slot.pending -= count;
  if (block.start < end) {
    return;
  }
  slot.firstBlock = block.next;
  if (isLone) {
    slot.lastBlock = 0;
    slot.writePointer = 0;
    slot.writeEnd = 0;
  }
  freeBlock(block);
}

/** Frees what waits, and takes the slot off both lists. */
export function dropOutbox(slot: Slot): void {
  while (slot.firstBlock != 0) {
    const block = changetype<Block>(<usize>slot.firstBlock);
    slot.firstBlock = block.next;
    freeBlock(block);
  }
  slot.lastBlock = 0;
  slot.writePointer = 0;
  slot.writeEnd = 0;
  slot.pending = 0;
  if (slot.flags & FLAG_TOUCHED) {
    dropTouched(slot);
  }
  if (slot.flags & FLAG_OVERFLOWED) {
    dropOverflowed(slot);
  }
}

function dropTouched(slot: Slot): void {
  let previous: u32 = 0;
  let index = firstTouched;
  while (index != slot.index) {
    previous = index;
    index = slotAt(index).nextTouched;
  }
  if (previous != 0) {
    slotAt(previous).nextTouched = slot.nextTouched;
  } else {
    firstTouched = slot.nextTouched;
  }
  if (lastTouched == slot.index) {
    lastTouched = previous;
  }
  slot.flags &= ~FLAG_TOUCHED;
  touchedCount--;
}

function dropOverflowed(slot: Slot): void {
  let previous: u32 = 0;
  let index = firstOverflowed;
  while (index != 0 && index != slot.index) {
    previous = index;
    index = slotAt(index).nextOverflowed;
  }
  if (index == 0) {
    return;
  }
  if (previous != 0) {
    slotAt(previous).nextOverflowed = slot.nextOverflowed;
  } else {
    firstOverflowed = slot.nextOverflowed;
  }
}
