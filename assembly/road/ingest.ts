// Bytes of one connection: the window, what is kept between chunks, and going on after an interruption.

import { FLAG_BROKEN, FLAG_HELD, Slot } from "../connection/slot";
import { alloc, free, roomFor } from "../memory/arena";
import { windowBase } from "../memory/layout";
import {
  cursor,
  ERROR_MEMORY,
  ERROR_UNKNOWN_OPERATION,
  OP_ERROR,
  OUTCOME_DONE,
  OUTCOME_NEXT,
  OUTCOME_OP,
  OUTCOME_UNFINISHED,
  op,
  setError,
  tellStall,
} from "../protocol/op";
import { parseOps } from "../protocol/parse-client";
import { CR } from "../protocol/scan";
import { rowCount } from "./handoff";

/** A body is given so much at first, and later four times what the client has really sent. */
const FIRST_BODY: usize = 65536;

export function dropKept(slot: Slot): void {
  if (slot.kept != 0) {
    free(slot.kept, slot.keptCapacity);
  }
  slot.kept = 0;
  slot.keptLength = 0;
  slot.keptCapacity = 0;
  slot.bodyNeed = 0;
  slot.flags &= ~FLAG_HELD;
}

function outOfMemory(slot: Slot): i32 {
  slot.flags |= FLAG_BROKEN;
  return setError(ERROR_MEMORY, windowBase, windowBase);
}

// Keeps bytes until more arrive; nothing is kept at this time.
function keep(slot: Slot, start: usize, length: usize, need: usize): bool {
  const wanted = need == 0 ? length : min(need, max(FIRST_BODY, length << 2));
  const capacity = roomFor(max(wanted, length));
  const kept = alloc(capacity);
  if (kept == 0) {
    return false;
  }
  memory.copy(kept, start, length);
  slot.kept = <u32>kept;
  slot.keptLength = <u32>length;
  slot.keptCapacity = <u32>capacity;
  slot.bodyNeed = <u32>need;
  return true;
}

/** How many of the next bytes belong to an op that is being put together, and fit where `bodyTarget` says. */
export function bodyRoom(slot: Slot): u32 {
  if (slot.bodyNeed == 0 || slot.flags & FLAG_HELD) {
    return 0;
  }
  return min(slot.bodyNeed, slot.keptCapacity) - slot.keptLength;
}

export function bodyTarget(slot: Slot): usize {
  return slot.kept + slot.keptLength;
}

/** So many bytes were put there; gives more room when there must be more. False when memory is out. */
export function bodyTook(slot: Slot, count: u32): bool {
  slot.keptLength += count;
  if (slot.keptLength < slot.keptCapacity || slot.keptLength >= slot.bodyNeed) {
    return true;
  }
  const old: usize = slot.kept;
  const oldCapacity = slot.keptCapacity;
  if (!keep(slot, old, slot.keptLength, slot.bodyNeed)) {
    return false;
  }
  free(old, oldCapacity);
  return true;
}

/** Where the next chunk goes: behind what is kept of an unfinished line, which is copied there first. */
export function windowTarget(slot: Slot): usize {
  if (slot.bodyNeed != 0 || slot.keptLength == 0) {
    return windowBase;
  }
  memory.copy(windowBase, slot.kept, slot.keptLength);
  return windowBase + slot.keptLength;
}

/** Parses what is in place: `length` new bytes at the window target, and before them a body that is now whole. */
export function ingest(slot: Slot, length: u32, nowMillis: f64): i32 {
  if (slot.flags & FLAG_BROKEN) {
    return OUTCOME_DONE;
  }
  cursor.slot = slot;
  cursor.nowMillis = nowMillis;
  cursor.stalledBy = 0;
  cursor.body = 0;
  if (slot.bodyNeed != 0) {
    if (slot.keptLength < slot.bodyNeed) {
      return waitForBody(slot);
    }
    cursor.body = slot.kept;
    cursor.bodyBytes = slot.keptCapacity;
    cursor.position = slot.kept;
    cursor.end = slot.kept + slot.keptLength;
    cursor.nextPosition = windowBase;
    cursor.nextEnd = windowBase + length;
    slot.kept = 0;
    dropKept(slot);
  } else {
    const before: usize = slot.keptLength;
    dropKept(slot);
    cursor.position = windowBase;
    cursor.end = windowBase + before + length;
    cursor.nextPosition = 0;
    cursor.nextEnd = 0;
  }
  return goOn(slot);
}

