// One interest: who wants it, under which sid, and where it is linked in. Also the table from slot and sid to it.

import { Slot } from "../connection/slot";
import { alloc, free } from "../memory/arena";
import { Buckets, headOf, makeBuckets, wantsGrowth } from "../memory/buckets";
import { equalBytes, hashBytes } from "../memory/copy";
import { QueueName } from "./queue-name";

/** For a receiver inside the server; `sid` holds its number. */
export const SUB_INSIDE: u8 = 1;
/** In a list of patterns ending with `>`. */
export const SUB_TAIL: u8 = 2;
/** In a list of a trie node, not of a literal subject. */
export const SUB_PATTERN: u8 = 4;
export const SUB_FILTERS_DENIED: u8 = 8;
/** The sid does not fit and stands elsewhere. */
export const SUB_LONG_SID: u8 = 16;
/** Its last message was delivered; removed when that message is through. */
export const SUB_SPENT: u8 = 32;
/** A stand-in of another subscription. */
export const SUB_SHADOW: u8 = 64;
/** It, or its primary, has subjects denied to it alone. */
export const SUB_OWN_DENIALS: u8 = 128;

const SHORT_SID: u32 = 8;

/**
 * A subscription, 64 bytes: a million of them is the budget that this size comes from.
 *
 *   in its list:  previous, next        in its slot:  previousOfSlot, nextOfSlot        in the sid table:  nextOfSid
 */
@unmanaged
export class Subscription {
  slot: Slot | null;
  /** Address of the head and tail of the list it is in. */
  list: usize;
  previous: u32;
  next: u32;
  // 16
  previousOfSlot: u32;
  nextOfSlot: u32;
  nextOfSid: u32;
  queue: QueueName | null;
  // 32
  delivered: u64;
  /** 0 is no limit. */
  max: u32;
  /** What only shadows and those who have them need (shadow.ts), or 0. */
  extension: u32;
  // 48
  flags: u8;
  spare: u8;
  sidLength: u16;
  /** Eight bytes of sid, or the address of a longer one, or the receiver's number. */
  sid: u32;
  sidEnd: u32;
  /** Counts up with every subscription made: matches are delivered oldest first. */
  order: u32;
}

if (offsetof<Subscription>() != 64) {
  ERROR("a subscription is 64 bytes");
}

let nextOrder: u32 = 0;

const sids: Buckets = makeBuckets(memory.data(16));

export function sidBytes(subscription: Subscription): usize {
  if (subscription.flags & SUB_LONG_SID) {
    return subscription.sid;
  }
  return changetype<usize>(subscription) + offsetof<Subscription>("sid");
}

/** A cleared subscription with its sid; null when memory is out. */
export function newSubscription(sid: usize, sidLength: u32): Subscription | null {
  const piece = alloc(offsetof<Subscription>());
  if (piece == 0) {
    return null;
  }
  memory.fill(piece, 0, offsetof<Subscription>());
  const subscription = changetype<Subscription>(piece);
  subscription.sidLength = <u16>sidLength;
  subscription.order = nextOrder++;
  if (sidLength <= SHORT_SID) {
    memory.copy(piece + offsetof<Subscription>("sid"), sid, sidLength);
    return subscription;
  }
  const long = alloc(sidLength);
  if (long == 0) {
    free(piece, offsetof<Subscription>());
    return null;
  }
  memory.copy(long, sid, sidLength);
  subscription.sid = <u32>long;
  subscription.flags = SUB_LONG_SID;
  return subscription;
}

export function freeSubscription(subscription: Subscription): void {
  if (subscription.flags & SUB_LONG_SID) {
    free(subscription.sid, subscription.sidLength);
  }
  free(changetype<usize>(subscription), offsetof<Subscription>());
}

function sidHash(slot: Slot, sid: usize, sidLength: usize): u32 {
  return hashBytes(sid, sidLength, slot.index);
}

