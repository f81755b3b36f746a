// Decides a SUB that the fabric does not decide alone: permissions, reserved queues, limits, and stand-ins for imports.
// The checks stand in the order in which clients see their errors.

import { subscriptionLimit } from "../accounts/limits.ts";
import type { Permissions } from "../accounts/permissions.ts";
import { claimText } from "../auth/claim.ts";
import { byteTextAt, byteTextOf, readableText } from "../base/byte-text.ts";
import { goQuote } from "../protocol/go-quote.ts";
import {
  revokedSubscriptionViolation,
  subscriptionViolation,
  tooManyTokensViolation,
  violation,
} from "../protocol/violation.ts";
import { reservedQueue } from "../subjects/reserved.ts";
import { isValidSubject } from "../subjects/subject.ts";
import type { PendingOp, SubscribeOptions, SubscriptionDetail } from "../wasm/fabric.ts";
import type { ClientSession } from "./client-session.ts";
import type { PermissionSet } from "./permission-sets.ts";
import type { SessionSurroundings } from "./session-surroundings.ts";

const decoder: TextDecoder = new TextDecoder();
const okLine: Uint8Array = new TextEncoder().encode("+OK\r\n");

export function decideSubscription(
  around: SessionSurroundings,
  session: ClientSession,
  op: PendingOp,
): void {
  const { connection, account } = session;
  const { fabric, roads } = around;
  const subject = textOf(op, op.subjectStart, op.subjectLength);
  const queue = textOf(op, op.queueStart, op.queueLength);
  const sid = textOf(op, op.sidStart, op.sidLength);
  const sidInBytes = byteTextAt(op.bytes, op.sidStart, op.sidLength);
  if (!maySubscribe(around, session, subject, queue, sid)) {
    return;
  }
  const { slot } = connection;
  if (fabric.findSubscription(slot, sidInBytes) !== 0) {
    accept(session);
    return;
  }
  if (!isValidSubject(subject)) {
    connection.tell(violation.invalidSubject);
    return;
  }
  const permissions = session.permissionSet?.permissions;
  const subscription = fabric.subscribe({
    slot,
    account: account.index,
    subject: byteTextAt(op.bytes, op.subjectStart, op.subjectLength),
    queue: byteTextAt(op.bytes, op.queueStart, op.queueLength),
    sid: sidInBytes,
    ...denials(permissions, subject, queue),
  });
  if (subscription === 0) {
    reportSubscriptionLimit(around, session);
    return;
  }
  if (roads.hasStreamImports(account.index)) {
    roads.addStandIns(subscription, account.index, subject);
  }
  accept(session);
}

/** What of the permissions must be looked at again for every message of a subscription. */
function denials(
  permissions: Permissions | undefined,
  subject: string,
  queue: string,
): Pick<SubscribeOptions, "filtersDenied" | "alsoDenied"> {
  if (permissions?.needsDenyFilter(subject, queue) !== true) {
    return { filtersDenied: false };
  }
  return { filtersDenied: true, alsoDenied: permissions.deniedToQueue(queue).map(byteTextOf) };
}

/** Tells the client when it may not. */
function maySubscribe(
  around: SessionSurroundings,
  session: ClientSession,
  subject: string,
  queue: string,
  sid: string,
): boolean {
  const { connection } = session;
  const { limits, fabric } = around;
  const permissions = session.permissionSet?.permissions;
  if (queue === reservedQueue || permissions?.maySubscribe(subject, queue) === false) {
    connection.tell(subscriptionViolation(subject, queue));
    const shownQueue = queue === "" ? "" : `, Queue: ${goQuote(queue)}`;
    const what = `Subject ${goQuote(subject)}${shownQueue}, SID ${sid}`;
    around.log.error(`${connection.label} - Subscription Violation - ${what}`);
    return false;
  }
  const { maxSubscriptionTokens } = limits;
  if (maxSubscriptionTokens > 0 && subject.split(".").length > maxSubscriptionTokens) {
    connection.tell(tooManyTokensViolation(subject));
    const what = `Subject ${goQuote(subject)}, SID ${sid}`;
    around.log.error(`${connection.label} - Subscription Violation Too Many Tokens - ${what}`);
    return false;
  }
  const max = subscriptionLimit(limits.maxSubscriptions, session.account.limits);
  if (max > 0 && fabric.slotCounters(connection.slot).subscriptions >= max) {
    reportSubscriptionLimit(around, session);
    return false;
  }
  return true;
}

