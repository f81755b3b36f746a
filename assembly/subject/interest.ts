// Subscriptions come and go: into the subject table when literal, into the account's trie when not, with the caches
// that this makes untrue.

import { Slot } from "../connection/slot";
import { Account, bumpGeneration, generationBucket, totals } from "./account";
import { clearCollector, collect, collector } from "./match";
import { freePatternSet, PatternSet } from "./permission";
import { isKeptByPrefix } from "./prefix-match";
import { giveQueueName, takeQueueName } from "./queue-name";
import { Extension, freeExtension, newExtension } from "./shadow";
import {
  detachMatch,
  dropEntry,
  dropMatch,
  entryList,
  findEntry,
  Match,
  makeEntry,
  SubjectEntry,
  subjectHash,
} from "./subject-table";
import {
  freeSubscription,
  linkList,
  linkSid,
  linkSlot,
  newSubscription,
  SUB_PATTERN,
  SUB_SHADOW,
  SUB_TAIL,
  Subscription,
  unlinkList,
  unlinkSid,
  unlinkSlot,
} from "./subscription";
import { hasWildcard, makePattern, pruneNode, TrieNode, tokenBytes } from "./trie";

let inserts: u64 = 0;
let removes: u64 = 0;

export function insertCount(): u64 {
  return inserts;
}

export function removeCount(): u64 {
  return removes;
}

/** The trie node of a pattern subscription. */
export function nodeOf(subscription: Subscription): TrieNode {
  const offset =
    subscription.flags & SUB_TAIL
      ? offsetof<TrieNode>("firstTail")
      : offsetof<TrieNode>("firstHere");
  return changetype<TrieNode>(subscription.list - offset);
}

/** Whom a shadow stands in for; any other is its own. */
export function primaryOf(subscription: Subscription): Subscription {
  if (subscription.flags & SUB_SHADOW) {
    const extension = changetype<Extension>(<usize>subscription.extension);
    return changetype<Subscription>(<usize>extension.primary);
  }
  return subscription;
}

/** The subject entry of a literal subscription. */
export function entryOf(subscription: Subscription): SubjectEntry {
  return changetype<SubjectEntry>(subscription.list - offsetof<SubjectEntry>("first"));
}

export function accountOf(subscription: Subscription): Account {
  if (subscription.flags & SUB_PATTERN) {
    return changetype<Account>(<usize>nodeOf(subscription).owner);
  }
  return entryOf(subscription).account;
}

function insertLiteral(
  account: Account,
  subscription: Subscription,
  subject: usize,
  length: usize,
): bool {
  const hash = subjectHash(account, subject, length);
  let entry = findEntry(account, subject, length, hash);
  if (entry == null) {
    entry = makeEntry(account, subject, length, hash);
    if (entry == null) {
      return false;
    }
  } else {
    dropMatch(entry);
  }
  linkList(entryList(entry), subscription);
  return true;
}

function insertPattern(
  account: Account,
  subscription: Subscription,
  subject: usize,
  length: usize,
): bool {
  const list = makePattern(account.root, subject, length);
  if (list == 0) {
    return false;
  }
  const endsInTail = load<u8>(subject + length - 1) == 62;
  const isTail = endsInTail && (length == 1 || load<u8>(subject + length - 2) == 46);
  subscription.flags |= isTail ? SUB_PATTERN | SUB_TAIL : SUB_PATTERN;
  linkList(list, subscription);
  account.wildcards++;
  bumpGeneration(account, subject, length);
  return true;
}

/** Links a subscription to a valid subject; frees it and gives false when memory is out. */
export function insert(
  account: Account,
  subscription: Subscription,
  subject: usize,
  length: usize,
  queue: usize,
  queueLength: usize,
): bool {
  if (queueLength > 0) {
    subscription.queue = takeQueueName(queue, queueLength);
    if (subscription.queue == null) {
      freeSubscription(subscription);
      return false;
    }
  }
  const isLinked = hasWildcard(subject, length)
    ? insertPattern(account, subscription, subject, length)
    : insertLiteral(account, subscription, subject, length);
  if (!isLinked) {
    const name = subscription.queue;
    if (name != null) {
      giveQueueName(name);
    }
    freeSubscription(subscription);
    return false;
  }
  account.subscriptions++;
  totals.subscriptions++;
  inserts++;
  return true;
}

/** A new subscription of a connection; null when memory is out. */
export function subscribe(
  slot: Slot,
  account: Account,
  subject: usize,
  length: usize,
  queue: usize,
  queueLength: usize,
  sid: usize,
  sidLength: u32,
  flags: u8,
): Subscription | null {
  const subscription = newSubscription(sid, sidLength);
  if (subscription == null) {
    return null;
  }
  subscription.slot = slot;
  subscription.flags |= flags;
  if (!insert(account, subscription, subject, length, queue, queueLength)) {
    return null;
  }
  linkSlot(slot, subscription);
  if (!(flags & SUB_SHADOW)) {
    linkSid(slot, subscription);
    slot.subscriptions++;
  }
  return subscription;
}

