// The streams of one account: made, changed and removed by request, within the account's limits, each subject by one
// stream at most. What is promised is on disk before it is answered.

import { type Result, refused } from "../base/result.ts";
import {
  checkedNew,
  checkedUpdate,
  type StreamChecks,
  sameStreamConfig,
} from "./account-checks.ts";
import { AccountLanes } from "./account-lanes.ts";
import { OfflineStream } from "./account-offline.ts";
import { AccountRestores, type OnRestore } from "./account-restores.ts";
import { openStore, reasonOf } from "./account-stores.ts";
import { AccountStream } from "./account-stream.ts";
import { AccountSubjects } from "./account-subjects.ts";
import type { AccountSurroundings } from "./account-surroundings.ts";
import { Advisories } from "./advisories.ts";
import type {
  AccountUsage,
  AccountUsageLimits,
  ApiAccount,
  ApiConsumer,
  ApiStream,
  ConsumerAction,
  OnApiDone,
  OnConsumer,
  OnStream,
} from "./api/api-context.ts";
import { ApiCounts } from "./api/api-counts.ts";
import { type ApiError, apiErrors } from "./api-error.ts";
import type { ConsumerConfig } from "./consumer/consumer-config.ts";
import type { Outlet } from "./outlet.ts";
import type { MessageStore } from "./store/message-store.ts";
import { Stream } from "./stream/stream.ts";
import type { Storage, StreamConfig } from "./stream/stream-config.ts";
import { encodeStreamDescription } from "./stream/stream-config-json.ts";
import { AccountResources, noAccountLimits } from "./tenancy.ts";
import type { Tenant } from "./tenant.ts";

/** Null is done, else why not. */
type OnText = (failure: string | null) => void;

export class AccountAssets implements ApiAccount {
  readonly name: string;
  readonly outlet: Outlet;
  readonly isSystem: boolean;
  readonly counts: ApiCounts = new ApiCounts();
  readonly resources: AccountResources;
  readonly advisories: Advisories;
  readonly #around: AccountSurroundings;
  readonly #streams: Map<string, AccountStream> = new Map();
  readonly #subjects: AccountSubjects = new AccountSubjects();
  readonly #lanes: AccountLanes = new AccountLanes();
  readonly #restores: AccountRestores;
  #isEnabled: boolean;
  #isClosed = false;

  constructor(around: AccountSurroundings, tenant: Tenant) {
    const { name, isSystem, outlet, limits } = tenant;
    this.name = name;
    this.outlet = outlet;
    this.isSystem = isSystem;
    this.#around = around;
    this.#isEnabled = limits !== null;
    this.resources = new AccountResources(around.resources, limits ?? noAccountLimits);
    const { clock } = around;
    const { domain } = around.settings;
    this.advisories = new Advisories({ outlet, clock, domain, newId: () => around.newId() });
    this.#restores = new AccountRestores(name, around, this.resources, this.advisories);
  }

  get isEnabled(): boolean {
    return this.#isEnabled;
  }

  get isIdle(): boolean {
    return this.#lanes.isIdle;
  }

  stream(name: string): AccountStream | null {
    return this.#streams.get(name) ?? null;
  }

  streams(): Iterable<AccountStream> {
    return this.#streams.values();
  }

  get streamCount(): number {
    return this.#streams.size;
  }

  // --- what it takes

  usage(): AccountUsage {
    const { used, limits } = this.resources;
    let consumers = 0;
    for (const stream of this.#streams.values()) {
      consumers += stream.consumerCount;
    }
    return {
      memory: used.memory,
      storage: used.file,
      reservedMemory: this.#reserved("memory", ""),
      reservedStorage: this.#reserved("file", ""),
      streams: this.#streams.size,
      consumers,
      limits,
      tiers: {},
    };
  }

