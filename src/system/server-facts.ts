// What is told about this server and its accounts: plain records, the same for events, requests and pages. Nothing secret
// is among them. Connections tell of themselves in the broker's records.

import type { MessageCount, SubscriptionRecord } from "../broker/connection-record.ts";
import type { PermissionOptions } from "../config/options.ts";

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

/** With one decimal, as processes are commonly shown. */
export function shownPercent(percent: number): number {
  return Math.round(percent * 10) / 10;
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

/** A subscription of an account's interest; its texts are byte texts. */
export interface InterestFacts extends SubscriptionRecord {
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
