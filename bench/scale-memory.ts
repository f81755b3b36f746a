// What streams, consumers and stored messages weigh: resident memory with many of them less that before, by their number,
// when nothing has happened for a while.

import type { ServerProcess } from "../test/support/server-process.ts";
import { publish } from "./publishing.ts";
import { type Figures, type ScaleRow, serve } from "./scale-rows.ts";
import { JetStreamClient } from "./wire.ts";

type Make = (client: JetStreamClient, server: ServerProcess) => Promise<number>;

const inFlight = 64;
const messageBytes = 128;
/** The reference takes 1,000 when nothing is said. */
const max_consumers = 1_000_000;
/** Collectors give memory back when they see that nothing happens. */
const restMillis = 1000;
const leastRests = 8;
const mostRests = 30;
const steadyShare = 0.003;

/** Resident memory once it does not shrink any more. */
async function settled(server: ServerProcess): Promise<number> {
  let lowest = server.memoryBytes();
  let steady = 0;
  for (let rest = 0; rest < mostRests && (rest < leastRests || steady < 3); rest++) {
    await Bun.sleep(restMillis);
    const bytes = server.memoryBytes();
    steady = bytes > lowest * (1 - steadyShare) ? steady + 1 : 0;
    lowest = Math.min(lowest, bytes);
  }
  return lowest;
}

async function measure(
  make: Make,
  warmUp: Make,
  command: readonly string[],
  store: string,
): Promise<Figures> {
  await using server = await serve(command, store);
  const client = await JetStreamClient.open(server.port);
  await warmUp(client, server);
  await Bun.sleep(restMillis);
  const before = await settled(server);
  const count = await make(client, server);
  const atOnce = server.memoryBytes();
  const after = await settled(server);
  client.close();
  return {
    "bytes each": (after - before) / count,
    "bytes each, at once": (atOnce - before) / count,
    "MB in all": after / 1e6,
  };
}

async function makeStreams(
  client: JetStreamClient,
  prefix: string,
  count: number,
  storage: "file" | "memory",
): Promise<void> {
  await client.callMany(count, inFlight, (at) => {
    const name = `${prefix}${at}`;
    const config = { name, subjects: [`${name}.>`], storage, num_replicas: 1, max_consumers };
    return [`STREAM.CREATE.${name}`, config];
  });
}

async function makeConsumers(
  client: JetStreamClient,
  stream: string,
  prefix: string,
  count: number,
  filterOf: (at: number) => string,
): Promise<void> {
  await client.callMany(count, inFlight, (at) => {
    const name = `${prefix}${at}`;
    const filter = filterOf(at);
    const subject = `CONSUMER.CREATE.${stream}.${name}${filter === "" ? "" : `.${filter}`}`;
    const config = {
      name,
      durable_name: name,
      ack_policy: "explicit",
      ...(filter === "" ? {} : { filter_subject: filter }),
    };
    return [subject, { stream_name: stream, action: "create", config }];
  });
}

function streams(count: number, storage: "file" | "memory"): Make {
  return async (client) => {
    await makeStreams(client, "S", count, storage);
    return count;
  };
}

function consumersOnOne(count: number, filterOf: (at: number) => string): Make {
  return async (client) => {
    await makeConsumers(client, "W0", "c", count, filterOf);
    return count;
  };
}

function consumersOnMany(each: number): Make {
  return async (client) => {
    for (let at = 0; at < warmStreams; at++) {
      await makeConsumers(client, `W${at}`, "c", each, () => "");
    }
    return each * warmStreams;
  };
}

function messages(count: number, subjectCount: number): Make {
  return async (_client, server) => {
    const { faults } = await publish({
      port: server.port,
      subjects: (at) => (subjectCount === 1 ? "W0.a" : `W0.s.${at}`),
      subjectCount,
      size: messageBytes,
      messages: count,
      inFlight: 4096,
    });
    if (faults !== 0) {
      throw new Error(`${faults} publishes failed`);
    }
    return count;
  };
}

const warmStreams = 100;

/** What every server does for the first time is not counted. */
function warm(storage: "file" | "memory"): Make {
  return async (client, server) => {
    await makeStreams(client, "W", warmStreams, storage);
    await makeConsumers(client, "W1", "w", 100, () => "");
    await publish({
      port: server.port,
      subjects: () => "W1.a",
      subjectCount: 1,
      size: messageBytes,
      messages: 1000,
      inFlight: 100,
    });
    return 0;
  };
}

export function memoryRows(scale: number): readonly ScaleRow[] {
  const many = (count: number): number => Math.round(count * scale);
  const rows: readonly (readonly [string, Make, "file" | "memory"])[] = [
    ["2,000 streams, file", streams(many(2000), "file"), "file"],
    ["2,000 streams, memory", streams(many(2000), "memory"), "memory"],
    ["20,000 consumers of one file stream", consumersOnOne(many(20_000), () => ""), "file"],
    [
      "20,000 consumers of one file stream, as many filters",
      consumersOnOne(many(20_000), (at) => `W0.f.${at}`),
      "file",
    ],
    ["20,000 consumers of 100 file streams", consumersOnMany(many(200)), "file"],
    ["20,000 consumers of one memory stream", consumersOnOne(many(20_000), () => ""), "memory"],
    ["2 M messages of 128 B in memory, one subject", messages(many(2e6), 1), "memory"],
    ["2 M messages of 128 B in memory, 100,000 subjects", messages(many(2e6), 100_000), "memory"],
  ];
  return rows.map(([name, make, storage]) => ({
    name,
    measure: (command, store) => measure(make, warm(storage), command, store),
  }));
}
