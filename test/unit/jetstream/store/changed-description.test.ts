// A stream's description may be changed when messages are there already, to another first sequence or compression: they
// stay what they are.

import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BunCiphers } from "../../../../src/host/bun-ciphers.ts";
import { BunClock, BunTimers } from "../../../../src/host/bun-clock.ts";
import { BunDisk } from "../../../../src/host/bun-disk.ts";
import { BunRandom } from "../../../../src/host/bun-random.ts";
import { SilentLog } from "../../../../src/host/silent-log.ts";
import { openFileStores } from "../../../../src/jetstream/store/file-stores.ts";
import { MemoryStores } from "../../../../src/jetstream/store/memory-stores.ts";
import type { MessageStore } from "../../../../src/jetstream/store/message-store.ts";
import { MessageView } from "../../../../src/jetstream/store/message-view.ts";
import type { StreamStoreOptions } from "../../../../src/jetstream/store/stores.ts";
import { KeyedSealers } from "../../../../src/storage/keyed-sealers.ts";

const checksumModule: WebAssembly.Module = new WebAssembly.Module(
  readFileSync(join(import.meta.dir, "../../../../build/checksum.wasm")),
);
const none: Uint8Array = new Uint8Array(0);

async function withStore(
  folder: string,
  { firstSequence = 1, compression = "none" }: Partial<StreamStoreOptions>,
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
    sealers: new KeyedSealers({
      ciphers: new BunCiphers(),
      random: new BunRandom(),
      key: null,
      previousKey: null,
      cipher: "chacha20-poly1305",
    }),
    wake: () => undefined,
    memory: new MemoryStores({ wake: () => undefined }),
  });
  const place = { account: "A", stream: "S" };
  const store = stores.openMessages(place, {
    storage: "file",
    compression,
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
    await withStore(folder, {}, (store) => {
      append(store, 1);
      append(store, 2);
      append(store, 3);
      store.remove(1, false);
    });
    // With and without what was written down of the index.
    for (let round = 0; round < 2; round += 1) {
      await withStore(folder, { firstSequence: other }, (store) => {
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

test.each([
  ["s2", "none"],
  ["none", "s2"],
] as const)("messages stay when the compression goes from %s to %s", async (before, after) => {
  const folder = mkdtempSync(join(tmpdir(), "midge-compression-"));
  try {
    const sequences: number[] = [];
    for (const [round, compression] of [before, after, before, after].entries()) {
      await withStore(folder, { compression }, (store) => {
        expect(store.lost).toBeNull();
        for (const sequence of sequences) {
          expect(store.read(sequence, new MessageView())).toBe(true);
        }
        for (let more = 1; more <= 40; more += 1) {
          sequences.push(round * 40 + more);
          append(store, round * 40 + more);
        }
      });
      rmSync(join(folder, "A", "streams", "S", "messages", "index"), { force: true });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
