// Consumers as the official client uses them, against the real program.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
  jetstream,
  jetstreamManager,
} from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import { type JetStreamServer, startJetStream } from "../support/jetstream-server.ts";
import { waitUntil } from "../support/wait-until.ts";

let running: JetStreamServer;
let manager: JetStreamManager;
let client: JetStreamClient;

beforeAll(async () => {
  running = await startJetStream();
  manager = await jetstreamManager(running.connection);
  client = jetstream(running.connection);
});

afterAll(async () => {
  await running[Symbol.asyncDispose]();
});

let streams = 0;

/** A stream of its own with so many messages "0", "1"..., on subjects ending in a and b in turn. */
async function filled(count: number): Promise<string> {
  streams += 1;
  const name = `S${streams}`;
  await manager.streams.add({ name, subjects: [`${name}.*`] });
  for (let i = 0; i < count; i++) {
    await client.publish(`${name}.${i % 2 === 0 ? "a" : "b"}`, `${i}`);
  }
  return name;
}

async function fetched(
  stream: string,
  consumer: string,
  count: number,
  each: (message: JsMsg) => void = (message) => message.ack(),
): Promise<readonly string[]> {
  const texts: string[] = [];
  const bound = await client.consumers.get(stream, consumer);
  for await (const message of await bound.fetch({ max_messages: count, expires: 1000 })) {
    texts.push(message.string());
    each(message);
  }
  return texts;
}

function durable(name: string, more: Partial<ConsumerConfig> = {}): Partial<ConsumerConfig> {
  return { durable_name: name, ack_policy: AckPolicy.Explicit, ...more };
}

test("messages are fetched in order and acknowledged", async () => {
  const stream = await filled(10);
  await manager.consumers.add(stream, durable("d"));
  expect(await fetched(stream, "d", 4)).toEqual(["0", "1", "2", "3"]);
  expect(await fetched(stream, "d", 6)).toEqual(["4", "5", "6", "7", "8", "9"]);
  const info = await waitUntil("all acknowledged", async () => {
    const found = await manager.consumers.info(stream, "d");
    return found.num_ack_pending === 0 ? found : undefined;
  });
  expect(info).toMatchObject({
    num_pending: 0,
    delivered: { consumer_seq: 10, stream_seq: 10 },
    ack_floor: { consumer_seq: 10, stream_seq: 10 },
  });
});

test("a message says where it stands", async () => {
  const stream = await filled(3);
  await manager.consumers.add(stream, durable("d"));
  const consumer = await client.consumers.get(stream, "d");
  const message = await consumer.next();
  expect(message?.info).toMatchObject({
    stream,
    consumer: "d",
    streamSequence: 1,
    deliverySequence: 1,
    deliveryCount: 1,
    pending: 2,
  });
});

test("messages are consumed as they come", async () => {
  const stream = await filled(3);
  await manager.consumers.add(stream, durable("d"));
  const consumer = await client.consumers.get(stream, "d");
  const messages = await consumer.consume();
  const texts: string[] = [];
  const done = (async () => {
    for await (const message of messages) {
      texts.push(message.string());
      message.ack();
      if (texts.length === 5) {
        break;
      }
    }
  })();
  await client.publish(`${stream}.a`, "late");
  await client.publish(`${stream}.b`, "later");
  await done;
  expect(texts).toEqual(["0", "1", "2", "late", "later"]);
});

test("a filter chooses, several filters too", async () => {
  const stream = await filled(6);
  await manager.consumers.add(stream, durable("a", { filter_subject: `${stream}.a` }));
  await manager.consumers.add(
    stream,
    durable("both", { filter_subjects: [`${stream}.a`, `${stream}.b`] }),
  );
  expect(await fetched(stream, "a", 3)).toEqual(["0", "2", "4"]);
  expect(await fetched(stream, "both", 6)).toHaveLength(6);
  expect((await manager.consumers.info(stream, "a")).num_pending).toBe(0);
});

