// Joins JetStream to the rest: which accounts have it, where its files are, when its turn ends. It starts and stops the
// engine, also by a reload.

import type { Account } from "../accounts/account.ts";
import type { AccountRegistry } from "../accounts/account-registry.ts";
import { goDuration } from "../base/go-time.ts";
import { DiskError, ServerError } from "../base/server-error.ts";
import type { Broker } from "../broker/broker.ts";
import type { PassingMessage } from "../broker/message.ts";
import { type ClientInfo, clientInfo, type Requester } from "../broker/request-info.ts";
import type { Options } from "../config/options.ts";
import { formatDuration, friendlyBytes } from "../config/quantity.ts";
import { BrokerOutlet } from "../jetstream/broker-outlet.ts";
import { Engine } from "../jetstream/engine.ts";
import { apiLevel, type EngineSettings } from "../jetstream/engine-settings.ts";
import { MuteOutlet } from "../jetstream/mute-outlet.ts";
import type { Outlet } from "../jetstream/outlet.ts";
import type { Stores } from "../jetstream/store/stores.ts";
import { noAccountLimits } from "../jetstream/tenancy.ts";
import type { Tenant } from "../jetstream/tenant.ts";
import type { Host } from "../ports/host.ts";
import { isSubset } from "../subjects/overlap.ts";
import { accountLimitsOf, engineSettingsOf, storeFolderOf } from "./jetstream-settings.ts";
import { openStores } from "./jetstream-stores.ts";
import { serverVersion } from "./version.ts";

const nanosPerMilli = 1_000_000;
const hashAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const hashLength = 8;
const fullDisclosure = { isDetailed: true, namesServer: true, service: "" };
const insideRequester: Requester = {
  account: "",
  rttNanos: 0,
  startNanos: 0n,
  host: "",
  cid: 0,
  user: "",
  name: "",
  lang: "",
  version: "",
  kind: "JetStream",
  clientType: "",
};
const encoder: TextEncoder = new TextEncoder();

/** JetStream cannot start. */
export class JetStreamError extends ServerError {}

export interface JetStreamRoomParts {
  readonly host: Host;
  readonly broker: Broker;
  readonly accounts: AccountRegistry;
  readonly serverName: string;
  readonly serverId: string;
  readonly options: () => Options;
  /** INFO must be told anew: JetStream came or went. */
  readonly onChanged: () => void;
}

export class JetStreamRoom {
  readonly #parts: JetStreamRoomParts;
  #engine: Engine | null = null;
  /** While it stops. */
  #stopping: Promise<void> | null = null;
  #storeFolder = "";
  #startNanos = 0n;

  constructor(parts: JetStreamRoomParts) {
    this.#parts = parts;
  }

  /** Null: JetStream is off. */
  get engine(): Engine | null {
    return this.#engine;
  }

  /** "" when it is off. */
  get storeFolder(): string {
    return this.#engine === null ? "" : this.#storeFolder;
  }

  /** Resolves when everything is found again; null when there is nothing to wait for. Throws JetStreamError. */
  start(): Promise<void> | null {
    if (!this.#parts.options().jetStream.isEnabled) {
      return null;
    }
    const { clock, log } = this.#parts.host;
    const began = clock.monotonicMillis();
    this.#startNanos = clock.wallNanos();
    log.notice("Starting JetStream");
    const { promise, resolve } = Promise.withResolvers<void>();
    let isReady = false;
    const engine = this.#makeEngine();
    try {
      engine.start(() => {
        isReady = true;
        const took = goDuration(Math.round((clock.monotonicMillis() - began) * nanosPerMilli));
        log.notice(`Took ${took} to start JetStream`);
        resolve();
      });
    } catch (failure) {
      this.#engine = null;
      throw startFailure(failure);
    }
    return isReady ? null : promise;
  }

  /** Resolves when all that was written is durable and closed. Never rejects. */
  stop(): Promise<void> {
    const engine = this.#engine;
    if (engine !== null) {
      this.#stopping ??= this.#stopEngine(engine);
    }
    return this.#stopping ?? Promise.resolve();
  }

