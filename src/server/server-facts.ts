// What pages, events and requests may see of the running server, gathered from its rooms when they ask.

import type { Account } from "../accounts/account.ts";
import type { AccountRegistry } from "../accounts/account-registry.ts";
import type { Broker } from "../broker/broker.ts";
import type {
  ClosedConnectionRecord,
  ConnectionRecord,
  SubscriptionRecord,
} from "../broker/connection-record.ts";
import type { OpenConnection } from "../broker/connection-registry.ts";
import type { MappingOptions, Options } from "../config/options.ts";
import { domainNames } from "../jetstream/account-domain.ts";
import { apiLevel } from "../jetstream/engine-settings.ts";
import type {
  AccountDetail,
  InterestFigures,
  JetStreamView,
  ServerView,
  SoftwareFacts,
} from "../monitor/server-view.ts";
import type { Host } from "../ports/host.ts";
import type { JetStreamFigures } from "../system/jetstream-figures.ts";
import type {
  AccountTraffic,
  InterestFacts,
  ProcessFacts,
  RequesterFacts,
  ServerIdentity,
  TrafficFacts,
} from "../system/server-facts.ts";
import type { SlotIndex, SubscriptionDetail } from "../wasm/fabric.ts";
import type { JetStreamRoom } from "./jetstream-room.ts";
import { gitCommit, protocolVersion, runtime, serverVersion } from "./version.ts";

/** What changes while the server runs, read anew at every use. */
export interface RunningState {
  readonly options: Options;
  readonly configLoadNanos: bigint;
  readonly clientPort: number;
  readonly monitorPort: number;
  readonly websocketPort: number;
  readonly notReady: string | null;
  readonly jetStream: JetStreamRoom;
}

export interface FactSources {
  readonly host: Host;
  readonly broker: Broker;
  readonly accounts: AccountRegistry;
  readonly serverId: string;
  readonly serverName: string;
  readonly state: RunningState;
}

export class ServerFacts implements ServerView {
  readonly startNanos: bigint;
  readonly software: SoftwareFacts;
  readonly #from: FactSources;

  constructor(from: FactSources) {
    this.#from = from;
    this.startNanos = from.host.clock.wallNanos();
    this.software = {
      gitCommit,
      runtime,
      protocol: protocolVersion,
      executableName: from.host.process.executableName,
    };
  }

  identity(): ServerIdentity {
    const { options } = this.#from.state;
    return {
      id: this.#from.serverId,
      name: this.#from.serverName,
      host: options.client.host,
      version: serverVersion,
      cluster: options.clusterName ?? "",
      domain: this.#from.state.jetStream.engine?.settings.domain ?? "",
      tags: options.serverTags,
      metadata: options.serverMetadata,
      featureFlags: options.featureFlags,
    };
  }

  options(): Options {
    return this.#from.state.options;
  }

  nowNanos(): bigint {
    return this.#from.host.clock.wallNanos();
  }

  configLoadNanos(): bigint {
    return this.#from.state.configLoadNanos;
  }

  isAuthRequired(): boolean {
    return this.#from.broker.authenticator.isRequired;
  }

  clientPort(): number {
    return this.#from.state.clientPort;
  }

  monitorPort(): number {
    return this.#from.state.monitorPort;
  }

  websocketPort(): number {
    return this.#from.state.websocketPort;
  }

  /** Only servers in a cluster tell clients of others. */
  connectUrls(): readonly string[] {
    return [];
  }

  notReady(): string | null {
    return this.#from.state.notReady;
  }

  process(): ProcessFacts {
    const { process } = this.#from.host;
    return {
      residentBytes: process.residentBytes(),
      cores: process.cores,
      cpuPercent: process.cpuPercent(),
    };
  }

  traffic(): TrafficFacts {
    const { broker, accounts } = this.#from;
    const totals = broker.fabric.totals();
    const status = broker.status();
    let activeAccounts = 0;
    for (const account of accounts.all) {
      activeAccounts += account.connections > 0 ? 1 : 0;
    }
    return {
      connections: status.connections,
      totalConnections: status.totalConnections,
      activeAccounts,
      subscriptions: totals.subscriptions,
      received: { messages: totals.inMessages, bytes: totals.inBytes },
      sent: { messages: totals.outMessages, bytes: totals.outBytes },
      slowConsumers: status.slowConsumers,
      staleConnections: status.staleConnections,
      stalledClients: status.stalledClients,
    };
  }

  jetStream(): JetStreamView | null {
    return this.#from.state.jetStream.engine;
  }

