// A stream's description may be given another first sequence when messages are there already: they stay what they are.

import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BunClock, BunTimers } from "../../../../src/host/bun-clock.ts";
import { BunDisk } from "../../../../src/host/bun-disk.ts";
import { BunRandom } from "../../../../src/host/bun-random.ts";
import { SilentLog } from "../../../../src/host/silent-log.ts";
import { openFileStores } from "../../../../src/jetstream/store/file-stores.ts";
import { MemoryStores } from "../../../../src/jetstream/store/memory-stores.ts";
import type { MessageStore } from "../../../../src/jetstream/store/message-store.ts";
import { MessageView } from "../../../../src/jetstream/store/message-view.ts";

const checksumModule: WebAssembly.Module = new WebAssembly.Module(
  readFileSync(join(import.meta.dir, "../../../../build/checksum.wasm")),
);
const none: Uint8Array = new Uint8Array(0);

async function withStore(
  folder: string,
  firstSequence: number,
  work: (store: MessageStore) => void,
): Promise<void> {
  const stores = openFileStores({
    disk: new BunDisk(),
    clock: new BunClock(),
    timers: new BunTimers(),
    random: new BunRandom(),
    log: new SilentLog(),
    checksumModule,
    folder,
    syncIntervalMillis: 0,
    sealers: null,
    wake: () => undefined,
    memory: new MemoryStores({ wake: () => undefined }),
  });
  const place = { account: "A", stream: "S" };
  const store = stores.openMessages(place, {
    storage: "file",
    compression: "none",
    firstSequence,
    isAsync: false,
  });
  work(store);
  stores.commitTurn();
  await store.close();
  await stores.close();
}

function append(store: MessageStore, sequence: number): void {
  store.append({
    sequence,
    timeMicros: 1_700_000_000_000_000 + sequence,
    restNanos: 0,
    subject: "s.a",
    headerBytes: none,
    headerStart: 0,
    headerLength: 0,
    bodyBytes: none,
    bodyStart: 0,
    bodyLength: 0,
    expiresMicros: 0,
    tags: 0,
  });
}

test.each([1000, 2, 1])("messages stay when the description begins with %d", async (other) => {
  const folder = mkdtempSync(join(tmpdir(), "midge-first-"));
  try {
    await withStore(folder, 1, (store) => {
      append(store, 1);
      append(store, 2);
      append(store, 3);
      store.remove(1, false);
    });
    // With and without what was written down of the index.
    for (let round = 0; round < 2; round += 1) {
      await withStore(folder, other, (store) => {
        expect(store.state).toMatchObject({ messages: 2, firstSequence: 2, lastSequence: 3 });
        expect(store.read(2, new MessageView())).toBe(true);
        expect(store.failure).toBeNull();
      });
      rmSync(join(folder, "A", "streams", "S", "messages", "index"), { force: true });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
