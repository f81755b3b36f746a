// How a connection ends whose bytes broke the protocol: what the log says, and what the client is told.

import { closedReason } from "../protocol/closed-reason.ts";
import { goQuoteBytes } from "../protocol/go-quote.ts";
import { violation } from "../protocol/violation.ts";
import { type PendingOp, parseError } from "../wasm/fabric.ts";
import type { Connection } from "./connection.ts";
import type { SessionSurroundings } from "./session-surroundings.ts";

export function endByError(
  around: SessionSurroundings,
  connection: Connection,
  op: PendingOp,
  maxPayload: number,
): void {
  const offence = offenceOf(op);
  const report = (text: string): void => around.log.error(`${connection.label} - ${text}`);
  switch (op.error) {
    case parseError.unknownOperation:
      report(`Client parser ERROR, proto='${offence}...'`);
      connection.tell(violation.unknownOperation);
      return;
    case parseError.controlLineTooLong:
      report(violation.maxControlLine.text);
      connection.tell(violation.maxControlLine);
      return;
    case parseError.payloadTooLarge:
      report(`maximum payload exceeded: ${announcedSize(op)} vs ${maxPayload}`);
      connection.tell(violation.maxPayload);
      return;
    case parseError.headersNotSupported:
      report(violation.headersNotSupported.text);
      connection.tell(violation.headersNotSupported);
      return;
    case parseError.outOfMemory:
      report("no memory left for this connection");
      connection.closeFor(closedReason.protocolViolation);
      return;
    default:
      report(`Parse Error: ${offence}`);
      connection.tell(violation.badArguments);
  }
}

function offenceOf(op: PendingOp): string {
  return goQuoteBytes(op.bytes.subarray(op.bodyStart, op.bodyStart + op.bodyLength));
}

/** The size that a publish announced which was too large. */
export function announcedSize(op: PendingOp): string {
  const offence = offenceOf(op);
  return /(\d+)\D*$/.exec(offence)?.[1] ?? offence;
}
