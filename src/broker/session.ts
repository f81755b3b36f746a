// What every kind of session must answer: the protocol's decisions over one connection. The connection moves bytes and
// asks; it does not know what is spoken.

import type { ClosedReason } from "../protocol/closed-reason.ts";
import type { PendingOp } from "../wasm/fabric.ts";

/** What the connection does after a session looked at an op. */
export const verdict = {
  /** Nothing: the session closed the connection, or holds it until it calls goOn(). */
  stop: 0,
  /** The rest of the bytes may be taken. */
  resume: 1,
  /** The same, and the session is told behind the next outcome. */
  resumeAndTell: 2,
} as const;
export type Verdict = (typeof verdict)[keyof typeof verdict];

export interface Session {
  /** The first words to the peer. */
  greet(): void;
  /** The op's ranges are valid until this returns. */
  decide(op: PendingOp): Verdict;
  /** Behind the outcome that followed a resumeAndTell. */
  afterResume(): void;
  /** The deadline that the session set has come. */
  onDue(nowMillis: number): void;
  /** The connection is closed; its slot is gone already. */
  onClosed(reason: ClosedReason): void;
  /** What log lines about this connection say behind its address; "" or begins with a blank. */
  readonly logSuffix: string;
}
