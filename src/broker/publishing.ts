// Decides publishes that the fabric does not take down the road alone: refused ones, mapped ones, and those that ask for
// a trace. What is not handed up never comes here.

import { byteTextAt, readableText } from "../base/byte-text.ts";
import { goQuote } from "../protocol/go-quote.ts";
import { publishViolation, replyViolation } from "../protocol/violation.ts";
import { opKind, type PendingOp } from "../wasm/fabric.ts";
import type { ClientSession } from "./client-session.ts";
import type { PublishRefusals } from "./message-trace.ts";
import { announcedSize } from "./protocol-errors.ts";
import type { SessionSurroundings } from "./session-surroundings.ts";

const decoder: TextDecoder = new TextDecoder();

export function decidePublish(
  around: SessionSurroundings,
  session: ClientSession,
  op: PendingOp,
): void {
  switch (op.kind) {
    case opKind.publishDenied:
      refusePublish(around, session, textOf(op, op.subjectStart, op.subjectLength));
      break;
    case opKind.replyDenied:
      refuseReply(around, session, textOf(op, op.replyStart, op.replyLength));
      break;
    case opKind.mapped:
      publishMapped(around, session, op);
      break;
    default:
      around.traces.publish(session, op, refusalsOf(around, session));
  }
}

/** A publish with headers is too large, which ends its connection: who wanted its trace is told. */
export function traceTooLarge(
  around: SessionSurroundings,
  session: ClientSession,
  op: PendingOp,
): void {
  if (op.headerLength > 0) {
    const size = Number(announcedSize(op));
    around.traces.tooLarge(session, op, size, refusalsOf(around, session));
  }
}

function publishMapped(around: SessionSurroundings, session: ClientSession, op: PendingOp): void {
  const { roads } = around;
  const reply = textOf(op, op.replyStart, op.replyLength);
  const subject = byteTextAt(op.bytes, op.subjectStart, op.subjectLength);
  const receivers = roads.publishMapped(session.connection.slot, session.account.index, subject);
  if (receivers === -1) {
    refusePublish(around, session, readableText(roads.lastMappedSubject));
  } else if (receivers === -2) {
    refuseReply(around, session, reply);
  }
}

function refusalsOf(around: SessionSurroundings, session: ClientSession): PublishRefusals {
  return {
    refusePublish: (subject) => refusePublish(around, session, subject),
    refuseReply: (reply) => refuseReply(around, session, reply),
    logError: (text) => around.log.error(`${session.connection.label} - ${text}`),
  };
}

function refusePublish(around: SessionSurroundings, session: ClientSession, subject: string): void {
  const { connection } = session;
  connection.tell(publishViolation(subject));
  around.log.error(`${connection.label} - Publish Violation - Subject ${goQuote(subject)}`);
}

function refuseReply(around: SessionSurroundings, session: ClientSession, reply: string): void {
  const { connection } = session;
  connection.tell(replyViolation(reply));
  around.log.error(`${connection.label} - Publish Violation - Reply ${goQuote(reply)}`);
}

function textOf(op: PendingOp, start: number, length: number): string {
  return decoder.decode(op.bytes.subarray(start, start + length));
}
