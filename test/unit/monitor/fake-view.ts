// A server to look at: everything a page asks for, as plain fields that a test sets.

import type {
  ClosedConnectionRecord,
  ConnectionRecord,
  SubscriptionRecord,
} from "../../../src/broker/connection-record.ts";
import { defaultOptions, type Options } from "../../../src/config/options.ts";
import { noFigures } from "../../../src/monitor/pages/subsz.ts";
import type {
  AccountDetail,
  InterestFigures,
  JetStreamView,
  ServerView,
  SoftwareFacts,
} from "../../../src/monitor/server-view.ts";
import type { JetStreamFigures } from "../../../src/system/jetstream-figures.ts";
import type {
  AccountTraffic,
  InterestFacts,
  ProcessFacts,
  RequesterFacts,
  ServerIdentity,
  TrafficFacts,
} from "../../../src/system/server-facts.ts";

export const second: bigint = 1_000_000_000n;
/** 2026-11-22T23:32:20Z */
export const started: bigint = 1_795_390_340n * second;
export const nowText = "2026-11-22T23:33:50.5Z";
const now = started + 90n * second + second / 2n;

export class FakeView implements ServerView {
  settings: Options = defaultOptions;
  who: ServerIdentity = {
    id: "NID",
    name: "eyes",
    host: "127.0.0.1",
    version: "2.14.0",
    cluster: "",
    domain: "",
    tags: [],
    metadata: {},
    featureFlags: {},
  };
  numbers: TrafficFacts = {
    connections: 2,
    totalConnections: 9,
    activeAccounts: 1,
    subscriptions: 12,
    received: { messages: 3, bytes: 30 },
    sent: { messages: 4, bytes: 40 },
    slowConsumers: 0,
    staleConnections: 0,
    stalledClients: 0,
  };
  open: readonly ConnectionRecord[] = [];
  closed: readonly ClosedConnectionRecord[] = [];
  /** By connection. */
  readonly subscriptions: Map<number, readonly SubscriptionRecord[]> = new Map();
  readonly accounts: Map<string, AccountDetail> = new Map();
  /** By account. */
  readonly interests: Map<string, readonly InterestFacts[]> = new Map();
  figures: InterestFigures = noFigures;
  trouble: string | null = null;
  urls: readonly string[] = [];
  system: string | null = null;
  isAuthWanted = false;
  percent = 1.5;

  readonly startNanos: bigint = started;
  readonly software: SoftwareFacts = {
    gitCommit: "midge",
    runtime: "bun1.4.5",
    protocol: 1,
    executableName: "midge",
  };

  jetStreamFacts: JetStreamFigures | null = null;
  streams: JetStreamView | null = null;

  jetStream(): JetStreamView | null {
    return this.streams;
  }

  jetStreamFigures(): JetStreamFigures | null {
    return this.jetStreamFacts;
  }

  identity(): ServerIdentity {
    return this.who;
  }

  options(): Options {
    return this.settings;
  }

  process(): ProcessFacts {
    return { residentBytes: 1_000_000, cores: 2, cpuPercent: this.percent };
  }

  traffic(): TrafficFacts {
    return this.numbers;
  }

  nowNanos(): bigint {
    return now;
  }

  configLoadNanos(): bigint {
    return started;
  }

  isAuthRequired(): boolean {
    return this.isAuthWanted;
  }

  clientPort(): number {
    return 4222;
  }

  monitorPort(): number {
    return 8222;
  }

  websocketPort(): number {
    return 8080;
  }

  connectUrls(): readonly string[] {
    return this.urls;
  }

  notReady(): string | null {
    return this.trouble;
  }

  systemAccount(): string | null {
    return this.system;
  }

  accountNames(): readonly string[] {
    return [...this.accounts.keys()];
  }

  account(name: string): AccountDetail | undefined {
    return this.accounts.get(name);
  }

  accountTraffic(name: string): AccountTraffic | undefined {
    return this.accounts.get(name)?.traffic;
  }

  requester(): RequesterFacts | undefined {
    return undefined;
  }

  requesterOf(): RequesterFacts | undefined {
    return undefined;
  }

  matching(account: string, subject: string): readonly InterestFacts[] {
    return (this.interests.get(account) ?? []).filter((one) => one.subject === subject);
  }

  interestIn(account: string, limit: number): readonly InterestFacts[] {
    return (this.interests.get(account) ?? []).slice(0, limit);
  }

  openConnections(): Iterable<ConnectionRecord> {
    return this.open;
  }

  closedConnections(): readonly ClosedConnectionRecord[] {
    return this.closed;
  }

  subscriptionsOf(
    connection: ConnectionRecord | ClosedConnectionRecord,
  ): readonly SubscriptionRecord[] {
    return "subscriptionList" in connection
      ? connection.subscriptionList
      : (this.subscriptions.get(connection.id) ?? []);
  }

  interest(): InterestFigures {
    return this.figures;
  }

  addAccount(name: string, numbers: Partial<AccountTraffic> = {}): void {
    const traffic = {
      name,
      connections: 0,
      subscriptions: 0,
      received: { messages: 0, bytes: 0 },
      sent: { messages: 0, bytes: 0 },
      slowConsumers: 0,
      ...numbers,
    };
    this.accounts.set(name, {
      traffic,
      isSystem: name === this.system,
      hasJetStream: false,
      updatedNanos: started,
      trade: {
        name,
        streamExports: [],
        serviceExports: [],
        streamImports: [],
        serviceImports: [],
      },
      mappings: [],
    });
  }
}

/** A connection that came `id` seconds after the start. */
export function connectionOf(
  id: number,
  changes: Partial<ConnectionRecord> = {},
): ConnectionRecord {
  return {
    id,
    type: "nats",
    address: "127.0.0.1",
    port: 4000 + id,
    startNanos: started + BigInt(id) * second,
    lastActivityNanos: started + 80n * second,
    rttNanos: 0,
    pendingBytes: 0,
    received: { messages: 0, bytes: 0 },
    sent: { messages: 0, bytes: 0 },
    stalls: 0,
    subscriptions: 0,
    name: "",
    language: "",
    version: "",
    user: "",
    account: "$G",
    mqttClient: "",
    ...changes,
  };
}

export function closedOf(
  id: number,
  changes: Partial<ClosedConnectionRecord> = {},
): ClosedConnectionRecord {
  return {
    ...connectionOf(id),
    stopNanos: started + 85n * second,
    reason: "Client Closed",
    subscriptionList: [],
    ...changes,
  };
}

export function subscriptionOf(subject: string, sid: string, queue = ""): SubscriptionRecord {
  return { subject, queue, sid, delivered: 0, max: 0 };
}
