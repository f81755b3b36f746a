// Messages longer than a block in a file store: each is a block of its own.

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SilentLog } from "../../../src/host/silent-log.ts";
import { openFileStores } from "../../../src/jetstream/store/file-stores.ts";
import { MemoryStores } from "../../../src/jetstream/store/memory-stores.ts";
import type { MessageStore, NewMessage } from "../../../src/jetstream/store/message-store.ts";
import { MessageView } from "../../../src/jetstream/store/message-view.ts";
import type { Stores } from "../../../src/jetstream/store/stores.ts";
import { SimulatedDisk } from "../host/simulated-disk.ts";
import { SimulatedRandom } from "../host/simulated-random.ts";
import { SimulatedTime } from "../host/simulated-time.ts";
import { messagesFolder, place, storeFolder } from "./store-stage.ts";

const checksumModule = new WebAssembly.Module(
  readFileSync(join(import.meta.dir, "../../../build/checksum.wasm")),
);

class KeepingLog extends SilentLog {
  readonly complaints: string[] = [];

  override error(text?: string): void {
    this.complaints.push(text ?? "");
  }

  override warn(text?: string): void {
    this.complaints.push(text ?? "");
  }
}

interface Opened {
  readonly stores: Stores;
  readonly store: MessageStore;
}

function open(disk: SimulatedDisk, time: SimulatedTime, log: KeepingLog): Opened {
  const stores = openFileStores({
    disk,
    clock: time,
    timers: time,
    random: new SimulatedRandom(1),
    log,
    checksumModule,
    folder: storeFolder,
    syncIntervalMillis: 0,
    sealers: null,
    wake: () => undefined,
    memory: new MemoryStores({ wake: () => undefined }),
    blockCacheBytes: 0,
  });
  const store = stores.openMessages(place, {
    storage: "file",
    firstSequence: 1,
    compression: "none",
    isAsync: false,
  });
  return { stores, store };
}

function longMessage(sequence: number): NewMessage {
  const bodyBytes = Uint8Array.from({ length: 20_000 }, (_, at) => (at * sequence) & 255);
  return {
    sequence,
    timeMicros: 1_700_000_000_000_000 + sequence,
    restNanos: 0,
    subject: "long",
    headerBytes: new Uint8Array(0),
    headerStart: 0,
    headerLength: 0,
    bodyBytes,
    bodyStart: 0,
    bodyLength: bodyBytes.length,
    expiresMicros: 0,
    tags: 0,
  };
}

function checkBodies(store: MessageStore, sequences: readonly number[]): void {
  const view = new MessageView();
  expect([store.state.messages, store.lost]).toEqual([sequences.length, null]);
  for (const sequence of sequences) {
    expect(store.read(sequence, view)).toBe(true);
    expect(view.body).toEqual(longMessage(sequence).bodyBytes);
  }
}

test("long messages are right on disk, also those erased before they were written", async () => {
  const log = new KeepingLog();
  const random = new SimulatedRandom(1);
  const time = new SimulatedTime();
  const disk = new SimulatedDisk({ random, timers: time });
  disk.makeDirectory("/data");
  const { stores, store } = open(disk, time, log);
  for (const sequence of [1, 2, 3]) {
    store.append(longMessage(sequence));
  }
  expect(store.remove(2, true)).toBe(true);
  stores.commitTurn();
  await time.until(() => store.durable === store.written);
  store.append(longMessage(4));
  stores.commitTurn();
  await time.until(() => store.durable === store.written);
  checkBodies(store, [1, 3, 4]);
  const later = new SimulatedTime();
  const found = disk.losePower(later);
  expect(found.exists(`${messagesFolder}/index`)).toBe(false);
  const again = open(found, later, log);
  checkBodies(again.store, [1, 3, 4]);
  expect(log.complaints).toEqual([]);
});
