// Decides a SUB that the fabric does not decide alone: permissions, reserved queues, limits, and stand-ins for imports.
// The checks stand in the order in which clients see their errors.

import { subscriptionLimit } from "../accounts/limits.ts";
import { goQuote } from "../protocol/go-quote.ts";
import { subscriptionViolation, tooManyTokensViolation, violation } from "../protocol/violation.ts";
import { isValidSubject } from "../subjects/subject.ts";
import type { PendingOp } from "../wasm/fabric.ts";
import { byteTextAt } from "../base/byte-text.ts";
import type { ClientSession } from "./client-session.ts";
import type { SessionSurroundings } from "./session-surroundings.ts";

/** The server's own queue groups; no client may join. */
const reservedQueue = "_sys_";

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
    filtersDenied: permissions?.needsDenyFilter(subject, queue) ?? false,
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

export function reportSubscriptionLimit(around: SessionSurroundings, session: ClientSession): void {
  around.log.error(`${session.connection.label} - ${violation.tooManySubscriptions.text}`);
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
