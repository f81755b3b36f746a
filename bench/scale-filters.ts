// Many consumers with different filters on one stream, while messages are published to all their subjects: idle ones, and
// ones whose requests wait and take every message.

import { processMicros } from "./load-generator.ts";
import { type PublishTask, publish } from "./publishing.ts";
import { Pulling } from "./pulling.ts";
import { type Figures, type ScaleRow, serve } from "./scale-rows.ts";
import { JetStreamClient } from "./wire.ts";

interface FilterCase {
  readonly consumers: number;
  readonly storage: "file" | "memory";
  readonly inFlight: number;
  readonly isPulling: boolean;
  readonly messages: number;
}

const size = 128;
const batch = 100;
const settleMillis = 300;
const arrivalMillis = 30_000;

async function makeFilters(client: JetStreamClient, one: FilterCase): Promise<string[]> {
  const { consumers, storage } = one;
  await client.call("STREAM.CREATE.F", { name: "F", subjects: ["f.>"], storage, num_replicas: 1 });
  const names = Array.from({ length: consumers }, (_, at) => `c${at}`);
  await client.callMany(consumers, 64, (at) => [
    `CONSUMER.CREATE.F.${names[at]}.f.${at}`,
    {
      stream_name: "F",
      action: "create",
      config: {
        durable_name: names[at],
        name: names[at],
        ack_policy: "explicit",
        filter_subject: `f.${at}`,
        max_ack_pending: 100_000,
      },
    },
  ]);
  return names;
}

/** Waits until so many came, or none comes any more. */
async function arrival(pulling: Pulling, wanted: number): Promise<void> {
  let seen = -1;
  let until = performance.now() + arrivalMillis;
  while (pulling.received < wanted && performance.now() < until) {
    if (pulling.received !== seen) {
      seen = pulling.received;
      until = performance.now() + arrivalMillis;
    }
    await Bun.sleep(1);
  }
}

async function measure(
  one: FilterCase,
  command: readonly string[],
  store: string,
): Promise<Figures> {
  await using server = await serve(command, store);
  const client = await JetStreamClient.open(server.port);
  const consumers = await makeFilters(client, one);
  const pulling = one.isPulling
    ? await Pulling.start({
        port: server.port,
        stream: "F",
        consumers,
        batch,
        acknowledges: true,
      })
    : null;
  await Bun.sleep(settleMillis);
  const task: PublishTask = {
    port: server.port,
    subjects: (at) => `f.${at}`,
    subjectCount: 1000,
    size,
    messages: one.messages,
    inFlight: one.inFlight,
  };
  const before = processMicros(server.pid);
  const began = performance.now();
  const { millis, faults } = await publish(task);
  const figures: Record<string, number> = { "published /s": (one.messages / millis) * 1000 };
  let lost = 0;
  if (pulling !== null) {
    await arrival(pulling, one.messages);
    await pulling.end();
    figures["taken and acknowledged /s"] = (one.messages / (performance.now() - began)) * 1000;
    lost = one.messages - pulling.received;
  }
  figures["CPU us each"] = (processMicros(server.pid) - before) / one.messages;
  client.close();
  if (faults !== 0 || lost !== 0) {
    throw new Error(`${faults} publishes failed, ${lost} messages are missing`);
  }
  return figures;
}

export function filterRows(scale: number): readonly ScaleRow[] {
  const rows: ScaleRow[] = [];
  for (const storage of ["file", "memory"] as const) {
    for (const inFlight of [256, 4096]) {
      for (const [isPulling, consumers, messages] of [
        [false, 0, 400_000],
        [false, 1000, 400_000],
        [true, 1000, 200_000],
      ] as const) {
        const what = consumers === 0 ? "no consumers" : "1,000 filters";
        const name = `${what}${isPulling ? " that pull" : ""}, ${storage}, ${inFlight} in flight`;
        const one = {
          consumers,
          storage,
          inFlight,
          isPulling,
          messages: Math.round(messages * scale),
        };
        rows.push({ name, measure: (command, store) => measure(one, command, store) });
      }
    }
  }
  return rows;
}
