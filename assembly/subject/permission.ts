// May this slot publish to, or be sent, these bytes? Sets of patterns, with their verdicts on recent subjects kept in
// one direct-mapped table; and the replies a client may answer to because it was asked there (allow_responses).

import { Slot } from "../connection/slot";
import { alloc, free } from "../memory/arena";
import { Buckets, grow, headOf, link, makeBuckets, unlink, wantsGrowth } from "../memory/buckets";
import { equalBytes, hashBytes } from "../memory/copy";
import { VERDICT_BYTES, VERDICT_CAPACITY, verdictsBase } from "../memory/layout";
import { anyPattern } from "./match";
import { freeTrie, hasNoEmptyToken, makePattern, newTrie, pruneNode, TrieNode } from "./trie";

/** A set of patterns. Its list heads only say "a pattern ends here": they hold a link to the next such list. */
@unmanaged
export class PatternSet {
  /** Given once, never again: a verdict names it. */
  id: u32;
  root: u32;
  firstList: u32;
  count: u32;
}

let nextSetId: u32 = 1;

export function newPatternSet(): PatternSet | null {
  const piece = alloc(offsetof<PatternSet>());
  if (piece == 0) {
    return null;
  }
  const root = newTrie(0);
  if (root == 0) {
    free(piece, offsetof<PatternSet>());
    return null;
  }
  const set = changetype<PatternSet>(piece);
  set.id = nextSetId++;
  set.root = <u32>root;
  set.firstList = 0;
  set.count = 0;
  return set;
}

// The end of the chain of marked lists.
const LAST_LIST: u32 = 1;

/** False when memory is out. The pattern is valid. */
export function addPattern(set: PatternSet, start: usize, length: usize): bool {
  const list = makePattern(set.root, start, length);
  if (list == 0) {
    return false;
  }
  if (load<u32>(list) == 0) {
    store<u32>(list, set.firstList == 0 ? LAST_LIST : set.firstList);
    set.firstList = <u32>list;
    set.count++;
    if (length == 1 || load<u8>(start + length - 2) == 46) {
      store<u32>(list + 4, load<u8>(start + length - 1) == 62 ? 1 : 0);
    } else {
      store<u32>(list + 4, 0);
    }
  }
  return true;
}

export function freePatternSet(set: PatternSet): void {
  let list: usize = set.firstList;
  while (list > LAST_LIST) {
    const next: usize = load<u32>(list);
    const offset =
      load<u32>(list, 4) == 1 ? offsetof<TrieNode>("firstTail") : offsetof<TrieNode>("firstHere");
    store<u32>(list, 0);
    pruneNode(list - offset);
    list = next;
  }
  freeTrie(set.root);
  free(changetype<usize>(set), offsetof<PatternSet>());
}

/**
 * What the set said of a subject.
 *
 *   0 set id u32 | 4 length u16 | 6 verdict u8 | 8 the subject, up to 56 bytes
 */
const VERDICT_SUBJECT: usize = 8;
const VERDICT_SUBJECT_MAX: usize = VERDICT_BYTES - VERDICT_SUBJECT;

function judge(set: PatternSet, start: usize, length: usize): bool {
  return hasNoEmptyToken(start, length) && anyPattern(set.root, start, start + length);
}

export function contains(set: PatternSet, start: usize, length: usize): bool {
  if (length > VERDICT_SUBJECT_MAX) {
    return judge(set, start, length);
  }
  const hash = hashBytes(start, length, set.id);
  const line = verdictsBase + <usize>(hash & (VERDICT_CAPACITY - 1)) * VERDICT_BYTES;
  if (
    load<u32>(line) == set.id &&
    <usize>load<u16>(line, 4) == length &&
    equalBytes(line + VERDICT_SUBJECT, start, length)
  ) {
    return load<u8>(line, 6) != 0;
  }
  const verdict = judge(set, start, length);
  store<u32>(line, set.id);
  store<u16>(line, <u16>length, 4);
  store<u8>(line, verdict ? 1 : 0, 6);
  memory.copy(line + VERDICT_SUBJECT, start, length);
  return verdict;
}

/** What a slot may do, shared among slots. Responses: millis of 0 or below is for ever, max of 0 or below any number. */
@unmanaged
export class PermissionSet {
  /** Null allows everything. */
  publishAllow: PatternSet | null;
  publishDeny: PatternSet | null;
  subscribeDeny: PatternSet | null;
  hasResponses: u32;
  responseMillis: f64;
  responseMax: i32;
}

export function newPermissionSet(): PermissionSet | null {
  const piece = alloc(offsetof<PermissionSet>());
  if (piece == 0) {
    return null;
  }
  memory.fill(piece, 0, offsetof<PermissionSet>());
  return changetype<PermissionSet>(piece);
}

function freeIfAny(set: PatternSet | null): void {
  if (set != null) {
    freePatternSet(set);
  }
}

export function freePermissionSet(set: PermissionSet): void {
  freeIfAny(set.publishAllow);
  freeIfAny(set.publishDeny);
  freeIfAny(set.subscribeDeny);
  free(changetype<usize>(set), offsetof<PermissionSet>());
}

