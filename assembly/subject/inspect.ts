// Interest as TypeScript asks about it: subscribing from there, and listing what is subscribed. Lists are written as
// addresses into the collector and read from there at once.

import { Slot, slotAt } from "../connection/slot";
import { headOf } from "../memory/buckets";
import { equalBytes } from "../memory/copy";
import { composeBase } from "../memory/layout";
import { Account } from "./account";
import {
  accountOf,
  denyAlso,
  entryOf,
  insert,
  nodeOf,
  primaryOf,
  removeSubscription,
  subscribe as subscribeSlot,
  tieShadow,
} from "./interest";
import {
  anyInterest,
  clearCollector,
  collect,
  collector,
  findMatch,
  matchItems,
  releaseMatch,
} from "./match";
import { PatternSet } from "./permission";
import { queueBytes } from "./queue-name";
import { compileShow, freeExtension, newExtension } from "./shadow";
import {
  allEntries,
  findEntry,
  Match,
  SubjectEntry,
  subjectBytes,
  subjectHash,
} from "./subject-table";
import {
  findSid,
  newSubscription,
  SUB_FILTERS_DENIED,
  SUB_INSIDE,
  SUB_OWN_DENIALS,
  SUB_PATTERN,
  SUB_SHADOW,
  SUB_TAIL,
  Subscription,
  sidBytes,
} from "./subscription";
import { allNodes, isValidPattern, TrieNode, writePattern } from "./trie";

/**
 * 0 when memory is out or the subject is not valid; a known sid gives what it has. `alsoDenied` is a pattern set that
 * the subscription owns from now on when it is made, or 0.
 */
export function subscribe(
  index: u32,
  account: Account,
  subject: usize,
  subjectLength: u32,
  queue: usize,
  queueLength: u32,
  sid: usize,
  sidLength: u32,
  filtersDenied: u32,
  alsoDenied: usize,
): usize {
  const slot = slotAt(index);
  const known = findSid(slot, sid, sidLength);
  if (known != null) {
    return changetype<usize>(known);
  }
  if (!isValidPattern(subject, subjectLength)) {
    return 0;
  }
  const made = subscribeSlot(
    slot,
    account,
    subject,
    subjectLength,
    queue,
    queueLength,
    sid,
    sidLength,
    (filtersDenied ? SUB_FILTERS_DENIED : 0) | (alsoDenied != 0 ? SUB_OWN_DENIALS : 0),
  );
  if (made != null && alsoDenied != 0 && !denyAlso(made, changetype<PatternSet>(alsoDenied))) {
    removeSubscription(made);
    return 0;
  }
  return made == null ? 0 : changetype<usize>(made);
}

/** For a receiver inside the server: its number stands where others have their sid. */
export function subscribeInside(
  account: Account,
  subject: usize,
  subjectLength: u32,
  queue: usize,
  queueLength: u32,
  receiver: u32,
): usize {
  if (!isValidPattern(subject, subjectLength)) {
    return 0;
  }
  const made = newSubscription(subject, 0);
  if (made == null) {
    return 0;
  }
  made.flags |= SUB_INSIDE;
  made.sid = receiver;
  return insert(account, made, subject, subjectLength, queue, queueLength)
    ? changetype<usize>(made)
    : 0;
}

/** `showLength` 0 shows the published subject. */
export function addShadow(
  primary: Subscription,
  account: Account,
  subject: usize,
  subjectLength: u32,
  show: usize,
  showLength: u32,
): usize {
  const slot = primary.slot;
  const extension = newExtension();
  if (slot == null || extension == null || !isValidPattern(subject, subjectLength)) {
    return 0;
  }
  if (showLength > 0 && !compileShow(extension, show, showLength, subject, subjectLength)) {
    freeExtension(extension);
    return 0;
  }
  const name = primary.queue;
  const flags: u8 = SUB_SHADOW | (primary.flags & (SUB_FILTERS_DENIED | SUB_OWN_DENIALS));
  const made = subscribeSlot(
    slot,
    account,
    subject,
    subjectLength,
    name == null ? 0 : queueBytes(name),
    name == null ? 0 : name.length,
    sidBytes(primary),
    primary.sidLength,
    flags,
  );
  if (made == null) {
    freeExtension(extension);
    return 0;
  }
  if (!tieShadow(primary, made, extension)) {
    freeExtension(extension);
    removeSubscription(made);
    return 0;
  }
  return changetype<usize>(made);
}

export function unsubscribe(subscription: Subscription): void {
  removeSubscription(subscription);
}

export function findSubscription(index: u32, sid: usize, sidLength: u32): usize {
  const found = findSid(slotAt(index), sid, sidLength);
  return found == null ? 0 : changetype<usize>(found);
}

export function firstSubscriptionOf(index: u32): u32 {
  return slotAt(index).firstSubscription;
}

export function nextSubscriptionOf(subscription: Subscription): u32 {
  return subscription.nextOfSlot;
}

function slotIndexOf(slot: Slot | null): u32 {
  return slot == null ? 0 : slot.index;
}

