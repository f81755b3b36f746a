// Who wants this subject: the literal walk, the wildcard walk, and the compiled match that both end in. A match lists
// plain subscriptions oldest first, then the members of each queue group, groups by their oldest member.

import { alloc, free } from "../memory/arena";
import { DOORKEEPER_BITS, DOORKEEPER_LIMIT, doorkeeperBase } from "../memory/layout";
import { Account } from "./account";
import { matchOfPrefix, rememberPrefix } from "./prefix-match";
import {
  dropMatch,
  findEntry,
  keepMatch,
  Match,
  makeEntry,
  SubjectEntry,
  subjectHash,
} from "./subject-table";
import { Subscription } from "./subscription";
import { hasNoEmptyToken, literalChild, TrieNode, tokenEnd } from "./trie";

/** A list of subscriptions that grows; one for the whole module, used by one walk at a time. */
@unmanaged
export class Collector {
  items: usize;
  capacity: u32;
  count: u32;
  /** Lists that gave at least one: within one they are in order already. */
  runs: u32;
  /** Nodes the walk touched. */
  steps: u32;
  /** Numbers each compilation, for QueueName. */
  compilation: u32;
  isShort: u32;
  /** What was found may be other for another last token. */
  wantsLastToken: u32;
}

export const collector: Collector = changetype<Collector>(memory.data(32));

let matches: u64 = 0;
let hits: u64 = 0;
let doorkeeperCount: u32 = 0;

export function matchCount(): u64 {
  return matches;
}

export function hitCount(): u64 {
  return hits;
}

export function collect(subscription: u32): void {
  if (collector.count == collector.capacity) {
    const capacity: u32 = collector.capacity == 0 ? 1024 : collector.capacity << 1;
    const items = alloc(4 * <usize>capacity);
    if (items == 0) {
      collector.isShort = 1;
      return;
    }
    if (collector.capacity != 0) {
      memory.copy(items, collector.items, 4 * <usize>collector.count);
      free(collector.items, 4 * <usize>collector.capacity);
    }
    collector.items = items;
    collector.capacity = capacity;
  }
  store<u32>(collector.items + ((<usize>collector.count) << 2), subscription);
  collector.count++;
}

export function clearCollector(): void {
  collector.count = 0;
  collector.runs = 0;
  collector.steps = 0;
  collector.isShort = 0;
  collector.wantsLastToken = 0;
}

function collectList(first: u32): void {
  if (first == 0) {
    return;
  }
  collector.runs++;
  let record = first;
  while (record != 0) {
    collect(record);
    record = changetype<Subscription>(<usize>record).next;
  }
}

function walk(record: usize, token: usize, end: usize): void {
  const node = changetype<TrieNode>(record);
  collector.steps++;
  collectList(node.firstTail);
  const stop = tokenEnd(token, end);
  const literal = node.literals != 0 ? literalChild(record, token, stop - token) : 0;
  const star: usize = node.star;
  if (stop == end) {
    collector.wantsLastToken |= node.literals;
    if (literal != 0) {
      collectList(changetype<TrieNode>(literal).firstHere);
    }
    if (star != 0) {
      collectList(changetype<TrieNode>(star).firstHere);
    }
    return;
  }
  if (literal != 0) {
    walk(literal, stop + 1, end);
  }
  if (star != 0) {
    walk(star, stop + 1, end);
  }
}

/** Whether any pattern of the tree matches; the subject has no empty token. */
export function anyPattern(record: usize, token: usize, end: usize): bool {
  const node = changetype<TrieNode>(record);
  if (node.firstTail != 0) {
    return true;
  }
  const stop = tokenEnd(token, end);
  const literal = node.literals != 0 ? literalChild(record, token, stop - token) : 0;
  const star: usize = node.star;
  if (stop == end) {
    return (
      (literal != 0 && changetype<TrieNode>(literal).firstHere != 0) ||
      (star != 0 && changetype<TrieNode>(star).firstHere != 0)
    );
  }
  return (
    (literal != 0 && anyPattern(literal, stop + 1, end)) ||
    (star != 0 && anyPattern(star, stop + 1, end))
  );
}

