// What the fabric module offers, one function each. Handles are addresses of records, slots and accounts are numbers
// from 1. TypeScript stages every text it hands over; src/wasm/wasm-fabric.ts is the only caller.

import {
  append,
  dropOutbox,
  takeOverflowed as nextOverflowed,
  takeTouched as nextTouched,
  noteAppended,
  outboxBytes as outboxBytesOf,
  outboxLength as outboxLengthOf,
  outboxStart,
  setMaxPending as setMaxPendingTo,
  took as tookFrom,
} from "./connection/outbox";
import {
  FLAG_AWAITS_PONG,
  FLAG_STUCK,
  giveSlot,
  OPTION_FLAGS,
  Slot,
  slotAt,
  takeSlot,
} from "./connection/slot";
import { arenaBytesInUse, arenaBytes as arenaHighWater } from "./memory/arena";
import {
  coolBlock as coolOneBlock,
  idleBlocks as idleBlocksNow,
  LARGE_BLOCK,
} from "./memory/blocks";
import { CONTROL_LINE_MAX, rowsBase } from "./memory/layout";
import { cursor, op } from "./protocol/op";
import { setSeed, setStallBytes as setStallBytesTo } from "./road/deliver";
import { forgetRows, rowCount as rowsWaiting } from "./road/handoff";
import {
  bodyRoom as bodyRoomOf,
  bodyTarget as bodyTargetOf,
  bodyTook as bodyTookBy,
  dropKept,
  freeSpentBody,
  hold as holdRest,
  ingest as ingestBytes,
  leave,
  resume as resumeSlot,
  windowTarget as windowTargetOf,
} from "./road/ingest";
import { clearStaging, stage as stageBytes } from "./road/staging";
import { Account, freeAccount, newAccount, totals } from "./subject/account";
import { removeSubscription } from "./subject/interest";
import {
  addPattern as addPatternTo,
  contains,
  dropReplies,
  freePermissionSet,
  freePatternSet as freeSet,
  newPermissionSet,
  newPatternSet as newSet,
  PatternSet,
  PermissionSet,
} from "./subject/permission";
import { dropCachedOf } from "./subject/subject-table";
import { Subscription } from "./subject/subscription";
import { freeTrie, newTrie } from "./subject/trie";

export {
  averageFanout,
  cachedSubjectCount,
  cacheHits,
  deliverInside,
  forward,
  insertedCount,
  largestFanout,
  matchedCount,
  publishInside,
  publishMapped,
  publishTraced,
  removedCount,
  sendNoResponders,
  takeStall,
} from "./road/inside";
export {
  addShadow,
  collected,
  findSubscription,
  firstSubscriptionOf,
  hasInterest,
  hasListener,
  matchInto,
  nextSubscriptionOf,
  subjectText,
  subscribe,
  subscribeInside,
  subscriptionField,
  subscriptionQueue,
  subscriptionSubject,
  unsubscribe,
  walkAccount,
} from "./subject/inspect";

// --- start

export function begin(seed: u32): void {
  setSeed(seed);
}

/** Address of the fourteen words of the pending op. */
export function opAddress(): usize {
  return changetype<usize>(op);
}

/** Address of the handoff rows. */
export function rowsAddress(): usize {
  return rowsBase;
}

// --- accounts

export function openAccount(index: u32): usize {
  const account = newAccount();
  if (account == null) {
    return 0;
  }
  const root = newTrie(changetype<usize>(account));
  if (root == 0) {
    freeAccount(account);
    return 0;
  }
  account.root = <u32>root;
  account.index = index;
  return changetype<usize>(account);
}

export function closeAccount(account: Account): void {
  dropCachedOf(account);
  if (account.mapped != 0) {
    freeSet(changetype<PatternSet>(<usize>account.mapped));
  }
  freeTrie(account.root);
  totals.inMessages += account.inMessages;
  totals.inBytes += account.inBytes;
  totals.outMessages += account.outMessages;
  totals.outBytes += account.outBytes;
  freeAccount(account);
}

/** The set (or 0) is the account's from now on. */
export function setMapped(account: Account, set: u32): void {
  if (account.mapped != 0) {
    freeSet(changetype<PatternSet>(<usize>account.mapped));
  }
  account.mapped = set;
}

export function setTracesParents(account: Account, isOn: u32): void {
  account.tracesParents = isOn;
}

// --- sets of patterns and permissions

export function newPatternSet(): usize {
  const set = newSet();
  return set == null ? 0 : changetype<usize>(set);
}

export function addPattern(set: PatternSet, start: usize, length: u32): bool {
  return addPatternTo(set, start, length);
}

export function patternSetContains(set: PatternSet, start: usize, length: u32): bool {
  return contains(set, start, length);
}

export function freePatternSet(set: PatternSet): void {
  freeSet(set);
}

export function openPermissions(
  publishAllow: usize,
  publishDeny: usize,
  subscribeDeny: usize,
  responseMax: i32,
  responseMillis: f64,
  hasResponses: u32,
): usize {
  const set = newPermissionSet();
  if (set == null) {
    return 0;
  }
  set.publishAllow = changetype<PatternSet | null>(publishAllow);
  set.publishDeny = changetype<PatternSet | null>(publishDeny);
  set.subscribeDeny = changetype<PatternSet | null>(subscribeDeny);
  set.responseMax = responseMax;
  set.responseMillis = responseMillis;
  set.hasResponses = hasResponses;
  return changetype<usize>(set);
}

