import { describe, expect, test } from "bun:test";
import { closedReason } from "../../../src/protocol/closed-reason.ts";
import {
  errorLine,
  publishViolation,
  replyViolation,
  revokedSubscriptionViolation,
  subscriptionViolation,
  tooManyTokensViolation,
  violation,
} from "../../../src/protocol/violation.ts";

const decoder = new TextDecoder();

describe("errors", () => {
  test("are lines that stock clients read", () => {
    expect(decoder.decode(errorLine(violation.unknownOperation))).toBe(
      "-ERR 'Unknown Protocol Operation'\r\n",
    );
    expect(decoder.decode(errorLine(publishViolation("a.b")))).toBe(
      "-ERR 'Permissions Violation for Publish to \"a.b\"'\r\n",
    );
  });

  test("name subject and queue", () => {
    expect(subscriptionViolation("foo", "").text).toBe(
      'Permissions Violation for Subscription to "foo"',
    );
    expect(subscriptionViolation("foo", "v2").text).toBe(
      'Permissions Violation for Subscription to "foo" using queue "v2"',
    );
    expect(revokedSubscriptionViolation("foo", "v2", "9").text).toBe(
      'Permissions Violation for Subscription to "foo" using queue "v2" (sid "9")',
    );
    expect(revokedSubscriptionViolation("foo", "", "9").text).toBe(
      'Permissions Violation for Subscription to "foo" (sid "9")',
    );
    expect(tooManyTokensViolation("a.b").text).toBe(
      'Permissions Violation for Subscription to "a.b", too many tokens',
    );
    expect(replyViolation("_R_.x").text).toBe(
      'Permissions Violation for Publish with Reply of "_R_.x"',
    );
  });

  test("quote what is not text", () => {
    const subject = Uint8Array.of(0x66, 0xff);
    expect(publishViolation(subject).text).toBe('Permissions Violation for Publish to "f\\xff"');
    expect(subscriptionViolation(subject, new Uint8Array(0)).text).toBe(
      'Permissions Violation for Subscription to "f\\xff"',
    );
  });

  test("leave the connection open only for permissions and subjects", () => {
    const open = Object.values(violation).filter((told) => !told.closes);
    expect(open.map((told) => told.text).sort()).toEqual([
      "Failed Account Registration",
      "Invalid Publish Subject",
      "Invalid Subject",
      "Invalid Subscription",
      "maximum subscriptions exceeded",
    ]);
    expect(publishViolation("a").closes).toBe(false);
  });

  test("that the reference only logs are not sent", () => {
    const silent = Object.values(violation).filter((told) => !told.isSent);
    expect(silent).toEqual([violation.headersNotSupported, violation.badArguments]);
    expect(silent.every((told) => told.closes && told.reason === "Protocol Violation")).toBe(true);
  });

  test("end connections for the reasons monitoring shows", () => {
    expect(violation.authorization.reason).toBe("Authentication Failure");
    expect(violation.maxPayload.reason).toBe("Maximum Message Payload Exceeded");
    expect(violation.maxControlLine.reason).toBe("Maximum Control Line Exceeded");
    expect(violation.staleConnection.reason).toBe("Stale Connection");
    expect(violation.invalidClientProtocol.reason).toBe("Bad Client Protocol Version");
  });
});

test("there are 37 reasons to close, all different", () => {
  const reasons = Object.values(closedReason);
  expect(reasons.length).toBe(37);
  expect(new Set(reasons).size).toBe(37);
});
