// A bounded soak of JetStream: streams, buckets' subjects and consumers come, are filled, read, purged and go, over and
// over; memory, descriptors and files afterwards are those before. The margin is what allocators may keep.

import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RawJetStream } from "../support/jetstream-raw.ts";
import { ServerProcess } from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";

const mebibyte = 1024 * 1024;
const marginMebibytes = 32;
const rounds: number = Number(process.env["SOAK_ROUNDS"] ?? 40);
const messages = 200;

function descriptors(server: ServerProcess): number {
  return readdirSync(`/proc/${server.pid}/fd`).length;
}

async function soakRound(server: ServerProcess, round: number): Promise<void> {
  using js = await RawJetStream.open(server.port);
  const { client } = js;
  const name = `S${round}`;
  const storage = round % 3 === 0 ? "memory" : "file";
  await js.addStream({ name, subjects: [`${name}.>`], storage, allow_direct: true });
  const body = "y".repeat(1 + ((round * 31) % 700));
  let frames = "";
  for (let at = 0; at < messages; at += 1) {
    const header = `NATS/1.0\r\nNats-Msg-Id: ${round}-${at}\r\n\r\n`;
    frames += `HPUB ${name}.${round}.${at} ${header.length} ${header.length + body.length}\r\n${header}${body}\r\n`;
  }
  client.send(frames);
  await js.addConsumer(name, { durable_name: "pull" });
  await js.addConsumer(name, { durable_name: "push", deliver_subject: `push.${round}` });
  client.send(`SUB push.${round} 8\r\nSUB fetched.${round} 9\r\n`);
  const wish = JSON.stringify({ batch: messages, expires: 30_000_000_000 });
  client.forget();
  client.send(
    `PUB $JS.API.CONSUMER.MSG.NEXT.${name}.pull fetched.${round} ${wish.length}\r\n${wish}\r\n`,
  );
  const acks = await waitUntil(
    `all of ${name} by both`,
    () => {
      const found = [...client.received.matchAll(/MSG \S+ [89] (\$JS\.ACK\S+) /g)];
      return found.length >= 2 * messages && found;
    },
    25_000,
  );
  client.send(acks.map(([, subject]) => `PUB ${subject} 0\r\n\r\n`).join(""));
  await client.roundTrip();
  for (const consumer of ["pull", "push"]) {
    await waitUntil("all acknowledged", async () => {
      return (await js.consumer(name, consumer))["num_ack_pending"] === 0;
    });
  }
  await js.ask(`$JS.API.STREAM.PURGE.${name}`, { filter: `${name}.${round}.7` });
  await js.ask(`$JS.API.CONSUMER.DELETE.${name}.pull`);
  if (round % 2 === 0) {
    await js.ask(`$JS.API.STREAM.PURGE.${name}`);
  }
  await js.ask(`$JS.API.STREAM.DELETE.${name}`);
}

test(
  "memory, descriptors and files after a soak are what they were before",
  async () => {
    const store = mkdtempSync(join(tmpdir(), "midge-soak-"));
    try {
      await using server = await ServerProcess.start({ flags: ["-js", "-sd", store] });
      const warmUp = Math.max(15, Math.floor(rounds / 3));
      for (let round = 0; round < warmUp; round += 1) {
        await soakRound(server, round);
      }
      const before = server.memoryBytes();
      const descriptorsBefore = descriptors(server);
      for (let round = 0; round < rounds; round += 1) {
        await soakRound(server, 1000 + round);
      }
      await waitUntil("the descriptors' end", () => descriptors(server) <= descriptorsBefore);
      const grown = (server.memoryBytes() - before) / mebibyte;
      expect(grown).toBeLessThan(marginMebibytes);
      const streams = join(store, "jetstream", "$G", "streams");
      await waitUntil("the files' end", () => readdirSync(streams).length === 0);
      expect(server.log()).not.toMatch(/\[(?:ERR|WRN|FTL)\]/);
    } finally {
      rmSync(store, { recursive: true, force: true });
    }
  },
  60_000 + rounds * 2000,
);
