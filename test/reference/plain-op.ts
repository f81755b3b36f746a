// The op that needs a decision, laid out in one buffer as the interface wants it.

import { type OpKind, opKind, type ParseError, type PendingOp } from "../../src/wasm/fabric.ts";
import { bytesOf } from "./plain-bytes.ts";

export interface OpFields {
  readonly kind: OpKind;
  readonly error?: ParseError;
  readonly subject?: string;
  readonly reply?: string;
  readonly queue?: string;
  readonly sid?: string;
  readonly headers?: string;
  readonly body?: string;
}

/** The body follows its header block, but for an error: its body is a text, and stands alone. */
export function pendingOp(fields: OpFields): PendingOp {
  const { subject = "", reply = "", queue = "", sid = "", headers = "", body = "" } = fields;
  const subjectStart = 1;
  const replyStart = subjectStart + subject.length;
  const queueStart = replyStart + reply.length;
  const sidStart = queueStart + queue.length;
  const headerStart = sidStart + sid.length;
  const isError = fields.kind === opKind.error;
  const bodyStart = headerStart + (isError ? headers.length : 0);
  return {
    kind: fields.kind,
    error: fields.error ?? 0,
    bytes: bytesOf(`?${subject}${reply}${queue}${sid}${headers}${body}`),
    subjectStart,
    subjectLength: subject.length,
    replyStart,
    replyLength: reply.length,
    queueStart,
    queueLength: queue.length,
    sidStart,
    sidLength: sid.length,
    headerLength: headers.length,
    bodyStart,
    bodyLength: (isError ? 0 : headers.length) + body.length,
    headerStart,
  };
}

export const noOp: PendingOp = pendingOp({ kind: opKind.none });
