// The server: its rooms made in order and joined, started, reloaded, drained and stopped.

import { AccountRegistry } from "../accounts/account-registry.ts";
import { Authenticator } from "../auth/authenticator.ts";
import { makeServerIdentity } from "../auth/server-identity.ts";
import { ServerError } from "../base/server-error.ts";
import { Broker } from "../broker/broker.ts";
import type { Entrance } from "../broker/entrance.ts";
import { brokerLimitsOf } from "../broker/session-surroundings.ts";
import type { Options } from "../config/options.ts";
import { apiLevel } from "../jetstream/engine-settings.ts";
import { MonitorServer } from "../monitor/monitor-server.ts";
import type { Host } from "../ports/host.ts";
import type { HttpListener } from "../ports/http.ts";
import type { Listener, Socket, SocketHandlers } from "../ports/network.ts";
import type { WebsocketListener } from "../ports/websocket.ts";
import { emptyServerInfo, type ServerInfo } from "../protocol/server-info.ts";
import type { SystemControls } from "../system/system-view.ts";
import { addressOf, splitAddress } from "./address.ts";
import { JetStreamRoom } from "./jetstream-room.ts";
import { LameDuck } from "./lame-duck.ts";
import { openLeafnodeDoor } from "./leafnode-door.ts";
import { MemoryKeeper } from "./memory-keeper.ts";
import { openFabric } from "./open-fabric.ts";
import { DiscoveryFiles } from "./ports-file.ts";
import { reload } from "./reload.ts";
import { type RunningState, ServerFacts } from "./server-facts.ts";
import { openSystemRoom, type SystemRoom } from "./system-room.ts";
import { gitCommit, protocolVersion, runtime, serverVersion } from "./version.ts";
import { openWebsocketDoor } from "./websocket-door.ts";

/** The server cannot start, or cannot take over a configuration. */
export class StartError extends ServerError {}

const seedBytes = 4;

export class Server implements RunningState {
  readonly broker: Broker;
  readonly accounts: AccountRegistry;
  readonly monitor: MonitorServer;
  readonly jetStream: JetStreamRoom;
  readonly files: DiscoveryFiles;
  readonly system: SystemRoom | null;
  readonly host: Host;
  readonly id: string;
  readonly name: string;
  /** The exit code, when everything is down. */
  readonly whenStopped: Promise<number>;
  readonly #readOptions: (() => Options) | null;
  readonly #resolveStopped: (code: number) => void;
  #options: Options;
  #configLoadNanos: bigint;
  #clientListener: Listener | null = null;
  #monitorListener: HttpListener | null = null;
  #websocketListener: WebsocketListener | null = null;
  #leafnodeListener: Listener | null = null;
  #lameDuck: LameDuck | null = null;
  #memoryKeeper: Disposable | null = null;
  #isStopping = false;

  /** Throws StartError when the accounts cannot be had as configured. `readOptions` is asked at every reload. */
  constructor(options: Options, host: Host, readOptions: (() => Options) | null = null) {
    this.host = host;
    this.#options = options;
    this.#configLoadNanos = host.clock.wallNanos();
    this.#readOptions = readOptions;
    const { promise, resolve } = Promise.withResolvers<number>();
    this.whenStopped = promise;
    this.#resolveStopped = resolve;
    this.id = makeServerIdentity(host.random, host.crypto).id;
    this.name = options.serverName ?? this.id;
    this.accounts = accountsOf(options, host);
    this.broker = this.#openBroker();
    this.files = new DiscoveryFiles(host.disk, host.network, host.process);
    this.jetStream = new JetStreamRoom({
      host,
      broker: this.broker,
      accounts: this.accounts,
      serverName: this.name,
      serverId: this.id,
      options: () => this.#options,
      onChanged: () => {
        this.applyServerInfo();
        this.broker.sendInfoToAll(false);
      },
    });
    const view = new ServerFacts({
      host,
      broker: this.broker,
      accounts: this.accounts,
      serverId: this.id,
      serverName: this.name,
      state: this,
    });
    this.monitor = new MonitorServer(view, host.log);
    this.system = openSystemRoom({
      host,
      broker: this.broker,
      accounts: this.accounts,
      view,
      controls: this.#controls(),
      requestCounts: () => this.monitor.requestCounts(),
    });
  }

