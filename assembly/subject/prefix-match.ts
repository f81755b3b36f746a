// Matches by all but the last token of a subject: the inboxes of one client differ in nothing else, and mostly one
// pattern wants them all. Only what does not depend on the last token is remembered, each until another one needs its
// place; a pattern that comes or goes makes it stale.

import { free } from "../memory/arena";
import { equalBytes, hashBytes } from "../memory/copy";
import { Account, generationBucket } from "./account";
import { Match } from "./subject-table";
import { DOT } from "./trie";

/** Direct mapped, a power of two. */
const CAPACITY: u32 = 64;
/** Longer ones are not remembered. */
const PREFIX_MAX: usize = 88;
const PLACE_BYTES: usize = offsetof<PrefixMatch>() + PREFIX_MAX + 16;
/** What stands for the entry of a match that is kept here. */
const KEPT: u32 = 1;

@unmanaged
class PrefixMatch {
  accountId: u32;
  generation: u32;
  match: u32;
  bucket: u16;
  length: u16;
  // 16: then the prefix, its dot with it
}

const places: usize = memory.data(64 * 120);

/** Where the last token begins; `start` when it is the only one. */
function lastToken(start: usize, length: usize): usize {
  let place = start + length;
  while (place > start && load<u8>(place - 1) != DOT) {
    place--;
  }
  return place;
}

function generationOfBucket(account: Account, bucket: u16): u32 {
  const place = changetype<usize>(account) + offsetof<Account>() + ((<usize>bucket) << 2);
  return account.generation + load<u32>(place);
}

function placeOf(account: Account, start: usize, length: usize): PrefixMatch {
  const hash = hashBytes(start, length, account.id);
  return changetype<PrefixMatch>(places + PLACE_BYTES * <usize>(hash & (CAPACITY - 1)));
}

/** The match of a subject that has no entry of its own; 0 when it is not known. */
export function matchOfPrefix(account: Account, start: usize, length: usize): usize {
  const last = lastToken(start, length);
  const prefix = last - start;
  if (prefix == 0 || prefix > PREFIX_MAX || prefix == length) {
    return 0;
  }
  const known = placeOf(account, start, prefix);
  return known.match != 0 &&
    <usize>known.length == prefix &&
    known.accountId == account.id &&
    known.generation == generationOfBucket(account, known.bucket) &&
    equalBytes(changetype<usize>(known) + offsetof<PrefixMatch>(), start, prefix)
    ? <usize>known.match
    : 0;
}

/** Keeps the match of a subject for all that differ from it in the last token alone: for them it is the same. */
export function rememberPrefix(account: Account, start: usize, length: usize, match: Match): void {
  const prefix = lastToken(start, length) - start;
  if (prefix == 0 || prefix > PREFIX_MAX) {
    return;
  }
  const known = placeOf(account, start, prefix);
  if (known.match != 0) {
    free(known.match, changetype<Match>(<usize>known.match).bytes);
  }
  known.accountId = account.id;
  known.bucket = <u16>generationBucket(start, prefix);
  known.generation = generationOfBucket(account, known.bucket);
  known.match = <u32>changetype<usize>(match);
  known.length = <u16>prefix;
  memory.copy(changetype<usize>(known) + offsetof<PrefixMatch>(), start, prefix);
  match.entry = KEPT;
}

/** Whether it is kept here, by no entry. */
export function isKeptByPrefix(match: Match): bool {
  return match.entry == KEPT;
}