  #reserved(storage: Storage, butFor: string): number {
    let bytes = 0;
    for (const { access } of this.#streams.values()) {
      const { config } = access;
      if (config.storage === storage && config.name !== butFor) {
        bytes += Math.max(config.maxBytes, 0);
      }
    }
    return bytes;
  }

  // --- streams by request

  createStream(wanted: StreamConfig, isPedantic: boolean, onDone: OnStream): void {
    this.#lanes.run(wanted.name, (leave) => {
      this.#create(wanted, isPedantic, (failure, stream) => {
        leave();
        onDone(failure, stream);
      });
    });
  }

  updateStream(
    stream: ApiStream,
    wanted: StreamConfig,
    isPedantic: boolean,
    onDone: OnStream,
  ): void {
    const { name } = stream.access;
    this.#lanes.run(name, (leave) => {
      this.#update(name, wanted, isPedantic, (failure, updated) => {
        leave();
        onDone(failure, updated);
      });
    });
  }

  restoreStream(wanted: StreamConfig, onReady: OnRestore): void {
    this.#lanes.run(wanted.name, (leave) => {
      const checked = this.#streams.has(wanted.name)
        ? refused(apiErrors.streamNameExistRestoreFailed)
        : this.#checkedNew(wanted, false);
      if (!checked.ok) {
        leave();
        onReady(checked.refusal, null);
        return;
      }
      const config = checked.value;
      const hooks = {
        isFree: () => !this.#isClosed && !this.#subjects.collides(config.subjects),
        host: (createdNanos: bigint, store: MessageStore) => this.host(config, createdNanos, store),
        describe: (hosted: AccountStream, onDone: OnText) => this.#describe(hosted, config, onDone),
        drop: (hosted: AccountStream, onDone: () => void) => this.#drop(hosted, onDone),
        onEnd: leave,
      };
      this.#restores.begin(config, hooks, onReady);
    });
  }

  deleteStream(stream: ApiStream, onDone: OnApiDone): void {
    const { name } = stream.access;
    this.#lanes.run(name, (leave) => {
      this.#delete(name, (failure) => {
        leave();
        onDone(failure);
      });
    });
  }

  #create(wanted: StreamConfig, isPedantic: boolean, onDone: OnStream): void {
    const former = this.#streams.get(wanted.name);
    const checked = this.#checkedNew(wanted, isPedantic);
    if (!checked.ok) {
      onDone(checked.refusal, null);
      return;
    }
    const config = checked.value;
    if (former !== undefined) {
      const isSame = sameStreamConfig(former.access.config, config);
      onDone(isSame ? null : apiErrors.streamNameExist, isSame ? former : null);
      return;
    }
    let hosted: AccountStream;
    try {
      hosted = this.host(config, this.#around.clock.wallNanos());
    } catch (failure) {
      onDone(this.#storeFault(config.name, reasonOf(failure)), null);
      return;
    }
    this.#describe(hosted, config, (failure) => {
      if (failure !== null) {
        this.#drop(hosted, () => undefined);
        onDone(this.#storeFault(config.name, failure), null);
        return;
      }
      hosted.start();
      this.advisories.stream(config.name, "create");
      onDone(null, hosted);
    });
  }

  #update(name: string, wanted: StreamConfig, isPedantic: boolean, onDone: OnStream): void {
    const hosted = this.#streams.get(name);
    const stream = hosted?.stream ?? null;
    if (hosted === undefined) {
      onDone(apiErrors.streamNotFound, null);
      return;
    }
    if (stream === null || hosted.offlineReason !== "") {
      onDone(apiErrors.streamOfflineReason(hosted.offlineReason), null);
      return;
    }
    const checked = checkedUpdate(this.#checks(isPedantic), hosted, wanted);
    if (!checked.ok) {
      onDone(checked.refusal, null);
      return;
    }
    const config = checked.value;
    const { config: former } = hosted.access;
    // Both hold until the new one is durable: nobody else may have what either needs.
    this.#takeSubjects(hosted, [...new Set([...former.subjects, ...config.subjects])]);
    hosted.budget.reserve(Math.max(former.maxBytes, config.maxBytes));
    this.#describe(hosted, config, (failure) => {
      const counted = failure === null ? config : former;
      this.#takeSubjects(hosted, counted.subjects);
      hosted.budget.reserve(counted.maxBytes);
      if (failure !== null) {
        onDone(apiErrors.streamUpdate(failure), null);
        return;
      }
      stream.update(config);
      this.advisories.stream(name, "modify");
      const isForConsumers = former.retention !== "interest" && config.retention === "interest";
      if (isForConsumers && !hosted.hosted.hasAny) {
        stream.purgeNow({ filter: "", sequence: 0, keep: 0 });
        hosted.whenDurable(() => onDone(null, hosted));
        return;
      }
      onDone(null, hosted);
    });
  }

  /** The reason is for the log: it names files. */
  #storeFault(name: string, reason: string): ApiError {
    this.#around.log.warn(`Stream create failed for '${this.name} > ${name}': ${reason}`);
    return apiErrors.streamCreate("error creating store for stream");
  }

  #delete(name: string, onDone: OnApiDone): void {
    const hosted = this.#streams.get(name);
    if (hosted === undefined) {
      onDone(apiErrors.streamNotFound);
      return;
    }
    this.#drop(hosted, (failure) => {
      if (failure === null) {
        this.advisories.stream(name, "delete");
      }
      onDone(failure);
    });
  }

  /** It is not there any more from now on; its files go when it has let them go. */
  #drop(hosted: AccountStream, onDone: OnApiDone): void {
    this.#forget(hosted);
    const { stream } = hosted;
    stream?.stop();
    const closed = hosted.hosted.removeAll().then(() => stream?.close());
    closed.then(
      () => {
        hosted.budget[Symbol.dispose]();
        const place = { account: this.name, stream: hosted.name };
        this.#around.stores.removeStream(place, (failure) =>
          onDone(failure === null ? null : apiErrors.streamDelete(failure)),
        );
      },
      (failure: unknown) => onDone(apiErrors.streamDelete(reasonOf(failure))),
    );
  }

  // --- consumers by request

  createConsumer(
    stream: ApiStream,
    config: ConsumerConfig,
    action: ConsumerAction,
    isPedantic: boolean,
    onDone: OnConsumer,
  ): void {
    const hosted = this.#streams.get(stream.access.name);
    if (hosted === undefined) {
      onDone(apiErrors.streamNotFound, null);
    } else if (hosted.offlineReason !== "") {
      onDone(apiErrors.streamOfflineReason(hosted.offlineReason), null);
    } else {
      hosted.hosted.create(config, action, isPedantic, onDone);
    }
  }

  pauseConsumer(
    stream: ApiStream,
    consumer: ApiConsumer,
    config: ConsumerConfig,
    onDone: OnApiDone,
  ): void {
    const hosted = this.#streams.get(stream.access.name);
    if (hosted === undefined) {
      onDone(apiErrors.streamNotFound);
    } else {
      hosted.hosted.reconfigure(consumer.name, config, onDone);
    }
  }

  deleteConsumer(stream: ApiStream, consumer: ApiConsumer, onDone: OnApiDone): void {
    const hosted = this.#streams.get(stream.access.name);
    if (hosted === undefined) {
      onDone(apiErrors.streamNotFound);
    } else {
      hosted.hosted.remove(consumer.name, "asked", onDone);
    }
  }

  // --- hosting

  /** Opens its store and puts it among the account's streams; it takes nothing before start(). */
  host(
    config: StreamConfig,
    createdNanos: bigint,
    store: MessageStore = openStore(this.#around.stores, this.name, config),
  ): AccountStream {
    const around = this.#around;
    const { clock, timers, random, log, settings } = around;
    const place = { account: this.name, stream: config.name };
    const budget = this.resources.budgetFor(config.storage);
    // What a stream tells of later are changes to this.
    budget.changed(store.state.messages, store.state.bytes);
    const stream = new Stream({
      place,
      config,
      createdNanos,
      store,
      outlet: this.outlet,
      clock,
      timers,
      random,
      log,
      budget,
      events: {
        onFailed: (reason) => around.onFailed(this.name, config.name, reason),
        onBatchAbandoned: (batch, reason) =>
          this.advisories.batchAbandoned(config.name, batch, reason),
      },
      settings: settings.stream,
      makeFeatures: (core) => around.features.make(core),
    });
    const hosted = new AccountStream(stream, stream, budget, this.#partsOf(config.name), "");
    this.#enlist(hosted, config);
    return hosted;
  }

  /** One that cannot be served, and why. Its subjects are free, as nobody hears them. */
  hostOffline(config: StreamConfig, createdNanos: bigint, reason: string): AccountStream {
    const place = { account: this.name, stream: config.name };
    const empty = this.#around.stores.openMessages(place, {
      storage: "memory",
      compression: "none",
      firstSequence: 1,
      isAsync: false,
    });
    const access = new OfflineStream(this.outlet, config, createdNanos, empty);
    const budget = this.resources.budgetFor("memory");
    const parts = this.#partsOf(config.name);
    const hosted = new AccountStream(access, null, budget, parts, reason);
    this.#streams.set(config.name, hosted);
    return hosted;
  }

  // --- life

  /** Limits that a reload changed; null switches off: what is there stays on disk. */
  async configure(limits: AccountUsageLimits | null): Promise<void> {
    this.#isEnabled = limits !== null;
    this.resources.limits = limits ?? noAccountLimits;
    if (limits === null) {
      await this.#closeStreams();
    }
  }

  /** The server stops, or the account is no more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#closeStreams();
  }

  async #closeStreams(): Promise<void> {
    const all = [...this.#streams.values()];
    for (const hosted of all) {
      this.#forget(hosted);
    }
    await Promise.all([this.#restores.close(), ...all.map((hosted) => hosted.close(true))]);
    for (const hosted of all) {
      hosted.budget[Symbol.dispose]();
    }
  }

  // --- checks

  #checkedNew(wanted: StreamConfig, isPedantic: boolean): Result<StreamConfig, ApiError> {
    const isThere = this.#streams.has(wanted.name);
    if (!this.#isEnabled || this.#isClosed) {
      return refused(apiErrors.notEnabledForAccount);
    }
    const checked = checkedNew(this.#checks(isPedantic), wanted, isThere);
    const collides = checked.ok && !isThere && this.#subjects.collides(checked.value.subjects);
    return collides ? refused(apiErrors.streamSubjectOverlap) : checked;
  }

  #checks(isPedantic: boolean): StreamChecks {
    const { limits } = this.resources;
    return {
      resources: this.resources,
      context: {
        isPedantic,
        duplicateWindowLimitNanos: this.#around.settings.duplicateWindowNanos,
        maxBytesRequired: limits.maxBytesRequired,
        maxStreamBytes: (storage) =>
          storage === "memory" ? limits.memoryMaxStreamBytes : limits.storageMaxStreamBytes,
        configOf: (stream) => this.#streams.get(stream)?.access.config ?? null,
      },
      streamCount: this.#streams.size,
      reserved: (storage, butFor) => this.#reserved(storage, butFor),
      overlaps: (hosted, subjects) => this.#overlaps(hosted, subjects),
    };
  }

  #overlaps(hosted: AccountStream, subjects: readonly string[]): boolean {
    this.#subjects.remove(hosted.takenSubjects);
    const collides = this.#subjects.collides(subjects);
    this.#subjects.add(hosted.takenSubjects);
    return collides;
  }

  // --- lists

  #partsOf(stream: string): ConstructorParameters<typeof AccountStream>[3] {
    return {
      around: this.#around,
      place: { account: this.name, stream },
      advisories: this.advisories,
      resources: this.resources,
    };
  }

  #enlist(hosted: AccountStream, config: StreamConfig): void {
    this.#streams.set(config.name, hosted);
    this.#takeSubjects(hosted, config.subjects);
    hosted.budget.reserve(config.maxBytes);
  }

  #forget(hosted: AccountStream): void {
    this.#streams.delete(hosted.name);
    this.#takeSubjects(hosted, []);
  }

  #takeSubjects(hosted: AccountStream, subjects: readonly string[]): void {
    this.#subjects.remove(hosted.takenSubjects);
    hosted.takenSubjects = subjects;
    this.#subjects.add(subjects);
  }

  #describe(hosted: AccountStream, config: StreamConfig, onDone: OnText): void {
    if (config.storage === "memory") {
      onDone(null);
      return;
    }
    const { createdNanos } = hosted.access;
    const place = { account: this.name, stream: config.name };
    const description = encodeStreamDescription({ config, createdNanos });
    this.#around.stores.describeStream(place, description, onDone);
  }
}
