// Which subjects a reader of a stream wants: all, or those that one of its patterns matches.

import { matches } from "../../subjects/overlap.ts";
import { PatternSteps } from "../../subjects/pattern-steps.ts";
import { hasWildcard } from "../../subjects/subject.ts";

export class SubjectFilter {
  static readonly all: SubjectFilter = new SubjectFilter([]);
  /** Empty is all. */
  readonly patterns: readonly string[];
  readonly isAll: boolean;
  /** The one subject it wants, when it is that narrow; else null. */
  readonly literal: string | null;
  #steps: PatternSteps | null = null;

  constructor(patterns: readonly string[]) {
    this.patterns = patterns;
    this.isAll = patterns.length === 0 || patterns.includes(">");
    const [only] = patterns;
    this.literal = only !== undefined && patterns.length === 1 && !hasWildcard(only) ? only : null;
  }

  matches(subject: string): boolean {
    return this.isAll || this.patterns.some((pattern) => matches(pattern, subject));
  }

  /** As `matches`, for a subject where it lies in bytes: makes no string. */
  matchesAt(bytes: Uint8Array, start: number, length: number): boolean {
    if (this.isAll) {
      return true;
    }
    this.#steps ??= new PatternSteps(this.patterns);
    return this.#steps.matchesAt(bytes, start, length);
  }
}
