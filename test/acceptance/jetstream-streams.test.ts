// Streams as the official client makes, fills and reads them, against the real program.

import { afterAll, beforeAll, expect, test } from "bun:test";
import {
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from "@nats-io/jetstream";
import { headers, nanos } from "@nats-io/transport-node";
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

async function errorCodeOf(action: Promise<unknown>): Promise<number> {
  try {
    await action;
    return 0;
  } catch (error) {
    return error instanceof JetStreamApiError ? error.code : -1;
  }
}

for (const storage of [StorageType.File, StorageType.Memory]) {
  test(`what is published into a stream of ${storage} is kept and read back`, async () => {
    const name = `kept-${storage}`;
    await manager.streams.add({ name, subjects: [`${name}.>`], storage });
    for (const [index, subject] of ["a", "b", "a"].entries()) {
      const ack = await client.publish(`${name}.${subject}`, `m${index}`);
      expect(ack).toMatchObject({ stream: name, seq: index + 1, duplicate: false });
    }
    const info = await manager.streams.info(name, { subjects_filter: ">" });
    expect(info.state).toMatchObject({
      messages: 3,
      first_seq: 1,
      last_seq: 3,
      subjects: { [`${name}.a`]: 2, [`${name}.b`]: 1 },
    });
    expect(info.config.storage).toBe(storage);
    const last = await manager.streams.getMessage(name, { last_by_subj: `${name}.a` });
    expect(last?.string()).toBe("m2");
    const first = await manager.streams.getMessage(name, { seq: 1 });
    expect(first).toMatchObject({ subject: `${name}.a`, seq: 1 });
  });
}

test("headers are kept", async () => {
  await manager.streams.add({ name: "headed", subjects: ["headed"] });
  const given = headers();
  given.append("Key", "one");
  given.append("Key", "two");
  await client.publish("headed", "", { headers: given });
  const message = await manager.streams.getMessage("headed", { seq: 1 });
  expect(message?.header.values("Key")).toEqual(["one", "two"]);
});

test("the same stream may be made again, another one under its name may not", async () => {
  await manager.streams.add({ name: "twice", subjects: ["twice"] });
  await manager.streams.add({ name: "twice", subjects: ["twice"] });
  expect(await errorCodeOf(manager.streams.add({ name: "twice", subjects: ["else"] }))).toBe(10058);
  expect(await errorCodeOf(manager.streams.add({ name: "other", subjects: ["twice"] }))).toBe(
    10065,
  );
});

test("a stream is changed, listed and deleted", async () => {
  await manager.streams.add({ name: "changing", subjects: ["changing"] });
  const changed = await manager.streams.update("changing", { subjects: ["changing", "more"] });
  expect(changed.config.subjects).toEqual(["changing", "more"]);
  const names: string[] = [];
  for await (const name of manager.streams.names("more")) {
    names.push(name);
  }
  expect(names).toEqual(["changing"]);
  const listed: string[] = [];
  for await (const info of manager.streams.list()) {
    listed.push(info.config.name);
  }
  expect(listed).toContain("changing");
  expect(await manager.streams.find("more")).toBe("changing");
  expect(await manager.streams.delete("changing")).toBe(true);
  expect(await errorCodeOf(manager.streams.info("changing"))).toBe(10059);
});

test("messages with an id that is known are not stored twice", async () => {
  await manager.streams.add({ name: "ids", subjects: ["ids"] });
  await client.publish("ids", "x", { msgID: "1" });
  const again = await client.publish("ids", "x", { msgID: "1" });
  expect(again).toMatchObject({ seq: 1, duplicate: true });
});

test("what a publisher expects is checked", async () => {
  await manager.streams.add({ name: "expecting", subjects: ["expecting.*"] });
  await client.publish("expecting.a", "1");
  const wrong = client.publish("expecting.a", "2", { expect: { lastSequence: 7 } });
  expect(await errorCodeOf(wrong)).toBe(10071);
  const other = client.publish("expecting.a", "2", { expect: { streamName: "else" } });
  expect(await errorCodeOf(other)).toBe(10060);
  const right = await client.publish("expecting.a", "2", {
    expect: { lastSequence: 1, lastSubjectSequence: 1, streamName: "expecting" },
  });
  expect(right.seq).toBe(2);
});

test("limits discard the oldest, or refuse the newest", async () => {
  await manager.streams.add({ name: "old", subjects: ["old"], max_msgs: 2 });
  await manager.streams.add({
    name: "new",
    subjects: ["new"],
    max_msgs: 2,
    discard: DiscardPolicy.New,
  });
  for (let i = 0; i < 3; i++) {
    await client.publish("old", `${i}`);
  }
  expect((await manager.streams.info("old")).state).toMatchObject({ messages: 2, first_seq: 2 });
  await client.publish("new", "0");
  await client.publish("new", "1");
  expect(await errorCodeOf(client.publish("new", "2"))).toBe(10077);
});

test("messages grow old", async () => {
  await manager.streams.add({ name: "aging", subjects: ["aging"], max_age: nanos(300) });
  await client.publish("aging", "x");
  await waitUntil("the message to be gone", async () => {
    const { state } = await manager.streams.info("aging");
    return state.messages === 0 ? state : undefined;
  });
});

test("a stream is purged, by subject and up to a sequence", async () => {
  await manager.streams.add({ name: "purged", subjects: ["purged.*"] });
  for (let i = 0; i < 6; i++) {
    await client.publish(`purged.${i % 2}`, `${i}`);
  }
  expect(await manager.streams.purge("purged", { filter: "purged.0" })).toMatchObject({
    purged: 3,
  });
  expect(await manager.streams.purge("purged", { seq: 4 })).toMatchObject({ purged: 1 });
  expect(await manager.streams.purge("purged", { keep: 1 })).toMatchObject({ purged: 1 });
  expect(await manager.streams.deleteMessage("purged", 6)).toBe(true);
  expect((await manager.streams.info("purged")).state).toMatchObject({
    messages: 0,
    first_seq: 7,
    last_seq: 6,
  });
});

test("messages are read directly, one or many", async () => {
  await manager.streams.add({ name: "direct", subjects: ["direct.*"], allow_direct: true });
  for (let i = 0; i < 5; i++) {
    await client.publish(`direct.${i}`, `${i}`);
  }
  const one = await manager.direct.getMessage("direct", { last_by_subj: "direct.3" });
  expect(one?.string()).toBe("3");
  const many: string[] = [];
  for await (const message of await manager.direct.getBatch("direct", { seq: 2, batch: 3 })) {
    many.push(message.string());
  }
  expect(many).toEqual(["1", "2", "3"]);
  const lasts: string[] = [];
  const found = await manager.direct.getLastMessagesFor("direct", { multi_last: ["direct.>"] });
  for await (const message of found) {
    lasts.push(message.string());
  }
  expect(lasts).toEqual(["0", "1", "2", "3", "4"]);
});

test("a mirror follows its stream, a source gathers", async () => {
  await manager.streams.add({ name: "origin", subjects: ["origin.*"] });
  for (let i = 0; i < 3; i++) {
    await client.publish(`origin.${i}`, `${i}`);
  }
  await manager.streams.add({ name: "mirror", mirror: { name: "origin" } });
  await manager.streams.add({ name: "gathered", sources: [{ name: "origin" }] });
  await client.publish("origin.3", "3");
  for (const name of ["mirror", "gathered"]) {
    const state = await waitUntil(`all in ${name}`, async () => {
      const info = await manager.streams.info(name);
      return info.state.messages === 4 ? info.state : undefined;
    });
    expect(state).toMatchObject({ first_seq: 1, last_seq: 4 });
  }
  const message = await manager.streams.getMessage("gathered", { seq: 4 });
  expect(message?.header.get("Nats-Stream-Source")).toStartWith("origin 4");
});

test("a stream of work is emptied by acknowledgements", async () => {
  await manager.streams.add({
    name: "work",
    subjects: ["work"],
    retention: RetentionPolicy.Workqueue,
  });
  await manager.consumers.add("work", { durable_name: "worker", ack_policy: "explicit" });
  await client.publish("work", "x");
  const consumer = await client.consumers.get("work", "worker");
  const message = await consumer.next();
  expect(await message?.ackAck()).toBe(true);
  expect((await manager.streams.info("work")).state.messages).toBe(0);
});

test("a subject is transformed, and published again", async () => {
  await manager.streams.add({
    name: "shaped",
    subjects: ["shaped.*"],
    subject_transform: { src: "shaped.*", dest: "round.{{wildcard(1)}}" },
    republish: { src: "round.*", dest: "again.{{wildcard(1)}}" },
  });
  const again = running.connection.subscribe("again.*", { max: 1 });
  await client.publish("shaped.x", "hello");
  for await (const message of again) {
    expect(message.subject).toBe("again.x");
    expect(message.headers?.get("Nats-Sequence")).toBe("1");
    expect(message.string()).toBe("hello");
  }
  expect((await manager.streams.getMessage("shaped", { seq: 1 }))?.subject).toBe("round.x");
});

test("an account tells what it uses", async () => {
  const info = await manager.getAccountInfo();
  expect(info.streams).toBeGreaterThan(0);
  expect(info.limits.max_streams).toBe(-1);
  expect(info.api.total).toBeGreaterThan(0);
});
