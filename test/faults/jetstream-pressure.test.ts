// Too much of what clients may ask for, and clients that vanish or stop reading in the middle of it: memory stays bounded,
// the server goes on answering, others lose nothing.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RawJetStream } from "../support/jetstream-raw.ts";
import { RawClient } from "../support/raw-client.ts";
import { ServerProcess } from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";

const mebibyte = 1024 * 1024;

let store = "";
let server: ServerProcess;
let admin: RawJetStream;

beforeAll(async () => {
  store = mkdtempSync(join(tmpdir(), "midge-pressure-"));
  server = await ServerProcess.start({
    flags: ["-js", "-sd", store],
    config: 'ping_interval: "3s"\nping_max: 2\nwrite_deadline: "2s"\nmax_pending: 16MB',
  });
  admin = await RawJetStream.open(server.port);
  answerPings(admin.client);
});

afterAll(async () => {
  admin[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
  rmSync(store, { recursive: true, force: true });
});

/** A raw client does not do it by itself. */
function answerPings(client: RawClient): void {
  const timer = setInterval(() => {
    if (client.isClosed) {
      clearInterval(timer);
    } else {
      client.send("PONG\r\n");
    }
  }, 400);
  timer.unref();
}

async function reader(): Promise<RawClient> {
  const client = await RawClient.open(server.port);
  answerPings(client);
  return client;
}

function pull(stream: string, reply: string, wish: object): string {
  const body = JSON.stringify(wish);
  return `PUB $JS.API.CONSUMER.MSG.NEXT.${stream}.c ${reply} ${body.length}\r\n${body}\r\n`;
}

/** Publishes without asking for answers, and waits until all is stored. */
async function fill(stream: string, count: number, size: number): Promise<void> {
  const publisher = await reader();
  const before = await admin.messages(stream);
  const frame = `PUB ${stream}.a ${size}\r\n${"x".repeat(size)}\r\n`;
  const atOnce = Math.max(1, Math.floor(mebibyte / frame.length));
  const block = frame.repeat(atOnce);
  for (let sent = 0; sent < count; sent += atOnce) {
    publisher.send(count - sent < atOnce ? frame.repeat(count - sent) : block);
    await waitUntil("room to send", () => publisher.unsentBytes < 4 * mebibyte, 20_000);
  }
  await publisher.roundTrip(30_000);
  await waitUntil(
    "all stored",
    async () => (await admin.messages(stream)) === before + count,
    20_000,
  );
  publisher[Symbol.dispose]();
}

describe("many", () => {
  test("ten thousand waiting pulls each get their message, and cost little", async () => {
    await admin.addStream({ name: "W", subjects: ["W.*"] });
    await admin.addConsumer("W", { durable_name: "c", max_waiting: 20_000, max_ack_pending: -1 });
    const count = 10_000;
    const client = await reader();
    client.send("SUB w.* 9\r\n");
    await client.roundTrip();
    const ask = (from: number): string =>
      Array.from({ length: count }, (_, at) =>
        pull("W", `w.${from + at}`, { batch: 1, expires: 60_000_000_000 }),
      ).join("");
    const before = server.memoryBytes();
    client.send(ask(0));
    await waitUntil("all waiting", async () => {
      return (await admin.consumer("W", "c"))["num_waiting"] === count;
    });
    expect((server.memoryBytes() - before) / mebibyte).toBeLessThan(64);
    client.forget();
    await fill("W", count, 1);
    await waitUntil("all answered", () => {
      return client.received.split("MSG W.a 9 $JS.ACK.W.c.1.").length - 1 === count;
    });
    expect(await admin.consumer("W", "c")).toMatchObject({
      num_waiting: 0,
      num_ack_pending: count,
    });
    // The same again, and then nobody is there any more.
    client.send(ask(count));
    await waitUntil("all waiting again", async () => {
      return (await admin.consumer("W", "c"))["num_waiting"] === count;
    });
    client.reset();
    await waitUntil("none waiting", async () => {
      return (await admin.consumer("W", "c"))["num_waiting"] === 0;
    });
    await fill("W", 10, 1);
    expect((await admin.consumer("W", "c"))["num_ack_pending"]).toBe(count);
    await admin.ask("$JS.API.STREAM.DELETE.W");
  }, 40_000);

  test("a million messages wait for acknowledgements in bounded memory", async () => {
    await admin.addStream({ name: "M", subjects: ["M.*"] });
    await admin.addConsumer("M", { durable_name: "c", max_ack_pending: -1 });
    const count = 1_000_000;
    await fill("M", count, 1);
    const client = await reader();
    client.send("SUB m 9\r\n");
    await client.roundTrip();
    const before = server.memoryBytes();
    client.countOnly();
    client.send(pull("M", "m", { batch: count, expires: 60_000_000_000 }));
    await waitUntil(
      "all delivered",
      async () => (await admin.consumer("M", "c"))["num_ack_pending"] === count,
      30_000,
    );
    expect((server.memoryBytes() - before) / mebibyte).toBeLessThan(256);
    const asked = performance.now();
    expect((await admin.consumer("M", "c"))["num_pending"]).toBe(0);
    expect(performance.now() - asked).toBeLessThan(1000);
    client.reset();
    await admin.ask("$JS.API.STREAM.PURGE.M");
    expect((await admin.consumer("M", "c"))["num_ack_pending"]).toBe(0);
    await admin.ask("$JS.API.STREAM.DELETE.M");
  }, 60_000);
});

describe("clients that vanish or stop reading", () => {
  test("a fetch by one that vanishes without a word goes to others after its wait", async () => {
    await admin.addStream({ name: "V", subjects: ["V.*"] });
    await admin.addConsumer("V", { durable_name: "c", ack_wait: 1_500_000_000 });
    const gone = await RawClient.open(server.port);
    gone.send(`SUB v 9\r\n${pull("V", "v", { batch: 100, expires: 60_000_000_000 })}`);
    await gone.roundTrip();
    // It neither reads nor answers from now on; its connection is as open as before.
    gone.stopReading();
    await fill("V", 10, 10);
    await waitUntil("delivered to it", async () => {
      return (await admin.consumer("V", "c"))["num_ack_pending"] === 10;
    });
    const healthy = await reader();
    healthy.send(`SUB h 9\r\n${pull("V", "h", { batch: 20, expires: 60_000_000_000 })}`);
    await waitUntil(
      "delivered again",
      () => healthy.received.split(/MSG V\.a 9 \$JS\.ACK\.V\.c\.[2-9]\./).length - 1 === 10,
      25_000,
    );
    // The stale connection is closed, and what it asked for with it: new messages do not go there.
    await waitUntil(
      "one waiting pull",
      async () => (await admin.consumer("V", "c"))["num_waiting"] === 1,
      20_000,
    );
    healthy.reset();
    gone[Symbol.dispose]();
    await admin.ask("$JS.API.STREAM.DELETE.V");
  }, 60_000);

  test("one that stops reading a push of a big stream is cut, others get all of it", async () => {
    const count = 1500;
    const size = 32 * 1024;
    await admin.addStream({ name: "P", subjects: ["P.*"] });
    await fill("P", count, size);
    const healthy = await reader();
    healthy.send("SUB push.healthy 9\r\n");
    await healthy.roundTrip();
    healthy.countOnly();
    const stalled = await RawClient.open(server.port);
    stalled.send("SUB push.stalled 9\r\n");
    await stalled.roundTrip();
    stalled.stopReading();
    const before = server.memoryBytes();
    for (const name of ["stalled", "healthy"]) {
      const config = { durable_name: name, deliver_subject: `push.${name}`, ack_policy: "none" };
      await admin.addConsumer("P", config);
    }
    await waitUntil("all of it", () => healthy.receivedBytes >= count * size, 20_000);
    expect((server.memoryBytes() - before) / mebibyte).toBeLessThan(192);
    await waitUntil(
      "the cut",
      async () => (await admin.consumer("P", "stalled"))["push_bound"] !== true,
      10_000,
    );
    healthy.reset();
    stalled[Symbol.dispose]();
    await admin.ask("$JS.API.STREAM.DELETE.P");
  }, 40_000);

  test("flow control that nobody answers stalls its consumer alone, and goes on when answered", async () => {
    const count = 2000;
    const size = 8 * 1024;
    await admin.addStream({ name: "F", subjects: ["F.*"] });
    await fill("F", count, size);
    const mute = await reader();
    mute.send("SUB push.mute 9\r\n");
    const before = server.memoryBytes();
    const flow = { flow_control: true, idle_heartbeat: 200_000_000, ack_policy: "none" };
    await admin.addConsumer("F", { durable_name: "m", deliver_subject: "push.mute", ...flow });
    const stalledAt = await mute.until("Nats-Consumer-Stalled: ", 10_000);
    expect(stalledAt.split("MSG F.a").length - 1).toBeLessThan(count);
    const other = await reader();
    other.send("SUB push.other 9\r\n");
    await admin.addConsumer("F", {
      durable_name: "o",
      deliver_subject: "push.other",
      ack_policy: "none",
    });
    await waitUntil("all for the other", () => other.received.split("MSG F.a").length > count);
    expect((server.memoryBytes() - before) / mebibyte).toBeLessThan(128);
    // Every request that came, and every stall that a heartbeat tells of, is answered now.
    let answered = 0;
    await waitUntil(
      "all for the first",
      () => {
        const text = mute.received;
        const asked = [...text.matchAll(/(?:Stalled: |push\.mute 9 )(\$JS\.FC\.\S+)/g)];
        for (const [, subject] of asked.slice(answered)) {
          mute.send(`PUB ${subject} 0\r\n\r\n`);
        }
        answered = asked.length;
        return text.split("MSG F.a").length > count;
      },
      20_000,
    );
    mute.reset();
    other.reset();
    await admin.ask("$JS.API.STREAM.DELETE.F");
  }, 40_000);
});
