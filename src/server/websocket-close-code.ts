// What a websocket's close frame says by number of why the connection ended.

import { type ClosedReason, closedReason } from "../protocol/closed-reason.ts";

const normalClosure = 1000;
const goingAway = 1001;
const protocolError = 1002;
const policyViolation = 1008;
const messageTooBig = 1009;
const internalError = 1011;

const codes: ReadonlyMap<string, number> = new Map<ClosedReason, number>([
  [closedReason.clientClosed, normalClosure],
  [closedReason.authenticationTimeout, policyViolation],
  [closedReason.authenticationViolation, policyViolation],
  [closedReason.slowConsumerPendingBytes, policyViolation],
  [closedReason.slowConsumerWriteDeadline, policyViolation],
  [closedReason.maxAccountConnectionsExceeded, policyViolation],
  [closedReason.maxConnectionsExceeded, policyViolation],
  [closedReason.maxControlLineExceeded, policyViolation],
  [closedReason.maxSubscriptionsExceeded, policyViolation],
  [closedReason.missingAccount, policyViolation],
  [closedReason.authenticationExpired, policyViolation],
  [closedReason.revocation, policyViolation],
  [closedReason.parseError, protocolError],
  [closedReason.protocolViolation, protocolError],
  [closedReason.badClientProtocolVersion, protocolError],
  [closedReason.maxPayloadExceeded, messageTooBig],
  [closedReason.writeError, goingAway],
  [closedReason.readError, goingAway],
  [closedReason.staleConnection, goingAway],
  [closedReason.serverShutdown, goingAway],
]);

/** "" is no reason at all. */
export function websocketCloseCode(reason: string): number {
  return reason === "" ? normalClosure : (codes.get(reason) ?? internalError);
}
