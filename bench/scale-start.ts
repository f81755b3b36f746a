// How long a start takes with many streams and consumers: from the command until the account's figures are all there and
// the last stream answers. The store is made by the same server before, and ended in good order.

import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { processMicros } from "./load-generator.ts";
import type { Figures, ScaleRow } from "./scale-rows.ts";
import { JetStreamClient } from "./wire.ts";

const inFlight = 256;
const endMillis = 60_000;
const startMillis = 300_000;
const lookMillis = 20;

interface StartCase {
  readonly streams: number;
  readonly consumersEach: number;
  readonly messagesEach: number;
}

function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer();
  server.on("error", reject);
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    server.close(() => resolve(typeof address === "object" ? (address?.port ?? 0) : 0));
  });
  return promise;
}

class Program implements AsyncDisposable {
  readonly port: number;
  readonly #child: Bun.Subprocess;

  private constructor(child: Bun.Subprocess, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async start(command: readonly string[], store: string): Promise<Program> {
    const port = await freePort();
    const flags = ["-a", "127.0.0.1", "-p", String(port), "-js", "-sd", store];
    const stdio: ["ignore", "ignore", "ignore"] = ["ignore", "ignore", "ignore"];
    return new Program(Bun.spawn([...command, ...flags], { stdio }), port);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** A client, once somebody listens. */
  async client(): Promise<JetStreamClient> {
    const until = performance.now() + startMillis;
    for (;;) {
      try {
        return await JetStreamClient.open(this.port);
      } catch (failure) {
        if (performance.now() > until || this.#child.exitCode !== null) {
          throw failure;
        }
        await Bun.sleep(lookMillis);
      }
    }
  }

  memoryBytes(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    const late = setTimeout(() => this.#child.kill("SIGKILL"), endMillis);
    await this.#child.exited;
    clearTimeout(late);
  }
}

/** Waits until the server knows of so many, and says so. */
async function readiness(client: JetStreamClient, one: StartCase): Promise<void> {
  const until = performance.now() + startMillis;
  const last = `STREAM.INFO.S${one.streams - 1}`;
  while (performance.now() < until) {
    try {
      const { streams } = await client.call("INFO", null);
      if (streams === one.streams) {
        await client.call(last, null);
        return;
      }
    } catch {
      // Not yet.
    }
    await Bun.sleep(lookMillis);
  }
  throw new Error("the server was not ready in time");
}

async function fill(client: JetStreamClient, one: StartCase): Promise<void> {
  await client.callMany(one.streams, inFlight, (at) => {
    const config = { name: `S${at}`, subjects: [`s${at}.>`], storage: "file", num_replicas: 1 };
    return [`STREAM.CREATE.S${at}`, config];
  });
  await client.callMany(one.streams * one.consumersEach, inFlight, (at) => {
    const stream = `S${at % one.streams}`;
    const name = `c${Math.floor(at / one.streams)}`;
    const config = { name, durable_name: name, ack_policy: "explicit" };
    const body = { stream_name: stream, action: "create", config };
    return [`CONSUMER.CREATE.${stream}.${name}`, body];
  });
  for (let at = 0; at < one.streams; at++) {
    const frame = `PUB s${at % one.streams}.a 16\r\n0123456789abcdef\r\n`;
    client.wire.write(frame.repeat(one.messagesEach));
  }
  await client.wire.settle();
}

async function measure(
  one: StartCase,
  command: readonly string[],
  store: string,
): Promise<Figures> {
  {
    await using maker = await Program.start(command, store);
    const client = await maker.client();
    await fill(client, one);
    client.close();
  }
  const began = performance.now();
  await using program = await Program.start(command, store);
  const client = await program.client();
  const firstAnswer = performance.now() - began;
  await readiness(client, one);
  const seconds = (performance.now() - began) / 1000;
  const cpu = processMicros(program.pid) / 1e6;
  const memory = program.memoryBytes() / 1e6;
  client.close();
  return {
    "first INFO, ms": firstAnswer,
    "all served, s": seconds,
    "CPU, s": cpu,
    "resident, MB": memory,
  };
}

export function startRows(scale: number): readonly ScaleRow[] {
  const cases: readonly StartCase[] = [
    { streams: 10_000, consumersEach: 0, messagesEach: 10 },
    { streams: 10_000, consumersEach: 10, messagesEach: 10 },
  ];
  return cases.map((full) => {
    const one = { ...full, streams: Math.round(full.streams * scale) };
    const consumers = one.streams * one.consumersEach;
    const name = `${one.streams} streams, ${consumers} consumers`;
    return { name, measure: (command, store) => measure(one, command, store) };
  });
}
