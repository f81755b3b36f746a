// Key-value buckets as the official client uses them, against the real program.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { type KV, type KvEntry, Kvm } from "@nats-io/kv";
import { type JetStreamServer, startJetStream } from "../support/jetstream-server.ts";
import { waitUntil } from "../support/wait-until.ts";

let running: JetStreamServer;
let buckets: Kvm;

beforeAll(async () => {
  running = await startJetStream();
  buckets = new Kvm(running.connection);
});

afterAll(async () => {
  await running[Symbol.asyncDispose]();
});

async function textOf(bucket: KV, key: string): Promise<string | null> {
  const entry = await bucket.get(key);
  return entry === null ? null : entry.string();
}

async function all(entries: AsyncIterable<KvEntry>): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const entry of entries) {
    found.push(`${entry.key}=${entry.string()}`);
  }
  return found;
}

test("what is put is got, with its revision", async () => {
  const bucket = await buckets.create("plain");
  expect(await bucket.put("a", "1")).toBe(1);
  expect(await bucket.put("a", "2")).toBe(2);
  expect(await bucket.get("a")).toMatchObject({ key: "a", revision: 2, operation: "PUT" });
  expect(await textOf(bucket, "a")).toBe("2");
  expect(await bucket.get("none")).toBeNull();
});

test("a key is created once, and updated by who saw it last", async () => {
  const bucket = await buckets.create("exact");
  const revision = await bucket.create("a", "1");
  await expect(bucket.create("a", "2")).rejects.toThrow();
  await expect(bucket.update("a", "3", revision + 5)).rejects.toThrow();
  await bucket.update("a", "4", revision);
  expect(await textOf(bucket, "a")).toBe("4");
  await bucket.delete("a");
  await bucket.create("a", "5");
  expect(await textOf(bucket, "a")).toBe("5");
});

test("history is as long as it was asked for", async () => {
  const bucket = await buckets.create("history", { history: 3 });
  for (let i = 0; i < 5; i++) {
    await bucket.put("a", `${i}`);
  }
  expect(await all(await bucket.history({ key: "a" }))).toEqual(["a=2", "a=3", "a=4"]);
});

test("keys are listed, deleted and purged", async () => {
  const bucket = await buckets.create("keys", { history: 5 });
  for (const key of ["a", "b.c", "b.d"]) {
    await bucket.put(key, "x");
    await bucket.put(key, "y");
  }
  await bucket.delete("a");
  await bucket.purge("b.c");
  const keys: string[] = [];
  for await (const key of await bucket.keys()) {
    keys.push(key);
  }
  expect(keys).toEqual(["b.d"]);
  expect((await bucket.get("a"))?.operation).toBe("DEL");
  expect((await bucket.get("b.c"))?.operation).toBe("PURGE");
  const { values } = await bucket.status();
  expect(values).toBe(6);
});

test("a watch begins with what is there, and goes on", async () => {
  const bucket = await buckets.create("watched");
  await bucket.put("a", "1");
  await bucket.put("b", "1");
  const seen: string[] = [];
  const watch = await bucket.watch({ key: ">" });
  const done = (async () => {
    for await (const entry of watch) {
      seen.push(`${entry.key}=${entry.string()}:${entry.operation}`);
      if (seen.length === 4) {
        break;
      }
    }
  })();
  await waitUntil("the first values", () => seen.length === 2);
  await bucket.put("a", "2");
  await bucket.delete("b");
  await done;
  expect(seen).toEqual(["a=1:PUT", "b=1:PUT", "a=2:PUT", "b=:DEL"]);
});

test("values of a bucket with a time to live go away", async () => {
  const bucket = await buckets.create("fading", { ttl: 400 });
  await bucket.put("a", "1");
  await waitUntil("the value to be gone", async () => (await bucket.get("a")) === null);
});

test("a full bucket refuses", async () => {
  const bucket = await buckets.create("small", { max_bytes: 200 });
  await expect(bucket.put("a", "x".repeat(300))).rejects.toThrow();
  expect(await bucket.get("a")).toBeNull();
});

test("a bucket is destroyed", async () => {
  const bucket = await buckets.create("gone");
  expect(await bucket.destroy()).toBe(true);
  const names: string[] = [];
  for await (const status of buckets.list()) {
    names.push(status.bucket);
  }
  expect(names).not.toContain("gone");
});
