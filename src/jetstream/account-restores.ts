// The streams of an account that are being restored: begun, and given up when the account is closed.

import { AccountRestore, type RestoreHooks } from "./account-restore.ts";
import { discardStore, openStore, reasonOf } from "./account-stores.ts";
import type { AccountStream } from "./account-stream.ts";
import type { AccountSurroundings } from "./account-surroundings.ts";
import type { Advisories } from "./advisories.ts";
import type { StreamRestore } from "./api/backup/stream-restore.ts";
import { type ApiError, apiErrors } from "./api-error.ts";
import type { MessageStore } from "./store/message-store.ts";
import type { StreamConfig } from "./stream/stream-config.ts";
import type { AccountResources } from "./tenancy.ts";

export type OnRestore = (failure: ApiError | null, restore: StreamRestore | null) => void;

export interface RestoreOrder extends RestoreHooks {
  /** The name is free for others, or the stream's own. */
  readonly onEnd: () => void;
}

export class AccountRestores {
  readonly #account: string;
  readonly #around: AccountSurroundings;
  readonly #resources: AccountResources;
  readonly #advisories: Advisories;
  readonly #all: Set<AccountRestore> = new Set();

  constructor(
    account: string,
    around: AccountSurroundings,
    resources: AccountResources,
    advisories: Advisories,
  ) {
    this.#account = account;
    this.#around = around;
    this.#resources = resources;
    this.#advisories = advisories;
  }

  /** The configuration is checked, and the name is free. */
  begin(config: StreamConfig, order: RestoreOrder, onReady: OnRestore): void {
    const { stores, clock, sha256, settings } = this.#around;
    let store: MessageStore;
    try {
      store = openStore(stores, this.#account, config);
    } catch (failure) {
      order.onEnd();
      onReady(apiErrors.streamStoreFailed(reasonOf(failure)), null);
      return;
    }
    const { isFree, host, describe, drop } = order;
    const restore = new AccountRestore({
      config,
      store,
      resources: this.#resources,
      maxPayload: settings.stream.maxPayload,
      nowNanos: clock.wallNanos(),
      sha256,
      isFree,
      host,
      describe,
      drop,
      discard: (onDone) => discardStore(stores, this.#account, config, store, onDone),
      onEnd: (hosted) => {
        this.#ended(restore, hosted);
        order.onEnd();
      },
    });
    this.#all.add(restore);
    onReady(null, restore);
  }

  /** None takes anything more, and their stores are closed, when it resolves. */
  async close(): Promise<void> {
    await Promise.all([...this.#all].map((restore) => restore.close()));
  }

  #ended(restore: AccountRestore, hosted: AccountStream | null): void {
    this.#all.delete(restore);
    if (hosted !== null) {
      this.#advisories.stream(restore.config.name, "create");
    }
  }
}
