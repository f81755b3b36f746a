// A failed assertion is our bug: nobody catches it, and it stays on in production. Never for input from outside.

export class AssertionError extends Error {
  override name = "AssertionError";
}

/** The text is made whether or not it is needed: where it is hot, one without numbers in it. */
export function assert(condition: boolean, what: string): asserts condition {
  if (!condition) {
    throw new AssertionError(what);
  }
}

/** The end of a switch over a union: a compile error when a case is missing. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${JSON.stringify(value)}`);
}