const policies: readonly (readonly [Partial<ConsumerConfig>, readonly string[]])[] = [
  [{ deliver_policy: DeliverPolicy.All }, ["0", "1", "2", "3"]],
  [{ deliver_policy: DeliverPolicy.Last }, ["3"]],
  [{ deliver_policy: DeliverPolicy.LastPerSubject }, ["2", "3"]],
  [{ deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: 3 }, ["2", "3"]],
  [
    { deliver_policy: DeliverPolicy.StartTime, opt_start_time: "2020-01-01T00:00:00Z" },
    ["0", "1", "2", "3"],
  ],
];
for (const [policy, expected] of policies) {
  test(`a consumer starts where it is told: ${policy.deliver_policy}`, async () => {
    const stream = await filled(4);
    const filter = { filter_subject: `${stream}.*` };
    await manager.consumers.add(stream, durable("d", { ...filter, ...policy }));
    expect(await fetched(stream, "d", expected.length)).toEqual([...expected]);
    expect((await manager.consumers.info(stream, "d")).num_pending).toBe(0);
  });
}

test("what is not acknowledged comes again", async () => {
  const stream = await filled(2);
  await manager.consumers.add(stream, durable("d", { ack_wait: nanos(300), max_deliver: 2 }));
  expect(await fetched(stream, "d", 2, () => undefined)).toEqual(["0", "1"]);
  const counts: number[] = [];
  const again = await fetched(stream, "d", 2, (message) => {
    counts.push(message.info.deliveryCount);
    message.ack();
  });
  expect(again).toEqual(["0", "1"]);
  expect(counts).toEqual([2, 2]);
});

test("what is refused comes again at once, or later", async () => {
  const stream = await filled(1);
  await manager.consumers.add(stream, durable("d"));
  expect(await fetched(stream, "d", 1, (message) => message.nak())).toEqual(["0"]);
  expect(await fetched(stream, "d", 1, (message) => message.nak(100))).toEqual(["0"]);
  expect(await fetched(stream, "d", 1, (message) => message.term("bad"))).toEqual(["0"]);
  expect((await manager.consumers.info(stream, "d")).num_ack_pending).toBe(0);
});

test("without acknowledgements nothing is pending", async () => {
  const stream = await filled(3);
  await manager.consumers.add(stream, { durable_name: "d", ack_policy: AckPolicy.None });
  expect(await fetched(stream, "d", 3, () => undefined)).toEqual(["0", "1", "2"]);
  expect((await manager.consumers.info(stream, "d")).num_ack_pending).toBe(0);
});

test("one acknowledgement stands for all before it", async () => {
  const stream = await filled(3);
  await manager.consumers.add(stream, { durable_name: "d", ack_policy: AckPolicy.All });
  await fetched(stream, "d", 3, (message) => {
    if (message.seq === 3) {
      message.ack();
    }
  });
  const info = await waitUntil("the floor", async () => {
    const found = await manager.consumers.info(stream, "d");
    return found.num_ack_pending === 0 ? found : undefined;
  });
  expect(info.ack_floor.stream_seq).toBe(3);
});

test("an ordered consumer sees all in order", async () => {
  const stream = await filled(50);
  const consumer = await client.consumers.get(stream);
  const texts: string[] = [];
  for await (const message of await consumer.consume()) {
    texts.push(message.string());
    if (message.info.pending === 0) {
      break;
    }
  }
  expect(texts).toEqual(Array.from({ length: 50 }, (_, index) => `${index}`));
});

