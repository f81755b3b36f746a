// The op that TypeScript must decide on, and where parsing stands. The numbers are those of src/wasm/fabric.ts.

import { Slot } from "../connection/slot";

export const OUTCOME_DONE: i32 = 0;
export const OUTCOME_ROWS: i32 = 1;
export const OUTCOME_OP: i32 = 2;
export const OUTCOME_FLUSH: i32 = 3;
export const OUTCOME_STALLED: i32 = 4;
/** Only inside: the op was taken, go on; and: the rest of the bytes is an unfinished op. */
export const OUTCOME_NEXT: i32 = -1;
export const OUTCOME_UNFINISHED: i32 = -2;

export const OP_CONNECT: u32 = 1;
export const OP_SUBSCRIBE: u32 = 2;
export const OP_PUBLISH_DENIED: u32 = 3;
export const OP_REPLY_DENIED: u32 = 4;
export const OP_MAPPED: u32 = 5;
export const OP_ERROR: u32 = 6;
export const OP_PONG: u32 = 7;
export const OP_FIRST_PING: u32 = 8;
export const OP_EARLY: u32 = 9;
export const OP_INVALID_SUBJECT: u32 = 10;
export const OP_TOO_MANY_SUBSCRIPTIONS: u32 = 11;
export const OP_IGNORED: u32 = 12;
export const OP_TRACED: u32 = 13;

export const ERROR_UNKNOWN_OPERATION: u32 = 1;
export const ERROR_CONTROL_LINE: u32 = 2;
export const ERROR_PAYLOAD: u32 = 3;
export const ERROR_NO_HEADERS: u32 = 4;
export const ERROR_HEADERS: u32 = 5;
export const ERROR_ARGUMENTS: u32 = 6;
export const ERROR_MEMORY: u32 = 7;

/**
 * The pending op, fourteen words that TypeScript reads in this order.
 */
@unmanaged
export class Op {
  kind: u32;
  error: u32;
  subject: u32;
  subjectLength: u32;
  reply: u32;
  replyLength: u32;
  queue: u32;
  queueLength: u32;
  sid: u32;
  sidLength: u32;
  headerLength: u32;
  body: u32;
  bodyLength: u32;
  /** Where the header block begins. */
  header: u32;
}

export const op: Op = changetype<Op>(memory.data(56));

/**
 * Where parsing stands: [position, end) is what is left of the stretch at hand, [nextPosition, nextEnd) the window
 * behind an op that was put together in `body`.
 */
@unmanaged
export class Cursor {
  slot: Slot | null;
  position: usize;
  end: usize;
  nextPosition: usize;
  nextEnd: usize;
  body: usize;
  bodyBytes: usize;
  /** A body that is through, but that rows still point into. */
  spentBody: usize;
  spentBytes: usize;
  /** The whole length of an unfinished op whose control line is here; else 0. */
  need: usize;
  /** A receiver that was too full when the last message was delivered. */
  stalledBy: u32;
  /** The one that the last OUTCOME_STALLED told of. */
  toldStall: u32;
  /** A receiver that was too full for a message from inside. */
  insideStall: u32;
  nowMillis: f64;
}

export const cursor: Cursor = changetype<Cursor>(memory.data(64));

/** Fills the op with a kind and nothing else. */
export function setOp(kind: u32): void {
  memory.fill(changetype<usize>(op), 0, offsetof<Op>());
  op.kind = kind;
}

/** How much of the offence is shown. */
const SNIPPET: usize = 64;

export function setError(error: u32, at: usize, end: usize): i32 {
  setOp(OP_ERROR);
  op.error = error;
  op.body = <u32>at;
  op.bodyLength = <u32>min(SNIPPET, end - at);
  return OUTCOME_OP;
}

/** Tells of a full receiver once. */
export function tellStall(): i32 {
  cursor.toldStall = cursor.stalledBy;
  cursor.stalledBy = 0;
  return OUTCOME_STALLED;
}
