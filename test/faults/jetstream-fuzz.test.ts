// Thousands of seeded inputs through the wire at a server with streams: it answers or ignores them and lives on, its
// memory stays bounded, and what it took in it finds again after a sudden end.

import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Dice } from "../fuzz/road-dice.ts";
import { RawClient } from "../support/raw-client.ts";
import { ServerProcess } from "../support/server-process.ts";
import {
  acknowledgement,
  publish,
  pull,
  request,
  type Sent,
  streamCount,
} from "./jetstream-fuzz-makers.ts";

const seed: number = Number(process.env["FUZZ_SEED"] ?? 20_261);
const rounds: number = Number(process.env["FUZZ_ROUNDS"] ?? 40);
const perRound = 100;
const mebibyte = 1024 * 1024;

function frame({ subject, headers, body }: Sent, reply: string): string {
  const to = reply === "" ? subject : `${subject} ${reply}`;
  const text = body.slice(0, 60_000);
  return headers === null
    ? `PUB ${to} ${text.length}\r\n${text}\r\n`
    : `HPUB ${to} ${headers.length} ${headers.length + text.length}\r\n${headers}${text}\r\n`;
}

async function ask(client: RawClient, subject: string, body = ""): Promise<string> {
  client.forget();
  client.send(`PUB ${subject} sane.answer ${body.length}\r\n${body}\r\n`);
  const text = await client.until("}\r\n", 10_000);
  client.forget();
  return /MSG sane\.answer 1 \d+\r\n(.*)\r\n/.exec(text)?.[1] ?? "";
}

/** Streams with messages and consumers, so that what is sent meets something. */
async function furnish(client: RawClient): Promise<void> {
  for (let at = 0; at < streamCount; at += 1) {
    const config = { name: `F${at}`, subjects: [`f${at}.>`], allow_direct: true };
    await ask(client, `$JS.API.STREAM.CREATE.F${at}`, JSON.stringify(config));
    for (const name of ["c0", "c1", "c2"]) {
      const body = {
        stream_name: `F${at}`,
        config: { durable_name: name, ack_policy: "explicit" },
      };
      await ask(client, `$JS.API.CONSUMER.DURABLE.CREATE.F${at}.${name}`, JSON.stringify(body));
    }
    client.send(`PUB f${at}.a 1\r\nx\r\n`.repeat(50));
  }
  await client.roundTrip();
}

/** Everybody else's work goes on: publish, acknowledgement, fetch. */
async function checkSane(client: RawClient, number: number): Promise<void> {
  const acknowledged = await ask(client, "sane.a", `${number}`);
  expect(JSON.parse(acknowledged)).toMatchObject({ stream: "SANE", seq: number });
  client.send("PUB $JS.API.CONSUMER.MSG.NEXT.SANE.c sane.fetched 0\r\n\r\n");
  const text = await client.until(`\r\n${number}\r\n`, 10_000);
  const reply = /MSG sane\.a 2 (\S+) /.exec(text)?.[1] ?? "";
  client.forget();
  client.send(`PUB ${reply} sane.settled 0\r\n\r\n`);
  await client.until("MSG sane.settled 3 0\r\n", 10_000);
}

async function assets(client: RawClient): Promise<string> {
  const list = JSON.parse(await ask(client, "$JS.API.STREAM.LIST")) as {
    streams: { config: { name: string; storage: string } }[];
    offline?: unknown;
  };
  expect(list.offline).toBeUndefined();
  const onDisk = list.streams.filter(({ config }) => config.storage === "file");
  return JSON.stringify(onDisk.map(({ config }) => config));
}

test("whatever is sent to JetStream, it is answered or ignored", async () => {
  const store = mkdtempSync(join(tmpdir(), "midge-fuzz-"));
  const flags = ["-js", "-sd", store];
  try {
    let configs = "";
    {
      await using server = await ServerProcess.start({ flags });
      using sane = await RawClient.open(server.port);
      sane.send("SUB sane.answer 1\r\nSUB sane.fetched 2\r\nSUB sane.settled 3\r\n");
      await ask(sane, "$JS.API.STREAM.CREATE.SANE", '{"name":"SANE","subjects":["sane.a"]}');
      const consumer =
        '{"stream_name":"SANE","config":{"durable_name":"c","ack_policy":"explicit"}}';
      await ask(sane, "$JS.API.CONSUMER.DURABLE.CREATE.SANE.c", consumer);
      await furnish(sane);
      const dice = new Dice(seed);
      const makers = [request, request, pull, acknowledgement, publish] as const;
      let before = 0;
      for (let round = 1; round <= rounds; round += 1) {
        using client = await RawClient.open(server.port, { no_responders: true });
        client.send("SUB inbox.> 1\r\n");
        for (let sent = 0; sent < perRound; sent += 1) {
          client.send(frame(dice.pick(makers)(dice), dice.onceIn(4) ? "" : `inbox.${sent}`));
        }
        await client.roundTrip(20_000);
        await checkSane(sane, round);
        if (round % 10 === 0) {
          await furnish(sane);
        }
        if (round === Math.ceil(rounds / 3)) {
          before = server.memoryBytes();
        }
      }
      expect((server.memoryBytes() - before) / mebibyte).toBeLessThan(128);
      expect(server.log()).not.toMatch(/\[(?:ERR|FTL)\]|rror:|at .*\.ts:\d+/);
      configs = await assets(sane);
      server.signal("SIGKILL");
      await server.exited();
    }
    await using again = await ServerProcess.start({ flags });
    using client = await RawClient.open(again.port);
    client.send("SUB sane.answer 1\r\nSUB sane.fetched 2\r\nSUB sane.settled 3\r\n");
    expect(await assets(client)).toBe(configs);
    await checkSane(client, rounds + 1);
    expect(again.log()).not.toMatch(/\[(?:ERR|WRN|FTL)\]/);
  } finally {
    rmSync(store, { recursive: true, force: true });
  }
}, 120_000);
