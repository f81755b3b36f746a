// The heart: accepts connections, opens accounts in the fabric, joins what belongs together and ends it. What a client
// says its session knows; how bytes move, the connection and the fabric.

import type { Account } from "../accounts/account.ts";
import type { AccountChanges, AccountRegistry } from "../accounts/account-registry.ts";
import { type Authenticator, makeNonce } from "../auth/authenticator.ts";
import { assert } from "../base/assert.ts";
import { goDuration } from "../base/go-time.ts";
import { ServerError } from "../base/server-error.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { Socket, SocketHandlers } from "../ports/network.ts";
import type { Random } from "../ports/random.ts";
import type { Timers } from "../ports/timers.ts";
import { type ClosedReason, closedReason } from "../protocol/closed-reason.ts";
import type { ServerInfo } from "../protocol/server-info.ts";
import { violation } from "../protocol/violation.ts";
import type { AccountIndex, Fabric, SlotIndex } from "../wasm/fabric.ts";
import type { AccountIndexes, AccountRoads } from "./account-roads.ts";
import { ClientSession } from "./client-session.ts";
import { Connection } from "./connection.ts";
import {
  type ClosedConnectionRecord,
  type ConnectionRecord,
  closedRecordOf,
  recordOf,
  wallNanos,
} from "./connection-record.ts";
import {
  type ConnectionListener,
  ConnectionRegistry,
  type OpenConnection,
} from "./connection-registry.ts";
import type { ConnectionSurroundings } from "./connection-surroundings.ts";
import { DeadlineWheel } from "./deadline-wheel.ts";
import type { Entrance } from "./entrance.ts";
import { FlushList } from "./flush-list.ts";
import { ImportRoads } from "./import-roads.ts";
import { InfoLines } from "./info-lines.ts";
import type { InsideRoad, InternalClient } from "./internal-client.ts";
import { InternalClients } from "./internal-clients.ts";
import { Keepalive } from "./keepalive.ts";
import { Lingering } from "./lingering.ts";
import { LogThrottle } from "./log-throttle.ts";
import type { MessageTraces } from "./message-trace.ts";
import { openTraces } from "./open-traces.ts";
import { PermissionSets } from "./permission-sets.ts";
import { ProtocolTrace } from "./protocol-trace.ts";
import { ProxyHeaderReader, proxyHeaderTimeoutMillis } from "./proxy-protocol.ts";
import { closeSurplus, renewTenancy } from "./reloading.ts";
import { SlotRequesters } from "./requesters.ts";
import { roomWatch } from "./room-watch.ts";
import { Router } from "./router.ts";
import type { BrokerLimits, SessionSurroundings } from "./session-surroundings.ts";
import { openingSlotOptions } from "./slot-options.ts";
import { SlowConsumers } from "./slow-consumer.ts";

/** Deadlines of connections are met this exactly. */
const wheelTickMillis = 25;
/** Of a connection with more subscriptions than this, none are kept when it closes. */
const closedSubscriptionsMax = 10_000;

const deafHandlers: SocketHandlers = {
  data: (): void => undefined,
  drain: (): void => undefined,
  close: (): void => undefined,
};

export interface BrokerParts {
  readonly fabric: Fabric;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  readonly limits: BrokerLimits;
  readonly accounts: AccountRegistry;
  readonly authenticator: Authenticator;
  /** What INFO says to all; auth_required, headers and max_payload are filled in from the parts above. */
  readonly serverInfo: ServerInfo;
}

export interface BrokerStatus {
  readonly connections: number;
  readonly totalConnections: number;
  readonly slowConsumers: number;
  readonly slowConsumersByAccount: ReadonlyMap<string, number>;
  readonly staleConnections: number;
  /** How often a publisher was made to wait. */
  readonly stalledClients: number;
}

export class Broker implements AccountIndexes {
  readonly fabric: Fabric;
  readonly router: Router;
  readonly connections: ConnectionRegistry;
  readonly keepalive: Keepalive;
  readonly permissionSets: PermissionSets;
  readonly infoLines: InfoLines;
  readonly websocketInfoLines: InfoLines;
  readonly flushList: FlushList;
  readonly slowConsumers: SlowConsumers;
  readonly requesters: SlotRequesters;
  readonly insideRoad: InsideRoad;
  readonly roads: ImportRoads;
  readonly insides: InternalClients;
  readonly traces: MessageTraces;
  readonly #parts: BrokerParts;
  readonly #lingering: Lingering;
  readonly #wheel: DeadlineWheel<Connection>;
  readonly #around: ConnectionSurroundings;
  readonly #sessions: SessionSurroundings;
  readonly #websocketSessions: SessionSurroundings;
  readonly #accountByIndex: Map<AccountIndex, Account> = new Map();
  readonly #listeners: ConnectionListener[] = [];
  readonly #throttle: LogThrottle;
  readonly #slowByAccount: Map<string, number> = new Map();
  #limits: BrokerLimits;
  #authenticator: Authenticator;
  #serverInfo: ServerInfo;
  #websocketInfo: ServerInfo;
  #slowConsumers = 0;
  #stalls = 0;

