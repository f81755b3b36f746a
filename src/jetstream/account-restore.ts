// A stream of an account while it is filled from a backup. Its name is taken; it is not served, and not described on disk,
// before all of it is durable.

import { reasonOf } from "./account-stores.ts";
import type { AccountStream } from "./account-stream.ts";
import type { OnStream } from "./api/api-context.ts";
import type { RestoredConsumer, StreamRestore } from "./api/backup/stream-restore.ts";
import { type ApiError, apiErrors } from "./api-error.ts";
import type { MessageStore } from "./store/message-store.ts";
import type { StreamConfig } from "./stream/stream-config.ts";
import type { AccountResources } from "./tenancy.ts";

/** What the account does for it. */
export interface RestoreHooks {
  /** Whether no other stream has taken its subjects meanwhile. */
  readonly isFree: () => boolean;
  /** Puts it among the account's streams. Throws when it cannot. */
  readonly host: (createdNanos: bigint, store: MessageStore) => AccountStream;
  /** Makes it lasting. */
  readonly describe: (hosted: AccountStream, onDone: (failure: string | null) => void) => void;
  /** Takes it from the account's streams again, with all it has on disk. */
  readonly drop: (hosted: AccountStream, onDone: () => void) => void;
}

export interface AccountRestoreParts extends RestoreHooks {
  readonly config: StreamConfig;
  readonly store: MessageStore;
  readonly resources: AccountResources;
  readonly maxPayload: number;
  readonly nowNanos: bigint;
  readonly sha256: (bytes: Uint8Array) => Uint8Array;
  /** Closes the store that no stream was made of, which is done when it resolves, and removes its files. */
  readonly discard: (onDone: () => void) => Promise<void>;
  /** It is hosted, or nothing is left of it. Once. */
  readonly onEnd: (hosted: AccountStream | null) => void;
}

export class AccountRestore implements StreamRestore {
  readonly config: StreamConfig;
  readonly store: MessageStore;
  readonly maxPayload: number;
  createdNanos: bigint | null = null;
  readonly #parts: AccountRestoreParts;
  readonly #consumers: RestoredConsumer[] = [];
  /** Resolves when its store is closed; null: it is not abandoned. */
  #abandoned: Promise<void> | null = null;
  #isHosted = false;

  constructor(parts: AccountRestoreParts) {
    this.config = parts.config;
    this.store = parts.store;
    this.maxPayload = parts.maxPayload;
    this.#parts = parts;
  }

  addConsumer(consumer: RestoredConsumer): void {
    this.#consumers.push(consumer);
  }

  refusal(): ApiError | null {
    const { resources, config, store } = this.#parts;
    if (this.#abandoned !== null) {
      return apiErrors.streamNotFound;
    }
    const { storage } = config;
    const { server } = resources;
    const { bytes } = store.state;
    const max = resources.maxOf(storage);
    const isTooMuch =
      (max >= 0 && resources.used[storage] + bytes > max) ||
      server.used[storage] + bytes > server.max[storage];
    if (store.failure !== null) {
      return apiErrors.streamStoreFailed(store.failure);
    }
    if (!isTooMuch) {
      return null;
    }
    return storage === "memory"
      ? apiErrors.memoryResourcesExceeded
      : apiErrors.storageResourcesExceeded;
  }

  sha256(bytes: Uint8Array): Uint8Array {
    return this.#parts.sha256(bytes);
  }

  finish(onDone: OnStream): void {
    this.#whenDurable((failure) => {
      if (failure !== null) {
        this.abandon();
        onDone(apiErrors.streamStoreFailed(failure), null);
        return;
      }
      if (this.#abandoned !== null) {
        onDone(apiErrors.streamNotFound, null);
        return;
      }
      if (!this.#parts.isFree()) {
        this.abandon();
        onDone(apiErrors.streamSubjectOverlap, null);
        return;
      }
      let hosted: AccountStream;
      try {
        hosted = this.#parts.host(this.createdNanos ?? this.#parts.nowNanos, this.store);
      } catch (thrown) {
        this.abandon();
        onDone(apiErrors.streamStoreFailed(reasonOf(thrown)), null);
        return;
      }
      this.#isHosted = true;
      this.#describe(hosted, onDone);
    });
  }

  abandon(): void {
    if (!this.#isHosted) {
      this.#abandoned ??= this.#parts.discard(() => this.#parts.onEnd(null));
    }
  }

  /** Once it is one of the account's streams it is closed with them. */
  async close(): Promise<void> {
    this.abandon();
    await this.#abandoned;
  }

  #whenDurable(onDone: (failure: string | null) => void): void {
    const { store } = this.#parts;
    const ticket = store.written;
    const check = (): void => {
      if (store.durable >= ticket || store.failure !== null) {
        store.onDurable = ignore;
        store.onFailed = ignore;
        onDone(store.failure);
      }
    };
    store.onDurable = check;
    store.onFailed = check;
    check();
  }

  #describe(hosted: AccountStream, onDone: OnStream): void {
    this.#parts.describe(hosted, (failure) => {
      if (failure === null) {
        this.#restoreConsumers(hosted, onDone);
      } else {
        this.#fail(hosted, apiErrors.streamStoreFailed(failure), onDone);
      }
    });
  }

  #restoreConsumers(hosted: AccountStream, onDone: OnStream): void {
    const consumer = this.#consumers.shift();
    if (consumer === undefined) {
      hosted.stream?.reconcile();
      hosted.start();
      this.#parts.onEnd(hosted);
      onDone(null, hosted);
      return;
    }
    hosted.hosted.restore(consumer, (failure) => {
      if (failure === null) {
        this.#restoreConsumers(hosted, onDone);
      } else {
        this.#fail(hosted, failure, onDone);
      }
    });
  }

  #fail(hosted: AccountStream, failure: ApiError, onDone: OnStream): void {
    this.#parts.drop(hosted, () => this.#parts.onEnd(null));
    onDone(failure, null);
  }
}

function ignore(): void {
  // The stream listens from now on.
}
