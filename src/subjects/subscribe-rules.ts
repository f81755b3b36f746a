// What an identity may subscribe to: allowed and denied patterns, each perhaps for one queue group only ("foo q1").
// It knows neither connections nor why the rules are as they are.

import { accepted, type Result, refused } from "../base/result.ts";
import { isSubset } from "./overlap.ts";
import { PatternSet } from "./pattern-set.ts";
import { hasWildcard, isValidSubject } from "./subject.ts";

/** "foo.* v1.>": a subject pattern, and the pattern of the queue names it speaks of. Null speaks of all subscriptions. */
export interface QueuePattern {
  readonly subject: string;
  readonly queue: string | null;
}

export function parseQueuePattern(text: string): Result<QueuePattern, string> {
  const [subject = "", queue = null, ...more] = text.trim().split(/\s+/);
  if (!isValidSubject(subject) || (queue !== null && !isValidSubject(queue)) || more.length > 0) {
    return refused(`invalid subject-queue ${JSON.stringify(text)}`);
  }
  return accepted({ subject, queue });
}

export class SubscribeRules {
  /** Null allows all that is not denied. The values are queue patterns, null for entries without one. */
  readonly #allow: PatternSet<string | null> | null;
  readonly #deny: PatternSet<string | null>;
  readonly #denied: readonly QueuePattern[];

  /** Entries that do not parse are left out; configuration refuses them earlier. An empty allow list allows all. */
  constructor(allow: readonly string[] | null, deny: readonly string[]) {
    const allowed = parsedOf(allow ?? []);
    this.#denied = parsedOf(deny);
    this.#allow = (allow ?? []).length === 0 ? null : setOf(allowed);
    this.#deny = setOf(this.#denied);
  }

  /** `queue` is "" for a plain subscription. A queue named for a subject by the allow list is then the only one allowed. */
  maySubscribe(subject: string, queue: string): boolean {
    return this.#isAllowed(subject, queue) && !this.#isDenied(subject, queue);
  }

  /**
   * Whether a subscription that may be made can still be sent messages whose subjects are denied, so that its deliveries
   * must be filtered.
   */
  needsDenyFilter(subject: string, queue: string): boolean {
    return (
      (queue !== "" || hasWildcard(subject)) &&
      this.#deny
        .colliding(subject)
        .some((named) => named === null || (queue !== "" && isQueueNamed(queue, named)))
    );
  }

  /** The denied patterns that count for deliveries of a subscription with this queue. */
  deniedFor(queue: string): readonly string[] {
    return this.#denied
      .filter((entry) => entry.queue === null || (queue !== "" && isQueueNamed(queue, entry.queue)))
      .map((entry) => entry.subject);
  }

  /**
   * Covering, not matching: `foo.>` is no part of `foo.*`. The reference lets it pass, taking `>` for a plain token;
   * that would open what the list closes.
   */
  #isAllowed(subject: string, queue: string): boolean {
    if (this.#allow === null) {
      return true;
    }
    const named = this.#allow.covering(subject);
    const queues = named.filter((entry) => entry !== null);
    return queue !== "" && queues.length > 0
      ? queues.some((entry) => isQueueNamed(queue, entry))
      : queues.length < named.length;
  }

  /** Matching, not covering: what reaches beyond the denied pattern at the same place is refused whole. */
  #isDenied(subject: string, queue: string): boolean {
    return this.#deny
      .match(subject)
      .some((named) => named === null || (queue !== "" && isQueueNamed(queue, named)));
  }
}

function isQueueNamed(queue: string, pattern: string): boolean {
  return queue === pattern || (hasWildcard(pattern) && isSubset(queue, pattern));
}

function parsedOf(entries: readonly string[]): readonly QueuePattern[] {
  return entries.flatMap((entry) => {
    const parsed = parseQueuePattern(entry);
    return parsed.ok ? [parsed.value] : [];
  });
}

function setOf(entries: readonly QueuePattern[]): PatternSet<string | null> {
  const set = new PatternSet<string | null>();
  for (const entry of entries) {
    set.add(entry.subject, entry.queue);
  }
  return set;
}