export function closePermissions(set: PermissionSet): void {
  freePermissionSet(set);
}

// --- slots

/** 0 when there are too many. */
export function openSlot(): u32 {
  const slot = takeSlot();
  return slot == null ? 0 : slot.index;
}

export function setSlotOptions(
  index: u32,
  account: Account,
  permissions: usize,
  flags: u32,
  maxPayload: u32,
  maxSubscriptions: u32,
  maxControlLine: u32,
): void {
  const slot = slotAt(index);
  slot.account = account;
  if (changetype<usize>(slot.permissions) != permissions) {
    dropReplies(slot);
  }
  slot.permissions = changetype<PermissionSet | null>(permissions);
  slot.flags = (slot.flags & ~OPTION_FLAGS) | flags;
  slot.maxPayload = maxPayload;
  slot.maxSubscriptions = maxSubscriptions;
  slot.maxControlLine = min(maxControlLine, CONTROL_LINE_MAX);
}

export function closeSlot(index: u32): void {
  const slot = slotAt(index);
  if (cursor.slot == slot) {
    leave();
  }
  if (cursor.stalledBy == index) {
    cursor.stalledBy = 0;
  }
  if (cursor.insideStall == index) {
    cursor.insideStall = 0;
  }
  while (slot.firstSubscription != 0) {
    removeSubscription(changetype<Subscription>(<usize>slot.firstSubscription));
  }
  dropReplies(slot);
  dropOutbox(slot);
  dropKept(slot);
  giveSlot(slot);
}

/** 0 in messages, 1 in bytes, 2 out messages, 3 out bytes, 4 subscriptions. */
export function slotCounter(index: u32, which: u32): f64 {
  const slot = slotAt(index);
  if (which == 4) {
    return <f64>slot.subscriptions;
  }
  return <f64>load<u64>(changetype<usize>(slot) + offsetof<Slot>("inMessages") + (which << 3));
}

/** As slotCounter; account 0 is all accounts that were closed. */
export function accountCounter(account: usize, which: u32): f64 {
  const record = account == 0 ? totals : changetype<Account>(account);
  if (which == 4) {
    return <f64>record.subscriptions;
  }
  return <f64>load<u64>(changetype<usize>(record) + offsetof<Account>("inMessages") + (which << 3));
}

export function awaitPong(index: u32, isAwaited: u32): void {
  const slot = slotAt(index);
  slot.flags = isAwaited ? slot.flags | FLAG_AWAITS_PONG : slot.flags & ~FLAG_AWAITS_PONG;
}

// --- bytes in

export function bodyRoom(index: u32): u32 {
  return bodyRoomOf(slotAt(index));
}

export function bodyTarget(index: u32): usize {
  return bodyTargetOf(slotAt(index));
}

export function bodyTook(index: u32, count: u32): bool {
  return bodyTookBy(slotAt(index), count);
}

export function windowTarget(index: u32): usize {
  return windowTargetOf(slotAt(index));
}

export function ingest(index: u32, length: u32, nowMillis: f64): i32 {
  return ingestBytes(slotAt(index), length, nowMillis);
}

export function resume(index: u32): i32 {
  return resumeSlot(slotAt(index), cursor.nowMillis);
}

/** The time that was told last. */
export function now(): f64 {
  return cursor.nowMillis;
}

export function hold(index: u32): bool {
  return holdRest(slotAt(index));
}

export function stalledBy(): u32 {
  return cursor.toldStall;
}

// --- bytes out

export function write(index: u32, start: usize, length: u32): bool {
  const slot = slotAt(index);
  const isWritten = append(slot, start, length);
  noteAppended(slot, isWritten ? <usize>length : 0);
  return isWritten;
}

export function takeTouched(): u32 {
  return nextTouched();
}

export function outboxOffset(index: u32): usize {
  return outboxStart(slotAt(index));
}

export function outboxLength(index: u32): u32 {
  return outboxLengthOf(slotAt(index));
}

export function took(index: u32, count: u32): void {
  tookFrom(slotAt(index), count);
}

export function pendingBytes(index: u32): u32 {
  return slotAt(index).pending;
}

export function setStuck(index: u32, isStuck: u32): void {
  const slot = slotAt(index);
  slot.flags = isStuck ? slot.flags | FLAG_STUCK : slot.flags & ~FLAG_STUCK;
}

export function setStallBytes(bytes: u32): void {
  setStallBytesTo(bytes);
}

export function setMaxPending(bytes: u32): void {
  setMaxPendingTo(bytes);
}

export function takeOverflowed(): u32 {
  return nextOverflowed();
}

// --- rows and staging

export function rowCount(): u32 {
  return rowsWaiting();
}

export function clearRows(): void {
  forgetRows();
  freeSpentBody();
  clearStaging();
}

export function stage(length: u32): usize {
  return stageBytes(length);
}

/** Staged texts are free again, unless rows may point at them. */
export function unstage(): void {
  if (rowsWaiting() == 0) {
    clearStaging();
  }
}

// --- memory

export function arenaBytes(): usize {
  return arenaHighWater();
}

export function arenaInUse(): usize {
  return arenaBytesInUse();
}

export function idleBlocks(): u32 {
  return idleBlocksNow();
}

export function coolBlock(): usize {
  return coolOneBlock();
}

/** Bytes of a block. */
export function blockLength(): u32 {
  return <u32>LARGE_BLOCK;
}

export function outboxBytes(): usize {
  return outboxBytesOf();
}
