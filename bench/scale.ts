// `bun bench/scale.ts`: what JetStream costs when there is much of it. Groups: filters, memory, curves, start. Each
// measures one server or two in turn, a fresh process and an empty store for each run, and prints a table.

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { curveRows } from "./scale-curves.ts";
import { filterRows } from "./scale-filters.ts";
import { memoryRows } from "./scale-memory.ts";
import { type Contestant, measureRows, type ScaleRow } from "./scale-rows.ts";
import { startRows } from "./scale-start.ts";

const usage = `usage: bun bench/scale.ts [options]
  --reference PATH   a nats-server to compare with, in the same run
  --server PATH      the Midge to measure; default dist/midge where it is built, else the source
  --group NAME       filters, memory, curves or start; default all
  --only TEXT        only rows whose names contain TEXT
  --runs N           runs of each row, of which the median counts (3)
  --scale X          how much of everything, 1 is as documented
`;

const groups: Readonly<Record<string, (scale: number) => readonly ScaleRow[]>> = {
  filters: filterRows,
  memory: memoryRows,
  curves: curveRows,
  start: startRows,
};

function readWords(words: readonly string[]): ReadonlyMap<string, string> | null {
  const values = new Map<string, string>();
  for (let at = 0; at < words.length; at += 2) {
    const word = words[at] ?? "";
    const value = words[at + 1];
    if (!/^--(reference|server|group|only|runs|scale)$/.test(word) || value === undefined) {
      return null;
    }
    values.set(word.slice(2), value);
  }
  return values;
}

const values = readWords(process.argv.slice(2));
if (values === null || (values.has("group") && !((values.get("group") ?? "") in groups))) {
  process.stderr.write(usage);
  process.exit(2);
}

const root: string = resolve(import.meta.dir, "..");
const built = join(root, "dist", "midge");
const named = values.get("server");
const fromSource = [process.execPath, join(root, "src", "cli", "main.ts")];
const midge = named === undefined ? (existsSync(built) ? [built] : fromSource) : [resolve(named)];
const contestants: Contestant[] = [{ name: "midge", command: midge }];
const reference = values.get("reference");
if (reference !== undefined) {
  contestants.push({ name: "reference", command: [resolve(reference)] });
}
const scale = Number(values.get("scale") ?? 1);
const chosen = values.get("group");
for (const [name, rows] of Object.entries(groups)) {
  if (chosen === undefined || chosen === name) {
    const wanted = rows(scale).filter((row) => row.name.includes(values.get("only") ?? ""));
    const runs = Number(values.get("runs") ?? 3);
    const text = await measureRows(wanted, contestants, runs, (line) => {
      process.stderr.write(`${line}\n`);
    });
    process.stdout.write(`\n${text}\n`);
  }
}
