// What a sudden end leaves of the creation of a stream or a consumer: nothing that stands in the way; and what has lost
// its description in any other way stays where it is and is told of.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BunClock, BunTimers } from "../../../../src/host/bun-clock.ts";
import { BunDisk } from "../../../../src/host/bun-disk.ts";
import { BunRandom } from "../../../../src/host/bun-random.ts";
import { SilentLog } from "../../../../src/host/silent-log.ts";
import { openFileStores } from "../../../../src/jetstream/store/file-stores.ts";
import { MemoryStores } from "../../../../src/jetstream/store/memory-stores.ts";
import type { Stores } from "../../../../src/jetstream/store/stores.ts";

const checksumModule: WebAssembly.Module = new WebAssembly.Module(
  readFileSync(join(import.meta.dir, "../../../../build/checksum.wasm")),
);
const place = { account: "A", stream: "S" };
const description: Uint8Array = new TextEncoder().encode("{}");

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "midge-unfinished-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function openStores(): Stores {
  return openFileStores({
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
}

async function described(): Promise<void> {
  const stores = openStores();
  for (const name of ["", "c"]) {
    const done = Promise.withResolvers<string | null>();
    if (name === "") {
      stores.describeStream(place, description, done.resolve);
    } else {
      stores.describeConsumer(place, name, description, done.resolve);
    }
    expect(await done.promise).toBeNull();
  }
  await stores.close();
}

async function found(): Promise<string> {
  const stores = openStores();
  const told = stores.find().map((stream) => {
    const consumers = stream.consumers.map(
      (one) => `${one.name} ${one.description === null ? "damaged" : "well"}`,
    );
    return [stream.description === null ? "damaged" : "well", ...consumers].join(", ");
  });
  await stores.close();
  return told.join("; ");
}

test("a stream whose description was on its way is none", async () => {
  for (const entries of [[], ["meta.tmp"], ["key"], ["key", "meta.tmp"]]) {
    const stream = join(folder, "A", "streams", "S");
    mkdirSync(stream, { recursive: true });
    for (const entry of entries) {
      writeFileSync(join(stream, entry), "half");
    }
    expect(await found()).toBe("");
    expect(existsSync(stream)).toBe(false);
    await described();
    expect(await found()).toBe("well, c well");
    rmSync(join(folder, "A"), { recursive: true });
  }
});

test("a consumer whose description was on its way is none, though it had a state", async () => {
  await described();
  const consumer = join(folder, "A", "streams", "S", "consumers", "d");
  mkdirSync(consumer);
  writeFileSync(join(consumer, "meta.tmp"), "half");
  writeFileSync(join(consumer, "state.1"), "state");
  expect(await found()).toBe("well, c well");
  expect(existsSync(consumer)).toBe(false);
});

test("what was finished and has lost its description stays, and is told of", async () => {
  await described();
  const stream = join(folder, "A", "streams", "S");
  rmSync(join(stream, "consumers", "c", "meta"));
  writeFileSync(join(stream, "consumers", "c", "state.1"), "state");
  expect(await found()).toBe("well, c damaged");
  writeFileSync(join(stream, "meta.tmp"), "half");
  rmSync(join(stream, "meta"));
  expect(await found()).toBe("damaged, c damaged");
  expect(existsSync(join(stream, "consumers", "c", "state.1"))).toBe(true);
});

test("who looks for one account's streams leaves alone what is being created in another", async () => {
  const stream = join(folder, "A", "streams", "S");
  mkdirSync(stream, { recursive: true });
  writeFileSync(join(stream, "meta.tmp"), "half");
  const stores = openStores();
  expect(stores.find("B")).toEqual([]);
  expect(existsSync(stream)).toBe(true);
  expect(stores.find("A")).toEqual([]);
  expect(existsSync(stream)).toBe(false);
  await stores.close();
});