  // --- what others see of the state

  get options(): Options {
    return this.#options;
  }

  get configLoadNanos(): bigint {
    return this.#configLoadNanos;
  }

  get clientPort(): number {
    return this.#clientListener?.port ?? this.#options.client.port;
  }

  get monitorPort(): number {
    return this.#monitorListener?.port ?? this.#options.http?.port ?? 0;
  }

  get websocketPort(): number {
    return this.#websocketListener?.port ?? this.#options.websocket?.port ?? 0;
  }

  get notReady(): string | null {
    return this.#clientListener === null && !this.isLameDuck
      ? "not accepting client connections"
      : null;
  }

  get isLameDuck(): boolean {
    return this.#lameDuck !== null;
  }

  // --- start

  /**
   * Serves when it resolves: at once, unless streams must be found again first. Rejects with ServerError when something
   * cannot be had; then nothing is left open.
   */
  async start(): Promise<void> {
    this.#announce();
    try {
      this.#startMonitor();
      const recovery = this.jetStream.start();
      if (recovery !== null) {
        await recovery;
      }
      if (this.#isStopping) {
        return;
      }
      this.#startWebsockets();
      this.#refuseLeafnodes();
      this.#startClients();
      this.#writeFiles();
    } catch (failure) {
      this.#closeListeners();
      await this.jetStream.stop();
      throw failure;
    }
    this.#memoryKeeper = new MemoryKeeper(this.host, this.broker.fabric);
    this.host.log.notice("Server is ready");
  }