// The byte behind the payload is judged as soon as it is here.
function waitForBody(slot: Slot): i32 {
  cursor.slot = null;
  const end: usize = slot.kept + slot.bodyNeed - 2;
  if (slot.keptLength == slot.bodyNeed - 1 && load<u8>(end) != CR) {
    slot.flags |= FLAG_BROKEN;
    return setError(ERROR_UNKNOWN_OPERATION, end, end + 1);
  }
  return OUTCOME_DONE;
}

/** From the cursor to the end of the bytes, or to what must come between. */
function goOn(slot: Slot): i32 {
  while (true) {
    cursor.need = 0;
    const outcome = parseOps(slot);
    if (outcome == OUTCOME_UNFINISHED) {
      return keepRest(slot);
    }
    if (outcome != OUTCOME_NEXT) {
      if (outcome == OUTCOME_OP && op.kind == OP_ERROR) {
        slot.flags |= FLAG_BROKEN;
        leave();
      }
      return outcome;
    }
    dropBody();
    if (cursor.nextPosition == cursor.nextEnd) {
      cursor.slot = null;
      return OUTCOME_DONE;
    }
    cursor.position = cursor.nextPosition;
    cursor.end = cursor.nextEnd;
    cursor.nextPosition = 0;
    cursor.nextEnd = 0;
  }
}

function keepRest(slot: Slot): i32 {
  const length = cursor.end - cursor.position;
  const isKept = keep(slot, cursor.position, length, cursor.need);
  leave();
  return isKept ? OUTCOME_DONE : outOfMemory(slot);
}

// Rows may point into the body: then it is freed with them.
function dropBody(): void {
  if (cursor.body == 0) {
    return;
  }
  if (rowCount() > 0) {
    freeSpentBody();
    cursor.spentBody = cursor.body;
    cursor.spentBytes = cursor.bodyBytes;
  } else {
    free(cursor.body, cursor.bodyBytes);
  }
  cursor.body = 0;
}

/** The rows that pointed into a body were routed. */
export function freeSpentBody(): void {
  if (cursor.spentBody != 0) {
    free(cursor.spentBody, cursor.spentBytes);
    cursor.spentBody = 0;
  }
}

/** Forgets where parsing stood. The bytes of a pending error stay readable until the next ingest. */
export function leave(): void {
  dropBody();
  cursor.slot = null;
  cursor.stalledBy = 0;
}

/** Goes on where ingest came back, or with what was held. */
export function resume(slot: Slot, nowMillis: f64): i32 {
  if (slot.flags & FLAG_BROKEN) {
    return OUTCOME_DONE;
  }
  if (cursor.slot == slot) {
    if (cursor.stalledBy != 0) {
      return tellStall();
    }
    return goOn(slot);
  }
  if (!(slot.flags & FLAG_HELD)) {
    return OUTCOME_DONE;
  }
  const length = slot.keptLength;
  memory.copy(windowBase, slot.kept, length);
  dropKept(slot);
  cursor.slot = slot;
  cursor.nowMillis = nowMillis;
  cursor.stalledBy = 0;
  cursor.body = 0;
  cursor.position = windowBase;
  cursor.end = windowBase + length;
  cursor.nextPosition = 0;
  cursor.nextEnd = 0;
  return goOn(slot);
}

/** Keeps what was not parsed yet with the slot. False when memory is out. */
export function hold(slot: Slot): bool {
  if (cursor.slot != slot) {
    return true;
  }
  const first = cursor.end - cursor.position;
  const second = cursor.nextEnd - cursor.nextPosition;
  const length = first + second;
  if (length > 0) {
    const capacity = roomFor(length);
    const kept = alloc(capacity);
    if (kept == 0) {
      leave();
      return false;
    }
    memory.copy(kept, cursor.position, first);
    memory.copy(kept + first, cursor.nextPosition, second);
    slot.kept = <u32>kept;
    slot.keptLength = <u32>length;
    slot.keptCapacity = <u32>capacity;
    slot.bodyNeed = 0;
    slot.flags |= FLAG_HELD;
  }
  leave();
  return true;
}
