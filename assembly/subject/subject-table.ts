// Literal subjects, each once: the subscriptions made to exactly it, and the compiled match of everything that wants it.
// An entry stays while it has subscriptions; else it is only a cache line, and the ring of cached entries may drop it.

import { alloc, free } from "../memory/arena";
import { Buckets, grow, headOf, link, makeBuckets, unlink, wantsGrowth } from "../memory/buckets";
import { equalBytes, hashBytes } from "../memory/copy";
import { CACHE_BYTES_MAX, CACHE_CAPACITY, cacheRingBase } from "../memory/layout";
import { Account, generationBucket } from "./account";

@unmanaged
export class SubjectEntry {
  next: u32;
  hash: u32;
  account: Account;
  length: u16;
  bucket: u8;
  /** Used since the ring's hand last passed. */
  isUsed: u8;
  // 16
  first: u32;
  last: u32;
  /** Address of the compiled match, or 0. */
  match: u32;
  generation: u32;
  // 32: place in the ring, plus one; 0 is none
  ringPlace: u32;
  spare: u32;
  // then the subject
}

/** The head of a compiled match; see match.ts. */
@unmanaged
export class Match {
  /** Of the whole record. */
  bytes: u32;
  /** The entry that keeps it, or 0: whoever asked frees it. */
  entry: u32;
  plain: u32;
  groups: u32;
  /** Plain ones and group members together. */
  total: u32;
  // then `total` subscriptions, plain ones first; then start and count of each group
}

const entries: Buckets = makeBuckets(memory.data(16));

let ringHand: u32 = 0;
let cachedEntries: u32 = 0;
let cachedBytes: usize = 0;

export function cachedSubjects(): u32 {
  return cachedEntries;
}

export function subjectBytes(entry: SubjectEntry): usize {
  return changetype<usize>(entry) + offsetof<SubjectEntry>();
}

export function entryList(entry: SubjectEntry): usize {
  return changetype<usize>(entry) + offsetof<SubjectEntry>("first");
}

export function subjectHash(account: Account, start: usize, length: usize): u32 {
  return hashBytes(start, length, account.id);
}

export function findEntry(
  account: Account,
  start: usize,
  length: usize,
  hash: u32,
): SubjectEntry | null {
  let record: usize = load<u32>(headOf(entries, hash));
  while (record != 0) {
    const entry = changetype<SubjectEntry>(record);
    if (
      entry.hash == hash &&
      entry.account == account &&
      <usize>entry.length == length &&
      equalBytes(subjectBytes(entry), start, length)
    ) {
      return entry;
    }
    record = entry.next;
  }
  return null;
}

export function makeEntry(
  account: Account,
  start: usize,
  length: usize,
  hash: u32,
): SubjectEntry | null {
  if (length > 0xffff) {
    return null;
  }
  const piece = alloc(offsetof<SubjectEntry>() + length);
  if (piece == 0) {
    return null;
  }
  memory.fill(piece, 0, offsetof<SubjectEntry>());
  const entry = changetype<SubjectEntry>(piece);
  entry.hash = hash;
  entry.account = account;
  entry.length = <u16>length;
  entry.bucket = <u8>generationBucket(start, length);
  memory.copy(subjectBytes(entry), start, length);
  if (wantsGrowth(entries)) {
    grow(entries, offsetof<SubjectEntry>("next"), offsetof<SubjectEntry>("hash"));
  }
  link(entries, hash, piece, offsetof<SubjectEntry>("next"));
  return entry;
}

/** Lets go of the compiled match without freeing it. */
export function detachMatch(entry: SubjectEntry): void {
  const match = changetype<Match>(<usize>entry.match);
  cachedBytes -= match.bytes;
  match.entry = 0;
  entry.match = 0;
}

export function dropMatch(entry: SubjectEntry): void {
  if (entry.match != 0) {
    const match = changetype<Match>(<usize>entry.match);
    detachMatch(entry);
    free(changetype<usize>(match), match.bytes);
  }
}

/** Takes the entry out of the ring, its match with it. */
function uncache(entry: SubjectEntry): void {
  dropMatch(entry);
  if (entry.ringPlace != 0) {
    store<u32>(cacheRingBase + ((<usize>(entry.ringPlace - 1)) << 2), 0);
    entry.ringPlace = 0;
    cachedEntries--;
  }
}

export function dropEntry(entry: SubjectEntry): void {
  uncache(entry);
  unlink(entries, entry.hash, changetype<usize>(entry), offsetof<SubjectEntry>("next"));
  free(changetype<usize>(entry), offsetof<SubjectEntry>() + <usize>entry.length);
}

// Moves the hand to a place whose entry was not used since it last passed, and empties it; never that of `kept`.
function freePlace(kept: SubjectEntry): u32 {
  while (true) {
    const place = ringHand;
    ringHand = (ringHand + 1) & (CACHE_CAPACITY - 1);
    const record: usize = load<u32>(cacheRingBase + ((<usize>place) << 2));
    if (record == 0) {
      return place;
    }
    const entry = changetype<SubjectEntry>(record);
    if (entry.isUsed || entry == kept) {
      entry.isUsed = 0;
    } else {
      evict(entry);
      return place;
    }
  }
}

function evict(entry: SubjectEntry): void {
  if (entry.first == 0) {
    dropEntry(entry);
  } else {
    uncache(entry);
  }
}

/** Keeps a compiled match with its entry, and makes room when the cache is above its limits. */
export function keepMatch(entry: SubjectEntry, match: Match, generation: u32): void {
  entry.match = <u32>changetype<usize>(match);
  entry.generation = generation;
  entry.isUsed = 1;
  match.entry = <u32>changetype<usize>(entry);
  cachedBytes += match.bytes;
  if (entry.ringPlace == 0) {
    const place = freePlace(entry);
    store<u32>(cacheRingBase + ((<usize>place) << 2), <u32>changetype<usize>(entry));
    entry.ringPlace = place + 1;
    cachedEntries++;
  }
  while (cachedBytes > CACHE_BYTES_MAX && cachedEntries > 1) {
    freePlace(entry);
  }
}

/** Drops every cached entry of an account that has no subscriptions left, so that the account can go. */
export function dropCachedOf(account: Account): void {
  for (let place: u32 = 0; place < CACHE_CAPACITY && cachedEntries > 0; place++) {
    const record: usize = load<u32>(cacheRingBase + ((<usize>place) << 2));
    if (record != 0 && changetype<SubjectEntry>(record).account == account) {
      dropEntry(changetype<SubjectEntry>(record));
    }
  }
}

/** The table itself, for whoever lists everything. */
export function allEntries(): Buckets {
  return entries;
}
