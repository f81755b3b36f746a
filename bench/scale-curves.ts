// What a message costs the server, in microseconds of processor, as streams grow longer, subjects more, and idle consumers
// many. Each row is one server, whose figures follow each other.

import type { ServerProcess } from "../test/support/server-process.ts";
import { processMicros } from "./load-generator.ts";
import { type PublishTask, publish } from "./publishing.ts";
import { Pulling } from "./pulling.ts";
import { type Figures, type ScaleRow, serve } from "./scale-rows.ts";
import { JetStreamClient } from "./wire.ts";

const size = 16;
const measured = 200_000;
const inFlight = 4096;
const creations = 64;
const fetchBatch = 500;
const stallMillis = 20_000;

class Stage {
  readonly server: ServerProcess;
  readonly client: JetStreamClient;
  readonly figures: Record<string, number> = {};
  readonly #scale: number;

  constructor(server: ServerProcess, client: JetStreamClient, scale: number) {
    this.server = server;
    this.client = client;
    this.#scale = scale;
  }

  many(count: number): number {
    return Math.max(1, Math.round(count * this.#scale));
  }

  async stream(name: string): Promise<void> {
    const config = { name, subjects: [`${name}.>`], storage: "file", num_replicas: 1 };
    await this.client.call(`STREAM.CREATE.${name}`, { ...config, max_consumers: 1_000_000 });
  }

  async publish(messages: number, subjectCount: number, subject: PublishTask["subjects"]) {
    const { port } = this.server;
    const task = { port, subjects: subject, subjectCount, size, messages, inFlight };
    const { faults } = await publish(task);
    if (faults !== 0) {
      throw new Error(`${faults} publishes failed`);
    }
  }

  /** Publishes, and notes what each message cost. */
  async measure(
    what: string,
    subjectCount: number,
    subject: PublishTask["subjects"],
  ): Promise<void> {
    const messages = this.many(measured);
    const before = processMicros(this.server.pid);
    await this.publish(messages, subjectCount, subject);
    this.figures[what] = (processMicros(this.server.pid) - before) / messages;
  }

  async consumer(
    stream: string,
    name: string,
    more: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const config = { name, durable_name: name, ...more };
    const subject = `CONSUMER.DURABLE.CREATE.${stream}.${name}`;
    await this.client.call(subject, { stream_name: stream, config });
  }

  async consumers(stream: string, from: number, to: number, isFiltered: boolean): Promise<void> {
    await this.client.callMany(to - from, creations, (at) => {
      const name = `c${from + at}`;
      const filter = isFiltered ? { filter_subject: `${stream}.${from + at}` } : {};
      const config = { name, durable_name: name, ack_policy: "explicit", ...filter };
      return [`CONSUMER.DURABLE.CREATE.${stream}.${name}`, { stream_name: stream, config }];
    });
  }

  /** Takes messages from a sequence on, and notes what each cost. */
  async fetch(what: string, stream: string, from: number): Promise<void> {
    const messages = this.many(measured);
    const start = { deliver_policy: "by_start_sequence", opt_start_seq: from };
    const name = `fetch${from}`;
    await this.consumer(stream, name, { ack_policy: "none", ...start });
    const before = processMicros(this.server.pid);
    const pulling = await Pulling.start({
      port: this.server.port,
      stream,
      consumers: [name],
      batch: fetchBatch,
      acknowledges: false,
    });
    const until = performance.now() + stallMillis;
    while (pulling.received < messages && performance.now() < until) {
      await Bun.sleep(1);
    }
    this.figures[what] = (processMicros(this.server.pid) - before) / pulling.received;
    await pulling.end();
    await this.client.call(`CONSUMER.DELETE.${stream}.${name}`, null);
  }
}

const counted = new Intl.NumberFormat("en-US");

async function byLength(stage: Stage): Promise<void> {
  for (const [at, wanted] of [1e4, 1e5, 1e6, 1e7].entries()) {
    const stream = `L${at}`;
    const subject = (number: number): string => `${stream}.${number}`;
    const length = stage.many(wanted);
    await stage.stream(stream);
    await stage.publish(length, 100, subject);
    await stage.measure(`publish, ${counted.format(wanted)} stored`, 100, subject);
    await stage.fetch(`fetch, ${counted.format(wanted)} stored`, stream, Math.ceil(length / 2));
  }
}

async function bySubjects(stage: Stage): Promise<void> {
  for (const [at, wanted] of [1, 100, 1e4, 1e5, 1e6].entries()) {
    const count = stage.many(wanted);
    const subject = (number: number): string => `S${at}.${number}`;
    await stage.stream(`S${at}`);
    await stage.publish(count, count, subject);
    await stage.measure(`publish, ${counted.format(wanted)} subjects`, count, subject);
  }
}

async function byConsumers(stage: Stage, isFiltered: boolean): Promise<void> {
  const subject = (at: number): string => `I.${at}`;
  await stage.stream("I");
  let made = 0;
  for (const wanted of [0, 10, 100, 1000, 10_000]) {
    const count = stage.many(wanted);
    await stage.consumers("I", made, count, isFiltered);
    made = count;
    await Bun.sleep(500);
    await stage.measure(`publish, ${counted.format(wanted)} idle`, 1000, subject);
  }
}

async function measure(
  work: (stage: Stage) => Promise<void>,
  scale: number,
  command: readonly string[],
  store: string,
): Promise<Figures> {
  await using server = await serve(command, store);
  const client = await JetStreamClient.open(server.port);
  const stage = new Stage(server, client, scale);
  await stage.stream("W");
  await stage.publish(stage.many(measured * 2), 100, (at) => `W.${at}`);
  await stage.fetch("", "W", 1);
  delete stage.figures[""];
  await work(stage);
  client.close();
  return stage.figures;
}

export function curveRows(scale: number): readonly ScaleRow[] {
  const rows: readonly (readonly [string, (stage: Stage) => Promise<void>])[] = [
    ["length of the stream", byLength],
    ["number of subjects", bySubjects],
    ["idle consumers, one filter", (stage) => byConsumers(stage, false)],
    ["idle consumers, as many filters", (stage) => byConsumers(stage, true)],
  ];
  return rows.map(([name, work]) => ({
    name: `${name}, CPU us each`,
    measure: (command, store) => measure(work, scale, command, store),
  }));
}
