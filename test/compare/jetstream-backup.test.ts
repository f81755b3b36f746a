// Backups between both servers: what one backed up the other restores, with the same messages, numbers, times and
// consumers.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  AckPolicy,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  StoreCompression,
  type StreamConfig,
} from "@nats-io/jetstream";
import { connect, headers, type NatsConnection } from "@nats-io/transport-node";
import { backUp, restore } from "../support/jetstream/backup-client.ts";
import { type Both, hasReference, skipNote, startBoth } from "./both-servers.ts";

const config = 'jetstream { store_dir: "js", max_mem: 1G, max_file: 1G }\n';

/** Streams with something in them that a backup could lose. */
const kinds: Readonly<Record<string, Partial<StreamConfig>>> = {
  plain: {},
  memory: { storage: StorageType.Memory },
  compressed: { compression: StoreCompression.S2 },
  workqueue: { retention: RetentionPolicy.Workqueue },
  history: { max_msgs_per_subject: 3 },
  late: { first_seq: 1000 },
};

async function fill(connection: NatsConnection, name: string): Promise<void> {
  const client = jetstream(connection);
  for (let index = 0; index < 120; index++) {
    const heads = headers();
    heads.set("Nats-Msg-Id", `id-${index}`);
    heads.set("K", "v".repeat(index));
    const options = index % 4 === 0 ? { headers: heads } : {};
    await client.publish(`${name}.${index % 7}`, "body ".repeat(index), options);
  }
}

/** Ten are delivered, every second of them is acknowledged, two are delivered once more. */
async function consume(
  connection: NatsConnection,
  manager: JetStreamManager,
  name: string,
): Promise<void> {
  const durable = { durable_name: "C", ack_policy: AckPolicy.Explicit, ack_wait: 60e9 };
  await manager.consumers.add(name, durable);
  const consumer = await jetstream(connection).consumers.get(name, "C");
  let count = 0;
  for await (const message of await consumer.fetch({ max_messages: 10 })) {
    count++;
    if (count % 2 === 0) {
      await message.ackAck();
    } else if (count < 4) {
      message.nak();
    }
  }
  for await (const _ of await consumer.fetch({ max_messages: 2, expires: 1000 })) {
    // Left waiting.
  }
}

async function described(manager: JetStreamManager, name: string): Promise<unknown> {
  const { config: own, state } = await manager.streams.info(name, {
    deleted_details: true,
    subjects_filter: ">",
  });
  const { metadata: _, ...kept } = own;
  const consumer = await manager.consumers.info(name, "C");
  const messages: unknown[] = [];
  for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
    const message = await manager.streams.getMessage(name, { seq }).catch(() => null);
    if (message !== null) {
      messages.push([
        seq,
        message.subject,
        message.timestamp,
        message.string(),
        `${message.header}`,
      ]);
    }
  }
  return {
    config: kept,
    state: { ...state, deleted: state.deleted ?? [] },
    messages,
    consumer: {
      delivered: [consumer.delivered.consumer_seq, consumer.delivered.stream_seq],
      floor: [consumer.ack_floor.consumer_seq, consumer.ack_floor.stream_seq],
      waiting: consumer.num_ack_pending,
      again: consumer.num_redelivered,
      left: consumer.num_pending,
    },
  };
}

describe.skipIf(!hasReference)(`backups${skipNote}`, () => {
  let both: Both;
  let midge: NatsConnection;
  let reference: NatsConnection;

  beforeAll(async () => {
    both = await startBoth(config);
    midge = await connect({ servers: both.midge.url });
    reference = await connect({ servers: both.reference.url });
  });

  afterAll(async () => {
    await midge.close();
    await reference.close();
    await both[Symbol.asyncDispose]();
  });

  async function move(
    from: NatsConnection,
    to: NatsConnection,
    kind: string,
    name: string,
  ): Promise<void> {
    const source = await jetstreamManager(from);
    const target = await jetstreamManager(to);
    await source.streams.add({ name, subjects: [`${name}.>`], ...kinds[kind] });
    await fill(from, name);
    await consume(from, source, name);
    if (kind !== "history") {
      await source.streams.deleteMessage(name, kind === "late" ? 1050 : 50);
    }
    const before = await described(source, name);
    const backup = await backUp(from, name, { chunk_size: 4096 });
    const answer = await restore(to, name, backup);
    expect(answer.type).toBe("io.nats.jetstream.api.v1.stream_create_response");
    expect(await described(target, name)).toEqual(before);
    const next = await jetstream(to).publish(`${name}.next`, "next");
    expect(next.seq).toBe((before as { state: { last_seq: number } }).state.last_seq + 1);
  }

  for (const kind of Object.keys(kinds)) {
    test(`of the reference are restored by Midge: ${kind}`, async () => {
      await move(reference, midge, kind, `R-${kind}`);
    });

    test(`of Midge are restored by the reference: ${kind}`, async () => {
      await move(midge, reference, kind, `M-${kind}`);
    });
  }
});
