// Patterns as a tree of tokens. A node is found by its parent and its token in one table, so that a node with a million
// children is as quick as one with two. Interest, permissions and mapped subjects are such trees; what hangs on a node
// is two lists (head, tail): of the patterns ending here, and of those ending with `>` right below.

import { alloc, free } from "../memory/arena";
import { Buckets, grow, headOf, link, makeBuckets, unlink, wantsGrowth } from "../memory/buckets";
import { equalBytes, hashBytes } from "../memory/copy";

export const DOT: u8 = 46;
export const STAR: u8 = 42;
export const TAIL: u8 = 62;

@unmanaged
export class TrieNode {
  next: u32;
  hash: u32;
  parent: u32;
  tokenLength: u32;
  // 16: patterns ending here
  firstHere: u32;
  lastHere: u32;
  // 24: patterns ending with `>` below
  firstTail: u32;
  lastTail: u32;
  // 32
  star: u32;
  literals: u32;
  /** Whose tree it is. */
  owner: u32;
  isStar: u32;
  // then the token
}

const nodes: Buckets = makeBuckets(memory.data(16));

export function tokenBytes(node: TrieNode): usize {
  return changetype<usize>(node) + offsetof<TrieNode>();
}

export function hereList(node: TrieNode): usize {
  return changetype<usize>(node) + offsetof<TrieNode>("firstHere");
}

export function tailList(node: TrieNode): usize {
  return changetype<usize>(node) + offsetof<TrieNode>("firstTail");
}

function newNode(parent: u32, owner: u32, token: usize, tokenLength: usize): usize {
  const piece = alloc(offsetof<TrieNode>() + tokenLength);
  if (piece == 0) {
    return 0;
  }
  memory.fill(piece, 0, offsetof<TrieNode>());
  const node = changetype<TrieNode>(piece);
  node.parent = parent;
  node.owner = owner;
  node.tokenLength = <u32>tokenLength;
  memory.copy(tokenBytes(node), token, tokenLength);
  return piece;
}

/** The root of a new tree, 0 when memory is out. */
export function newTrie(owner: usize): usize {
  return newNode(0, <u32>owner, 0, 0);
}

/** End of the token that begins at `start`. */
export function tokenEnd(start: usize, end: usize): usize {
  let place = start;
  while (place < end && load<u8>(place) != DOT) {
    place++;
  }
  return place;
}

export function literalChild(parent: usize, token: usize, tokenLength: usize): usize {
  const hash = hashBytes(token, tokenLength, <u32>parent);
  let record: usize = load<u32>(headOf(nodes, hash));
  while (record != 0) {
    const node = changetype<TrieNode>(record);
    if (
      node.hash == hash &&
      node.parent == <u32>parent &&
      node.tokenLength == <u32>tokenLength &&
      equalBytes(tokenBytes(node), token, tokenLength)
    ) {
      return record;
    }
    record = node.next;
  }
  return 0;
}

function makeChild(parent: usize, token: usize, tokenLength: usize): usize {
  const above = changetype<TrieNode>(parent);
  const record = newNode(<u32>parent, above.owner, token, tokenLength);
  if (record == 0) {
    return 0;
  }
  const node = changetype<TrieNode>(record);
  if (tokenLength == 1 && load<u8>(token) == STAR) {
    node.isStar = 1;
    above.star = <u32>record;
    return record;
  }
  if (wantsGrowth(nodes)) {
    grow(nodes, offsetof<TrieNode>("next"), offsetof<TrieNode>("hash"));
  }
  node.hash = hashBytes(token, tokenLength, <u32>parent);
  link(nodes, node.hash, record, offsetof<TrieNode>("next"));
  above.literals++;
  return record;
}

function childOf(parent: usize, token: usize, tokenLength: usize): usize {
  if (tokenLength == 1 && load<u8>(token) == STAR) {
    return changetype<TrieNode>(parent).star;
  }
  return literalChild(parent, token, tokenLength);
}

/** The list that a valid pattern belongs to, its nodes made where they were missing; 0 when memory is out. */
export function makePattern(root: usize, start: usize, length: usize): usize {
  const end = start + length;
  let node = root;
  let token = start;
  while (true) {
    const stop = tokenEnd(token, end);
    if (stop == end && stop - token == 1 && load<u8>(token) == TAIL) {
      return tailList(changetype<TrieNode>(node));
    }
    let child = childOf(node, token, stop - token);
    if (child == 0) {
      child = makeChild(node, token, stop - token);
      if (child == 0) {
        pruneNode(node);
        return 0;
      }
    }
    node = child;
    if (stop == end) {
      return hereList(changetype<TrieNode>(node));
    }
    token = stop + 1;
  }
}

/** Takes away a node that nothing hangs on, and every one above it that is then bare; never the root. */
export function pruneNode(bare: usize): void {
  let record = bare;
  while (true) {
    const node = changetype<TrieNode>(record);
    const parent: usize = node.parent;
    if (
      parent == 0 ||
      node.firstHere != 0 ||
      node.firstTail != 0 ||
      node.star != 0 ||
      node.literals != 0
    ) {
      return;
    }
    const above = changetype<TrieNode>(parent);
    if (node.isStar) {
      above.star = 0;
    } else {
      unlink(nodes, node.hash, record, offsetof<TrieNode>("next"));
      above.literals--;
    }
    free(record, offsetof<TrieNode>() + <usize>node.tokenLength);
    record = parent;
  }
}

/** Gives back a root that nothing hangs on. */
export function freeTrie(root: usize): void {
  free(root, offsetof<TrieNode>());
}

/** Writes the pattern of a node to `target` (without the `.>` of a tail list); gives its length. */
export function writePattern(record: usize, target: usize): usize {
  const node = changetype<TrieNode>(record);
  if (node.parent == 0) {
    return 0;
  }
  let length = writePattern(node.parent, target);
  if (length > 0) {
    store<u8>(target + length, DOT);
    length++;
  }
  memory.copy(target + length, tokenBytes(node), node.tokenLength);
  return length + node.tokenLength;
}

/** No empty token anywhere. */
export function hasNoEmptyToken(start: usize, length: usize): bool {
  if (length == 0 || load<u8>(start) == DOT || load<u8>(start + length - 1) == DOT) {
    return false;
  }
  for (let offset: usize = 1; offset < length; offset++) {
    if (load<u8>(start + offset) == DOT && load<u8>(start + offset - 1) == DOT) {
      return false;
    }
  }
  return true;
}

/** What a subject may be when subscribed to: no empty token, `>` only as the last one. */
export function isValidPattern(start: usize, length: usize): bool {
  if (!hasNoEmptyToken(start, length)) {
    return false;
  }
  for (let offset: usize = 0; offset + 1 < length; offset++) {
    if (
      load<u8>(start + offset) == TAIL &&
      load<u8>(start + offset + 1) == DOT &&
      (offset == 0 || load<u8>(start + offset - 1) == DOT)
    ) {
      return false;
    }
  }
  return true;
}

/** Whether a valid pattern has `*` or `>` as a token. */
export function hasWildcard(start: usize, length: usize): bool {
  for (let offset: usize = 0; offset < length; offset++) {
    const byte = load<u8>(start + offset);
    if (byte == STAR || byte == TAIL) {
      const isFirst = offset == 0 || load<u8>(start + offset - 1) == DOT;
      const isLast = offset + 1 == length || load<u8>(start + offset + 1) == DOT;
      if (isFirst && isLast) {
        return true;
      }
    }
  }
  return false;
}

/** The table of all nodes below a literal token, for whoever lists everything. */
export function allNodes(): Buckets {
  return nodes;
}
