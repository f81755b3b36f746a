// What a crash leaves of an atomic batch: all of it or nothing, wherever the file ends.

import { afterAll, expect, test } from "bun:test";
import {
  copyFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BunClock, BunTimers } from "../../../../src/host/bun-clock.ts";
import { BunDisk } from "../../../../src/host/bun-disk.ts";
import { BunRandom } from "../../../../src/host/bun-random.ts";
import { SilentLog } from "../../../../src/host/silent-log.ts";
import { openFileStores } from "../../../../src/jetstream/store/file-stores.ts";
import { MemoryStores } from "../../../../src/jetstream/store/memory-stores.ts";
import {
  type MessageStore,
  messageTag,
  type NewMessage,
} from "../../../../src/jetstream/store/message-store.ts";
import { MessageView } from "../../../../src/jetstream/store/message-view.ts";
import type { Stores } from "../../../../src/jetstream/store/stores.ts";

const folder = mkdtempSync(join(tmpdir(), "midge-half-batch-"));
const checksumModule = new WebAssembly.Module(
  readFileSync(join(import.meta.dir, "../../../../build/checksum.wasm")),
);
const messages = "A/streams/S/messages";
const none = new Uint8Array(0);

afterAll(() => rmSync(folder, { recursive: true }));

function openStores(path: string): Stores {
  return openFileStores({
    disk: new BunDisk(),
    clock: new BunClock(),
    timers: new BunTimers(),
    random: new BunRandom(),
    log: new SilentLog(),
    checksumModule,
    folder: path,
    syncIntervalMillis: 0,
    sealers: null,
    wake: () => undefined,
    memory: new MemoryStores({ wake: () => undefined }),
  });
}

function openMessages(stores: Stores): MessageStore {
  const place = { account: "A", stream: "S" };
  return stores.openMessages(place, {
    storage: "file",
    compression: "none",
    firstSequence: 1,
    isAsync: false,
  });
}

function message(sequence: number, tags: number): NewMessage {
  const body = new TextEncoder().encode(`message ${sequence}`);
  return {
    sequence,
    timeMicros: 1_700_000_000_000_000 + sequence,
    restNanos: 0,
    subject: "s.a",
    headerBytes: none,
    headerStart: 0,
    headerLength: 0,
    bodyBytes: body,
    bodyStart: 0,
    bodyLength: body.length,
    expiresMicros: 0,
    tags,
  };
}

async function commit(stores: Stores, store: MessageStore): Promise<void> {
  while (store.durable < store.written) {
    stores.commitTurn();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Two messages, one removed, then a batch of three that pushes another one out. */
async function makeLog(path: string): Promise<{ readonly before: number; readonly file: string }> {
  const stores = openStores(path);
  const store = openMessages(stores);
  store.append(message(1, 0));
  store.append(message(2, 0));
  await commit(stores, store);
  const name = readdirSync(join(path, messages)).find((one) => one !== "index") ?? "";
  const file = join(path, messages, name);
  const before = statSync(file).size;
  store.append(message(3, messageTag.batchGoesOn));
  store.append(message(4, messageTag.batchGoesOn));
  store.remove(1, false);
  store.append(message(5, 0));
  store.append(message(6, 0));
  await commit(stores, store);
  copyFileSync(file, `${path}.log`);
  await store.close();
  await stores.close();
  rmSync(join(path, messages, "index"), { force: true });
  copyFileSync(`${path}.log`, file);
  return { before, file };
}

test("a file that ends within a batch has nothing of it, and one that ends behind it all", async () => {
  const origin = join(folder, "origin");
  const { before, file } = await makeLog(origin);
  const size = statSync(file).size;
  const found = new Set<string>();
  for (let end = before; end <= size; end += 5) {
    const path = join(folder, `cut-${end}`);
    cpSync(origin, path, { recursive: true });
    truncateSync(join(path, file.slice(origin.length)), end);
    const stores = openStores(path);
    const store = openMessages(stores);
    const view = new MessageView();
    const held = [1, 2, 3, 4, 5, 6].filter((sequence) => store.read(sequence, view));
    found.add(held.join(" "));
    await store.close();
    await stores.close();
    rmSync(path, { recursive: true });
  }
  // The removal of the first is written behind them all: it may be lacking.
  for (const held of found) {
    expect(["1 2", "1 2 3 4 5", "1 2 3 4 5 6", "2 3 4 5 6"]).toContain(held);
  }
  expect(found).toContain("1 2");
  expect(found).toContain("2 3 4 5 6");
});
