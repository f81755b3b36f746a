// Too much of everything: subjects, subscriptions, connections, silence. The server stays within bounds and serves on.

import { describe, expect, test } from "bun:test";
import { RawClient } from "../support/raw-client.ts";
import { ServerProcess } from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";

const mebibyte = 1024 * 1024;

/** One PUB of one byte for each of these subjects. */
function publishes(first: number, count: number, prefix: string): string {
  const parts: string[] = [];
  for (let number = first; number < first + count; number += 1) {
    parts.push(`PUB ${prefix}.${number} 1\r\nx\r\n`);
  }
  return parts.join("");
}

async function sendInParts(
  client: RawClient,
  total: number,
  part: number,
  text: (first: number, count: number) => string,
): Promise<void> {
  for (let first = 0; first < total; first += part) {
    client.send(text(first, Math.min(part, total - first)));
    await client.roundTrip(20_000);
    client.forget();
  }
}

describe("floods", () => {
  test("a million distinct subjects leave memory bounded", async () => {
    await using server = await ServerProcess.start();
    using client = await RawClient.open(server.port);
    client.send("SUB flood.* 1\r\nSUB other.> 2\r\n");
    await sendInParts(client, 50_000, 10_000, (first, count) => publishes(first, count, "flood"));
    const before = server.memoryBytes();
    await sendInParts(client, 1_000_000, 25_000, (first, count) =>
      publishes(first + 1_000_000, count, "flood"),
    );
    expect(server.memoryBytes() - before).toBeLessThan(64 * mebibyte);
    client.send("PUB other.x 2\r\nok\r\n");
    expect(await client.roundTrip()).toContain("MSG other.x 2 2\r\nok\r\n");
  }, 40_000);

  test("a flood of subscriptions is held, answered and given back", async () => {
    await using server = await ServerProcess.start();
    using bystander = await RawClient.open(server.port);
    const total = 100_000;
    const subscribes = (from: number, count: number): string =>
      Array.from({ length: count }, (_, at) => `SUB s.${from + at}.> ${from + at}\r\n`).join("");
    const flood = async (): Promise<number> => {
      using client = await RawClient.open(server.port);
      await sendInParts(client, total, 20_000, subscribes);
      bystander.send(`PUB s.${total - 1}.x 2\r\nok\r\n`);
      await bystander.roundTrip();
      await client.until(`MSG s.${total - 1}.x ${total - 1} 2\r\nok\r\n`);
      return server.memoryBytes();
    };
    const first = await flood();
    await flood();
    await flood();
    // The last flood lives in what the ones before gave back.
    expect((await flood()) - first).toBeLessThan(48 * mebibyte);
  }, 40_000);

  test("max_subscriptions refuses the rest of a flood and keeps the connection", async () => {
    await using server = await ServerProcess.start({ config: "max_subscriptions: 10" });
    using client = await RawClient.open(server.port);
    for (let sid = 1; sid <= 12; sid += 1) {
      client.send(`SUB a.${sid} ${sid}\r\n`);
    }
    const text = await client.roundTrip();
    expect(text.split("-ERR 'maximum subscriptions exceeded'\r\n").length - 1).toBe(2);
  });

  test("subscribing and unsubscribing without end costs no memory", async () => {
    await using server = await ServerProcess.start();
    using client = await RawClient.open(server.port);
    const round = (first: number, count: number): string =>
      Array.from(
        { length: count },
        (_, at) => `SUB r.${first + at}.* ${first + at} \r\nUNSUB ${first + at}\r\n`,
      ).join("");
    await sendInParts(client, 50_000, 10_000, round);
    const before = server.memoryBytes();
    await sendInParts(client, 300_000, 10_000, (first, count) => round(first + 50_000, count));
    expect(server.memoryBytes() - before).toBeLessThan(48 * mebibyte);
  }, 40_000);
});

