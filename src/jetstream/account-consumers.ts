// The consumers of one stream: made, changed, found again and removed. What is promised is on disk before it is
// answered. What a consumer does is its own business.

import { AccountLanes } from "./account-lanes.ts";
import type { AccountSurroundings } from "./account-surroundings.ts";
import type { Advisories } from "./advisories.ts";
import type { ApiConsumer, ConsumerAction, OnApiDone, OnConsumer } from "./api/api-context.ts";
import type { RestoredConsumer } from "./api/backup/stream-restore.ts";
import { type ApiError, apiErrors } from "./api-error.ts";
import { Consumer, type DeleteReason } from "./consumer/consumer.ts";
import { snapshotOfBackup } from "./consumer/consumer-backup.ts";
import type { ConsumerConfig } from "./consumer/consumer-config.ts";
import { checkConsumerConfig } from "./consumer/consumer-config-check.ts";
import {
  type ConsumerDescription,
  encodeConsumerDescription,
} from "./consumer/consumer-config-json.ts";
import { type ConsumerLimits, withConsumerDefaults } from "./consumer/consumer-defaults.ts";
import type { ConsumerSettings } from "./consumer/consumer-parts.ts";
import { sameConsumerConfig } from "./consumer/consumer-update-check.ts";
import { checkChangedOnWorkQueue, checkNewOnWorkQueue } from "./consumer/work-queue-check.ts";
import { apiLevel, type EngineSettings } from "./engine-settings.ts";
import { seeded } from "./store/seeded-journal.ts";
import type { StateJournal } from "./store/state-journal.ts";
import type { StreamPlace } from "./store/stores.ts";
import type { StreamAccess } from "./stream/stream-access.ts";
import type { AccountResources } from "./tenancy.ts";

export interface ConsumersParts {
  readonly around: AccountSurroundings;
  readonly place: StreamPlace;
  readonly stream: StreamAccess;
  readonly advisories: Advisories;
  readonly resources: AccountResources;
}

/** Letters and digits of a name that the server gives. */
const givenNameLength = 8;

export class AccountConsumers {
  readonly #parts: ConsumersParts;
  readonly #byName: Map<string, ApiConsumer> = new Map();
  readonly #running: Map<string, Consumer> = new Map();
  readonly #lanes: AccountLanes = new AccountLanes();
  /** The stream goes, or the server: nothing more is made. */
  #isClosed = false;
  #hidden = 0;
  #settings: ConsumerSettings | null = null;
  #settingsOf: EngineSettings | null = null;

  constructor(parts: ConsumersParts) {
    this.#parts = parts;
  }

  find(name: string): ApiConsumer | null {
    return this.#byName.get(name) ?? null;
  }

  /** Without direct ones. */
  *shown(): Iterable<ApiConsumer> {
    for (const consumer of this.#byName.values()) {
      if (!consumer.config.direct) {
        yield consumer;
      }
    }
  }

  get shownCount(): number {
    return this.#byName.size - this.#hidden;
  }

  /** Also one that is offline. */
  get hasAny(): boolean {
    return this.#byName.size > 0;
  }

  get all(): Iterable<ApiConsumer> {
    return this.#byName.values();
  }

  // --- by request