// Bottom-up merge sort by age; only needed when several lists were put behind each other.
function sortByAge(): void {
  const count = collector.count;
  const bytes: usize = 4 * <usize>count;
  const spare = alloc(bytes);
  if (spare == 0) {
    return;
  }
  let from = collector.items;
  let to = spare;
  for (let width: u32 = 1; width < count; width <<= 1) {
    for (let start: u32 = 0; start < count; start += width << 1) {
      mergeRuns(from, to, start, min(start + width, count), min(start + (width << 1), count));
    }
    const swap = from;
    from = to;
    to = swap;
  }
  if (from != collector.items) {
    memory.copy(collector.items, from, bytes);
  }
  free(spare, bytes);
}

function mergeRuns(from: usize, to: usize, start: u32, middle: u32, end: u32): void {
  let left = start;
  let right = middle;
  for (let place = start; place < end; place++) {
    let takesLeft = left < middle;
    if (takesLeft && right < end) {
      const a = changetype<Subscription>(<usize>load<u32>(from + ((<usize>left) << 2)));
      const b = changetype<Subscription>(<usize>load<u32>(from + ((<usize>right) << 2)));
      takesLeft = a.order <= b.order;
    }
    const source = takesLeft ? left++ : right++;
    store<u32>(to + ((<usize>place) << 2), load<u32>(from + ((<usize>source) << 2)));
  }
}

/** Where the subscriptions of a match begin. */
export function matchItems(match: Match): usize {
  return changetype<usize>(match) + offsetof<Match>();
}

/** Where the start and count of each group stand. */
export function matchGroups(match: Match): usize {
  return matchItems(match) + 4 * <usize>match.total;
}

// Turns what was collected into a match: 0 when nothing was, or memory is out.
function compile(): usize {
  const count = collector.count;
  if (count == 0) {
    return 0;
  }
  if (collector.runs > 1) {
    sortByAge();
  }
  const items = collector.items;
  let plain: u32 = 0;
  let groups: u32 = 0;
  const compilation = ++collector.compilation;
  for (let index: u32 = 0; index < count; index++) {
    const name = changetype<Subscription>(<usize>load<u32>(items + ((<usize>index) << 2))).queue;
    if (name == null) {
      plain++;
    } else if (name.compilation != compilation) {
      name.compilation = compilation;
      name.group = groups++;
    }
  }
  const bytes = offsetof<Match>() + 4 * <usize>count + 8 * <usize>groups;
  const record = alloc(bytes);
  if (record == 0) {
    return 0;
  }
  const match = changetype<Match>(record);
  match.bytes = <u32>bytes;
  match.entry = 0;
  match.plain = plain;
  match.groups = groups;
  match.total = count;
  if (groups == 0) {
    copyExactly(matchItems(match), items, 4 * <usize>count);
  } else {
    placeGroups(match, items);
  }
  return record;
}

function copyExactly(target: usize, source: usize, length: usize): void {
  if (length == 4) {
    store<u32>(target, load<u32>(source));
  } else {
    memory.copy(target, source, length);
  }
}

// Counts each group, gives each its start, then puts every subscription in its place, keeping their order.
function placeGroups(match: Match, items: usize): void {
  const table = matchGroups(match);
  memory.fill(table, 0, 8 * <usize>match.groups);
  for (let index: u32 = 0; index < match.total; index++) {
    const name = changetype<Subscription>(<usize>load<u32>(items + ((<usize>index) << 2))).queue;
    if (name != null) {
      const place = table + ((<usize>name.group) << 3) + 4;
      store<u32>(place, load<u32>(place) + 1);
    }
  }
  let start = match.plain;
  for (let group: u32 = 0; group < match.groups; group++) {
    const place = table + ((<usize>group) << 3);
    store<u32>(place, start);
    start += load<u32>(place, 4);
    store<u32>(place + 4, 0);
  }
  let plain: u32 = 0;
  const target = matchItems(match);
  for (let index: u32 = 0; index < match.total; index++) {
    const record = load<u32>(items + ((<usize>index) << 2));
    const name = changetype<Subscription>(<usize>record).queue;
    if (name == null) {
      store<u32>(target + ((<usize>plain) << 2), record);
      plain++;
    } else {
      const place = table + ((<usize>name.group) << 3);
      const member = load<u32>(place) + load<u32>(place, 4);
      store<u32>(place + 4, load<u32>(place, 4) + 1);
      store<u32>(target + ((<usize>member) << 2), record);
    }
  }
}

function collectAll(
  account: Account,
  entry: SubjectEntry | null,
  start: usize,
  length: usize,
): void {
  clearCollector();
  if (entry != null) {
    collectList(entry.first);
  }
  if (account.wildcards > 0 && hasNoEmptyToken(start, length)) {
    walk(account.root, start, start + length);
  }
}