describe("connections that misbehave by doing nothing", () => {
  test("one that never sends CONNECT is told and closed when authentication is asked for", async () => {
    await using server = await ServerProcess.start({
      config: 'authorization { user: a, password: b, timeout: 0.3 }\nhttp: "127.0.0.1:-1"',
    });
    using client = await RawClient.open(server.port, null);
    expect(await client.untilClosed()).toBe("-ERR 'Authentication Timeout'\r\n");
    const page = await waitUntil("the closed connection", async () => {
      const closed = await server.page("/connz?state=closed&auth=true");
      return JSON.stringify(closed).includes('"Authentication Timeout"') && closed;
    });
    expect(page["num_connections"]).toBe(1);
  });

  test("ones that never send CONNECT do not keep others out", async () => {
    await using server = await ServerProcess.start();
    const silent = await Promise.all(
      Array.from({ length: 200 }, () => RawClient.open(server.port, null)),
    );
    using client = await RawClient.open(server.port);
    await client.roundTrip();
    for (const one of silent) {
      one.reset();
    }
    await client.roundTrip();
  });

  test("one that drips a byte at a time is understood, and slows nobody", async () => {
    await using server = await ServerProcess.start();
    using drip = await RawClient.open(server.port);
    using listener = await RawClient.open(server.port);
    listener.send("SUB drip.> 1\r\n");
    await listener.roundTrip();
    for (const character of "PUB drip.a 5\r\nhello\r\n") {
      drip.send(character);
      await listener.roundTrip();
    }
    await listener.until("MSG drip.a 1 5\r\nhello\r\n");
  });

  test("one that drips and never finishes its op can be left and forgotten", async () => {
    await using server = await ServerProcess.start();
    const before = server.openSockets();
    const drips = await Promise.all(Array.from({ length: 100 }, () => RawClient.open(server.port)));
    for (const drip of drips) {
      drip.send("PUB drip.unfinished 100000\r\nx");
      drip.send("x".repeat(5000));
    }
    await Promise.all(drips.map((drip) => waitUntil("sent", () => drip.unsentBytes === 0)));
    for (const drip of drips) {
      drip.reset();
    }
    await waitUntil("the sockets' end", () => server.openSockets() <= before);
    using client = await RawClient.open(server.port);
    await client.roundTrip();
  });

  test("one that has vanished is asked, waited for and closed as stale", async () => {
    await using server = await ServerProcess.start({
      monitoring: true,
      config: 'ping_interval: "200ms"\nping_max: 2',
    });
    using vanished = await RawClient.open(server.port);
    const text = await vanished.untilClosed(8000);
    expect(text.endsWith("-ERR 'Stale Connection'\r\n")).toBe(true);
    await waitUntil("the closed reason", async () =>
      JSON.stringify(await server.page("/connz?state=closed")).includes('"Stale Connection"'),
    );
  }, 10_000);
});

describe("many at once", () => {
  test("1,000 clients that connect at the same moment are all served", async () => {
    await using server = await ServerProcess.start();
    const clients = await Promise.all(
      Array.from({ length: 1000 }, () => RawClient.open(server.port)),
    );
    for (const [at, client] of clients.entries()) {
      client.send(`SUB all 1\r\nSUB one.${at} 2\r\n`);
    }
    await Promise.all(clients.map((client) => client.roundTrip(10_000)));
    const last = clients.at(-1);
    last?.send("PUB all 2\r\nhi\r\nPUB one.0 2\r\nme\r\n");
    await Promise.all(clients.map((client) => client.until("MSG all 1 2\r\nhi\r\n", 10_000)));
    await clients[0]?.until("MSG one.0 2 2\r\nme\r\n");
    for (const client of clients) {
      client.reset();
    }
    await waitUntil("the sockets' end", () => server.openSockets() < 20, 10_000);
  }, 30_000);

  test("clients that come and vanish without a word leave nothing behind", async () => {
    await using server = await ServerProcess.start();
    const round = async (): Promise<void> => {
      const clients = await Promise.all(
        Array.from({ length: 200 }, () => RawClient.open(server.port)),
      );
      for (const client of clients) {
        client.send("SUB v.> 1\r\nPUB v.x 100\r\nhalf of it");
      }
      await Promise.all(clients.map((client) => waitUntil("sent", () => client.unsentBytes === 0)));
      for (const client of clients) {
        client.reset();
      }
    };
    const idle = server.openSockets();
    await round();
    await waitUntil("the sockets' end", () => server.openSockets() <= idle);
    const before = server.memoryBytes();
    for (let at = 0; at < 5; at += 1) {
      await round();
      await waitUntil("the sockets' end", () => server.openSockets() <= idle);
    }
    expect(server.memoryBytes() - before).toBeLessThan(32 * mebibyte);
  }, 30_000);
});
