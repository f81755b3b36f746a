// Atomic and fast batches as the official client sends them, counters and schedules, against the real program.

import { afterAll, beforeAll, expect, test } from "bun:test";
import {
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
} from "@nats-io/jetstream";
import { startFastIngest } from "@nats-io/jetstream/internal";
import { headers } from "@nats-io/transport-node";
import { type JetStreamServer, startJetStream } from "../support/jetstream-server.ts";
import { waitUntil } from "../support/wait-until.ts";

let running: JetStreamServer;
let manager: JetStreamManager;
let client: JetStreamClient;

beforeAll(async () => {
  running = await startJetStream("limits { batch { timeout: 1s } }");
  manager = await jetstreamManager(running.connection);
  client = jetstream(running.connection);
});

afterAll(async () => {
  await running[Symbol.asyncDispose]();
});

async function messagesIn(name: string): Promise<number> {
  return (await manager.streams.info(name)).state.messages;
}

test("a batch is stored whole when it is committed", async () => {
  await manager.streams.add({ name: "atomic", subjects: ["atomic.>"], allow_atomic: true });
  const batch = await client.startBatch("atomic.a", "1");
  batch.add("atomic.b", "2");
  await batch.add("atomic.a", "3", { ack: true });
  expect(await messagesIn("atomic")).toBe(0);
  const ack = await batch.commit("atomic.c", "4");
  expect(ack).toMatchObject({ stream: "atomic", seq: 4, count: 4, batch: batch.id });
  expect(await messagesIn("atomic")).toBe(4);
});

test("a batch of which one message is refused leaves nothing", async () => {
  await manager.streams.add({ name: "refused", subjects: ["refused"], allow_atomic: true });
  const batch = await client.startBatch("refused", "1");
  const given = headers();
  given.set("Nats-Expected-Last-Sequence", "77");
  await batch.add("refused", "2", { ack: true, headers: given });
  // The client looks at the count, and says nothing of the error.
  await expect(batch.commit("refused", "3")).rejects.toThrow();
  expect(await messagesIn("refused")).toBe(0);
});

test("a batch that nobody goes on with is given up, and that is told", async () => {
  await manager.streams.add({ name: "left", subjects: ["left"], allow_atomic: true });
  const told: unknown[] = [];
  const advisories = running.connection.subscribe(
    "$JS.EVENT.ADVISORY.STREAM.BATCH_ABANDONED.left",
    {
      callback: (_error, message) => {
        told.push(message.json());
      },
    },
  );
  const batch = await client.startBatch("left", "1");
  await waitUntil("the advisory", () => told.length > 0);
  expect(told[0]).toMatchObject({
    type: "io.nats.jetstream.advisory.v1.stream_batch_abandoned",
    stream: "left",
    batch: batch.id,
    reason: "timeout",
  });
  await expect(batch.commit("left", "2")).rejects.toThrow();
  advisories.unsubscribe();
});

test("a fast batch is stored as it comes, and acknowledged as a whole", async () => {
  await manager.streams.add({ name: "fast", subjects: ["fast"], allow_batched: true });
  const ingest = await startFastIngest(running.connection, "fast", "0", {
    allowGaps: false,
    ackInterval: 10,
  });
  for (let index = 1; index < 500; index++) {
    await ingest.add("fast", `${index}`);
  }
  const progress = await ingest.ping();
  expect(progress.ackSeq).toBeGreaterThanOrEqual(490);
  const ack = await ingest.last("fast", "last");
  expect(ack).toMatchObject({ stream: "fast", seq: 501, count: 501, batch: ingest.batch });
  const last = await manager.streams.getMessage("fast", { seq: 501 });
  expect(last?.string()).toBe("last");
});

test("a counter counts, across clients and beyond what numbers hold", async () => {
  await manager.streams.add({ name: "counter", subjects: ["counter.>"], allow_msg_counter: true });
  const add = async (increment: string): Promise<string | undefined> => {
    const given = headers();
    given.set("Nats-Incr", increment);
    const reply = await running.connection.request("counter.hits", "", {
      headers: given,
      timeout: 2000,
    });
    return reply.json<{ val?: string }>().val;
  };
  expect(await add("+5")).toBe("5");
  expect(await add("-7")).toBe("-2");
  expect(await add("100000000000000000000000")).toBe("99999999999999999999998");
  const stored = await manager.streams.getMessage("counter", { last_by_subj: "counter.hits" });
  expect(stored?.json<unknown>()).toEqual({ val: "99999999999999999999998" });
});

test("a message comes when it was asked for, and again and again when it was", async () => {
  await manager.streams.add({
    name: "scheduled",
    subjects: ["scheduled.>"],
    allow_msg_schedules: true,
    allow_msg_ttl: true,
  });
  await client.publish("scheduled.once", "once", {
    schedule: { specification: new Date(Date.now() + 300), target: "scheduled.out", ttl: "1h" },
  });
  await client.publish("scheduled.often", "often", {
    schedule: { specification: "@every 1s", target: "scheduled.ticks" },
  });
  expect(await lastOf("scheduled.out")).toBeNull();
  await waitUntil("the message", async () => (await lastOf("scheduled.out")) !== null);
  const once = await lastOf("scheduled.out");
  expect(once?.string()).toBe("once");
  expect(once?.header.get("Nats-Scheduler")).toBe("scheduled.once");
  expect(once?.header.get("Nats-TTL")).toBe("1h");
  expect(await lastOf("scheduled.once")).toBeNull();
  await waitUntil("a tick", async () => (await lastOf("scheduled.ticks")) !== null);
  await client.publish("scheduled.end", "", {
    cancelSchedule: { scheduleSubject: "scheduled.often" },
  });
  expect(await lastOf("scheduled.often")).toBeNull();
});

async function lastOf(subject: string) {
  return await manager.streams.getMessage("scheduled", { last_by_subj: subject });
}
