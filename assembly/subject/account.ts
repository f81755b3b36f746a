// One account: the roots of its interest, its generations and its counters.

import { alloc, free } from "../memory/arena";

/** Wildcard patterns change the generation of the bucket of their first token, so that unrelated caches survive. */
export const GENERATION_BUCKETS: u32 = 16;

@unmanaged
export class Account {
  /** Given once, never again: part of every hash. */
  id: u32;
  /** The trie of patterns with wildcards. */
  root: u32;
  /** Of patterns whose first token is a wildcard. */
  generation: u32;
  wildcards: u32;
  inMessages: u64;
  inBytes: u64;
  outMessages: u64;
  outBytes: u64;
  subscriptions: u32;
  /** A pattern set of mapped subjects, or 0. */
  mapped: u32;
  /** The number TypeScript knows it by. */
  index: u32;
  /** HPUBs with `traceparent` are traced ones. */
  tracesParents: u32;
  // then GENERATION_BUCKETS generations of 4 bytes each
}

const ACCOUNT_BYTES: usize = offsetof<Account>() + 4 * <usize>GENERATION_BUCKETS;

/** Of all accounts, gone ones included. */
export const totals: Account = changetype<Account>(memory.data(128));

let nextId: u32 = 1;

export function newAccount(): Account | null {
  const piece = alloc(ACCOUNT_BYTES);
  if (piece == 0) {
    return null;
  }
  memory.fill(piece, 0, ACCOUNT_BYTES);
  const account = changetype<Account>(piece);
  account.id = nextId++;
  return account;
}

export function freeAccount(account: Account): void {
  free(changetype<usize>(account), ACCOUNT_BYTES);
}

/** Which bucket a subject or pattern with a literal first token belongs to. */
export function generationBucket(start: usize, length: usize): usize {
  let hash: u32 = 0;
  for (let offset: usize = 0; offset < length; offset++) {
    const byte = load<u8>(start + offset);
    if (byte == 46) {
      break;
    }
    hash = hash * 31 + byte;
  }
  return <usize>((hash ^ (hash >> 4) ^ (hash >> 8)) & (GENERATION_BUCKETS - 1));
}

/** Changes whenever a wildcard pattern that could match this subject comes or goes. */
export function generationOf(account: Account, start: usize, length: usize): u32 {
  const bucket = generationBucket(start, length);
  return (
    account.generation + load<u32>(changetype<usize>(account) + offsetof<Account>() + (bucket << 2))
  );
}

/** A pattern came or went. */
export function bumpGeneration(account: Account, start: usize, length: usize): void {
  const first = load<u8>(start);
  const isAlone = length == 1 || load<u8>(start + 1) == 46;
  if (isAlone && (first == 42 || first == 62)) {
    account.generation++;
    return;
  }
  const place =
    changetype<usize>(account) + offsetof<Account>() + (generationBucket(start, length) << 2);
  store<u32>(place, load<u32>(place) + 1);
}
