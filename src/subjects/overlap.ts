// How two patterns relate: one inside the other, or both matching some subject. Pure rules over tokens.

import { hasWildcard } from "./subject.ts";
import { anyTail, anyToken, tokensOf } from "./tokens.ts";

/** Whether every subject that `pattern` matches is matched by `of` too. A literal is a pattern of one subject. */
export function isSubset(pattern: string, of: string): boolean {
  return isSubsetOfTokens(tokensOf(pattern), tokensOf(of));
}

export function isSubsetOfTokens(inner: readonly string[], outer: readonly string[]): boolean {
  for (const [position, wanted] of outer.entries()) {
    const token = inner[position];
    if (token === undefined || token === "" || wanted === "") {
      return false;
    }
    if (wanted === anyTail) {
      return true;
    }
    if (token === anyTail) {
      return false;
    }
    if (wanted !== anyToken && wanted !== token) {
      return false;
    }
  }
  return inner.length === outer.length;
}

/** Whether some subject is matched by both. */
export function collide(first: string, second: string): boolean {
  if (first === second) {
    return true;
  }
  const left = tokensOf(first);
  const right = tokensOf(second);
  const shared = Math.min(left.length, right.length);
  for (let position = 0; position < shared; position++) {
    const one = left[position] ?? "";
    const other = right[position] ?? "";
    if (one === "" || other === "") {
      return false;
    }
    if (one === anyTail || other === anyTail) {
      return true;
    }
    if (one !== other && one !== anyToken && other !== anyToken) {
      return false;
    }
  }
  return left.length === right.length;
}

/** Whether the pattern matches a published subject, whose tokens stand for themselves even when they are `*` or `>`. */
export function matches(pattern: string, subject: string): boolean {
  const outer = tokensOf(pattern);
  const tokens = tokensOf(subject);
  if (tokens.includes("")) {
    return false;
  }
  if (!hasWildcard(pattern)) {
    return pattern === subject;
  }
  const isOpen = outer.at(-1) === anyTail;
  const fixed = isOpen ? outer.length - 1 : outer.length;
  if (isOpen ? tokens.length <= fixed : tokens.length !== fixed) {
    return false;
  }
  for (let position = 0; position < fixed; position++) {
    const wanted = outer[position];
    if (wanted !== anyToken && wanted !== tokens[position]) {
      return false;
    }
  }
  return true;
}