  create(
    wanted: ConsumerConfig,
    action: ConsumerAction,
    isPedantic: boolean,
    onDone: OnConsumer,
  ): void {
    const name = nameOf(wanted) === "" ? this.#unusedName() : nameOf(wanted);
    this.#lanes.run(name, (leave) => {
      this.#create(name, wanted, action, isPedantic, (failure, consumer) => {
        leave();
        onDone(failure, consumer);
      });
    });
  }

  /** Takes the configuration as it is. */
  reconfigure(name: string, config: ConsumerConfig, onDone: OnApiDone): void {
    this.#lanes.run(name, (leave) => {
      const consumer = this.#running.get(name);
      if (consumer === undefined) {
        leave();
        onDone(apiErrors.consumerNotFound);
        return;
      }
      this.#change(consumer, config, (failure) => {
        leave();
        onDone(failure);
      });
    });
  }

  remove(name: string, reason: DeleteReason, onDone: OnApiDone): void {
    this.#lanes.run(name, (leave) => {
      const consumer = this.#byName.get(name);
      if (consumer === undefined) {
        leave();
        onDone(apiErrors.consumerNotFound);
        return;
      }
      this.#remove(consumer, reason, (failure) => {
        leave();
        onDone(failure);
      });
    });
  }

  // --- life

  /** One that was found on disk. It is not judged anew. */
  adopt({ name, config, createdNanos }: ConsumerDescription): void {
    this.#start(name, config, createdNanos);
  }

  /** One from a backup. It is checked as a new one is, and goes on where it stood. */
  restore(
    { name, config: wanted, createdNanos, state }: RestoredConsumer,
    onDone: OnApiDone,
  ): void {
    const { clock } = this.#parts.around;
    const { config: stream } = this.#parts.stream;
    const filled = withConsumerDefaults(wanted, stream, this.#limits(), false);
    const refusal = filled.ok
      ? (checkConsumerConfig(filled.value, stream, this.#limits(), false) ??
        this.#refusalOfNew(filled.value, ""))
      : filled.refusal;
    if (!filled.ok || refusal !== null || this.#byName.has(name)) {
      onDone(refusal ?? apiErrors.consumerAlreadyExists);
      return;
    }
    const snapshot = snapshotOfBackup(state, clock.wallMillis());
    const made = createdNanos ?? clock.wallNanos();
    this.#make(name, filled.value, made, snapshot, (failure) => onDone(failure));
  }

  adoptOffline(consumer: ApiConsumer): void {
    this.#byName.set(consumer.name, consumer);
  }

  /** All that is known is written when it resolves. */
  async stop(tellsOfShutdown: boolean): Promise<void> {
    this.#isClosed = true;
    await Promise.all(
      [...this.#running.values()].map((consumer) => consumer.stop(tellsOfShutdown)),
    );
  }

  /** With the stream, whose files go: theirs are not removed one by one. */
  async removeAll(): Promise<void> {
    this.#isClosed = true;
    const running = [...this.#running.values()];
    this.#byName.clear();
    this.#running.clear();
    this.#hidden = 0;
    await Promise.all(running.map((consumer) => consumer.delete("stream")));
  }

  // --- how

  #limits(): ConsumerLimits {
    const { settings } = this.#parts.around;
    return {
      serverMaxAckPending: settings.maxAckPending,
      serverMaxRequestBatch: settings.maxRequestBatch,
      accountMaxAckPending: this.#parts.resources.limits.maxAckPending,
    };
  }

  #create(
    name: string,
    wanted: ConsumerConfig,
    action: ConsumerAction,
    isPedantic: boolean,
    onDone: OnConsumer,
  ): void {
    if (this.#isClosed) {
      onDone(apiErrors.streamNotFound, null);
      return;
    }
    const { config: stream } = this.#parts.stream;
    const limits = this.#limits();
    const filled = withConsumerDefaults(wanted, stream, limits, isPedantic);
    if (!filled.ok) {
      onDone(filled.refusal, null);
      return;
    }
    const config = filled.value;
    const former = this.#byName.get(name);
    const refusal =
      checkConsumerConfig(config, stream, limits, false) ??
      (former === undefined
        ? this.#refusalOfNew(config, action)
        : this.#refusalOfChange(former, config, action));
    if (refusal !== null) {
      onDone(refusal, null);
    } else if (former === undefined) {
      this.#make(name, config, this.#parts.around.clock.wallNanos(), null, onDone);
    } else {
      const consumer = this.#running.get(name) ?? null;
      if (consumer === null) {
        onDone(apiErrors.consumerOfflineReason(former.offlineReason), null);
      } else if (sameConsumerConfig(consumer.config, config)) {
        onDone(null, consumer);
      } else {
        this.#change(consumer, config, (failure) => onDone(failure, failure ? null : consumer));
      }
    }
  }

  /** For one that its client did not name. */
  #unusedName(): string {
    for (;;) {
      const name = this.#parts.around.newId().slice(-givenNameLength);
      if (!this.#byName.has(name)) {
        return name;
      }
    }
  }

  #refusalOfNew(config: ConsumerConfig, action: ConsumerAction): ApiError | null {
    if (action === "update") {
      return apiErrors.consumerDoesNotExist;
    }
    const { stream, resources } = this.#parts;
    const ofStream = stream.config.maxConsumers;
    const ofAccount = resources.limits.maxConsumers;
    const max = ofStream <= 0 || (ofAccount > 0 && ofAccount < ofStream) ? ofAccount : ofStream;
    if (max > 0 && this.#counted() >= max) {
      return apiErrors.maximumConsumersLimit;
    }
    return stream.config.retention === "workqueue"
      ? checkNewOnWorkQueue(config, this.#byName.values())
      : null;
  }

  /** Those that the stream's own mirrors and sources made count for nobody. */
  #counted(): number {
    let count = 0;
    for (const { config } of this.#byName.values()) {
      count += config.direct || config.sourcing ? 0 : 1;
    }
    return count;
  }

  #refusalOfChange(
    former: ApiConsumer,
    config: ConsumerConfig,
    action: ConsumerAction,
  ): ApiError | null {
    if (action === "create" && !sameConsumerConfig(former.config, config)) {
      return apiErrors.consumerAlreadyExists;
    }
    const isWorkQueue = this.#parts.stream.config.retention === "workqueue";
    const shared = isWorkQueue
      ? checkChangedOnWorkQueue(former.name, config, this.#byName.values())
      : null;
    return shared ?? this.#running.get(former.name)?.mayBecome(config) ?? null;
  }

  /** `snapshot` is where it stands when it is not new. */
  #make(
    name: string,
    config: ConsumerConfig,
    createdNanos: bigint,
    snapshot: Uint8Array | null,
    onDone: OnConsumer,
  ): void {
    let consumer: Consumer;
    try {
      consumer = this.#start(name, config, createdNanos, snapshot);
    } catch (failure) {
      onDone(this.#storeFault(name, messageOf(failure)), null);
      return;
    }
    this.#describe(consumer, config, (failure) => {
      if (failure !== null) {
        this.#remove(consumer, "asked", () => undefined);
        onDone(this.#storeFault(name, failure), null);
        return;
      }
      consumer.whenDurable((lost) =>
        lost === null ? onDone(null, consumer) : onDone(this.#storeFault(name, lost), null),
      );
    });
  }

  #start(
    name: string,
    config: ConsumerConfig,
    createdNanos: bigint,
    snapshot: Uint8Array | null = null,
  ): Consumer {
    const { around, place, stream } = this.#parts;
    const { clock, timers, random, log, turns, interests, settings } = around;
    const consumer = new Consumer({
      stream,
      config,
      name,
      createdNanos,
      journal: this.#journalOf(name, config, snapshot),
      clock,
      timers,
      random,
      log,
      turns,
      interests,
      settings: this.#consumerSettings(settings),
      events: {
        advise: (subject, type, event) => this.#parts.advisories.send(subject, type, event),
        onInactive: () => this.remove(name, "inactive", () => undefined),
        onFailed: (reason) => around.onFailed(place.account, place.stream, reason),
      },
    });
    this.#byName.set(name, consumer);
    this.#running.set(name, consumer);
    this.#hidden += config.direct ? 1 : 0;
    consumer.start();
    return consumer;
  }

  /** One for all consumers that are made while the server's do not change. */
  #consumerSettings(server: EngineSettings): ConsumerSettings {
    let shared = this.#settings;
    if (shared === null || this.#settingsOf !== server) {
      const { around, place } = this.#parts;
      shared = {
        domain: server.domain,
        accountHash: around.hashOf(place.account),
        namesDomainInAcks: server.namesDomainInAcks,
        maxPayload: server.stream.maxPayload,
        apiLevel,
      };
      this.#settings = shared;
      this.#settingsOf = server;
    }
    return shared;
  }

  #journalOf(
    name: string,
    config: ConsumerConfig,
    snapshot: Uint8Array | null,
  ): StateJournal | null {
    if (config.direct) {
      return null;
    }
    const { around, place } = this.#parts;
    const storage = this.#isOnDisk(config) ? "file" : "memory";
    const journal = around.stores.openConsumer(place, name, storage);
    return snapshot === null ? journal : seeded(journal, snapshot);
  }

  #change(consumer: Consumer, config: ConsumerConfig, onDone: OnApiDone): void {
    this.#describe(consumer, config, (failure) => {
      if (failure !== null) {
        onDone(this.#storeFault(consumer.name, failure));
        return;
      }
      consumer.update(config);
      consumer.whenDurable((lost) =>
        onDone(lost === null ? null : this.#storeFault(consumer.name, lost)),
      );
    });
  }

  /** The reason is for the log: it names files. */
  #storeFault(name: string, reason: string): ApiError {
    const { around, place } = this.#parts;
    const where = `'${place.account} > ${place.stream} > ${name}'`;
    around.log.warn(`Consumer create failed for ${where}: ${reason}`);
    return apiErrors.consumerCreate("error creating store for consumer");
  }

  #describe(
    { name, createdNanos }: ApiConsumer,
    config: ConsumerConfig,
    onDone: (failure: string | null) => void,
  ): void {
    if (config.direct || !this.#isOnDisk(config)) {
      onDone(null);
      return;
    }
    const { around, place } = this.#parts;
    const description = encodeConsumerDescription({ name, config, createdNanos });
    around.stores.describeConsumer(place, name, description, onDone);
  }

  #remove(consumer: ApiConsumer, reason: DeleteReason, onDone: OnApiDone): void {
    const { name, config } = consumer;
    const { around, place } = this.#parts;
    this.#byName.delete(name);
    this.#hidden -= config.direct ? 1 : 0;
    const running = this.#running.get(name);
    this.#running.delete(name);
    const removeFiles = (): void => {
      if (config.direct) {
        onDone(null);
        return;
      }
      around.stores.removeConsumer(place, name, (failure) =>
        onDone(failure === null ? null : apiErrors.consumerStoreFailed(failure)),
      );
    };
    if (running === undefined) {
      removeFiles();
      return;
    }
    running.delete(reason).then(removeFiles, (failure: unknown) => {
      onDone(apiErrors.consumerStoreFailed(messageOf(failure)));
    });
  }

  #isOnDisk(config: ConsumerConfig): boolean {
    return this.#parts.stream.config.storage === "file" && !config.memoryStorage;
  }
}

function nameOf(config: ConsumerConfig): string {
  return config.durable === "" ? config.name : config.durable;
}

function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}
