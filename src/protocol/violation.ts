// Every error a client can be told of: its text, whether the connection ends, and for which reason. It does not know
// when they happen.

import { type ClosedReason, closedReason } from "./closed-reason.ts";
import { goQuote, goQuoteBytes } from "./go-quote.ts";

/** An error that leaves the connection open. */
export interface OpenViolation {
  readonly text: string;
  readonly closes: false;
  readonly isSent: true;
}

/** An error that ends the connection. Some are only logged: the client sees its connection close. */
export interface ClosingViolation {
  readonly text: string;
  readonly closes: true;
  readonly isSent: boolean;
  readonly reason: ClosedReason;
}

export type Violation = OpenViolation | ClosingViolation;

type ClosingName =
  | "unknownOperation"
  | "authorization"
  | "authenticationTimeout"
  | "userExpired"
  | "userRevoked"
  | "accountExpired"
  | "staleConnection"
  | "maxPayload"
  | "maxConnections"
  | "maxAccountConnections"
  | "maxControlLine"
  | "maxSubscriptions"
  | "invalidClientProtocol"
  | "noRespondersRequiresHeaders"
  | "tlsRequired"
  | "throttled"
  | "routePort"
  | "leafnodePort"
  | "gatewayPort"
  | "wrongPort"
  | "headersNotSupported"
  | "badArguments";

type OpenName =
  | "invalidPublishSubject"
  | "invalidSubject"
  | "invalidSubscription"
  | "tooManySubscriptions"
  | "failedAccountRegistration";

export const violation: Readonly<Record<ClosingName, ClosingViolation>> &
  Readonly<Record<OpenName, OpenViolation>> = {
  unknownOperation: closing("Unknown Protocol Operation", closedReason.protocolViolation),
  authorization: closing("Authorization Violation", closedReason.authenticationViolation),
  authenticationTimeout: closing("Authentication Timeout", closedReason.authenticationTimeout),
  userExpired: closing("User Authentication Expired", closedReason.authenticationExpired),
  userRevoked: closing("User Authentication Revoked", closedReason.revocation),
  accountExpired: closing("Account Authentication Expired", closedReason.authenticationExpired),
  staleConnection: closing("Stale Connection", closedReason.staleConnection),
  maxPayload: closing("Maximum Payload Violation", closedReason.maxPayloadExceeded),
  maxConnections: closing("maximum connections exceeded", closedReason.maxConnectionsExceeded),
  maxAccountConnections: closing(
    "maximum account active connections exceeded",
    closedReason.maxAccountConnectionsExceeded,
  ),
  maxControlLine: closing("maximum control line exceeded", closedReason.maxControlLineExceeded),
  /** To a client whose new limit is below what it has; a SUB beyond the limit is `tooManySubscriptions`. */
  maxSubscriptions: closing(
    "maximum subscriptions exceeded",
    closedReason.maxSubscriptionsExceeded,
  ),
  invalidClientProtocol: closing("invalid client protocol", closedReason.badClientProtocolVersion),
  noRespondersRequiresHeaders: closing(
    "no responders requires headers support",
    closedReason.noRespondersRequiresHeaders,
  ),
  tlsRequired: closing("Secure Connection - TLS Required", closedReason.tlsHandshakeError),
  throttled: closing(
    "Connection throttling is active. Please try again later.",
    closedReason.maxConnectionsExceeded,
  ),
  routePort: closing("attempted to connect to route port", closedReason.wrongPort),
  leafnodePort: closing("attempted to connect to leaf node port", closedReason.wrongPort),
  gatewayPort: closing("attempted to connect to gateway port", closedReason.wrongPort),
  wrongPort: closing("attempted to connect to wrong port", closedReason.wrongPort),
  /** Not sent: the reference only logs it. */
  headersNotSupported: silent("message headers not supported"),
  /** Wrong argument counts and sizes, a CONNECT that cannot be read. Not sent. */
  badArguments: silent("bad or missing arguments"),

  invalidPublishSubject: open("Invalid Publish Subject"),
  invalidSubject: open("Invalid Subject"),
  invalidSubscription: open("Invalid Subscription"),
  tooManySubscriptions: open("maximum subscriptions exceeded"),
  failedAccountRegistration: open("Failed Account Registration"),
};

/** Subjects may come as the client's bytes, which need not be UTF-8. */
type Text = string | Uint8Array;

export function publishViolation(subject: Text): OpenViolation {
  return open(`Permissions Violation for Publish to ${quoted(subject)}`);
}

export function replyViolation(reply: Text): OpenViolation {
  return open(`Permissions Violation for Publish with Reply of ${quoted(reply)}`);
}

/** `queue` is empty for a plain subscription. */
export function subscriptionViolation(subject: Text, queue: Text): OpenViolation {
  return open(`Permissions Violation for Subscription to ${quoted(subject)}${using(queue)}`);
}

/** For a subscription that a reload has taken away. */
export function revokedSubscriptionViolation(subject: Text, queue: Text, sid: Text): OpenViolation {
  return open(`${subscriptionViolation(subject, queue).text} (sid ${quoted(sid)})`);
}

export function tooManyTokensViolation(subject: Text): OpenViolation {
  return open(`Permissions Violation for Subscription to ${quoted(subject)}, too many tokens`);
}

const encoder: TextEncoder = new TextEncoder();

/** The line for the client: -ERR 'text'. */
export function errorLine(told: Violation): Uint8Array {
  return encoder.encode(`-ERR '${told.text}'\r\n`);
}

function quoted(text: Text): string {
  return typeof text === "string" ? goQuote(text) : goQuoteBytes(text);
}

function using(queue: Text): string {
  return queue.length === 0 ? "" : ` using queue ${quoted(queue)}`;
}

function open(text: string): OpenViolation {
  return { text, closes: false, isSent: true };
}

function closing(text: string, reason: ClosedReason): ClosingViolation {
  return { text, closes: true, isSent: true, reason };
}

function silent(text: string): ClosingViolation {
  return { text, closes: true, isSent: false, reason: closedReason.protocolViolation };
}
