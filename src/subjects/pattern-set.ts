// A set of patterns, each with values: which of them match a subject, cover a pattern or share subjects with one.
// For permissions, exports and the like; the interest of connections lives in the fabric.

import { isValidSubscription } from "./subject.ts";
import { anyTail, anyToken, tokensOf } from "./tokens.ts";

interface Node<Value> {
  readonly literals: Map<string, Node<Value>>;
  any: Node<Value> | null;
  tail: Node<Value> | null;
  readonly values: Value[];
}

export class PatternSet<Value> {
  readonly #root: Node<Value> = emptyNode();
  #size = 0;

  /** Values added. */
  get size(): number {
    return this.#size;
  }

  /** False, and nothing added, when the pattern is none. */
  add(pattern: string, value: Value): boolean {
    if (!isValidSubscription(pattern)) {
      return false;
    }
    let node = this.#root;
    for (const token of tokensOf(pattern)) {
      node = childFor(node, token);
    }
    node.values.push(value);
    this.#size++;
    return true;
  }

  /** Values whose pattern matches a published subject; its tokens stand for themselves even when they are wildcards. */
  match(subject: string): readonly Value[] {
    const found: Value[] = [];
    const tokens = tokensOf(subject);
    if (!tokens.includes("")) {
      collectMatching(this.#root, tokens, 0, found);
    }
    return found;
  }

  matchesAny(subject: string): boolean {
    return this.match(subject).length > 0;
  }

  /** Values whose pattern matches every subject that `pattern` matches. */
  covering(pattern: string): readonly Value[] {
    const found: Value[] = [];
    if (isValidSubscription(pattern)) {
      collectCovering(this.#root, tokensOf(pattern), 0, found);
    }
    return found;
  }

  /** Values whose pattern shares at least one subject with `pattern`. */
  colliding(pattern: string): readonly Value[] {
    const found: Value[] = [];
    if (isValidSubscription(pattern)) {
      collectColliding(this.#root, tokensOf(pattern), 0, found);
    }
    return found;
  }
}

function emptyNode<Value>(): Node<Value> {
  return { literals: new Map(), any: null, tail: null, values: [] };
}

function childFor<Value>(node: Node<Value>, token: string): Node<Value> {
  if (token === anyToken) {
    node.any ??= emptyNode();
    return node.any;
  }
  if (token === anyTail) {
    node.tail ??= emptyNode();
    return node.tail;
  }
  const known = node.literals.get(token);
  if (known !== undefined) {
    return known;
  }
  const made = emptyNode<Value>();
  node.literals.set(token, made);
  return made;
}

function collectMatching<Value>(
  node: Node<Value>,
  tokens: readonly string[],
  position: number,
  found: Value[],
): void {
  const token = tokens[position];
  if (token === undefined) {
    found.push(...node.values);
    return;
  }
  found.push(...(node.tail?.values ?? []));
  if (node.any !== null) {
    collectMatching(node.any, tokens, position + 1, found);
  }
  const literal = node.literals.get(token);
  if (literal !== undefined) {
    collectMatching(literal, tokens, position + 1, found);
  }
}

function collectCovering<Value>(
  node: Node<Value>,
  tokens: readonly string[],
  position: number,
  found: Value[],
): void {
  const token = tokens[position];
  if (token === undefined) {
    found.push(...node.values);
    return;
  }
  found.push(...(node.tail?.values ?? []));
  if (node.any !== null && token !== anyTail) {
    collectCovering(node.any, tokens, position + 1, found);
  }
  const literal = node.literals.get(token);
  if (literal !== undefined) {
    collectCovering(literal, tokens, position + 1, found);
  }
}

function collectColliding<Value>(
  node: Node<Value>,
  tokens: readonly string[],
  position: number,
  found: Value[],
): void {
  const token = tokens[position];
  if (token === undefined) {
    found.push(...node.values);
    return;
  }
  if (token === anyTail) {
    collectBelow(node, found);
    return;
  }
  found.push(...(node.tail?.values ?? []));
  if (node.any !== null) {
    collectColliding(node.any, tokens, position + 1, found);
  }
  if (token === anyToken) {
    for (const child of node.literals.values()) {
      collectColliding(child, tokens, position + 1, found);
    }
    return;
  }
  const literal = node.literals.get(token);
  if (literal !== undefined) {
    collectColliding(literal, tokens, position + 1, found);
  }
}

/** All values at least one token below. */
function collectBelow<Value>(node: Node<Value>, found: Value[]): void {
  const children = [...node.literals.values(), node.any, node.tail];
  for (const child of children) {
    if (child !== null) {
      found.push(...child.values);
      collectBelow(child, found);
    }
  }
}
