// The view of a running server: gathers what its rooms tell of themselves, when it is asked. It keeps nothing.

import type { Account } from "../accounts/account.ts";
import type { AccountRegistry } from "../accounts/account-registry.ts";
import type { ServiceExport } from "../accounts/exports.ts";
import type { ServiceImport, Trade } from "../accounts/imports.ts";
import { byteTextOf, readableText } from "../base/byte-text.ts";
import type { Broker } from "../broker/broker.ts";
import type {
  ClosedConnectionRecord,
  ConnectionRecord,
  SubscriptionRecord,
} from "../broker/connection-record.ts";
import type { Options } from "../config/options.ts";
import type { Clock } from "../ports/clock.ts";
import type { ProcessInfo } from "../ports/process.ts";
import type {
  AccountTraffic,
  InterestFacts,
  ProcessFacts,
  RequesterFacts,
  ServerIdentity,
  TrafficFacts,
} from "../system/server-facts.ts";
import { type SystemExport, systemExports, systemImportsOf } from "../system/system-imports.ts";
import type { SystemView } from "../system/system-view.ts";
import type { AccountDetail, InterestFigures, ServerView, SoftwareFacts } from "./server-view.ts";

const defaultThresholdMillis = 120_000;

/** What only the server as a whole knows. */
export interface ServerState {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly gitCommit: string;
  readonly runtime: string;
  readonly protocol: number;
  readonly startNanos: bigint;
  options(): Options;
  configLoadNanos(): bigint;
  clientPort(): number;
  monitorPort(): number;
  connectUrls(): readonly string[];
  notReady(): string | null;
}

export interface LiveParts {
  readonly state: ServerState;
  readonly broker: Broker;
  readonly accounts: AccountRegistry;
  readonly clock: Clock;
  readonly process: ProcessInfo;
}

type Slot = Parameters<SystemView["requester"]>[0];
type Subscription = ReturnType<Broker["fabric"]["describe"]>;

export class LiveView implements ServerView {
  readonly #parts: LiveParts;

  constructor(parts: LiveParts) {
    this.#parts = parts;
  }

  // --- the server

  get startNanos(): bigint {
    return this.#parts.state.startNanos;
  }

  get software(): SoftwareFacts {
    const { gitCommit, runtime, protocol } = this.#parts.state;
    return {
      gitCommit,
      runtime,
      protocol,
      executableName: this.#parts.process.executableName,
    };
  }

  identity(): ServerIdentity {
    const { id, name, version } = this.#parts.state;
    const options = this.options();
    return {
      id,
      name,
      version,
      host: options.client.host,
      cluster: options.clusterName ?? "",
      domain: "",
      tags: options.serverTags,
      metadata: options.serverMetadata,
      featureFlags: options.featureFlags,
    };
  }

  options(): Options {
    return this.#parts.state.options();
  }

  nowNanos(): bigint {
    return this.#parts.clock.wallNanos();
  }

  configLoadNanos(): bigint {
    return this.#parts.state.configLoadNanos();
  }

  isAuthRequired(): boolean {
    return this.#parts.broker.authenticator.isRequired;
  }

  clientPort(): number {
    return this.#parts.state.clientPort();
  }

  monitorPort(): number {
    return this.#parts.state.monitorPort();
  }

  connectUrls(): readonly string[] {
    return this.#parts.state.connectUrls();
  }

  notReady(): string | null {
    return this.#parts.state.notReady();
  }

  process(): ProcessFacts {
    const { process } = this.#parts;
    return {
      residentBytes: process.residentBytes(),
      cores: process.cores,
      cpuPercent: Math.round(process.cpuPercent() * 10) / 10,
    };
  }

  traffic(): TrafficFacts {
    const { broker, accounts } = this.#parts;
    const status = broker.status();
    const totals = broker.fabric.totals();
    return {
      connections: status.connections,
      totalConnections: status.totalConnections,
      activeAccounts: [...accounts.all].filter(({ connections }) => connections > 0).length,
      subscriptions: broker.fabric.interestStatistics().subscriptions,
      received: { messages: totals.inMessages, bytes: totals.inBytes },
      sent: { messages: totals.outMessages, bytes: totals.outBytes },
      slowConsumers: status.slowConsumers,
      staleConnections: status.staleConnections,
      stalledClients: status.stalledClients,
    };
  }

  interest(): InterestFigures {
    return this.#parts.broker.fabric.interestStatistics();
  }

  // --- accounts

  systemAccount(): string | null {
    return this.#parts.accounts.system?.name ?? null;
  }