/** Ties a shadow to its primary; the extension of the shadow is given. False when memory is out. */
export function tieShadow(primary: Subscription, shadow: Subscription, extension: Extension): bool {
  if (primary.extension == 0) {
    const own = newExtension();
    if (own == null) {
      return false;
    }
    primary.extension = <u32>changetype<usize>(own);
  }
  const own = changetype<Extension>(<usize>primary.extension);
  extension.primary = <u32>changetype<usize>(primary);
  extension.nextShadow = own.firstShadow;
  own.firstShadow = <u32>changetype<usize>(shadow);
  shadow.extension = <u32>changetype<usize>(extension);
  return true;
}

function untieShadow(shadow: Subscription, extension: Extension): void {
  const primary = changetype<Subscription>(<usize>extension.primary);
  const own = changetype<Extension>(<usize>primary.extension);
  const address = <u32>changetype<usize>(shadow);
  if (own.firstShadow == address) {
    own.firstShadow = extension.nextShadow;
    return;
  }
  let record: usize = own.firstShadow;
  while (record != 0) {
    const other = changetype<Extension>(<usize>changetype<Subscription>(record).extension);
    if (other.nextShadow == address) {
      other.nextShadow = extension.nextShadow;
      return;
    }
    record = other.nextShadow;
  }
}

function removeExtension(subscription: Subscription): void {
  const extension = changetype<Extension>(<usize>subscription.extension);
  if (extension.primary != 0) {
    untieShadow(subscription, extension);
  }
  while (extension.firstShadow != 0) {
    removeSubscription(changetype<Subscription>(<usize>extension.firstShadow));
  }
  if (extension.denied != 0) {
    freePatternSet(changetype<PatternSet>(<usize>extension.denied));
  }
  freeExtension(extension);
  subscription.extension = 0;
}

/** Gives a subscription subjects that are denied to it alone; it owns the set from now on. False: memory is out. */
export function denyAlso(subscription: Subscription, set: PatternSet): bool {
  const extension = newExtension();
  if (extension == null) {
    return false;
  }
  extension.denied = <u32>changetype<usize>(set);
  subscription.extension = <u32>changetype<usize>(extension);
  return true;
}

function unlinkLiteral(subscription: Subscription): void {
  const entry = entryOf(subscription);
  unlinkList(subscription);
  if (entry.first == 0) {
    dropEntry(entry);
  } else {
    dropMatch(entry);
  }
}

function unlinkPattern(account: Account, subscription: Subscription): void {
  const node = nodeOf(subscription);
  unlinkList(subscription);
  account.wildcards--;
  bumpOfNode(account, changetype<usize>(node), (subscription.flags & SUB_TAIL) != 0);
  pruneNode(changetype<usize>(node));
}

function bumpOfNode(account: Account, record: usize, _isTail: bool): void {
  let node = changetype<TrieNode>(record);
  if (node.parent == 0) {
    account.generation++;
    return;
  }
  while (changetype<TrieNode>(<usize>node.parent).parent != 0) {
    node = changetype<TrieNode>(<usize>node.parent);
  }
  if (node.isStar) {
    account.generation++;
    return;
  }
  const bucket = generationBucket(tokenBytes(node), node.tokenLength);
  const place = changetype<usize>(account) + offsetof<Account>() + (bucket << 2);
  store<u32>(place, load<u32>(place) + 1);
}

/** Unlinks it everywhere, its shadows with it. */
export function removeSubscription(subscription: Subscription): void {
  if (subscription.extension != 0) {
    removeExtension(subscription);
  }
  const account = accountOf(subscription);
  if (subscription.flags & SUB_PATTERN) {
    unlinkPattern(account, subscription);
  } else {
    unlinkLiteral(subscription);
  }
  const slot = subscription.slot;
  if (slot != null) {
    unlinkSlot(slot, subscription);
    if (!(subscription.flags & SUB_SHADOW)) {
      unlinkSid(slot, subscription);
      slot.subscriptions--;
    }
  }
  const name = subscription.queue;
  if (name != null) {
    giveQueueName(name);
  }
  account.subscriptions--;
  totals.subscriptions--;
  removes++;
  freeSubscription(subscription);
}

/** Notes one whose last message was just delivered; removeSpent takes them all when the message is through. */
export function noteSpent(subscription: Subscription): void {
  collect(<u32>changetype<usize>(subscription));
}

/** The match they were found in stays readable until it is released. */
export function removeSpent(match: Match): void {
  if (match.entry != 0 && !isKeptByPrefix(match)) {
    detachMatch(changetype<SubjectEntry>(<usize>match.entry));
  }
  for (let index: u32 = 0; index < collector.count; index++) {
    const record: usize = load<u32>(collector.items + ((<usize>index) << 2));
    removeSubscription(changetype<Subscription>(record));
  }
  clearCollector();
}
