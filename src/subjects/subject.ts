// Which strings may stand as subjects, and in which role. It knows no permissions and no reserved names.

import { anyTail, anyToken, tokenEnd } from "./tokens.ts";

const blank = /[\t\n\f\r ]/;

/** A subject or pattern for configuration and API use: no empty token, no blanks, `>` only at the end. */
export function isValidSubject(subject: string): boolean {
  return isValidSubscription(subject) && !blank.test(subject);
}

/** What a SUB may name: as isValidSubject, but any byte the protocol line let through may stand in a token. */
export function isValidSubscription(subject: string): boolean {
  for (let start = 0; ; ) {
    const end = tokenEnd(subject, start);
    if (end === start) {
      return false;
    }
    if (end === subject.length) {
      return true;
    }
    if (end === start + 1 && subject[start] === anyTail) {
      return false;
    }
    start = end + 1;
  }
}

/** No empty token and no wildcard: what a pedantic client may publish to. */
export function isValidLiteral(subject: string): boolean {
  return isValidSubscription(subject) && !hasWildcard(subject);
}

/** Whether some token is `*` or `>` alone. */
export function hasWildcard(subject: string): boolean {
  for (let start = 0; start <= subject.length; ) {
    const end = tokenEnd(subject, start);
    if (end === start + 1 && isWildcardToken(subject[start])) {
      return true;
    }
    start = end + 1;
  }
  return false;
}

function isWildcardToken(token: string | undefined): boolean {
  return token === anyToken || token === anyTail;
}
