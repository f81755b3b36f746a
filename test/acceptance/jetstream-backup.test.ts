// Backups over the wire, against the real program: what is backed up is restored, with its consumers, by chunks that are
// acknowledged; what goes wrong leaves nothing behind.

import { afterAll, beforeAll, expect, test } from "bun:test";
import {
  AckPolicy,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  StorageType,
} from "@nats-io/jetstream";
import { createInbox, headers } from "@nats-io/transport-node";
import { ApiRefusal, ask, backUp, restore } from "../support/jetstream/backup-client.ts";
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

async function codeOf(action: Promise<unknown>): Promise<string> {
  try {
    await action;
    return "";
  } catch (error) {
    return error instanceof ApiRefusal ? `${error.code} ${error.message}` : String(error);
  }
}

for (const storage of [StorageType.File, StorageType.Memory]) {
  test(`a stream of ${storage} comes back with its consumers and where they stand`, async () => {
    const name = `B-${storage}`;
    await manager.streams.add({ name, subjects: [`${name}.>`], storage, duplicate_window: 60e9 });
    const heads = headers();
    heads.set("Nats-Msg-Id", "once");
    for (let index = 0; index < 300; index++) {
      await client.publish(`${name}.${index % 3}`, `m${index}`.padEnd(2000, "x"));
    }
    await client.publish(`${name}.id`, "with an id", { headers: heads });
    await manager.streams.deleteMessage(name, 7);
    const durable = { durable_name: "C", ack_policy: AckPolicy.Explicit, ack_wait: 60e9 };
    await manager.consumers.add(name, durable);
    const consumer = await client.consumers.get(name, "C");
    const fetched = await consumer.fetch({ max_messages: 10 });
    let count = 0;
    for await (const message of fetched) {
      count++;
      if (count % 2 === 0) {
        message.ack();
      }
    }
    await waitUntil(
      "five are acknowledged",
      async () => (await consumer.info()).num_ack_pending === 5,
    );
    const before = await manager.streams.info(name, { deleted_details: true });
    const backup = await backUp(running.connection, name, { chunk_size: 1024, window_size: 4096 });
    expect(backup.status).toBe("204");
    expect(await codeOf(restore(running.connection, name, backup))).toBe(
      "10130 stream name already in use, cannot restore",
    );
    await manager.streams.delete(name);
    const answer = await restore(running.connection, name, backup, 5000);
    expect(answer.type).toBe("io.nats.jetstream.api.v1.stream_create_response");
    const after = await manager.streams.info(name, { deleted_details: true });
    expect(after.state).toEqual(before.state);
    expect(after.config).toEqual(before.config);
    const again = await client.consumers.get(name, "C");
    const standing = await again.info();
    expect([standing.num_ack_pending, standing.num_pending, standing.delivered.stream_seq]).toEqual(
      [5, 290, 11],
    );
    const next = await again.next();
    expect(next?.seq).toBe(12);
    next?.ack();
    const repeated = await client.publish(`${name}.id`, "again", { headers: heads });
    expect(repeated).toMatchObject({ duplicate: true, seq: 301 });
    expect((await client.publish(`${name}.new`)).seq).toBe(302);
  });
}

test("a small backup comes in one chunk and ends without a status", async () => {
  await manager.streams.add({ name: "SMALL", subjects: ["small"] });
  await client.publish("small", "x");
  const backup = await backUp(running.connection, "SMALL", { no_consumers: true });
  expect(backup.status).toBe("");
  expect(backup.state).toMatchObject({ messages: 1, first_seq: 1, last_seq: 1 });
});

test("who does not acknowledge gets no more than the window", async () => {
  await manager.streams.add({ name: "WINDOW", subjects: ["window"] });
  for (let index = 0; index < 50; index++) {
    const noise = crypto.getRandomValues(new Uint8Array(5000));
    await client.publish("window", noise);
  }
  const inbox = createInbox();
  let chunks = 0;
  const subscription = running.connection.subscribe(inbox, {
    callback: () => {
      chunks++;
    },
  });
  const wish = { deliver_subject: inbox, chunk_size: 10_240, window_size: 30_720 };
  await ask(running.connection, "STREAM.SNAPSHOT.WINDOW", wish);
  await waitUntil("three chunks have come", () => chunks === 3);
  await running.connection.flush();
  expect(chunks).toBe(3);
  subscription.unsubscribe();
});

test("a backup waits for who subscribes once it is answered, whatever else hears of the subject", async () => {
  const { connection } = running;
  const prefix = createInbox();
  let overheard = 0;
  const all = connection.subscribe(`${prefix}.*`, {
    callback: () => {
      overheard++;
    },
  });
  await ask(connection, "STREAM.SNAPSHOT.SMALL", { deliver_subject: `${prefix}.one` });
  const bytes: number[] = [];
  for await (const message of connection.subscribe(`${prefix}.one`)) {
    bytes.push(message.data.length);
    if (message.data.length === 0) {
      break;
    }
  }
  expect(bytes.length).toBe(2);
  expect(overheard).toBe(2);
  all.unsubscribe();
});

test("a request that cannot be served is refused as it should be", async () => {
  const { connection } = running;
  expect(await codeOf(ask(connection, "STREAM.SNAPSHOT.SMALL", ""))).toBe("10003 bad request");
  expect(await codeOf(ask(connection, "STREAM.SNAPSHOT.NONE", { deliver_subject: "x" }))).toBe(
    "10059 stream not found",
  );
  expect(await codeOf(ask(connection, "STREAM.SNAPSHOT.SMALL", { deliver_subject: "x.*" }))).toBe(
    "10015 deliver subject not valid",
  );
  expect(await codeOf(ask(connection, "STREAM.RESTORE.OTHER", { config: { name: "S" } }))).toBe(
    "10056 stream name in subject does not match request",
  );
});

test("what is no backup leaves nothing behind, and the name is free", async () => {
  const { connection } = running;
  const config = { name: "BROKEN", subjects: ["broken"], storage: "file" };
  const bytes = new TextEncoder().encode("this is not a backup");
  const refusal = await codeOf(restore(connection, "BROKEN", { config, state: {}, bytes }));
  expect(refusal).toContain("10062 restore failed: ");
  const nothing = { config, state: {}, bytes: new Uint8Array(0) };
  expect(await codeOf(restore(connection, "BROKEN", nothing))).toBe(
    "10062 restore failed: unexpected EOF",
  );
  const names = await manager.streams.names().next();
  expect(names).not.toContain("BROKEN");
  await manager.streams.add({ name: "BROKEN", subjects: ["broken"] });
});

test("a backup is restored on another server", async () => {
  const backup = await backUp(running.connection, "SMALL");
  await using other = await startJetStream();
  await restore(other.connection, "SMALL", backup);
  const info = await (await jetstreamManager(other.connection)).streams.info("SMALL");
  expect(info.state.messages).toBe(1);
  expect(info.config.subjects).toEqual(["small"]);
});
