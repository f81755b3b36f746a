// Whole-server workloads, run against one or two servers in turn, a fresh process each time, medians at the end.

import { ServerProcess } from "../test/support/server-process.ts";
import { type Measurement, measure, measureReceiving } from "./load-generator.ts";
import { startNullServer } from "./null-server.ts";
import { amount, median, ratio, table } from "./table.ts";
import type { Workload } from "./workloads.ts";

export interface Contestant {
  readonly name: string;
  readonly command: readonly string[];
}

export interface ComparisonOptions {
  readonly runs: number;
  readonly millis: number;
  readonly progress: (text: string) => void;
}

/** Above this share of one core the generator counts as busy the whole time. */
const busyShare = 0.92;

interface Row {
  readonly workload: Workload;
  readonly results: readonly Measurement[][];
  readonly failures: readonly string[];
}

async function once(
  workload: Workload,
  contestant: Contestant,
  millis: number,
): Promise<Measurement> {
  await using server = await ServerProcess.start({ command: contestant.command });
  return await measure(workload, server.port, server.pid, millis);
}

/** The medians of each contestant, in their order; progress is told run by run. */
async function run(
  workload: Workload,
  contestants: readonly Contestant[],
  options: ComparisonOptions,
): Promise<Row> {
  const results = contestants.map((): Measurement[] => []);
  const failures: string[] = [];
  for (let number = 1; number <= options.runs; number += 1) {
    for (const [at, contestant] of contestants.entries()) {
      try {
        const one = await once(workload, contestant, options.millis);
        results[at]?.push(one);
        const cost = `${amount(one.serverMicros)} us each`;
        const where = `${workload.name}: ${contestant.name} ${number}/${options.runs}`;
        options.progress(`${where}: ${amount(one.rate)}/s, ${cost}`);
      } catch (error) {
        failures.push(`${contestant.name}: ${String(error)}`);
        options.progress(`${workload.name}: ${contestant.name} failed: ${String(error)}`);
      }
    }
  }
  return { workload, results, failures };
}

function of(results: readonly Measurement[] | undefined, key: keyof Measurement): number {
  return median((results ?? []).map((one) => one[key]));
}

/** What keeps a row from counting, or what its reader must know. */
function remarks(row: Row, contestants: readonly Contestant[]): string {
  const notes: string[] = [...new Set(row.failures)];
  for (const [at, results] of row.results.entries()) {
    const name = contestants[at]?.name ?? "";
    const lost = results.reduce((sum, one) => sum + one.lost, 0);
    const faults = results.reduce((sum, one) => sum + one.faults, 0);
    if (lost !== 0 || faults !== 0) {
      notes.push(`${name}: ${lost} lost, ${faults} wrong: DOES NOT COUNT`);
    }
    const isGeneratorBusy = of(results, "generatorLoad") > busyShare;
    if (isGeneratorBusy && of(results, "serverLoad") < busyShare) {
      notes.push(`${name}: the generator was the limit`);
    }
  }
  return notes.join("; ");
}

function cells(row: Row, contestants: readonly Contestant[]): string[] {
  const [mine, other] = row.results;
  const rate = (results: readonly Measurement[] | undefined): string => amount(of(results, "rate"));
  const cpu = (results: readonly Measurement[] | undefined): string =>
    amount(of(results, "serverMicros"));
  const delay = (results: readonly Measurement[] | undefined): string =>
    Number.isNaN(of(results, "p50"))
      ? "-"
      : `${of(results, "p50").toFixed(0)} / ${of(results, "p99").toFixed(0)}`;
  const first = [row.workload.name, rate(mine), cpu(mine), delay(mine)];
  if (other === undefined) {
    return [...first, remarks(row, contestants)];
  }
  return [
    ...first,
    rate(other),
    cpu(other),
    delay(other),
    ratio(of(mine, "rate"), of(other, "rate")),
    ratio(of(mine, "serverMicros"), of(other, "serverMicros")),
    remarks(row, contestants),
  ];
}

/** Runs all workloads and gives the one table. */
export async function compare(
  workloads: readonly Workload[],
  contestants: readonly Contestant[],
  options: ComparisonOptions,
): Promise<string> {
  const columns = (name: string): string[] => [`${name}/s`, "CPU us each", "p50 / p99 us"];
  const both = contestants.length > 1 ? ["rate ratio", "CPU ratio"] : [];
  const head = [
    "workload",
    ...contestants.flatMap(({ name }) => columns(name)),
    ...both,
    "remarks",
  ];
  const rows: string[][] = [];
  for (const workload of workloads) {
    rows.push(cells(await run(workload, contestants, options), contestants));
  }
  return table(head, rows);
}

/** What the generator reaches against a server that does nothing: its own limit on this machine. */
export async function generatorLimit(millis: number): Promise<string> {
  const shape = { size: 16, subjects: 1, hasHeaders: false, hasReply: false };
  const server = startNullServer(shape);
  try {
    const alone = {
      kind: "flow",
      name: "alone",
      shape,
      publishers: 1,
      subscribers: 0,
      pattern: "bench.s000000",
      queue: "",
      isQuick: true,
    } as const;
    const { rate } = await measure(alone, server.port, process.pid, millis);
    const received = await measureReceiving(alone, server.port, 10_000 * millis);
    return `publishes ${amount(rate)}, receives ${amount(received)} messages of 16 B a second`;
  } finally {
    server.stop(true);
  }
}
