// Rows of the scale benches: each gives named figures of one server; here they are taken in turn, and set side by side.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ServerProcess } from "../test/support/server-process.ts";
import { amount, median, ratio, table } from "./table.ts";

export interface Contestant {
  readonly name: string;
  readonly command: readonly string[];
}

export type Figures = Readonly<Record<string, number>>;

export interface ScaleRow {
  readonly name: string;
  /** Starts what it measures itself, with its store in this folder. */
  readonly measure: (command: readonly string[], store: string) => Promise<Figures>;
}

/** A server with JetStream. */
export function serve(command: readonly string[], store: string): Promise<ServerProcess> {
  return ServerProcess.start({ command, flags: ["-js", "-sd", store] });
}

export async function measureRows(
  rows: readonly ScaleRow[],
  contestants: readonly Contestant[],
  runs: number,
  progress: (text: string) => void,
): Promise<string> {
  const lines: string[][] = [];
  for (const row of rows) {
    const taken = contestants.map((): Figures[] => []);
    for (let run = 1; run <= runs; run++) {
      for (const [at, contestant] of contestants.entries()) {
        const figures = await once(row, contestant);
        taken[at]?.push(figures);
        const text = Object.entries(figures).map(([name, value]) => `${name} ${amount(value)}`);
        progress(`${row.name}: ${contestant.name} ${run}/${runs}: ${text.join(", ")}`);
      }
    }
    lines.push(...linesOf(row.name, taken));
  }
  const head = ["workload", "figure", ...contestants.map(({ name }) => name)];
  return table(contestants.length > 1 ? [...head, "ratio"] : head, lines);
}

async function once(row: ScaleRow, { command }: Contestant): Promise<Figures> {
  const store = mkdtempSync(join(tmpdir(), "midge-scale-"));
  try {
    return await row.measure(command, store);
  } finally {
    rmSync(store, { recursive: true, force: true });
  }
}

function linesOf(name: string, taken: readonly (readonly Figures[])[]): string[][] {
  return Object.keys(taken[0]?.[0] ?? {}).map((figure) => {
    const medians = taken.map((figures) => median(figures.map((one) => one[figure] ?? Number.NaN)));
    const [mine, other] = medians;
    const cells = [name, figure, ...medians.map(amount)];
    return other === undefined ? cells : [...cells, ratio(mine ?? Number.NaN, other)];
  });
}
