// The file store under the contract of message stores, on the real disk.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BunClock, BunTimers } from "../../../src/host/bun-clock.ts";
import { BunDisk } from "../../../src/host/bun-disk.ts";
import { BunRandom } from "../../../src/host/bun-random.ts";
import { SilentLog } from "../../../src/host/silent-log.ts";
import { openFileStores } from "../../../src/jetstream/store/file-stores.ts";
import { MemoryStores } from "../../../src/jetstream/store/memory-stores.ts";
import type { Stores } from "../../../src/jetstream/store/stores.ts";
import { messageStoreContract, type OpenedStore } from "./message-store-contract.ts";

const checksumModule = new WebAssembly.Module(
  readFileSync(join(import.meta.dir, "../../../build/checksum.wasm")),
);

function openStores(folder: string, syncIntervalMillis: number): Stores {
  return openFileStores({
    disk: new BunDisk(),
    clock: new BunClock(),
    timers: new BunTimers(),
    random: new BunRandom(),
    log: new SilentLog(),
    checksumModule,
    folder: join(folder, "jetstream"),
    syncIntervalMillis,
    sealers: null,
    wake: () => undefined,
    memory: new MemoryStores({ wake: () => undefined }),
  });
}

const place = { account: "A", stream: "S" };

function opener(
  syncIntervalMillis: number,
  keepsIndex: boolean,
): (firstSequence: number) => Promise<OpenedStore> {
  return (firstSequence) => {
    const folder = mkdtempSync(join(tmpdir(), "midge-store-"));
    let stores = openStores(folder, syncIntervalMillis);
    const open = (): OpenedStore["store"] =>
      stores.openMessages(place, {
        storage: "file",
        compression: "none",
        firstSequence,
        isAsync: false,
      });
    let store = open();
    return Promise.resolve({
      store,
      cost: "file",
      commit: async () => {
        while (store.durable < store.written) {
          stores.commitTurn();
          await new Promise((resolve) => setImmediate(resolve));
        }
      },
      reopen: async () => {
        await store.close();
        await stores.close();
        if (!keepsIndex) {
          rmSync(join(folder, "jetstream/A/streams/S/messages/index"));
        }
        stores = openStores(folder, syncIntervalMillis);
        store = open();
        return store;
      },
      dispose: async () => {
        await store.close();
        await stores.close();
        rmSync(folder, { recursive: true });
      },
    });
  };
}

messageStoreContract("files", opener(0, true));
messageStoreContract("files, walked at the start", opener(0, false));
messageStoreContract("files synced now and then", opener(60_000, true));