test("a push consumer delivers, with heartbeats and flow control", async () => {
  const stream = await filled(5);
  await manager.consumers.add(stream, {
    durable_name: "push",
    ack_policy: AckPolicy.Explicit,
    deliver_subject: `to.${stream}`,
    idle_heartbeat: nanos(200),
    flow_control: true,
  });
  const texts: string[] = [];
  let heartbeats = 0;
  const subscription = running.connection.subscribe(`to.${stream}`, {
    callback: (_error, message) => {
      const isHeartbeat = message.headers?.code === 100;
      heartbeats += isHeartbeat ? 1 : 0;
      if (!isHeartbeat) {
        texts.push(message.string());
        message.respond("+ACK");
      } else if (message.reply !== undefined && message.reply !== "") {
        message.respond("");
      }
    },
  });
  await waitUntil("all and a heartbeat", () => texts.length === 5 && heartbeats > 0);
  expect(texts).toEqual(["0", "1", "2", "3", "4"]);
  subscription.unsubscribe();
});

test("a consumer pauses and goes on", async () => {
  const stream = await filled(1);
  await manager.consumers.add(stream, durable("d"));
  const until = new Date(Date.now() + 3_600_000);
  expect(await manager.consumers.pause(stream, "d", until)).toMatchObject({ paused: true });
  const consumer = await client.consumers.get(stream, "d");
  expect(await consumer.next({ expires: 1000 })).toBeNull();
  expect(await manager.consumers.resume(stream, "d")).toMatchObject({ paused: false });
  expect((await consumer.next({ expires: 1000 }))?.string()).toBe("0");
});

test("consumers are listed, changed and deleted", async () => {
  const stream = await filled(1);
  await manager.consumers.add(stream, durable("one"));
  await manager.consumers.add(stream, durable("two"));
  const names: string[] = [];
  for await (const info of manager.consumers.list(stream)) {
    names.push(info.name);
  }
  expect(names).toEqual(["one", "two"]);
  const changed = await manager.consumers.update(stream, "one", { description: "new" });
  expect(changed.config.description).toBe("new");
  expect(await manager.consumers.delete(stream, "one")).toBe(true);
  expect((await manager.streams.info(stream)).state.consumer_count).toBe(1);
});

test("durable consumers and what they know survive a restart", async () => {
  const own = await startJetStream();
  const before = await jetstreamManager(own.connection);
  await before.streams.add({ name: "R", subjects: ["r"] });
  await before.consumers.add("R", durable("d"));
  const publisher = jetstream(own.connection);
  for (let i = 0; i < 5; i++) {
    await publisher.publish("r", `${i}`);
  }
  const consumer = await publisher.consumers.get("R", "d");
  expect(await (await consumer.next())?.ackAck()).toBe(true);
  const { folder } = own.server;
  own.server.signal("SIGKILL");
  await own.server.exited();
  const kept = mkdtempSync(join(tmpdir(), "midge-kept-"));
  cpSync(folder, kept, { recursive: true });
  await own[Symbol.asyncDispose]();
  try {
    await using again = await startJetStream(`store_dir: "${kept}/js"`);
    const after = await jetstreamManager(again.connection);
    expect((await after.streams.info("R")).state.messages).toBe(5);
    expect(await after.consumers.info("R", "d")).toMatchObject({
      ack_floor: { stream_seq: 1 },
      num_pending: 4,
    });
  } finally {
    rmSync(kept, { recursive: true, force: true });
  }
});

test("all of it works under the name of a domain", async () => {
  await using own = await startJetStream('domain: "hub"');
  const there = await jetstreamManager(own.connection, { domain: "hub" });
  await there.streams.add({ name: "D", subjects: ["d"], allow_direct: true });
  const publisher = jetstream(own.connection, { domain: "hub" });
  expect(await publisher.publish("d", "x")).toMatchObject({ seq: 1, domain: "hub" });
  await there.consumers.add("D", durable("d"));
  const consumer = await publisher.consumers.get("D", "d");
  expect((await consumer.next({ expires: 1000 }))?.string()).toBe("x");
  expect((await there.direct.getMessage("D", { last_by_subj: "d" }))?.string()).toBe("x");
  const here = await jetstreamManager(own.connection);
  expect((await here.streams.info("D")).state.messages).toBe(1);
});
