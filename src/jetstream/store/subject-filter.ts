// Which subjects a reader of a stream wants: all, or those that one of its patterns matches.

import { matches } from "../../subjects/overlap.ts";
import { hasWildcard } from "../../subjects/subject.ts";

export class SubjectFilter {
  static readonly all: SubjectFilter = new SubjectFilter([]);
  /** Empty is all. */
  readonly patterns: readonly string[];
  readonly isAll: boolean;
  /** The one subject it wants, when it is that narrow; else null. */
  readonly literal: string | null;

  constructor(patterns: readonly string[]) {
    this.patterns = patterns;
    this.isAll = patterns.length === 0 || patterns.includes(">");
    const [only] = patterns;
    this.literal = only !== undefined && patterns.length === 1 && !hasWildcard(only) ? only : null;
  }

  matches(subject: string): boolean {
    return this.isAll || this.patterns.some((pattern) => matches(pattern, subject));
  }
}
