// What one identity may publish and subscribe to, compiled from its options. It answers for subscriptions itself; for
// publishing it only writes the lists that the fast road matches.

import type { PermissionOptions } from "../config/options.ts";
import { matches } from "../subjects/overlap.ts";
import { isValidSubject } from "../subjects/subject.ts";
import { parseQueuePattern, SubscribeRules } from "../subjects/subscribe-rules.ts";

/** The part that the fast road enforces; the shape is the fabric's. */
export interface PermissionLists {
  /** Null allows everything that is not denied. */
  readonly publishAllow: readonly string[] | null;
  readonly publishDeny: readonly string[];
  readonly subscribeDeny: readonly string[];
  readonly responses: { readonly max: number; readonly millis: number } | null;
}

export class Permissions {
  readonly options: PermissionOptions;
  readonly #subscribe: SubscribeRules;

  constructor(options: PermissionOptions) {
    this.options = options;
    this.#subscribe = new SubscribeRules(options.subscribe.allow, options.subscribe.deny);
  }

  /** `queue` is "" for a plain subscription. */
  maySubscribe(subject: string, queue: string): boolean {
    return this.#subscribe.maySubscribe(subject, queue);
  }

  /** Whether deliveries of an allowed subscription must still be filtered, message by message. */
  needsDenyFilter(subject: string, queue = ""): boolean {
    return this.#subscribe.needsDenyFilter(subject, queue);
  }

  /** What a queue subscription is denied beyond what all are: denials that name its queue. */
  deniedToQueue(queue: string): readonly string[] {
    if (queue === "") {
      return [];
    }
    const all = new Set(this.#subscribe.deniedFor(""));
    return this.#subscribe.deniedFor(queue).filter((pattern) => !all.has(pattern));
  }

  /** Whether the lists alone let it publish on this literal subject; a reply it may answer to is not asked for. */
  mayPublish(subject: string): boolean {
    const { publishAllow: allow, publishDeny } = this.spec();
    const isAllowed = allow === null || allow.some((pattern) => matches(pattern, subject));
    return isAllowed && !publishDeny.some((pattern) => matches(pattern, subject));
  }

  /** Whether a message on this literal subject is kept from a subscription that was allowed. */
  deniesDelivery(subject: string, queue: string): boolean {
    return this.#subscribe.deniedFor(queue).some((pattern) => matches(pattern, subject));
  }

  spec(): PermissionLists {
    const { publish, responses } = this.options;
    return {
      publishAllow: publishAllow(this.options),
      publishDeny: publish.deny.flatMap(subjectOf),
      subscribeDeny: this.#subscribe.deniedFor(""),
      responses,
    };
  }
}

/** Who may answer but names no subjects to publish to may do nothing but answer. */
function publishAllow(options: PermissionOptions): readonly string[] | null {
  const allow = options.publish.allow;
  if (allow === null) {
    return options.responses === null ? null : [];
  }
  return allow.filter(isValidSubject);
}

/** A queue has no meaning for publishing: the denial holds for the subject. */
function subjectOf(entry: string): readonly string[] {
  const parsed = parseQueuePattern(entry);
  return parsed.ok ? [parsed.value.subject] : [];
}