/** After a reload: takes away what is no longer allowed, and tells the client. */
export function recheckSubscriptions(
  around: SessionSurroundings,
  session: ClientSession,
  former: PermissionSet | null,
): void {
  const permissions = session.permissionSet?.permissions;
  if (permissions === undefined || session.permissionSet === former) {
    return;
  }
  const { fabric } = around;
  for (const subscription of fabric.subscriptionsOf(session.connection.slot)) {
    const subject = readableText(subscription.subject);
    const queue = readableText(subscription.queue);
    if (subscription.isShadow) {
      continue;
    }
    if (!permissions.maySubscribe(subject, queue)) {
      fabric.unsubscribe(subscription.ref);
      revoke(around, session, subject, queue, readableText(subscription.sid));
    } else if (hasOtherDenials(permissions, former?.permissions, subject, queue)) {
      const filter = denials(permissions, subject, queue);
      filterFromNow(around, subscription, filter);
    }
  }
}

/** Whether a standing subscription must be made anew, its filter being decided when it is made. */
function hasOtherDenials(
  permissions: Permissions,
  former: Permissions | undefined,
  subject: string,
  queue: string,
): boolean {
  const needed = permissions.needsDenyFilter(subject, queue);
  const before = former?.needsDenyFilter(subject, queue) ?? false;
  const ofQueue = permissions.deniedToQueue(queue).join(" ");
  const ofQueueBefore = former?.deniedToQueue(queue).join(" ") ?? "";
  return (needed && !before) || ofQueue !== ofQueueBefore;
}

function revoke(
  around: SessionSurroundings,
  session: ClientSession,
  subject: string,
  queue: string,
  sid: string,
): void {
  session.connection.tell(revokedSubscriptionViolation(subject, queue, sid));
  const shownQueue = queue === "" ? "" : ` using queue ${goQuote(queue)}`;
  const user = session.identity === null ? 'User "N/A"' : claimText(session.identity.claim);
  around.log.notice(
    `Removed sub ${goQuote(subject)}${shownQueue} (sid ${goQuote(sid)}) for ${user} - not authorized`,
  );
}

/** Made anew, since whether deliveries are filtered is decided when a subscription is made. Its count begins again. */
function filterFromNow(
  around: SessionSurroundings,
  subscription: SubscriptionDetail,
  filter: ReturnType<typeof denials>,
): void {
  const { slot, account, subject, queue, sid, ref } = subscription;
  around.fabric.unsubscribe(ref);
  const made = around.fabric.subscribe({ slot, account, subject, queue, sid, ...filter });
  if (made !== 0 && around.roads.hasStreamImports(account)) {
    around.roads.addStandIns(made, account, readableText(subject));
  }
}

export function reportSubscriptionLimit(around: SessionSurroundings, session: ClientSession): void {
  const { text } = violation.tooManySubscriptions;
  if (around.throttle.allows(`${session.account.name} ${text}`)) {
    around.log.error(`${session.connection.label} - ${text}`);
  }
  session.connection.tell(violation.tooManySubscriptions);
}

function accept(session: ClientSession): void {
  if (session.isVerbose) {
    session.connection.write(okLine);
  }
}

function textOf(op: PendingOp, start: number, length: number): string {
  return decoder.decode(op.bytes.subarray(start, start + length));
}
