// Opens the messages of a stream as its configuration asks, and discards them again when no stream came of it.

import type { MessageStore } from "./store/message-store.ts";
import type { Stores } from "./store/stores.ts";
import type { StreamConfig } from "./stream/stream-config.ts";

/** Throws when it cannot be opened. */
export function openStore(stores: Stores, account: string, config: StreamConfig): MessageStore {
  return stores.openMessages(
    { account, stream: config.name },
    {
      storage: config.storage,
      compression: config.compression,
      firstSequence: Math.max(config.firstSequence, 1),
      isAsync: config.persistMode === "async",
    },
  );
}

/** Closes it, which is done when it resolves, and removes what it has on disk. */
export function discardStore(
  stores: Stores,
  account: string,
  config: StreamConfig,
  store: MessageStore,
  onDone: () => void,
): Promise<void> {
  const remove = (): void => stores.removeStream({ account, stream: config.name }, onDone);
  return store.close().then(remove, remove);
}

/** Why something that was thrown was thrown. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