function bucketGeneration(account: Account, bucket: u8): u32 {
  return (
    account.generation +
    load<u32>(changetype<usize>(account) + offsetof<Account>() + ((<usize>bucket) << 2))
  );
}

// Whether the subject came before; remembers it when not.
function isKnown(hash: u32): bool {
  const place = doorkeeperBase + <usize>((hash & (DOORKEEPER_BITS - 1)) >> 3);
  const bit: u8 = 1 << (<u8>(hash & 7));
  const bits = load<u8>(place);
  if (bits & bit) {
    return true;
  }
  if (++doorkeeperCount > DOORKEEPER_LIMIT) {
    doorkeeperCount = 0;
    memory.fill(doorkeeperBase, 0, DOORKEEPER_BITS / 8);
  }
  store<u8>(place, load<u8>(place) | bit);
  return false;
}

// A walk as short as this is not worth a cache entry when it found nothing.
const SHORT_WALK: u32 = 3;

/**
 * The match of a subject, or 0 when nobody wants it. One without an entry belongs to the caller: releaseMatch. A subject
 * that is used but once (the inbox of one request) is not worth remembering: it would only drive out others.
 */
export function findMatch(account: Account, start: usize, length: usize, isOnce: bool): usize {
  matches++;
  const hash = subjectHash(account, start, length);
  const entry = findEntry(account, start, length, hash);
  if (
    entry != null &&
    entry.match != 0 &&
    entry.generation == bucketGeneration(account, entry.bucket)
  ) {
    entry.isUsed = 1;
    hits++;
    return changetype<Match>(<usize>entry.match).total == 0 ? 0 : entry.match;
  }
  return findAnew(account, start, length, hash, entry, isOnce);
}

/** The same for a reply subject: it was mostly made for one answer. */
export function findListeners(account: Account, start: usize, length: usize): usize {
  matches++;
  const hash = subjectHash(account, start, length);
  return findAnew(account, start, length, hash, findEntry(account, start, length, hash), true);
}

function findAnew(
  account: Account,
  start: usize,
  length: usize,
  hash: u32,
  entry: SubjectEntry | null,
  isOnce: bool,
): usize {
  if (entry != null) {
    dropMatch(entry);
    collectAll(account, entry, start, length);
    return compileAndKeep(entry, bucketGeneration(account, entry.bucket));
  }
  if (account.wildcards == 0) {
    return 0;
  }
  const kept = matchOfPrefix(account, start, length);
  if (kept != 0) {
    hits++;
    return kept;
  }
  collectAll(account, null, start, length);
  if (collector.count == 0 && collector.steps <= SHORT_WALK) {
    return 0;
  }
  if (!isOnce && isKnown(hash)) {
    const made = makeEntry(account, start, length, hash);
    if (made != null) {
      return compileAndKeep(made, bucketGeneration(account, made.bucket));
    }
  }
  const record = compile();
  if (record != 0 && collector.wantsLastToken == 0) {
    rememberPrefix(account, start, length, changetype<Match>(record));
  }
  return record;
}

function compileAndKeep(entry: SubjectEntry, generation: u32): usize {
  const record = compile();
  if (record != 0) {
    keepMatch(entry, changetype<Match>(record), generation);
  } else if (collector.count == 0) {
    keepNothing(entry, generation);
  }
  return record;
}

// That nobody wants a subject is worth remembering too: an empty match.
function keepNothing(entry: SubjectEntry, generation: u32): void {
  const bytes = offsetof<Match>();
  const record = alloc(bytes);
  if (record == 0) {
    return;
  }
  memory.fill(record, 0, bytes);
  const match = changetype<Match>(record);
  match.bytes = <u32>bytes;
  keepMatch(entry, match, generation);
}

export function releaseMatch(record: usize): void {
  if (record != 0) {
    const match = changetype<Match>(record);
    if (match.entry == 0) {
      free(record, match.bytes);
    }
  }
}

/** Whether anything wants the subject, without compiling or caching. */
export function anyInterest(account: Account, start: usize, length: usize): bool {
  const entry = findEntry(account, start, length, subjectHash(account, start, length));
  if (entry != null && entry.first != 0) {
    return true;
  }
  return (
    account.wildcards > 0 &&
    hasNoEmptyToken(start, length) &&
    anyPattern(account.root, start, start + length)
  );
}
