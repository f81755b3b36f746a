// What is told of a connection, while it is open and after it closed: plain records with nothing secret in them.

import type { SubscriptionDetail } from "../wasm/fabric.ts";
import type { Connection } from "./connection.ts";

export interface MessageCount {
  readonly messages: number;
  readonly bytes: number;
}

/** Received and sent are seen from the server. */
export interface ConnectionRecord {
  readonly id: number;
  readonly type: "nats" | "websocket" | "mqtt";
  /** "" and 0 for a connection inside the process. */
  readonly address: string;
  readonly port: number;
  readonly startNanos: bigint;
  readonly lastActivityNanos: bigint;
  /** 0 when it was not measured yet. */
  readonly rttNanos: number;
  readonly pendingBytes: number;
  readonly received: MessageCount;
  readonly sent: MessageCount;
  readonly stalls: number;
  readonly subscriptions: number;
  readonly name: string;
  readonly language: string;
  readonly version: string;
  /** The user name or public nkey it named; "[REDACTED]" for a token, "" for none. */
  readonly user: string;
  readonly account: string;
  /** "" unless it speaks MQTT. */
  readonly mqttClient: string;
}

export interface SubscriptionRecord {
  readonly subject: string;
  /** "" is none. */
  readonly queue: string;
  readonly sid: string;
  readonly delivered: number;
  /** 0 is no limit. */
  readonly max: number;
}

export interface ClosedConnectionRecord extends ConnectionRecord {
  readonly stopNanos: bigint;
  readonly reason: string;
  /** What it was subscribed to when it closed. */
  readonly subscriptionList: readonly SubscriptionRecord[];
}

/** The last word on a connection, with what it was subscribed to. */
export function closedRecordOf(
  record: ConnectionRecord,
  subscriptions: readonly SubscriptionDetail[],
  stopNanos: bigint,
  reason: string,
): ClosedConnectionRecord {
  const subscriptionList = subscriptions
    .filter((subscription) => !subscription.isShadow)
    .map(({ subject, queue, sid, delivered, max }) => ({ subject, queue, sid, delivered, max }));
  return { ...record, stopNanos, reason, subscriptionList };
}

/** What a session knows of its client. */
export interface ClientFacts {
  readonly name: string;
  readonly language: string;
  readonly version: string;
  readonly user: string;
  readonly account: string;
}

export function wallNanos(wallMillis: number): bigint {
  return BigInt(Math.round(wallMillis * 1000)) * 1000n;
}

export function recordOf(
  connection: Connection,
  client: ClientFacts,
  counters: {
    readonly inMessages: number;
    readonly inBytes: number;
    readonly outMessages: number;
    readonly outBytes: number;
    readonly subscriptions: number;
    readonly pendingBytes: number;
  },
): ConnectionRecord {
  const isInside = connection.kind === "in-process";
  return {
    id: connection.cid,
    type: connection.kind === "websocket" ? "websocket" : "nats",
    address: isInside ? "" : connection.host,
    port: isInside ? 0 : connection.port,
    startNanos: wallNanos(connection.startWallMillis),
    lastActivityNanos: wallNanos(connection.lastActivityWallMillis),
    rttNanos: Math.max(0, Math.round(connection.roundTripMillis * 1_000_000)),
    pendingBytes: counters.pendingBytes,
    received: { messages: counters.inMessages, bytes: counters.inBytes },
    sent: { messages: counters.outMessages, bytes: counters.outBytes },
    stalls: connection.stalls,
    subscriptions: counters.subscriptions,
    name: client.name,
    language: client.language,
    version: client.version,
    user: client.user,
    account: client.account,
    mqttClient: "",
  };
}
