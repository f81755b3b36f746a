// One connection: account, flags, limits, counters, and the heads of what belongs to it.

import { SLOT_BYTES, SLOT_CAPACITY, slotsBase } from "../memory/layout";
import { Account } from "../subject/account";
import { PermissionSet } from "../subject/permission";

export const FLAG_OPEN: u32 = 1;
export const FLAG_CONNECTED: u32 = 2;
export const FLAG_VERBOSE: u32 = 4;
export const FLAG_PEDANTIC: u32 = 8;
export const FLAG_ECHO: u32 = 16;
export const FLAG_HEADERS: u32 = 32;
export const FLAG_NO_RESPONDERS: u32 = 64;
export const FLAG_DECIDES_SUBSCRIPTIONS: u32 = 128;
export const FLAG_REPORTS_FIRST_PING: u32 = 256;
export const FLAG_SYSTEM: u32 = 512;
/** What setSlotOptions replaces. */
export const OPTION_FLAGS: u32 = 1022;
export const FLAG_TOUCHED: u32 = 1024;
export const FLAG_OVERFLOWED: u32 = 2048;
export const FLAG_STUCK: u32 = 4096;
export const FLAG_AWAITS_PONG: u32 = 8192;
/** The kept bytes are a stretch of raw ops (hold), not one unfinished op. */
export const FLAG_HELD: u32 = 16384;
/** A parse error was reported: nothing more is taken. */
export const FLAG_BROKEN: u32 = 32768;
/** The pedantic complaint about the unfinished op was written. */
export const FLAG_COMPLAINED: u32 = 65536;

/**
 * A connection. Pending: the bytes in its outbox. Kept: unfinished bytes of the ingress; when `bodyNeed` is not 0 they
 * are an op of that length, of which `keptLength` bytes are there.
 *
 *   keptLength ≤ keptCapacity;  bodyNeed = 0 or keptLength ≤ bodyNeed
 */
@unmanaged
export class Slot {
  flags: u32;
  account: Account;
  permissions: PermissionSet | null;
  maxPayload: u32;
  // 16: the outbox
  writePointer: u32;
  writeEnd: u32;
  pending: u32;
  firstBlock: u32;
  lastBlock: u32;
  nextTouched: u32;
  nextOverflowed: u32;
  maxControlLine: u32;
  // 48
  inMessages: u64;
  inBytes: u64;
  outMessages: u64;
  outBytes: u64;
  // 80
  maxSubscriptions: u32;
  subscriptions: u32;
  firstSubscription: u32;
  lastSubscription: u32;
  // 96
  kept: u32;
  keptLength: u32;
  keptCapacity: u32;
  bodyNeed: u32;
  // 112
  firstReply: u32;
  replies: u32;
  index: u32;
  nextFree: u32;
  // 128: when remembered replies were last searched for expired ones
  prunedMillis: f64;
}

if (offsetof<Slot>() > SLOT_BYTES) {
  ERROR("a slot outgrew its place");
}

let usedSlots: u32 = 1;
let freeSlots: u32 = 0;

export function slotAt(index: u32): Slot {
  return changetype<Slot>(slotsBase + <usize>index * SLOT_BYTES);
}

/** A cleared slot, or null when all are taken. */
export function takeSlot(): Slot | null {
  let index = freeSlots;
  if (index != 0) {
    freeSlots = slotAt(index).nextFree;
  } else if (usedSlots < SLOT_CAPACITY) {
    index = usedSlots++;
  } else {
    return null;
  }
  const slot = slotAt(index);
  memory.fill(changetype<usize>(slot), 0, offsetof<Slot>());
  slot.index = index;
  slot.flags = FLAG_OPEN;
  return slot;
}

export function giveSlot(slot: Slot): void {
  slot.flags = 0;
  slot.nextFree = freeSlots;
  freeSlots = slot.index;
}
