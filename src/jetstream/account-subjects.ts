// Which subjects the streams of one account have taken: no two streams may want the same message. A tree by tokens, so
// that it does not matter how many streams there are.

interface Node {
  /** By literal token. */
  readonly children: Map<string, Node>;
  /** `*` at this place. */
  any: Node | null;
  /** Patterns that end in `>` at this place. */
  tails: number;
  /** Patterns that end here. */
  ends: number;
}

const separator = ".";
const anyToken = "*";
const tailToken = ">";

export class AccountSubjects {
  readonly #root: Node = newNode();

  /** Each pattern once for each stream that has it. */
  add(patterns: readonly string[]): void {
    this.#count(patterns, 1);
  }

  remove(patterns: readonly string[]): void {
    this.#count(patterns, -1);
  }

  /** Whether some message would be wanted by one of these and by a pattern that is taken. */
  collides(patterns: readonly string[]): boolean {
    return patterns.some((pattern) => meets(this.#root, pattern.split(separator), 0));
  }

  #count(patterns: readonly string[], by: number): void {
    for (const pattern of patterns) {
      countIn(this.#root, pattern.split(separator), 0, by);
    }
  }
}

function newNode(): Node {
  return { children: new Map(), any: null, tails: 0, ends: 0 };
}

function countIn(node: Node, tokens: readonly string[], at: number, by: number): void {
  const token = tokens[at];
  if (token === undefined) {
    node.ends += by;
  } else if (token === tailToken) {
    node.tails += by;
  } else if (token === anyToken) {
    node.any ??= newNode();
    countIn(node.any, tokens, at + 1, by);
    if (isEmpty(node.any)) {
      node.any = null;
    }
  } else {
    const child = node.children.get(token) ?? newNode();
    node.children.set(token, child);
    countIn(child, tokens, at + 1, by);
    if (isEmpty(child)) {
      node.children.delete(token);
    }
  }
}

function isEmpty(node: Node): boolean {
  return node.ends === 0 && node.tails === 0 && node.any === null && node.children.size === 0;
}

function meets(node: Node, tokens: readonly string[], at: number): boolean {
  const token = tokens[at];
  if (token === undefined) {
    return node.ends > 0;
  }
  if (node.tails > 0) {
    return true;
  }
  if (token === tailToken) {
    return node.any !== null || node.children.size > 0;
  }
  if (node.any !== null && meets(node.any, tokens, at + 1)) {
    return true;
  }
  if (token !== anyToken) {
    const child = node.children.get(token);
    return child !== undefined && meets(child, tokens, at + 1);
  }
  for (const child of node.children.values()) {
    if (meets(child, tokens, at + 1)) {
      return true;
    }
  }
  return false;
}
