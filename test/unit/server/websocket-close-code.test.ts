import { expect, test } from "bun:test";
import { closedReason } from "../../../src/protocol/closed-reason.ts";
import { websocketCloseCode } from "../../../src/server/websocket-close-code.ts";

const rows: readonly (readonly [string, number])[] = [
  ["", 1000],
  [closedReason.clientClosed, 1000],
  [closedReason.serverShutdown, 1001],
  [closedReason.staleConnection, 1001],
  [closedReason.protocolViolation, 1002],
  [closedReason.badClientProtocolVersion, 1002],
  [closedReason.authenticationViolation, 1008],
  [closedReason.slowConsumerPendingBytes, 1008],
  [closedReason.maxConnectionsExceeded, 1008],
  [closedReason.maxPayloadExceeded, 1009],
  [closedReason.kicked, 1011],
];

test.each(rows)("%j is told as %d", (reason, code) => {
  expect(websocketCloseCode(reason)).toBe(code);
});

test("every reason fits into a close frame", () => {
  for (const reason of Object.values(closedReason)) {
    expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
    expect(websocketCloseCode(reason)).toBeWithin(1000, 1012);
  }
});