  #announce(): void {
    const { log } = this.host;
    const { configFile, configDigest, clusterName } = this.#options;
    log.notice(`Starting ${this.host.process.executableName}`);
    log.notice(`  Version:  ${serverVersion}`);
    log.notice(`  Git:      [${gitCommit}]`);
    log.debug(`  Runtime:  ${runtime}`);
    if (clusterName !== null) {
      log.notice(`  Cluster:  ${clusterName}`);
    }
    log.notice(`  Name:     ${this.name}`);
    log.notice(`  ID:       ${this.id}`);
    if (configFile !== null) {
      log.notice(`Using configuration file: ${configFile} (${configDigest})`);
    }
    if (this.broker.authenticator.hasPlainPasswords) {
      log.warn("Plaintext passwords detected, use nkeys or bcrypt");
    }
  }

  #startMonitor(): void {
    const { http } = this.#options;
    if (http === null) {
      return;
    }
    try {
      this.#monitorListener = this.monitor.listen(this.host.http, http.host, http.port);
    } catch (failure) {
      throw listenError(`Can't start monitoring: ${messageOf(failure)}`, failure);
    }
    this.host.log.notice(`Starting http monitor on ${addressOf(http.host, this.monitorPort)}`);
  }

  #startWebsockets(): void {
    const { websocket: options, maxPayload } = this.#options;
    if (options === null) {
      return;
    }
    const { websockets, log } = this.host;
    const accept = (socket: Socket, entrance: Entrance): SocketHandlers =>
      this.broker.accept(socket, entrance);
    try {
      const parts = { websockets, log, options, maxPayload, accept };
      this.#websocketListener = openWebsocketDoor(parts);
    } catch (failure) {
      const message = `Unable to listen for websocket connections: ${messageOf(failure)}`;
      throw listenError(message, failure);
    }
    const address = addressOf(options.host, this.#websocketListener.port);
    log.notice(`Listening for websocket clients on ws://${address}`);
    log.warn("Websocket not configured with TLS. DO NOT USE IN PRODUCTION!");
    if (options.handshakeTimeoutMillis > 0) {
      log.warn("Websocket handshake_timeout is not in force: a request has 12 seconds");
    }
  }

  #refuseLeafnodes(): void {
    const { leafnodeListen } = this.#options;
    if (leafnodeListen === null) {
      return;
    }
    const { network, timers, log } = this.host;
    try {
      this.#leafnodeListener = openLeafnodeDoor(network, timers, leafnodeListen);
    } catch (failure) {
      const where = addressOf(leafnodeListen.host, leafnodeListen.port);
      const message = `Error listening on leafnode port: ${where} - ${messageOf(failure)}`;
      throw listenError(message, failure);
    }
    const address = addressOf(leafnodeListen.host, this.#leafnodeListener.port);
    log.notice(`Listening for leafnode connections on ${address}`);
    log.warn(`Leafnodes are not supported yet: connections to ${address} are refused`);
  }

  #startClients(): void {
    const { host, port } = this.#options.client;
    try {
      const accept = (socket: Socket): SocketHandlers => this.broker.accept(socket);
      this.#clientListener = this.host.network.listen({ host, port }, accept);
    } catch (failure) {
      const where = addressOf(host, port);
      const message = `Error listening on port: ${where}, ${JSON.stringify(messageOf(failure))}`;
      throw listenError(message, failure);
    }
    this.applyServerInfo();
    const address = addressOf(host, this.clientPort);
    this.host.log.notice(`Listening for client connections on ${address}`);
  }

  #writeFiles(): void {
    this.writePidFile();
    this.writePortsFile();
  }

  /** A pid file that cannot be written does not keep the server from serving. */
  writePidFile(): void {
    const { pidFile } = this.#options;
    this.files.removePid();
    this.#tolerating("write pid file", () => pidFile !== null && this.files.writePid(pidFile));
  }

  writePortsFile(): void {
    const { portsFileDir } = this.#options;
    this.files.removePorts();
    if (portsFileDir === null || this.#clientListener === null) {
      return;
    }
    const client = { host: this.#options.client.host, port: this.clientPort };
    const monitor = this.#options.http && { host: this.#options.http.host, port: this.monitorPort };
    const websocket = this.#options.websocket &&
      this.#websocketListener && {
        host: this.#options.websocket.host,
        port: this.#websocketListener.port,
      };
    this.#tolerating("write ports file", () =>
      this.files.writePorts(portsFileDir, { client, monitor, websocket }),
    );
  }

  #tolerating(what: string, action: () => unknown): void {
    try {
      action();
    } catch (failure) {
      this.host.log.error(`Could not ${what}: ${messageOf(failure)}`);
    }
  }

  // --- while it runs

  /** Throws ServerError when the new configuration cannot be had; the old one stays in force, whole. */
  reload(): void {
    if (this.#readOptions === null) {
      throw new StartError("reload", "there is no configuration to read again");
    }
    const next = this.#readOptions();
    reload(this, this.#options, next, () => {
      this.#options = next;
      this.#configLoadNanos = this.host.clock.wallNanos();
    });
  }

  reopenLog(): void {
    const { log } = this.host;
    if (log.reopen()) {
      log.notice("File log re-opened");
    } else {
      log.notice("File log re-open ignored, not a file logger");
    }
  }

  /** What INFO says follows the options and the port that was really given. */
  applyServerInfo(): void {
    const info = this.#serverInfo();
    const { websocket } = this.#options;
    const port = this.websocketPort;
    const forWebsockets = websocket === null ? info : { ...info, host: websocket.host, port };
    this.broker.applyServerInfo(info, forWebsockets);
  }

  /** A socket that did not come from the listener: one inside the process. */
  accept(socket: Socket): SocketHandlers {
    return this.broker.accept(socket);
  }

  lameDuck(): void {
    if (this.#isStopping || this.isLameDuck) {
      return;
    }
    const { log, timers, random } = this.host;
    log.notice("Entering lame duck mode, stop accepting new clients");
    this.system?.events.announceLameDuck();
    const { lameDuckDurationMillis, lameDuckGraceMillis } = this.#options;
    this.#lameDuck = new LameDuck({
      broker: this.broker,
      timers,
      random,
      log,
      durationMillis: lameDuckDurationMillis,
      graceMillis: lameDuckGraceMillis,
      onDone: () => this.#stopNow(),
    });
    this.#closeDoors();
    this.#afterJetStream(() => this.#lameDuck?.begin());
  }

  // --- stop

  stop(): Promise<void> {
    this.#stopNow();
    return this.whenStopped.then(() => undefined);
  }

  #stopNow(): void {
    if (this.#isStopping) {
      return;
    }
    this.#isStopping = true;
    this.host.log.notice("Initiating Shutdown...");
    this.#lameDuck?.[Symbol.dispose]();
    this.#memoryKeeper?.[Symbol.dispose]();
    this.system?.events.announceShutdown();
    this.#closeListeners();
    this.#afterJetStream(() => this.#stopBroker());
  }

  /** Goes on when what streams acknowledged, and said as last words, has left. */
  #afterJetStream(goOn: () => void): void {
    if (this.jetStream.engine === null) {
      goOn();
      return;
    }
    const { timers } = this.host;
    this.jetStream.stop().then(() => timers.endOfTurn(goOn), goOn);
  }

  #stopBroker(): void {
    const { log, timers } = this.host;
    this.broker.stop();
    this.system?.[Symbol.dispose]();
    this.files.removePid();
    this.files.removePorts();
    // What was written last leaves with the end of this turn.
    timers.endOfTurn(() => {
      this.#websocketListener?.[Symbol.dispose]();
      log.notice("Server Exiting..");
      this.#resolveStopped(0);
    });
  }

  /** Of clients; who is in stays. */
  #closeDoors(): void {
    this.#clientListener?.stop();
    this.#clientListener = null;
    this.#websocketListener?.stop();
  }

  #closeListeners(): void {
    this.#closeDoors();
    this.#leafnodeListener?.stop();
    this.#leafnodeListener = null;
    this.#monitorListener?.[Symbol.dispose]();
    this.#monitorListener = null;
  }

  // --- making the rooms

  #openBroker(): Broker {
    const { clock, timers, random, log, crypto } = this.host;
    const seed = new DataView(random.bytes(seedBytes).buffer).getUint32(0);
    return new Broker({
      fabric: openFabric(this.host, seed),
      clock,
      timers,
      random,
      log,
      limits: brokerLimitsOf(this.#options),
      accounts: this.accounts,
      authenticator: new Authenticator(this.#options, crypto),
      serverInfo: this.#serverInfo(),
    });
  }

  #serverInfo(): ServerInfo {
    const { client, clientAdvertise, clusterName } = this.#options;
    const advertised = clientAdvertise === null ? null : splitAddress(clientAdvertise);
    return {
      ...emptyServerInfo,
      serverId: this.id,
      serverName: this.name,
      version: serverVersion,
      protocol: protocolVersion,
      gitCommit,
      go: runtime,
      host: advertised?.host ?? client.host,
      port: advertised?.port ?? this.clientPort,
      cluster: clusterName ?? "",
      ...this.#jetStreamInfo(),
    };
  }

  #jetStreamInfo(): Pick<ServerInfo, "jetstream" | "domain" | "apiLevel"> {
    // The broker, which says this, is made first.
    const engine = this.jetStream?.engine ?? null;
    return {
      jetstream: engine !== null,
      domain: engine?.settings.domain ?? "",
      apiLevel: engine === null ? 0 : apiLevel,
    };
  }

  #controls(): SystemControls {
    return {
      reload: () => {
        try {
          this.reload();
          return null;
        } catch (failure) {
          if (failure instanceof ServerError) {
            return failure.message;
          }
          throw failure;
        }
      },
      kick: (cid) => (this.broker.kick(cid) ? null : "no such client id"),
      sendLameDuck: (cid) => this.broker.sendLameDuck(cid),
    };
  }
}

function accountsOf(options: Options, { random }: Host): AccountRegistry {
  const built = AccountRegistry.build(options, random);
  if (!built.ok) {
    throw new StartError("accounts", built.refusal.join("\n"));
  }
  return built.value;
}

function listenError(message: string, cause: unknown): StartError {
  return new StartError("listen", message, cause);
}

function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}
