// Who may publish what, which deliveries are left out, and the replies a slot may answer for a while.
// It knows no users; what is allowed to subscribe is decided above the fabric.

import type { PermissionsSpec } from "../../src/wasm/fabric.ts";
import { matches } from "./plain-subject.ts";

export class PlainPermissions {
  readonly spec: PermissionsSpec;

  constructor(spec: PermissionsSpec) {
    this.spec = spec;
  }

  /** By the two lists alone. */
  listsAllowPublish(subject: string): boolean {
    const { publishAllow, publishDeny } = this.spec;
    const isAllowed =
      publishAllow === null || publishAllow.some((pattern) => matches(pattern, subject));
    return isAllowed && !publishDeny.some((pattern) => matches(pattern, subject));
  }

  deniesDelivery(subject: string): boolean {
    return this.spec.subscribeDeny.some((pattern) => matches(pattern, subject));
  }
}

/** The replies one slot was sent and may publish to although its lists do not allow it. */
export class PlainReplies {
  readonly #replies = new Map<string, { readonly since: number; uses: number }>();

  /** Being sent the same reply again begins anew. */
  remember(reply: string, now: number): void {
    this.#replies.set(reply, { since: now, uses: 0 });
  }

  /** Every try is a use; the one beyond the limit or after the time forgets the reply. */
  use(
    subject: string,
    now: number,
    limits: { readonly max: number; readonly millis: number },
  ): boolean {
    const reply = this.#replies.get(subject);
    if (reply === undefined) {
      return false;
    }
    reply.uses += 1;
    const isSpent = limits.max > 0 && reply.uses > limits.max;
    const isOld = limits.millis > 0 && now - reply.since > limits.millis;
    if (isSpent || isOld) {
      this.#replies.delete(subject);
      return false;
    }
    return true;
  }

  forgetAll(): void {
    this.#replies.clear();
  }
}