export function findSid(slot: Slot, sid: usize, sidLength: u32): Subscription | null {
  let record: usize = load<u32>(headOf(sids, sidHash(slot, sid, sidLength)));
  while (record != 0) {
    const subscription = changetype<Subscription>(record);
    if (
      subscription.slot == slot &&
      <u32>subscription.sidLength == sidLength &&
      equalBytes(sidBytes(subscription), sid, sidLength)
    ) {
      return subscription;
    }
    record = subscription.nextOfSid;
  }
  return null;
}

export function linkSid(slot: Slot, subscription: Subscription): void {
  if (wantsGrowth(sids)) {
    growSids();
  }
  const head = headOf(sids, sidHash(slot, sidBytes(subscription), subscription.sidLength));
  subscription.nextOfSid = load<u32>(head);
  store<u32>(head, <u32>changetype<usize>(subscription));
  sids.count++;
}

export function unlinkSid(slot: Slot, subscription: Subscription): void {
  const address = <u32>changetype<usize>(subscription);
  let place = headOf(sids, sidHash(slot, sidBytes(subscription), subscription.sidLength));
  while (load<u32>(place) != address) {
    place = <usize>load<u32>(place) + offsetof<Subscription>("nextOfSid");
  }
  store<u32>(place, subscription.nextOfSid);
  sids.count--;
}

// As buckets.grow, but the hash is computed again: four bytes less in each of a million subscriptions.
function growSids(): void {
  const oldCapacity = sids.mask + 1;
  const capacity = oldCapacity << 1;
  const heads = alloc(4 * <usize>capacity);
  if (heads == 0) {
    return;
  }
  memory.fill(heads, 0, 4 * <usize>capacity);
  const old = sids.heads;
  sids.heads = heads;
  sids.mask = capacity - 1;
  for (let index: u32 = 0; index < oldCapacity; index++) {
    let record: usize = load<u32>(old + ((<usize>index) << 2));
    while (record != 0) {
      const subscription = changetype<Subscription>(record);
      const next: usize = subscription.nextOfSid;
      const slot = subscription.slot;
      if (slot != null) {
        const head = headOf(sids, sidHash(slot, sidBytes(subscription), subscription.sidLength));
        subscription.nextOfSid = load<u32>(head);
        store<u32>(head, <u32>record);
      }
      record = next;
    }
  }
  free(old, 4 * <usize>oldCapacity);
}

/** Puts it behind the newest of its slot. */
export function linkSlot(slot: Slot, subscription: Subscription): void {
  const address = <u32>changetype<usize>(subscription);
  subscription.previousOfSlot = slot.lastSubscription;
  if (slot.lastSubscription != 0) {
    changetype<Subscription>(<usize>slot.lastSubscription).nextOfSlot = address;
  } else {
    slot.firstSubscription = address;
  }
  slot.lastSubscription = address;
}

export function unlinkSlot(slot: Slot, subscription: Subscription): void {
  if (subscription.previousOfSlot != 0) {
    changetype<Subscription>(<usize>subscription.previousOfSlot).nextOfSlot =
      subscription.nextOfSlot;
  } else {
    slot.firstSubscription = subscription.nextOfSlot;
  }
  if (subscription.nextOfSlot != 0) {
    changetype<Subscription>(<usize>subscription.nextOfSlot).previousOfSlot =
      subscription.previousOfSlot;
  } else {
    slot.lastSubscription = subscription.previousOfSlot;
  }
}

/** Puts it behind the newest of a list. */
export function linkList(list: usize, subscription: Subscription): void {
  const address = <u32>changetype<usize>(subscription);
  const last = load<u32>(list + 4);
  subscription.list = list;
  subscription.previous = last;
  subscription.next = 0;
  if (last != 0) {
    changetype<Subscription>(<usize>last).next = address;
  } else {
    store<u32>(list, address);
  }
  store<u32>(list + 4, address);
}

export function unlinkList(subscription: Subscription): void {
  const list = subscription.list;
  if (subscription.previous != 0) {
    changetype<Subscription>(<usize>subscription.previous).next = subscription.next;
  } else {
    store<u32>(list, subscription.next);
  }
  if (subscription.next != 0) {
    changetype<Subscription>(<usize>subscription.next).previous = subscription.previous;
  } else {
    store<u32>(list + 4, subscription.previous);
  }
}
