// A bounded soak: everything that clients do, over and over, with a look at memory and sockets after the first rounds and
// after the last. The margin is what allocators may keep; a leak of a few hundred bytes per connection would show.

import { expect, test } from "bun:test";
import { RawClient } from "../support/raw-client.ts";
import { ServerProcess } from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";

const mebibyte = 1024 * 1024;
const marginMebibytes = 24;
const clientsPerRound = 60;

function work(at: number, round: number): string {
  const body = "y".repeat(1 + ((at * 97 + round * 31) % 2000));
  return [
    `SUB all.${round}.* 1\r\nSUB work.${round} q 2\r\nSUB mine.${round}.${at} 3\r\nUNSUB 3 2\r\n`,
    `PUB all.${round}.${at} inbox.${at} ${body.length}\r\n${body}\r\n`,
    `HPUB work.${round} 22 ${22 + body.length}\r\nNATS/1.0\r\nKey: val\r\n\r\n${body}\r\n`,
    `PUB mine.${round}.${at} 1\r\na\r\nPUB mine.${round}.${at} 1\r\nb\r\nPUB mine.${round}.${at} 1\r\nc\r\n`,
    `PUB nobody.${round}.${at} 0\r\n\r\nSUB bad..subject 4\r\nUNSUB 99\r\n`,
  ].join("");
}

async function soakRound(server: ServerProcess, round: number): Promise<void> {
  const clients = await Promise.all(
    Array.from({ length: clientsPerRound }, () =>
      RawClient.open(server.port, { no_responders: true, name: `soak ${round}` }),
    ),
  );
  for (const [at, client] of clients.entries()) {
    client.send(work(at, round));
  }
  await Promise.all(clients.map((client) => client.roundTrip(10_000)));
  for (const [at, client] of clients.entries()) {
    expect(client.received.split("MSG mine.").length - 1).toBe(2);
    if (at % 3 === 0) {
      client.send("UNSUB 1\r\nUNSUB 2\r\nnonsense\r\n");
    }
  }
  for (const client of clients) {
    client.reset();
  }
}

test("memory and sockets after a soak are what they were before", async () => {
  await using server = await ServerProcess.start({ monitoring: true });
  const idle = server.openSockets();
  for (let round = 0; round < 12; round += 1) {
    await soakRound(server, round);
  }
  await waitUntil("the sockets' end", () => server.openSockets() <= idle + 2);
  const before = server.memoryBytes();
  for (let round = 100; round < 160; round += 1) {
    await soakRound(server, round);
  }
  await waitUntil("the sockets' end", () => server.openSockets() <= idle + 2);
  expect((server.memoryBytes() - before) / mebibyte).toBeLessThan(marginMebibytes);
  const varz = await server.page("/varz");
  expect(varz["connections"]).toBe(0);
  expect(varz["subscriptions"]).toBeLessThan(120);
}, 60_000);
