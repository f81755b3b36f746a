// What streams may take: of the server as a whole, and of each account. It counts what they hold and what they have
// reserved by `max_bytes`, and says when something would be too much. It knows no stream.

import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { AccountUsageLimits } from "./api/api-context.ts";
import { type ApiError, apiErrors } from "./api-error.ts";
import type { Storage, StreamConfig } from "./stream/stream-config.ts";
import type { StorageBudget } from "./stream/stream-parts.ts";

/** That the server is full is said in the log no more often than this. */
const alertEveryMillis = 10_000;

export const noAccountLimits: AccountUsageLimits = {
  maxMemory: -1,
  maxStorage: -1,
  maxStreams: -1,
  maxConsumers: -1,
  maxAckPending: -1,
  memoryMaxStreamBytes: -1,
  storageMaxStreamBytes: -1,
  maxBytesRequired: false,
};

type Amounts = { [Kind in Storage]: number };

/** The server's own bounds. */
export class ServerResources {
  readonly used: Amounts = { memory: 0, file: 0 };
  readonly reserved: Amounts = { memory: 0, file: 0 };
  readonly max: Amounts;
  readonly #log: Log;
  readonly #clock: Clock;
  #lastAlertMillis = Number.NEGATIVE_INFINITY;

  constructor(max: { readonly memory: number; readonly file: number }, log: Log, clock: Clock) {
    this.max = { ...max };
    this.#log = log;
    this.#clock = clock;
  }

  isExceeded(storage: Storage): boolean {
    return this.used[storage] > this.max[storage];
  }

  alert(storage: Storage): void {
    const now = this.#clock.monotonicMillis();
    if (now - this.#lastAlertMillis > alertEveryMillis) {
      this.#lastAlertMillis = now;
      this.#log.error(`JetStream ${storage} resource limits exceeded for server`);
    }
  }
}

/** One account's bounds within the server's. */
export class AccountResources {
  readonly used: Amounts = { memory: 0, file: 0 };
  readonly server: ServerResources;
  limits: AccountUsageLimits;

  constructor(server: ServerResources, limits: AccountUsageLimits) {
    this.server = server;
    this.limits = limits;
  }

  /** One for each stream, so that a stream that goes gives back what it held. */
  budgetFor(storage: Storage): StreamBudget {
    return new StreamBudget(this, storage);
  }

  maxOf(storage: Storage): number {
    return storage === "memory" ? this.limits.maxMemory : this.limits.maxStorage;
  }

  /** Whether `config` may be had beside what the others reserved; `others` is their sum for its kind of storage. */
  refusalOf(config: StreamConfig, others: number): ApiError | null {
    return this.#refusal(config, config.maxBytes < 0 ? 1 : config.maxBytes, others);
  }

  /** The same for a stream that is there already with `former`. */
  refusalOfUpdate(config: StreamConfig, former: StreamConfig, others: number): ApiError | null {
    const more = Math.max(Math.max(config.maxBytes, 0) - Math.max(former.maxBytes, 0), 0);
    return this.#refusal(config, more, others + config.maxBytes - more);
  }

  #refusal(config: StreamConfig, bytes: number, others: number): ApiError | null {
    const { maxConsumers } = this.limits;
    if (config.maxConsumers > 0 && maxConsumers > 0 && config.maxConsumers > maxConsumers) {
      return apiErrors.maximumConsumersLimit;
    }
    const { storage } = config;
    const max = this.maxOf(storage);
    const { server } = this;
    const isTooMuch =
      (max >= 0 && others + bytes > max) || server.reserved[storage] + bytes > server.max[storage];
    if (!isTooMuch) {
      return null;
    }
    return storage === "memory"
      ? apiErrors.memoryResourcesExceeded
      : apiErrors.storageResourcesExceeded;
  }
}

/** What one stream holds, and has reserved, counted in its account and in the server. */
export class StreamBudget implements StorageBudget, Disposable {
  readonly #account: AccountResources;
  readonly #storage: Storage;
  #bytes = 0;
  #reserved = 0;

  constructor(account: AccountResources, storage: Storage) {
    this.#account = account;
    this.#storage = storage;
  }

  mayStore(bytes: number): ApiError | null {
    const storage = this.#storage;
    const account = this.#account;
    const { server } = account;
    if (server.used[storage] > server.max[storage]) {
      server.alert(storage);
      return apiErrors.insufficientResources;
    }
    const max = account.maxOf(storage);
    return max >= 0 && account.used[storage] + bytes > max
      ? apiErrors.accountResourcesExceeded
      : null;
  }

  changed(_messages: number, bytes: number): void {
    this.#bytes += bytes;
    this.#account.used[this.#storage] += bytes;
    this.#account.server.used[this.#storage] += bytes;
  }

  reserve(maxBytes: number): void {
    const reserved = Math.max(maxBytes, 0);
    this.#account.server.reserved[this.#storage] += reserved - this.#reserved;
    this.#reserved = reserved;
  }

  /** Gives all of it back. */
  [Symbol.dispose](): void {
    this.changed(0, -this.#bytes);
    this.reserve(0);
  }
}

/** What accounts want for themselves, beyond what streams reserved, must fit the server. Null is it does. */
export function reservationRefusal(
  server: ServerResources,
  others: Iterable<AccountUsageLimits>,
  limits: AccountUsageLimits,
): ApiError | null {
  const memory = Math.max(limits.maxMemory, 0);
  const file = Math.max(limits.maxStorage, 0);
  let memoryOfOthers = 0;
  let fileOfOthers = 0;
  for (const other of others) {
    memoryOfOthers += Math.max(other.maxMemory, 0);
    fileOfOthers += Math.max(other.maxStorage, 0);
  }
  if (Math.max(server.reserved.memory, memoryOfOthers) + memory > server.max.memory) {
    return apiErrors.memoryResourcesExceeded;
  }
  return Math.max(server.reserved.file, fileOfOthers) + file > server.max.file
    ? apiErrors.storageResourcesExceeded
    : null;
}
