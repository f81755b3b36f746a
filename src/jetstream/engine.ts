// JetStream of one server: enables accounts, finds again what is on disk, lets all of a turn's writes leave together,
// and stops in order. What a stream or a consumer does, and what the API answers, it does not know.

import type { PassingMessage } from "../broker/message.ts";
import type { ClientInfo } from "../broker/request-info.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { Random } from "../ports/random.ts";
import type { Timers } from "../ports/timers.ts";
import { AccountAssets } from "./account-assets.ts";
import { serveDomain } from "./account-domain.ts";
import { recoverStream } from "./account-recovery.ts";
import type { AccountSurroundings } from "./account-surroundings.ts";
import { Advisories } from "./advisories.ts";
import type { ApiConsumer, ApiContext, ApiStream } from "./api/api-context.ts";
import { ApiCounts } from "./api/api-counts.ts";
import { ApiRouter } from "./api/api-router.ts";
import { InterestWatch } from "./consumer/interest-watch.ts";
import { TurnQueue } from "./consumer/turn-queue.ts";
import { apiLevel, type EngineSettings } from "./engine-settings.ts";
import type { Outlet } from "./outlet.ts";
import type { FoundStream, Stores } from "./store/stores.ts";
import { FeatureMaker } from "./stream/feature-maker.ts";
import { reservationRefusal, ServerResources } from "./tenancy.ts";
import type { Tenant } from "./tenant.ts";

/** Recovery gives way to other work after so long: monitoring is answered meanwhile. */
const recoverySliceMillis = 20;
const idAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const idLength = 22;

/** Where a turn ends, over the broker's flush list. */
export interface TurnEnd {
  want(): void;
  beforeFlush(action: () => void): Disposable;
  /** Another number after each change of interest, of whatever account. */
  interestChanges(): number;
}

export interface EngineParts {
  readonly settings: EngineSettings;
  /** `wake` asks for an end of turn. Throws when the folder cannot be had. */
  readonly openStores: (wake: () => void) => Stores;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  readonly serverName: string;
  readonly serverId: string;
  readonly version: string;
  readonly tenants: readonly Tenant[];
  readonly systemOutlet: Outlet;
  readonly turnEnd: TurnEnd;
  readonly hashOf: (name: string) => string;
  readonly sha256: (bytes: Uint8Array) => Uint8Array;
  readonly requester: (message: PassingMessage, account: string) => ClientInfo | null;
  /** The disk is full: JetStream stopped itself. */
  readonly onOutOfStorage: () => void;
}

export interface AssetFailure {
  readonly account: string;
  readonly stream: string;
  readonly reason: string;
}

export class Engine {
  readonly context: ApiContext;
  readonly counts: ApiCounts = new ApiCounts();
  readonly resources: ServerResources;
  readonly stores: Stores;
  readonly #parts: EngineParts;
  readonly #accounts: Map<string, AccountAssets> = new Map();
  readonly #around: AccountSurroundings;
  readonly #turns: TurnQueue;
  readonly #interests: InterestWatch;
  readonly #turnHook: Disposable;
  readonly #failures: Map<string, AssetFailure> = new Map();
  readonly #router: ApiRouter;
  /** By account. */
  readonly #domains: Map<string, Disposable> = new Map();
  readonly #recovered: PromiseWithResolvers<void> = Promise.withResolvers();
  /** Of accounts: one after the other, and when all is found again. */
  #changes: Promise<void> = this.#recovered.promise;
  #settings: EngineSettings;
  #isRecovered = false;
  #isStopped = false;