  accountNames(): readonly string[] {
    return [...this.#parts.accounts.all].map(({ name }) => name);
  }

  accountTraffic(name: string): AccountTraffic | undefined {
    const account = this.#openAccount(name);
    return account ? this.#trafficOf(account) : undefined;
  }

  account(name: string): AccountDetail | undefined {
    const account = this.#openAccount(name);
    if (!account) {
      return undefined;
    }
    const system = this.systemAccount();
    return {
      traffic: this.#trafficOf(account),
      isSystem: name === system,
      updatedNanos: this.configLoadNanos(),
      trade: system === null ? account.trade : withSystemTrade(account.trade, system),
      mappings: account.options.mappings,
    };
  }

  #openAccount(name: string): Account | undefined {
    const account = this.#parts.accounts.find(name);
    return account?.isOpen ? account : undefined;
  }

  #trafficOf(account: Account): AccountTraffic {
    const { broker } = this.#parts;
    const counters = broker.fabric.accountCounters(account.index);
    return {
      name: account.name,
      connections: account.connections,
      subscriptions: counters.subscriptions,
      received: { messages: counters.inMessages, bytes: counters.inBytes },
      sent: { messages: counters.outMessages, bytes: counters.outBytes },
      slowConsumers: broker.status().slowConsumersByAccount.get(account.name) ?? 0,
    };
  }

  // --- subscriptions

  matching(account: string, subject: string): readonly InterestFacts[] {
    const found = this.#openAccount(account);
    const { fabric } = this.#parts.broker;
    const matched = found ? fabric.match(found.index, byteTextOf(subject)) : [];
    return matched.map((subscription) => this.#interestFacts(account, subscription));
  }

  interestIn(account: string, limit: number): readonly InterestFacts[] {
    const found = this.#openAccount(account);
    const { fabric } = this.#parts.broker;
    const subscriptions = found ? fabric.subscriptionsIn(found.index, limit) : [];
    return subscriptions.map((subscription) => this.#interestFacts(account, subscription));
  }

  /** The inside of the server has no connection, and names its subscriptions by their number. */
  #interestFacts(account: string, subscription: Subscription): InterestFacts {
    const opened = this.#parts.broker.connections.at(subscription.slot);
    return {
      ...shownSubscription(subscription),
      sid: subscription.sid === "" ? String(subscription.ref) : subscription.sid,
      account: opened?.session.account.name ?? account,
      connectionId: opened?.connection.cid ?? 0,
    };
  }

  // --- connections

  *openConnections(): Iterable<ConnectionRecord> {
    const { broker } = this.#parts;
    for (const opened of broker.connections.open) {
      yield broker.recordOf(opened);
    }
  }

  closedConnections(): readonly ClosedConnectionRecord[] {
    return this.#parts.broker.connections.closed();
  }

  subscriptionsOf(
    connection: ConnectionRecord | ClosedConnectionRecord,
  ): readonly SubscriptionRecord[] {
    const { broker } = this.#parts;
    if ("subscriptionList" in connection) {
      return connection.subscriptionList.map(shownSubscription);
    }
    const slot = broker.connections.find(connection.id)?.connection.slot;
    const all = slot === undefined ? [] : broker.fabric.subscriptionsOf(slot);
    return all.filter(({ isShadow }) => !isShadow).map(shownSubscription);
  }

  requester(slot: Slot): RequesterFacts | undefined {
    return requesterFacts(this.#parts.broker.connections.at(slot)?.session.identity);
  }

  requesterOf(connectionId: number): RequesterFacts | undefined {
    return requesterFacts(this.#parts.broker.connections.find(connectionId)?.session.identity);
  }
}

function requesterFacts(identity: RequesterFacts | null | undefined): RequesterFacts | undefined {
  return identity ? { user: identity.user, permissions: identity.permissions } : undefined;
}

function shownSubscription(subscription: SubscriptionRecord): SubscriptionRecord {
  const { delivered, max } = subscription;
  return {
    subject: readableText(subscription.subject),
    queue: readableText(subscription.queue),
    sid: readableText(subscription.sid),
    delivered,
    max,
  };
}

/** With what every account may ask the system account without importing it, and what that account offers for it. */
function withSystemTrade(trade: Trade, system: string): Trade {
  const isSystem = trade.name === system;
  const offers = isSystem ? systemExports : [];
  const imports = systemImportsOf(trade.name, isSystem).filter(
    ({ local }) => !trade.serviceImports.some(({ from }) => from === local),
  );
  return {
    ...trade,
    serviceExports: [...trade.serviceExports, ...offers.map(systemOffer)],
    serviceImports: [
      ...trade.serviceImports,
      ...imports.map(
        ({ local, remote, sharesRequester }): ServiceImport => ({
          exporter: system,
          from: local,
          to: remote,
          transform: null,
          keepsSubject: false,
          share: sharesRequester,
          offer: null,
        }),
      ),
    ],
  };
}

function systemOffer(offered: SystemExport): ServiceExport {
  return {
    ...offered,
    kind: "service",
    approved: null,
    thresholdMillis: defaultThresholdMillis,
    latency: null,
  };
}
