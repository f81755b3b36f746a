// What is told about this server, its connections and accounts: plain records, the same for events, requests and pages.
// Nothing secret is among them.

import type { PermissionOptions } from "../config/options.ts";

export interface MessageCount {
  readonly messages: number;
  readonly bytes: number;
}

/** The `server` part of every event and reply. */
export interface ServerIdentity {
  readonly id: string;
  readonly name: string;
  /** As configured. */
  readonly host: string;
  readonly version: string;
  /** "" is none. */
  readonly cluster: string;
  readonly domain: string;
  readonly tags: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly featureFlags: Readonly<Record<string, boolean>>;
}

export interface ProcessFacts {
  readonly residentBytes: number;
  readonly cores: number;
  readonly cpuPercent: number;
}

/** Received and sent are seen from the server. */
export interface TrafficFacts {
  readonly connections: number;
  readonly totalConnections: number;
  /** Accounts that have a connection now. */
  readonly activeAccounts: number;
  readonly subscriptions: number;
  readonly received: MessageCount;
  readonly sent: MessageCount;
  readonly slowConsumers: number;
  readonly staleConnections: number;
  /** How often a publisher was made to wait. */
  readonly stalledClients: number;
}

export interface AccountTraffic {
  readonly name: string;
  readonly connections: number;
  readonly subscriptions: number;
  readonly received: MessageCount;
  readonly sent: MessageCount;
  readonly slowConsumers: number;
}

export interface ConnectionFacts {
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

export interface SubscriptionFacts {
  readonly subject: string;
  /** "" is none. */
  readonly queue: string;
  readonly sid: string;
  readonly delivered: number;
  /** 0 is no limit. */
  readonly max: number;
}

export interface ClosedConnectionFacts extends ConnectionFacts {
  readonly stopNanos: bigint;
  readonly reason: string;
  /** What it was subscribed to when it closed. */
  readonly subscriptionList: readonly SubscriptionFacts[];
}

/** A subscription of an account's interest. */
export interface InterestFacts extends SubscriptionFacts {
  /** The account of the connection: another than the interest's for a stream import. */
  readonly account: string;
  /** 0 for a subscription from inside the server. */
  readonly connectionId: number;
}

/** Who asked, as far as it can be told. */
export interface RequesterFacts {
  readonly user: string;
  readonly permissions: PermissionOptions | null;
}