  jetStreamFigures(): JetStreamFigures | null {
    const { jetStream, options } = this.#from.state;
    const { engine, storeFolder } = jetStream;
    if (engine === null) {
      return null;
    }
    const { settings, resources, counts } = engine;
    const said = options.jetStream;
    return {
      maxMemory: settings.maxMemory,
      maxStore: settings.maxStore,
      storeFolder,
      syncIntervalMillis: said.syncIntervalMillis,
      domain: settings.domain,
      uniqueTag: said.uniqueTag,
      isStrict: settings.isStrict,
      isDynamic: !said.maxMemory || !said.maxStore,
      memory: resources.used.memory,
      storage: resources.used.file,
      reservedMemory: resources.reserved.memory,
      reservedStorage: resources.reserved.file,
      accounts: [...engine.accounts].filter(({ isEnabled }) => isEnabled).length,
      diskWaits: engine.stores.status.waits,
      api: {
        level: apiLevel,
        total: counts.total,
        errors: counts.errors,
        inflight: counts.inflight,
      },
      limits: said.limits,
    };
  }

  systemAccount(): string | null {
    return this.#from.accounts.system?.name ?? null;
  }

  accountNames(): readonly string[] {
    return Array.from(this.#from.accounts.all, ({ name }) => name);
  }

  accountTraffic(name: string): AccountTraffic | undefined {
    const { broker, accounts } = this.#from;
    const account = accounts.find(name);
    if (!account?.isOpen) {
      return undefined;
    }
    const counters = broker.fabric.accountCounters(account.index);
    return {
      name,
      connections: account.connections,
      subscriptions: counters.subscriptions,
      received: { messages: counters.inMessages, bytes: counters.inBytes },
      sent: { messages: counters.outMessages, bytes: counters.outBytes },
      slowConsumers: broker.status().slowConsumersByAccount.get(name) ?? 0,
    };
  }

  account(name: string): AccountDetail | undefined {
    const traffic = this.accountTraffic(name);
    const account = this.#from.accounts.find(name);
    return traffic && account
      ? {
          traffic,
          isSystem: this.#from.accounts.isSystem(account),
          hasJetStream: this.#from.state.jetStream.engine?.account(name)?.isEnabled ?? false,
          updatedNanos: this.#from.state.configLoadNanos,
          trade: account.trade,
          mappings: [...account.options.mappings, ...this.#domainMappings(account)],
        }
      : undefined;
  }

  /** They work like mappings, and are shown as such. */
  #domainMappings(account: Account): readonly MappingOptions[] {
    const { accounts, state } = this.#from;
    const domain = state.jetStream.engine?.settings.domain ?? "";
    return domainNames(domain, accounts.isSystem(account)).map(({ source, destination }) => ({
      source,
      destinations: [{ destination, weight: 100, cluster: null }],
    }));
  }

  *openConnections(): Iterable<ConnectionRecord> {
    const { broker } = this.#from;
    for (const opened of broker.connections.open) {
      yield broker.recordOf(opened);
    }
  }

  closedConnections(): readonly ClosedConnectionRecord[] {
    return this.#from.broker.connections.closed();
  }

  subscriptionsOf(
    connection: ConnectionRecord | ClosedConnectionRecord,
  ): readonly SubscriptionRecord[] {
    if ("subscriptionList" in connection) {
      return connection.subscriptionList;
    }
    const { broker } = this.#from;
    const opened = broker.connections.find(connection.id);
    return opened
      ? broker.fabric.subscriptionsOf(opened.connection.slot).filter(({ isShadow }) => !isShadow)
      : [];
  }

  interest(): InterestFigures {
    return this.#from.broker.fabric.interestStatistics();
  }

  matching(account: string, subject: string): readonly InterestFacts[] {
    const { broker } = this.#from;
    const index = broker.indexOf(account);
    return index === undefined
      ? []
      : broker.fabric.match(index, subject).map((detail) => this.#interestFacts(detail));
  }

  interestIn(account: string, limit: number): readonly InterestFacts[] {
    const { broker } = this.#from;
    const index = broker.indexOf(account);
    return index === undefined
      ? []
      : broker.fabric.subscriptionsIn(index, limit).map((detail) => this.#interestFacts(detail));
  }

  requester(slot: SlotIndex): RequesterFacts | undefined {
    return requesterFacts(this.#from.broker.connections.at(slot));
  }

  requesterOf(connectionId: number): RequesterFacts | undefined {
    return requesterFacts(this.#from.broker.connections.find(connectionId));
  }

  #interestFacts(detail: SubscriptionDetail): InterestFacts {
    const { broker } = this.#from;
    const opened = broker.connections.at(detail.slot);
    return {
      subject: detail.subject,
      queue: detail.queue,
      sid: detail.sid,
      delivered: detail.delivered,
      max: detail.max,
      account: opened?.session.account.name ?? broker.nameOf(detail.account) ?? "",
      connectionId: opened?.connection.cid ?? 0,
    };
  }
}

function requesterFacts(opened: OpenConnection | undefined): RequesterFacts | undefined {
  const session = opened?.session;
  return session
    ? { user: session.facts.user, permissions: session.identity?.permissions ?? null }
    : undefined;
}