/** By the lists alone, without what answers allow. */
export function listsAllow(set: PermissionSet, start: usize, length: usize): bool {
  const allow = set.publishAllow;
  if (allow != null && !contains(allow, start, length)) {
    return false;
  }
  const deny = set.publishDeny;
  return deny == null || !contains(deny, start, length);
}

export function mayPublish(
  slot: Slot,
  set: PermissionSet,
  start: usize,
  length: usize,
  nowMillis: f64,
): bool {
  if (listsAllow(set, start, length)) {
    return true;
  }
  return set.hasResponses != 0 && useReply(slot, set, start, length, nowMillis);
}

/** Subjects that a client was asked to answer on. */
@unmanaged
class Reply {
  next: u32;
  hash: u32;
  slot: Slot;
  nextOfSlot: u32;
  since: f64;
  uses: i32;
  length: u32;
  previousOfSlot: u32;
  spare: u32;
  // then the subject
}

/** Of one slot; beyond it the newest is not remembered. */
const REPLIES_MAX: u32 = 65536;
/** From here on expired ones are looked for, but no more often than this. */
const PRUNE_FROM: u32 = 4096;
const PRUNE_MILLIS: f64 = 1000;

const replies: Buckets = makeBuckets(memory.data(16));

function replyBytes(reply: Reply): usize {
  return changetype<usize>(reply) + offsetof<Reply>();
}

function findReply(slot: Slot, start: usize, length: usize, hash: u32): Reply | null {
  let record: usize = load<u32>(headOf(replies, hash));
  while (record != 0) {
    const reply = changetype<Reply>(record);
    if (
      reply.hash == hash &&
      reply.slot == slot &&
      reply.length == <u32>length &&
      equalBytes(replyBytes(reply), start, length)
    ) {
      return reply;
    }
    record = reply.next;
  }
  return null;
}

function dropReply(reply: Reply): void {
  const slot = reply.slot;
  if (reply.previousOfSlot != 0) {
    changetype<Reply>(<usize>reply.previousOfSlot).nextOfSlot = reply.nextOfSlot;
  } else {
    slot.firstReply = reply.nextOfSlot;
  }
  if (reply.nextOfSlot != 0) {
    changetype<Reply>(<usize>reply.nextOfSlot).previousOfSlot = reply.previousOfSlot;
  }
  slot.replies--;
  unlink(replies, reply.hash, changetype<usize>(reply), offsetof<Reply>("next"));
  free(changetype<usize>(reply), offsetof<Reply>() + <usize>reply.length);
}

export function dropReplies(slot: Slot): void {
  while (slot.firstReply != 0) {
    dropReply(changetype<Reply>(<usize>slot.firstReply));
  }
}

function isExpired(reply: Reply, set: PermissionSet, nowMillis: f64): bool {
  return set.responseMillis > 0 && nowMillis - reply.since > set.responseMillis;
}

// One use of a remembered reply; the last one, or one that comes too late, forgets it.
function useReply(
  slot: Slot,
  set: PermissionSet,
  start: usize,
  length: usize,
  nowMillis: f64,
): bool {
  const reply = findReply(slot, start, length, hashBytes(start, length, slot.index));
  if (reply == null) {
    return false;
  }
  const isLate = isExpired(reply, set, nowMillis);
  reply.uses++;
  if (isLate || (set.responseMax > 0 && reply.uses >= set.responseMax)) {
    dropReply(reply);
  }
  return !isLate;
}

function pruneReplies(slot: Slot, set: PermissionSet, nowMillis: f64): void {
  let record: usize = slot.firstReply;
  while (record != 0) {
    const reply = changetype<Reply>(record);
    record = reply.nextOfSlot;
    if (isExpired(reply, set, nowMillis)) {
      dropReply(reply);
    }
  }
}

/** A message with this reply is on its way to the slot. */
export function rememberReply(
  slot: Slot,
  set: PermissionSet,
  start: usize,
  length: usize,
  nowMillis: f64,
): void {
  if (listsAllow(set, start, length)) {
    return;
  }
  const hash = hashBytes(start, length, slot.index);
  const known = findReply(slot, start, length, hash);
  if (known != null) {
    known.since = nowMillis;
    known.uses = 0;
    return;
  }
  if (slot.replies >= PRUNE_FROM && nowMillis - slot.prunedMillis >= PRUNE_MILLIS) {
    slot.prunedMillis = nowMillis;
    pruneReplies(slot, set, nowMillis);
  }
  if (slot.replies >= REPLIES_MAX) {
    return;
  }
  const piece = alloc(offsetof<Reply>() + length);
  if (piece == 0) {
    return;
  }
  memory.fill(piece, 0, offsetof<Reply>());
  const reply = changetype<Reply>(piece);
  reply.hash = hash;
  reply.slot = slot;
  reply.since = nowMillis;
  reply.length = <u32>length;
  reply.nextOfSlot = slot.firstReply;
  if (slot.firstReply != 0) {
    changetype<Reply>(<usize>slot.firstReply).previousOfSlot = <u32>piece;
  }
  slot.firstReply = <u32>piece;
  slot.replies++;
  memory.copy(replyBytes(reply), start, length);
  if (wantsGrowth(replies)) {
    grow(replies, offsetof<Reply>("next"), offsetof<Reply>("hash"));
  }
  link(replies, hash, piece, offsetof<Reply>("next"));
}