  /** Throws when the stores cannot be opened. */
  constructor(parts: EngineParts) {
    const { settings, clock, log, turnEnd } = parts;
    this.#parts = parts;
    this.#settings = settings;
    const max = { memory: settings.maxMemory, file: settings.maxStore };
    this.resources = new ServerResources(max, log, clock);
    const wake = (): void => turnEnd.want();
    this.stores = parts.openStores(wake);
    this.#turns = new TurnQueue(wake, parts.timers);
    const count = (): number => turnEnd.interestChanges();
    this.#interests = new InterestWatch(parts.timers, { count, wake });
    this.#around = this.#surroundings();
    this.context = this.#apiContext();
    this.#router = new ApiRouter(this.context);
    this.#turnHook = turnEnd.beforeFlush(() => {
      this.#interests.turnEnded();
      this.#turns.run();
      this.stores.commitTurn();
    });
    for (const tenant of parts.tenants) {
      this.#accounts.set(tenant.name, new AccountAssets(this.#around, tenant));
    }
  }

  get settings(): EngineSettings {
    return this.#settings;
  }

  get isRecovered(): boolean {
    return this.#isRecovered;
  }

  /** Assets that do not acknowledge any more. */
  get failures(): readonly AssetFailure[] {
    return [...this.#failures.values()];
  }

  get accounts(): Iterable<AccountAssets> {
    return this.#accounts.values();
  }

  account(name: string): AccountAssets | null {
    return this.#accounts.get(name) ?? null;
  }

  *directConsumersOf({ access }: ApiStream): Iterable<ApiConsumer> {
    const hosted = this.account(access.account)?.stream(access.name);
    for (const consumer of hosted?.hosted.all ?? []) {
      if (consumer.config.direct) {
        yield consumer;
      }
    }
  }

  // --- life

  /** Finds everything again, then takes messages and requests; `onReady` is called when it does, maybe at once. */
  start(onReady: () => void): void {
    this.#checkReservations();
    const found = this.stores.find();
    this.#reportUnknown(found);
    this.#recover(found, 0, onReady);
  }

  /** Consumers say goodbye, what was written becomes durable, files are closed. */
  async stop(): Promise<void> {
    if (this.#isStopped) {
      return;
    }
    this.#isStopped = true;
    for (const account of this.#accounts.values()) {
      this.#closeDoorOf(account);
    }
    const closing = [...this.#accounts.values()].map((account) => account.close());
    this.#turns.run();
    this.stores.commitTurn();
    await Promise.all(closing);
    await this.stores.close();
    this.#turnHook[Symbol.dispose]();
  }

  /** Limits of the server may only grow while it runs. */
  applySettings(settings: EngineSettings): void {
    this.#settings = settings;
    this.resources.max.memory = settings.maxMemory;
    this.resources.max.file = settings.maxStore;
  }

  /** Accounts that are gone leave nothing behind in the broker; what is theirs on disk stays. */
  dropAccounts(names: Iterable<string>): Promise<void> {
    const dropped: Promise<void>[] = [];
    for (const name of names) {
      const account = this.#accounts.get(name);
      if (account !== undefined) {
        this.#closeDoorOf(account);
        this.#accounts.delete(name);
        dropped.push(account.close());
      }
    }
    const closing = Promise.all(dropped);
    return this.#inTurn(async () => {
      await closing;
    });
  }

  /**
   * All accounts as they are when it is their turn: new ones are opened, of the others the limits may differ. Streams
   * that are being closed are waited for, and those that are found again at the start.
   */
  applyTenants(tenants: () => readonly Tenant[]): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#isStopped) {
        await this.#apply(tenants());
      }
    });
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#changes.then(work);
    this.#changes = done.catch(() => undefined);
    return done;
  }

  async #apply(tenants: readonly Tenant[]): Promise<void> {
    const closing: Promise<void>[] = [];
    for (const tenant of tenants) {
      const account = this.#accounts.get(tenant.name) ?? new AccountAssets(this.#around, tenant);
      const isFresh = !this.#accounts.has(tenant.name) || !account.isEnabled;
      this.#accounts.set(tenant.name, account);
      closing.push(account.configure(tenant.limits));
      if (isFresh && account.isEnabled) {
        for (const found of this.stores.find(account.name)) {
          recoverStream(account, found, this.#around).start();
        }
      }
      this.#openDoorOf(tenant);
    }
    await Promise.all(closing);
  }

  // --- recovery

  #checkReservations(): void {
    const former: AccountAssets[] = [];
    for (const account of this.#accounts.values()) {
      if (!account.isEnabled) {
        continue;
      }
      const others = former.map(({ resources }) => resources.limits);
      const refusal = reservationRefusal(this.resources, others, account.resources.limits);
      if (refusal !== null) {
        throw new Error(`Error enabling jetstream on configured accounts: ${refusal.description}`);
      }
      former.push(account);
    }
  }

  #reportUnknown(found: readonly FoundStream[]): void {
    const counts = new Map<string, number>();
    for (const { place } of found) {
      if (!this.#accounts.get(place.account)?.isEnabled) {
        counts.set(place.account, (counts.get(place.account) ?? 0) + 1);
      }
    }
    for (const [account, count] of counts) {
      const what = `${count} streams of account ${JSON.stringify(account)} stay on disk`;
      this.#parts.log.warn(`  ${what}: JetStream is not enabled for it`);
    }
  }

  #recover(found: readonly FoundStream[], from: number, onReady: () => void): void {
    const { clock, timers } = this.#parts;
    const until = clock.monotonicMillis() + recoverySliceMillis;
    let next = from;
    for (; next < found.length && clock.monotonicMillis() < until; next++) {
      const stream = found[next];
      const account = stream && this.#accounts.get(stream.place.account);
      if (stream !== undefined && account?.isEnabled) {
        recoverStream(account, stream, this.#around);
      }
    }
    if (next < found.length) {
      timers.endOfTurn(() => this.#isStopped || this.#recover(found, next, onReady));
      return;
    }
    this.#begin();
    onReady();
  }

  #begin(): void {
    for (const tenant of this.#parts.tenants) {
      this.#openDoorOf(tenant);
    }
    for (const account of this.#accounts.values()) {
      for (const stream of account.streams()) {
        stream.start();
      }
    }
    this.#isRecovered = true;
    this.#recovered.resolve();
  }

  #openDoorOf({ name, isServedElsewhere }: Tenant): void {
    const account = this.#accounts.get(name);
    if (account === undefined) {
      return;
    }
    this.#closeDoorOf(account);
    if (account.isEnabled || account.isSystem || !isServedElsewhere) {
      this.#router.open(account);
    }
    if (account.isEnabled) {
      this.#domains.set(name, serveDomain(this.#settings.domain, account.outlet));
    }
  }

  #closeDoorOf(account: AccountAssets): void {
    this.#router.close(account);
    this.#domains.get(account.name)?.[Symbol.dispose]();
    this.#domains.delete(account.name);
  }

  // --- what others ask

  #surroundings(): AccountSurroundings {
    const { clock, timers, random, log, hashOf, sha256 } = this.#parts;
    const settings = (): EngineSettings => this.#settings;
    return {
      stores: this.stores,
      clock,
      timers,
      random,
      log,
      turns: this.#turns,
      interests: this.#interests,
      features: new FeatureMaker({
        hashOf,
        openOrigins: ({ account, name, config }) =>
          this.stores.openOrigins({ account, stream: name }, config.storage),
      }),
      resources: this.resources,
      get settings(): EngineSettings {
        return settings();
      },
      newId: () => this.#newId(),
      hashOf,
      sha256,
      onFailed: (account, stream, reason) => this.#onFailed({ account, stream, reason }),
    };
  }

  #apiContext(): ApiContext {
    const { serverName, serverId, version, clock, timers, log, systemOutlet, requester } =
      this.#parts;
    const settings = (): EngineSettings => this.#settings;
    return {
      serverName,
      serverId,
      version,
      apiLevel,
      get domain(): string {
        return settings().domain;
      },
      get isStrict(): boolean {
        return settings().isStrict;
      },
      get requestQueueLimit(): number {
        return settings().requestQueueLimit;
      },
      get infoQueueLimit(): number {
        return settings().infoQueueLimit;
      },
      clock,
      timers,
      log,
      counts: this.counts,
      systemOutlet,
      newId: () => this.#newId(),
      account: (name) => this.account(name),
      requester,
    };
  }

  #newId(): string {
    const { random } = this.#parts;
    let id = "";
    for (let i = 0; i < idLength; i++) {
      id += idAlphabet.charAt(random.below(idAlphabet.length));
    }
    return id;
  }

  #onFailed(failure: AssetFailure): void {
    const key = `${failure.account}\0${failure.stream}`;
    if (this.#failures.has(key)) {
      return;
    }
    this.#failures.set(key, failure);
    const { log, serverName, serverId, systemOutlet, clock } = this.#parts;
    const where = `'${failure.account} > ${failure.stream}'`;
    log.error(`JetStream stream ${where} stopped, its storage failed: ${failure.reason}`);
    if (isOutOfSpace(failure.reason) && !this.#isStopped) {
      log.error("JetStream out of File resources, will be DISABLED");
      const { domain } = this.#settings;
      const newId = (): string => this.#newId();
      const advisories = new Advisories({ outlet: systemOutlet, clock, domain, newId });
      advisories.outOfStorage(serverName, serverId, failure.stream);
      this.#parts.onOutOfStorage();
    }
  }
}

function isOutOfSpace(reason: string): boolean {
  return /ENOSPC|EDQUOT|no space left/i.test(reason);
}