  constructor(parts: BrokerParts) {
    const { fabric, clock, timers, random, log, limits } = parts;
    this.#parts = parts;
    this.#limits = limits;
    this.#authenticator = parts.authenticator;
    this.#serverInfo = parts.serverInfo;
    this.#websocketInfo = parts.serverInfo;
    this.fabric = fabric;
    this.router = new Router(fabric);
    this.connections = new ConnectionRegistry(limits.maxClosedClients);
    this.permissionSets = new PermissionSets(fabric);
    this.infoLines = new InfoLines(parts.serverInfo, false);
    this.websocketInfoLines = new InfoLines(parts.serverInfo, false);
    this.#throttle = new LogThrottle(clock);
    this.#lingering = new Lingering(clock, timers);
    this.#wheel = new DeadlineWheel(clock, timers, wheelTickMillis, (connection, now) =>
      connection.onDue(now),
    );
    this.keepalive = new Keepalive({ fabric, clock, random, log, wheel: this.#wheel }, limits);
    this.requesters = new SlotRequesters(this.connections, this.keepalive);
    this.slowConsumers = new SlowConsumers(fabric, clock, timers, limits);
    this.flushList = new FlushList({
      fabric,
      router: this.router,
      timers,
      targetOf: (slot) => this.connections.at(slot)?.connection,
      afterFlush: () => this.slowConsumers.releaseReady(),
    });
    const wantFlush = (): void => this.flushList.want();
    const whenRoom = roomWatch(this.connections, this.slowConsumers, timers);
    const inside = { fabric, router: this.router, timers, random, wantFlush, whenRoom };
    this.insideRoad = { ...inside, keepers: new Map() };
    this.#around = this.#connectionSurroundings();
    this.#sessions = this.#sessionSurroundings(false);
    this.#websocketSessions = this.#sessionSurroundings(true);
    this.#applyInfo();
    for (const account of parts.accounts.all) {
      this.openAccount(account);
    }
    const { requesters, insideRoad } = this;
    const names = { server: parts.serverInfo.serverName, cluster: parts.serverInfo.cluster };
    this.roads = new ImportRoads({ ...insideRoad, clock, requesters, names }, parts.accounts);
    this.roads.openAll();
    this.insides = new InternalClients(insideRoad, (index, subject) =>
      this.roads.insideStandIns(index, subject),
    );
    const { connections, roads } = this;
    this.traces = openTraces({ insideRoad, clock, accounts: parts.accounts, connections, roads });
  }

  // --- connections

  /** A new socket: greets it and gives who hears what it says. Never throws for what comes from outside. */
  accept(socket: Socket, entrance: Entrance | null = null): SocketHandlers {
    const { log, accounts } = this.#parts;
    const isFull = this.#isFull;
    const isWebsocket = socket.kind === "websocket";
    const sessions = isWebsocket ? this.#websocketSessions : this.#sessions;
    const slot = this.#openSlot(sessions, accounts.global);
    if (slot === null) {
      log.error(`${socket.remoteAddress}:${socket.remotePort} - no room for another connection`);
      socket.end();
      return deafHandlers;
    }
    const cid = this.connections.nextId();
    const connection = new Connection(this.#around, socket, cid, slot, entrance);
    const session = new ClientSession(sessions, connection, accounts.global);
    this.connections.add({ connection, session });
    const proxy = this.#limits.proxyProtocol && !isWebsocket ? new ProxyHeaderReader() : null;
    connection.begin(session, proxy, log.isTrace ? this.#traceOf(connection) : null);
    if (isFull) {
      if (this.#throttle.allows(violation.maxConnections.text)) {
        log.error(`${connection.label} - ${violation.maxConnections.text}`);
      }
      connection.tell(violation.maxConnections);
    } else if (proxy !== null) {
      connection.dueAfter(proxyHeaderTimeoutMillis);
    }
    return connection;
  }

  get #isFull(): boolean {
    const { maxConnections } = this.#limits;
    return maxConnections > 0 && this.connections.openCount >= maxConnections;
  }

  /** Null when the fabric has no room. */
  #openSlot(sessions: SessionSurroundings, account: Account): SlotIndex | null {
    try {
      return this.fabric.openSlot(openingSlotOptions(sessions, account));
    } catch (failure) {
      if (failure instanceof ServerError) {
        return null;
      }
      throw failure;
    }
  }

  listen(listener: ConnectionListener): void {
    this.#listeners.push(listener);
  }

  /** False when there is no such connection. */
  kick(cid: number): boolean {
    const opened = this.connections.find(cid);
    opened?.connection.closeFor(closedReason.kicked);
    return opened !== undefined;
  }

  /** Asks one client to go elsewhere. Gives the text of the refusal, or null when it was told. */
  sendLameDuck(cid: number): string | null {
    const opened = this.connections.find(cid);
    if (opened === undefined) {
      return "no such client id";
    }
    return opened.session.sendInfo(true)
      ? null
      : "client does not support Lame Duck Mode or is not ready to receive the notification";
  }

  /** To all clients that take it: what INFO now says, or that they should go elsewhere. */
  sendInfoToAll(isLameDuck: boolean): void {
    for (const { session } of this.connections.open) {
      session.sendInfo(isLameDuck);
    }
  }

  closeAll(reason: ClosedReason): void {
    for (const { connection } of [...this.connections.open]) {
      connection.closeFor(reason);
    }
  }

  /** Ends every connection and every timer. The fabric is of no use afterwards. */
  stop(): void {
    this.closeAll(closedReason.serverShutdown);
    this.flushList.flushNow();
    this.#wheel.stop();
    this.roads.stop();
    this.slowConsumers.stop();
    this.#lingering.stop();
  }

  // --- accounts

  indexOf(name: string): AccountIndex | undefined {
    const account = this.#parts.accounts.find(name);
    return account?.isOpen ? account.index : undefined;
  }

  nameOf(index: AccountIndex): string | undefined {
    return this.#accountByIndex.get(index)?.name;
  }

  accountAt(index: AccountIndex): Account | undefined {
    return this.#accountByIndex.get(index);
  }

  openAccount(account: Account): void {
    const index = this.fabric.openAccount();
    account.open(index);
    this.#accountByIndex.set(index, account);
  }

  /** All its connections and subscriptions must be gone. */
  closeAccount(account: Account): void {
    const { index } = account;
    this.insides.close(index);
    this.#accountByIndex.delete(index);
    this.fabric.closeAccount(index);
    account.close();
  }

  /** The server's own voice in an account. */
  internalClient(account: Account): InternalClient {
    return this.insides.of(account.index);
  }

  // --- what can be exchanged while it runs

  get limits(): BrokerLimits {
    return this.#limits;
  }

  get authenticator(): Authenticator {
    return this.#authenticator;
  }

  applyLimits(limits: BrokerLimits): void {
    this.#limits = limits;
    this.slowConsumers.applyLimits(limits);
    this.keepalive.applyLimits(limits);
    this.connections.closedMax = limits.maxClosedClients;
    this.#applyInfo();
    for (const { session } of this.connections.open) {
      session.renew(null);
    }
    closeSurplus(this);
  }

  /** Users may have changed, and accounts too: the changes are what the registry has already taken over. */
  applyTenancy(authenticator: Authenticator, changes: AccountChanges | null): void {
    const former = this.#authenticator;
    this.#authenticator = authenticator;
    this.#applyInfo();
    renewTenancy(this, former, changes ?? undefined);
    this.flushList.want();
  }

  /** Does not tell clients: sendInfoToAll does. */
  applyServerInfo(info: ServerInfo, forWebsockets: ServerInfo = info): void {
    this.#serverInfo = info;
    this.#websocketInfo = forWebsockets;
    this.#applyInfo();
  }

  /** Tracing was switched on or off. */
  applyTracing(): void {
    for (const { connection } of this.connections.open) {
      connection.trace = this.#parts.log.isTrace ? this.#traceOf(connection) : null;
    }
  }

  status(): BrokerStatus {
    return {
      connections: this.connections.openCount,
      totalConnections: this.connections.totalCount,
      slowConsumers: this.#slowConsumers,
      slowConsumersByAccount: this.#slowByAccount,
      staleConnections: this.keepalive.staleConnections,
      stalledClients: this.#stalls,
    };
  }

  recordOf({ connection, session }: OpenConnection): ConnectionRecord {
    return recordOf(connection, session.facts, this.fabric.slotCounters(connection.slot));
  }

  #applyInfo(): void {
    const { isRequired, isAnnounced } = this.#authenticator;
    const inForce = {
      headers: !this.#limits.noHeaderSupport,
      maxPayload: this.#limits.maxPayload,
      authRequired: isRequired,
    };
    this.infoLines.replace({ ...this.#serverInfo, ...inForce }, isAnnounced);
    // A client behind a websocket is told even when it could stay without credentials.
    const isAnnouncedThere = isRequired || this.#authenticator.for("WEBSOCKET").isRequired;
    this.websocketInfoLines.replace({ ...this.#websocketInfo, ...inForce }, isAnnouncedThere);
  }

  #traceOf(connection: Connection): ProtocolTrace {
    const label = (): string => connection.label;
    return new ProtocolTrace(this.#parts.log, label, () => this.#limits);
  }

  // --- what connections and sessions ask

  #connectionSurroundings(): ConnectionSurroundings {
    const { fabric, clock, log } = this.#parts;
    return {
      fabric,
      clock,
      log,
      router: this.router,
      flushList: this.flushList,
      slowConsumers: this.slowConsumers,
      lingering: this.#lingering,
      wheel: this.#wheel,
      connectionOf: (slot) => this.connections.at(slot)?.connection,
      onClosing: (connection, reason) => this.#lastRecord(connection, reason),
      onClosed: (connection, record) => this.#onClosed(connection, record),
      onSlowConsumer: (connection, reason) => this.#onSlowConsumer(connection, reason),
      onStall: () => {
        this.#stalls += 1;
      },
    };
  }

  #sessionSurroundings(ofWebsockets: boolean): SessionSurroundings {
    const { fabric, log, random, accounts } = this.#parts;
    const limits = (): BrokerLimits => this.#limits;
    const authenticator = (): Authenticator =>
      ofWebsockets ? this.#authenticator.for("WEBSOCKET") : this.#authenticator;
    const roads = (): AccountRoads => this.roads;
    const traces = (): MessageTraces => this.traces;
    return {
      fabric,
      log,
      keepalive: this.keepalive,
      infoLines: ofWebsockets ? this.websocketInfoLines : this.infoLines,
      permissionSets: this.permissionSets,
      throttle: this.#throttle,
      get limits(): BrokerLimits {
        return limits();
      },
      get authenticator(): Authenticator {
        return authenticator();
      },
      get authTimeoutMillis(): number {
        const { authTimeoutMillis, websocketAuthTimeoutMillis } = limits();
        return (ofWebsockets && websocketAuthTimeoutMillis) || authTimeoutMillis;
      },
      get roads(): AccountRoads {
        return roads();
      },
      get traces(): MessageTraces {
        return traces();
      },
      makeNonce: () => makeNonce(random),
      accountNamed: (name) => accounts.find(name),
      isSystemAccount: (account) => accounts.isSystem(account),
      onConnected: (session) => {
        const record = recordOf(
          session.connection,
          session.facts,
          fabric.slotCounters(session.connection.slot),
        );
        for (const listener of this.#listeners) {
          listener.onConnected(record);
        }
      },
      onAuthenticationFailed: (session, reason) => {
        const counters = fabric.slotCounters(session.connection.slot);
        const record = recordOf(session.connection, session.facts, counters);
        for (const listener of this.#listeners) {
          listener.onAuthenticationFailed(record, reason);
        }
      },
    };
  }

  #lastRecord(connection: Connection, reason: ClosedReason): ClosedConnectionRecord {
    const { log, clock } = this.#parts;
    if (log.isDebug) {
      log.debug(`${connection.label} - Client connection closed: ${reason}`);
    }
    const opened = this.connections.at(connection.slot);
    assert(opened !== undefined, "a closing connection is registered");
    this.roads.onSlotClosing(connection.slot);
    this.requesters.forget(connection.slot);
    const record = this.recordOf(opened);
    const hasList = record.subscriptions > 0 && record.subscriptions <= closedSubscriptionsMax;
    const subscriptions = hasList ? this.fabric.subscriptionsOf(connection.slot) : [];
    return closedRecordOf(record, subscriptions, wallNanos(clock.wallMillis()), reason);
  }

  #onClosed(connection: Connection, record: ClosedConnectionRecord): void {
    const session = this.connections.at(connection.slot)?.session;
    this.connections.remove(connection);
    this.connections.keepClosed(record);
    for (const listener of this.#listeners) {
      if (session?.isAnnounced) {
        listener.onDisconnected(record);
      } else {
        listener.onRefusedClosed(record);
      }
    }
  }

  #onSlowConsumer(connection: Connection, reason: ClosedReason): void {
    this.#slowConsumers += 1;
    const account = this.connections.at(connection.slot)?.session.account.name ?? "";
    this.#slowByAccount.set(account, (this.#slowByAccount.get(account) ?? 0) + 1);
    const { maxPending, writeDeadlineMillis } = this.#limits;
    const pending = this.fabric.pendingBytes(connection.slot);
    const what =
      reason === closedReason.slowConsumerPendingBytes
        ? `MaxPending of ${maxPending} Exceeded`
        : `WriteDeadline of ${goDuration(writeDeadlineMillis * 1_000_000)} exceeded with 1 chunks of ${pending} total bytes.`;
    this.#parts.log.notice(`${connection.label} - Slow Consumer Detected: ${what}`);
  }
}