/**
 * One number of a subscription: 0 slot, 1 account, 2 sid length, 3 delivered, 4 max, 5 whether it is a shadow,
 * 6 address of its sid, 7 whether it is inside, 8 length of its queue, 9 whether it filters denied subjects.
 */
export function subscriptionField(subscription: Subscription, field: u32): f64 {
  const name = subscription.queue;
  switch (field) {
    case 0:
      return <f64>slotIndexOf(subscription.slot);
    case 1:
      return <f64>accountOf(subscription).index;
    case 2:
      return <f64>subscription.sidLength;
    case 3:
      return <f64>primaryOf(subscription).delivered;
    case 4:
      return <f64>primaryOf(subscription).max;
    case 5:
      return subscription.flags & SUB_SHADOW ? 1 : 0;
    case 6:
      return <f64>sidBytes(subscription);
    case 7:
      return subscription.flags & SUB_INSIDE ? 1 : 0;
    case 8:
      return name == null ? 0 : <f64>name.length;
    default:
      return subscription.flags & SUB_FILTERS_DENIED ? 1 : 0;
  }
}

/** Writes its subject where composed lines go, and gives the length; the text begins at subjectText. */
export function subscriptionSubject(subscription: Subscription): u32 {
  if (!(subscription.flags & SUB_PATTERN)) {
    const entry = entryOf(subscription);
    memory.copy(composeBase, subjectBytes(entry), entry.length);
    return entry.length;
  }
  let length = writePattern(changetype<usize>(nodeOf(subscription)), composeBase);
  if (subscription.flags & SUB_TAIL) {
    if (length > 0) {
      store<u8>(composeBase + length, 46);
      length++;
    }
    store<u8>(composeBase + length, 62);
    length++;
  }
  return <u32>length;
}

export function subjectText(): usize {
  return composeBase;
}

/** Address of its queue's name, which has as many bytes as field 8 says. */
export function subscriptionQueue(subscription: Subscription): usize {
  const name = subscription.queue;
  return name == null ? 0 : queueBytes(name);
}

export function hasInterest(account: Account, subject: usize, subjectLength: u32): bool {
  return anyInterest(account, subject, subjectLength);
}

/** Whether somebody subscribed to this very subject: in that queue group, or, with no name, in none. */
export function hasListener(
  account: Account,
  subject: usize,
  subjectLength: u32,
  queue: usize,
  queueLength: u32,
): bool {
  const hash = subjectHash(account, subject, subjectLength);
  const entry = findEntry(account, subject, subjectLength, hash);
  let record: usize = entry == null ? 0 : entry.first;
  while (record != 0) {
    const subscription = changetype<Subscription>(record);
    const name = subscription.queue;
    const length: u32 = name == null ? 0 : name.length;
    if (
      length == queueLength &&
      (name == null || equalBytes(queueBytes(name), queue, queueLength))
    ) {
      return true;
    }
    record = subscription.next;
  }
  return false;
}

/** Collects who would receive the subject; gives how many. */
export function matchInto(account: Account, subject: usize, subjectLength: u32): u32 {
  const record = findMatch(account, subject, subjectLength, false);
  clearCollector();
  if (record == 0) {
    return 0;
  }
  const match = changetype<Match>(record);
  for (let index: u32 = 0; index < match.total; index++) {
    collect(load<u32>(matchItems(match) + ((<usize>index) << 2)));
  }
  releaseMatch(record);
  return collector.count;
}

/** Where the collected addresses stand. */
export function collected(): usize {
  return collector.items;
}

function collectChain(first: u32, limit: u32): void {
  let record = first;
  while (record != 0 && collector.count < limit) {
    collect(record);
    record = changetype<Subscription>(<usize>record).next;
  }
}

// A node, and the stars right below it: those stand in no table.
function collectNode(record: usize, limit: u32): void {
  let place = record;
  while (place != 0) {
    const node = changetype<TrieNode>(place);
    collectChain(node.firstHere, limit);
    collectChain(node.firstTail, limit);
    place = node.star;
  }
}

/** Collects all subscriptions of an account, at most `limit`; gives how many. */
export function walkAccount(account: Account, limit: u32): u32 {
  clearCollector();
  const entries = allEntries();
  for (let chain: u32 = 0; chain <= entries.mask && collector.count < limit; chain++) {
    let record: usize = load<u32>(headOf(entries, chain));
    while (record != 0) {
      const entry = changetype<SubjectEntry>(record);
      if (entry.account == account) {
        collectChain(entry.first, limit);
      }
      record = entry.next;
    }
  }
  collectNode(account.root, limit);
  const nodes = allNodes();
  const owner = <u32>changetype<usize>(account);
  for (let chain: u32 = 0; chain <= nodes.mask && collector.count < limit; chain++) {
    let record: usize = load<u32>(headOf(nodes, chain));
    while (record != 0) {
      const node = changetype<TrieNode>(record);
      if (node.owner == owner) {
        collectNode(record, limit);
      }
      record = node.next;
    }
  }
  return collector.count;
}
