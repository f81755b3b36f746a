// The object store as the official client uses it, against the real program.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { type ObjectStore, Objm } from "@nats-io/obj";
import { type JetStreamServer, startJetStream } from "../support/jetstream-server.ts";
import { waitUntil } from "../support/wait-until.ts";

let running: JetStreamServer;
let stores: Objm;

beforeAll(async () => {
  running = await startJetStream();
  stores = new Objm(running.connection);
});

afterAll(async () => {
  await running[Symbol.asyncDispose]();
});

/** Bytes that are not all the same. */
function bytesOf(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    bytes[i] = (i * 31 + (i >> 8)) & 0xff;
  }
  return bytes;
}

async function names(store: ObjectStore): Promise<readonly string[]> {
  return (await store.list()).filter(({ deleted }) => !deleted).map(({ name }) => name);
}

test("an object is cut into chunks and put together again", async () => {
  const store = await stores.create("large");
  const bytes = bytesOf(1_000_003);
  const info = await store.putBlob({ name: "big", description: "x" }, bytes);
  expect(info).toMatchObject({ name: "big", size: bytes.length, chunks: 8 });
  const got = await store.getBlob("big");
  expect(got?.length).toBe(bytes.length);
  expect(Bun.hash(got ?? new Uint8Array(0))).toBe(Bun.hash(bytes));
});

test("objects are listed, replaced and deleted", async () => {
  const store = await stores.create("several");
  await store.putBlob({ name: "a" }, bytesOf(10));
  await store.putBlob({ name: "b" }, bytesOf(0));
  await store.putBlob({ name: "a" }, bytesOf(200_000));
  expect([...(await names(store))].sort()).toEqual(["a", "b"]);
  expect((await store.getBlob("a"))?.length).toBe(200_000);
  expect((await store.delete("a")).success).toBe(true);
  expect(await names(store)).toEqual(["b"]);
  expect(await store.get("a")).toBeNull();
});

test("an object is linked to", async () => {
  const store = await stores.create("linked");
  const info = await store.putBlob({ name: "a" }, bytesOf(5));
  await store.link("b", info);
  expect((await store.getBlob("b"))?.length).toBe(5);
});

test("a sealed store takes nothing more", async () => {
  const store = await stores.create("sealed");
  await store.putBlob({ name: "a" }, bytesOf(5));
  expect((await store.seal()).sealed).toBe(true);
  await expect(store.putBlob({ name: "b" }, bytesOf(5))).rejects.toThrow();
  expect((await store.getBlob("a"))?.length).toBe(5);
});

test("a watch tells of objects", async () => {
  const store = await stores.create("watched");
  await store.putBlob({ name: "a" }, bytesOf(5));
  const seen: string[] = [];
  const watch = await store.watch({ includeHistory: true });
  const done = (async () => {
    for await (const info of watch) {
      if (info !== null) {
        seen.push(`${info.name}:${info.deleted}`);
      }
      if (seen.length === 3) {
        break;
      }
    }
  })();
  // What replaces an object also takes away what was to be told of it: so one after the other.
  await waitUntil("the first", () => seen.length === 1);
  await store.putBlob({ name: "b" }, bytesOf(5));
  await waitUntil("the second", () => seen.length === 2);
  await store.delete("b");
  await done;
  expect(seen).toEqual(["a:false", "b:false", "b:true"]);
});

test("a store is destroyed", async () => {
  const store = await stores.create("gone");
  expect(await store.destroy()).toBe(true);
});
