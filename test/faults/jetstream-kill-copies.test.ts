// A server with a mirror, sources and atomic batches is killed at random moments: copies end up as their origins, each
// message once, batches are whole, and work that moves between streams neither is lost nor done twice.

import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
} from "@nats-io/jetstream";
import { connect, headers, type NatsConnection } from "@nats-io/transport-node";
import { Dice } from "../fuzz/road-dice.ts";
import { ServerProcess } from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";

const kills = 5;

interface Stored {
  readonly seq: number;
  readonly body: string;
  readonly source: number;
  readonly time: string;
}

class Run {
  readonly dice: Dice = new Dice(7);
  readonly work: string[] = [];
  readonly batches: Map<string, number> = new Map();
  #made = 0;

  /** Until the server dies. */
  async publishBatches(connection: NatsConnection): Promise<void> {
    for (;;) {
      this.#made++;
      const id = `b${this.#made}`;
      const size = 1 + this.dice.below(20);
      for (let at = 1; at < size; at++) {
        connection.publish("b", `${id} ${at} ${size}`, { headers: batchHeaders(id, at) });
      }
      const last = batchHeaders(id, size);
      last.set("Nats-Batch-Commit", "1");
      const body = `${id} ${size} ${size}`;
      const answer = await connection.request("b", body, { headers: last, timeout: 2000 });
      expect(answer.json<{ count: number }>().count).toBe(size);
      this.batches.set(id, size);
    }
  }

  async publishWork(connection: NatsConnection): Promise<void> {
    const client = jetstream(connection);
    for (;;) {
      this.#made++;
      const body = `w${this.#made}`;
      await client.publish("w", body, { timeout: 2000 });
      this.work.push(body);
    }
  }
}

function batchHeaders(id: string, sequence: number) {
  const given = headers();
  given.set("Nats-Batch-Id", id);
  given.set("Nats-Batch-Sequence", String(sequence));
  return given;
}

async function makeStreams(manager: JetStreamManager): Promise<void> {
  await manager.streams.add({ name: "B", subjects: ["b"], allow_atomic: true });
  await manager.streams.add({ name: "M", mirror: { name: "B" } });
  await manager.streams.add({ name: "S", sources: [{ name: "B" }] });
  await manager.streams.add({ name: "W", subjects: ["w"], retention: RetentionPolicy.Workqueue });
  await manager.streams.add({ name: "D", sources: [{ name: "W" }] });
}

async function messagesOf(manager: JetStreamManager, name: string): Promise<Stored[]> {
  const { first_seq, last_seq } = (await manager.streams.info(name)).state;
  const stored: Stored[] = [];
  for (let seq = first_seq; seq <= last_seq; seq++) {
    const message = await manager.streams.getMessage(name, { seq });
    if (message !== null) {
      const source = /^\S+ (\d+) /.exec(message.header?.get("Nats-Stream-Source") ?? "")?.[1];
      const { timestamp: time } = message;
      stored.push({ seq, body: message.string(), source: Number(source ?? 0), time });
    }
  }
  return stored;
}

async function counts(manager: JetStreamManager, names: string): Promise<readonly number[]> {
  const infos = await Promise.all([...names].map((name) => manager.streams.info(name)));
  return infos.map(({ state }) => state.messages);
}

/** Every batch from its first message to its last, and all that were acknowledged. */
function expectWholeBatches(stored: readonly Stored[], acknowledged: ReadonlyMap<string, number>) {
  const bodies = stored.map(({ body }) => body);
  const expected: string[] = [];
  const seen = new Set<string>();
  for (let at = 0; at < bodies.length; ) {
    const [id = "", , size = "1"] = bodies[at]?.split(" ") ?? [];
    seen.add(id);
    for (let member = 1; member <= Number(size); member++) {
      expected.push(`${id} ${member} ${size}`);
      at++;
    }
  }
  expect(bodies).toEqual(expected);
  expect([...acknowledged.keys()].filter((id) => !seen.has(id))).toEqual([]);
}

test("copies end up as their origins when the server is killed, again and again", async () => {
  const folder = mkdtempSync(join(tmpdir(), "midge-kill-copies-"));
  const config = `jetstream { store_dir: "${folder}" }\n`;
  const run = new Run();
  try {
    for (let round = 0; round < kills; round++) {
      await using server = await ServerProcess.start({ config });
      const connection = await connect({ servers: server.url, reconnect: false });
      if (round === 0) {
        await makeStreams(await jetstreamManager(connection));
      }
      const publishers = [
        run.publishBatches(connection),
        run.publishBatches(connection),
        run.publishWork(connection),
      ];
      const ended = Promise.allSettled(publishers);
      await Bun.sleep(150 + run.dice.below(300));
      server.signal("SIGKILL");
      await ended;
      await connection.close();
    }
    await using server = await ServerProcess.start({ config });
    await using connection = closing(await connect({ servers: server.url }));
    const manager = await jetstreamManager(connection.inner);
    await waitUntil(
      "the copies",
      async () => {
        const [origin, mirror, sourced, left] = await counts(manager, "BMSW");
        return mirror === origin && sourced === origin && left === 0;
      },
      15_000,
    );
    const origin = await messagesOf(manager, "B");
    expectWholeBatches(origin, run.batches);
    expect(await messagesOf(manager, "M")).toEqual(origin);
    const sourced = await messagesOf(manager, "S");
    expect(sourced.map(({ source }) => source)).toEqual(origin.map(({ seq }) => seq));
    const done = (await messagesOf(manager, "D")).map(({ body }) => body);
    expect(new Set(done).size).toBe(done.length);
    expect(run.work.filter((body) => !done.includes(body))).toEqual([]);
    expect(run.batches.size).toBeGreaterThan(10);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 60_000);

function closing(inner: NatsConnection): AsyncDisposable & { readonly inner: NatsConnection } {
  return { inner, [Symbol.asyncDispose]: () => inner.close() };
}