  async #stopEngine(engine: Engine): Promise<void> {
    const { log } = this.#parts.host;
    log.notice("Initiating JetStream Shutdown...");
    try {
      await engine.stop();
    } catch (failure) {
      log.error(`JetStream could not be shut down in order: ${messageOf(failure)}`);
    }
    this.#engine = null;
    this.#stopping = null;
    log.notice("JetStream Shutdown");
  }

  // --- by a reload

  /** The options are in force already. */
  switchByReload(): void {
    const { log } = this.#parts.host;
    const isWanted = this.#parts.options().jetStream.isEnabled;
    if (this.#stopping !== null) {
      this.#follow(this.#stopping.then(() => this.switchByReload()));
    } else if (isWanted && this.#engine === null) {
      log.notice("Restarting JetStream");
      try {
        this.#follow(this.start() ?? Promise.resolve());
      } catch (failure) {
        log.warn(messageOf(failure));
      }
      this.#parts.onChanged();
    } else if (!isWanted && this.#engine !== null) {
      this.#follow(this.stop());
    }
  }

  applyLimits(): void {
    const engine = this.#engine;
    if (engine !== null) {
      const { options, host } = this.#parts;
      const { maxMemory, maxStore } = engine.settings;
      const next = engineSettingsOf(options(), this.#storeFolder, host);
      const { jetStream } = options();
      engine.applySettings({
        ...next,
        maxMemory: jetStream.maxMemory ?? maxMemory,
        maxStore: jetStream.maxStore ?? maxStore,
      });
    }
  }

  /** Before the broker closes these accounts. */
  dropAccounts(removed: readonly Account[]): void {
    if (this.#engine !== null) {
      this.#follow(this.#engine.dropAccounts(removed.map(({ name }) => name)));
    }
  }

  /** After the broker opened new accounts. */
  applyAccounts(): void {
    if (this.#engine !== null) {
      this.#follow(this.#engine.applyTenants(() => this.#tenants()));
    }
  }

  #follow(work: Promise<void>): void {
    const { log } = this.#parts.host;
    work.then(
      () => this.#parts.onChanged(),
      (failure: unknown) => log.error(`JetStream: ${messageOf(failure)}`),
    );
  }

  // --- making the engine

  #makeEngine(): Engine {
    const { host, broker, serverName, serverId, accounts } = this.#parts;
    const { clock, timers, random, log, crypto } = host;
    if (accounts.system !== null && accounts.system.options.jetStream !== null) {
      const text = "Not allowed to enable JetStream on the system account";
      throw new JetStreamError("accounts", text);
    }
    try {
      const settings = this.#prepare();
      this.#engine = new Engine({
        settings,
        openStores: (wake) => this.#openStores(wake),
        clock,
        timers,
        random,
        log,
        serverName,
        serverId,
        version: serverVersion,
        tenants: this.#tenants(),
        systemOutlet: this.#systemOutlet(),
        turnEnd: {
          want: () => broker.flushList.want(),
          beforeFlush: (action) => broker.flushList.beforeFlush(action),
          interestChanges: () => {
            const { inserts, removes } = broker.fabric.interestStatistics();
            return inserts + removes;
          },
        },
        hashOf: (name) => {
          const digest = crypto.sha256(encoder.encode(name)).subarray(0, hashLength);
          return Array.from(digest, (byte) => hashAlphabet[byte % hashAlphabet.length]).join("");
        },
        sha256: (bytes) => crypto.sha256(bytes),
        requester: (message, account) => this.#requester(message, account),
        onOutOfStorage: () => this.#follow(this.stop()),
      });
      return this.#engine;
    } catch (failure) {
      throw startFailure(failure);
    }
  }

  /** Makes the folder, and says what JetStream will run with. */
  #prepare(): EngineSettings {
    const { host, options } = this.#parts;
    const { disk, log } = host;
    const all = options();
    const folder = storeFolderOf(all.jetStream, host);
    this.#storeFolder = all.jetStream.isInMemory ? "" : folder.path;
    if (folder.isTemporary && !all.jetStream.isInMemory) {
      log.warn("Temporary storage directory used, data could be lost on system reboot");
    }
    if (this.#storeFolder !== "" && !disk.exists(folder.path)) {
      makeFolder(host, folder.path);
    } else if (this.#storeFolder !== "" && !disk.isDirectory(folder.path)) {
      throw new JetStreamError("storage", "storage directory is not a directory");
    }
    const settings = engineSettingsOf(all, folder.path, host);
    this.#announce(settings, all);
    return settings;
  }

  #announce(settings: EngineSettings, { jetStream }: Options): void {
    const { log } = this.#parts.host;
    const sync =
      jetStream.syncIntervalMillis === 0
        ? "always (acknowledged means synced)"
        : `every ${formatDuration(jetStream.syncIntervalMillis)}, after the acknowledgement`;
    log.notice("---------------- JETSTREAM ----------------");
    if (settings.isStrict) {
      log.notice("  Strict:          true");
    }
    log.notice(`  Max Memory:      ${friendlyBytes(settings.maxMemory)}`);
    log.notice(`  Max Storage:     ${friendlyBytes(settings.maxStore)}`);
    if (jetStream.isInMemory) {
      log.notice("  Store Directory: none, everything is in memory");
    } else {
      log.notice(`  Store Directory: "${this.#storeFolder}"`);
      log.notice(`  Sync:            ${sync}`);
    }
    if (settings.domain !== "") {
      log.notice(`  Domain:          ${settings.domain}`);
    }
    if (jetStream.key !== null) {
      log.notice(
        `  Encryption:      ${jetStream.cipher === "aes" ? "AES-GCM" : "ChaCha20-Poly1305"}`,
      );
    }
    log.notice(`  API Level:       ${apiLevel}`);
    log.notice("-------------------------------------------");
  }

  #openStores(wake: () => void): Stores {
    const { host, options } = this.#parts;
    return openStores({ host, options: options().jetStream, folder: this.#storeFolder, wake });
  }

  #tenants(): readonly Tenant[] {
    const { accounts } = this.#parts;
    const isGlobalAlone = [...accounts.all].every(
      (account) => account === accounts.global || accounts.isSystem(account),
    );
    return [...accounts.all].map((account) => this.#tenantOf(account, isGlobalAlone));
  }

  #tenantOf(account: Account, isGlobalAlone: boolean): Tenant {
    const { accounts, broker } = this.#parts;
    const { name, options, trade } = account;
    const isSystem = accounts.isSystem(account);
    const isByDefault = isGlobalAlone && account === accounts.global;
    const limits = options.jetStream === null ? null : accountLimitsOf(options.jetStream);
    return {
      name,
      isSystem,
      outlet: new BrokerOutlet(name, broker.internalClient(account)),
      limits: isByDefault ? noAccountLimits : limits,
      isServedElsewhere: trade.serviceImports.some(({ from }) => isSubset("$JS.API.INFO", from)),
    };
  }

  #systemOutlet(): Outlet {
    const { system } = this.#parts.accounts;
    return system === null
      ? new MuteOutlet()
      : new BrokerOutlet(system.name, this.#parts.broker.internalClient(system));
  }

  /** Streams ask too, for consumers that feed them. */
  #requester(message: PassingMessage, account: string): ClientInfo {
    const { broker, serverName, options } = this.#parts;
    const requester = broker.requesters.requesterOf(message.origin);
    const names = { server: serverName, cluster: options().clusterName ?? "" };
    const inside: Requester = { ...insideRequester, account, startNanos: this.#startNanos };
    return clientInfo(requester ?? inside, fullDisclosure, names);
  }
}

function makeFolder({ disk }: Host, path: string): void {
  try {
    disk.makeDirectory(path);
  } catch (failure) {
    throw noFolder(failure);
  }
}

function noFolder(cause: unknown): JetStreamError {
  return new JetStreamError(
    "storage",
    `could not create storage directory - ${messageOf(cause)}`,
    cause,
  );
}

function startFailure(cause: unknown): JetStreamError {
  const isHeld = cause instanceof DiskError && cause.code === "EWOULDBLOCK";
  const why = isHeld ? "storage directory is in use by another server" : messageOf(cause);
  return new JetStreamError("jetstream", `Can't start JetStream: ${why}`, cause);
}

function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}
