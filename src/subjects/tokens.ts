// Tokens of a subject: the parts between dots. Walks them without making an array where the caller does not need one.
// It does not know which subjects are valid.

export const separator = ".";
export const anyToken = "*";
export const anyTail = ">";

export function tokensOf(subject: string): readonly string[] {
  return subject.split(separator);
}

/** An empty subject has none. */
export function tokenCount(subject: string): number {
  if (subject === "") {
    return 0;
  }
  let count = 1;
  for (let at = subject.indexOf(separator); at !== -1; at = subject.indexOf(separator, at + 1)) {
    count++;
  }
  return count;
}

/** Positions count from 1; "" when there is no such token. */
export function tokenAt(subject: string, position: number): string {
  let start = 0;
  for (let left = position; left > 1; left--) {
    const dot = subject.indexOf(separator, start);
    if (dot === -1) {
      return "";
    }
    start = dot + 1;
  }
  return position < 1 ? "" : subject.slice(start, tokenEnd(subject, start));
}

/** Where the token that begins at `start` ends. */
export function tokenEnd(subject: string, start: number): number {
  const dot = subject.indexOf(separator, start);
  return dot === -1 ? subject.length : dot;
}
