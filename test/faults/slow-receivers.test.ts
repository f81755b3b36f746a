// A receiver that stops reading is cut with the right reason, its memory comes back, and meanwhile and afterwards the
// others lose nothing. A receiver that is merely slower than its publisher is never cut.

import { describe, expect, test } from "bun:test";
import { RawClient } from "../support/raw-client.ts";
import { ServerProcess } from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";

const mebibyte = 1024 * 1024;
const body: string = "x".repeat(32 * 1024);
const frame: string = `PUB load ${body.length}\r\n${body}\r\n`;
const frameBytes: Uint8Array = Uint8Array.from(frame, (character) => character.charCodeAt(0));
const deliveredLength: number = `MSG load 1 ${body.length}\r\n${body}\r\n`.length;

async function closedReasons(server: ServerProcess): Promise<string> {
  return JSON.stringify(await server.page("/connz?state=closed"));
}

/** Publishes so many frames, never more than a few megabytes ahead of what the system takes. */
async function publish(client: RawClient, count: number): Promise<void> {
  for (let sent = 0; sent < count; sent += 1) {
    client.send(frameBytes);
    if (client.unsentBytes > 4 * mebibyte) {
      await waitUntil("room to send", () => client.unsentBytes < mebibyte, 20_000);
    }
  }
  await waitUntil("all sent", () => client.unsentBytes === 0, 20_000);
}

async function listener(server: ServerProcess): Promise<RawClient> {
  const client = await RawClient.open(server.port);
  client.send("SUB load 1\r\n");
  await client.roundTrip();
  client.forget();
  client.countOnly();
  return client;
}

describe("a client that stops reading", () => {
  test("is cut by its deadline, and the healthy one gets every message", async () => {
    await using server = await ServerProcess.start({
      monitoring: true,
      config: 'write_deadline: "500ms"',
    });
    using healthy = await listener(server);
    using stalled = await listener(server);
    using publisher = await RawClient.open(server.port);
    stalled.stopReading();
    const count = 1000;
    await publish(publisher, count);
    await waitUntil(
      "the healthy one's messages",
      () => healthy.receivedBytes >= count * deliveredLength,
      20_000,
    );
    const reasons = await waitUntil("the cut", async () => {
      const text = await closedReasons(server);
      return text.includes("Slow Consumer") && text;
    });
    expect(reasons).toMatch(/"Slow Consumer \((?:Write Deadline|Pending Bytes)\)"/);
    expect(healthy.receivedBytes).toBe(count * deliveredLength);
    expect((await server.page("/varz"))["slow_consumers"]).toBe(1);
  }, 40_000);

  test("is cut by its bytes where the deadline is far away", async () => {
    await using server = await ServerProcess.start({
      monitoring: true,
      config: "max_pending: 100KB\nmax_payload: 90KB\nwrite_deadline: 60s",
    });
    using stalled = await RawClient.open(server.port);
    stalled.send("SUB bulk 1\r\n");
    await stalled.roundTrip();
    using publisher = await RawClient.open(server.port);
    stalled.stopReading();
    // One message is below the bound and two are above it, so no moment is left for slowing the publisher.
    const size = 70 * 1024;
    const bulk = `PUB bulk ${size}\r\n${"x".repeat(size)}\r\n`;
    await waitUntil(
      "the cut",
      async () => {
        publisher.send(bulk.repeat(8));
        await publisher.roundTrip();
        return (await closedReasons(server)).includes('"Slow Consumer (Pending Bytes)"');
      },
      8000,
    );
  }, 40_000);

  test("holds bounded memory, which comes back when it is cut", async () => {
    await using server = await ServerProcess.start({
      monitoring: true,
      config: 'write_deadline: "1s"\nmax_pending: 32MB',
    });
    using publisher = await RawClient.open(server.port);
    const round = async (): Promise<number> => {
      using stalled = await listener(server);
      const cutsBefore = (await closedReasons(server)).split("Slow Consumer").length;
      stalled.stopReading();
      await publish(publisher, 1500);
      const peak = server.memoryBytes();
      await waitUntil(
        "the cut",
        async () => (await closedReasons(server)).split("Slow Consumer").length > cutsBefore,
        8000,
      );
      await publisher.roundTrip();
      return peak;
    };
    await round();
    const first = server.memoryBytes();
    const peaks: number[] = [];
    for (let number = 0; number < 8; number += 1) {
      peaks.push(await round());
    }
    // Eight outboxes of 32 MB would be 256; what a garbage collector has not looked at yet may be under way.
    expect((Math.max(...peaks) - first) / mebibyte).toBeLessThan(192);
    await waitUntil(
      "the memory's return",
      () => server.memoryBytes() - first < 32 * mebibyte,
      10_000,
    );
  }, 40_000);
});

describe("a client that reads slowly", () => {
  test("slows its publisher instead of being cut, and gets every message", async () => {
    await using server = await ServerProcess.start({ monitoring: true });
    using slow = await listener(server);
    using publisher = await RawClient.open(server.port);
    const count = 4000;
    const total = count * deliveredLength;
    let isSending = true;
    const sending = publish(publisher, count).then(() => {
      isSending = false;
    });
    let isReading = true;
    while (slow.receivedBytes < total) {
      // Reads in gulps: some milliseconds on, some off.
      if (isReading) {
        slow.stopReading();
      } else {
        slow.readAgain();
      }
      isReading = !isReading;
      await Bun.sleep(isReading ? 5 : 3);
      if (slow.isClosed) {
        break;
      }
    }
    await sending;
    expect(isSending).toBe(false);
    expect(slow.isClosed).toBe(false);
    expect(slow.receivedBytes).toBe(total);
    expect((await server.page("/varz"))["slow_consumers"]).toBe(0);
  }, 40_000);
});
