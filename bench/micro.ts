// A micro bench is a case that both contenders run: how long a message takes inside, without sockets.
// It measures with mitata and knows no servers.

import { measure } from "mitata";
import type { Fabric } from "../src/wasm/fabric.ts";
import { contenders } from "./fabrics.ts";
import { amount, ratio, table } from "./table.ts";

export interface MicroCase {
  readonly name: string;
  /** Sets everything up; the step is what is timed, and `messages` what it is divided by. */
  readonly prepare: (fabric: Fabric) => { readonly step: () => void; readonly messages: number };
  /** Too big for the twin to hold in reasonable time. */
  readonly isWasmOnly?: boolean;
  readonly isSlow?: boolean;
}

interface Nanos {
  readonly wasm: number;
  readonly twin: number;
}

async function nanosOf(one: MicroCase, make: () => Fabric, isQuick: boolean): Promise<number> {
  const { step, messages } = one.prepare(make());
  const limit = isQuick ? 0.15e9 : 0.6e9;
  const { p50 } = await measure(step, { min_cpu_time: limit, min_samples: 10 });
  return p50 / messages;
}

/** Runs the cases one after another and gives one table. */
export async function runMicro(
  title: string,
  cases: readonly MicroCase[],
  isQuick: boolean,
  progress: (text: string) => void,
): Promise<string> {
  const rows: string[][] = [];
  for (const one of cases) {
    if (isQuick && one.isSlow === true) {
      continue;
    }
    progress(`${title}: ${one.name}`);
    const nanos: Nanos = { wasm: Number.NaN, twin: Number.NaN };
    for (const { name, make } of contenders()) {
      if (name === "wasm" || one.isWasmOnly !== true) {
        Object.assign(nanos, { [name]: await nanosOf(one, make, isQuick) });
        Bun.gc(true);
      }
    }
    rows.push([one.name, amount(nanos.wasm), amount(nanos.twin), ratio(nanos.twin, nanos.wasm)]);
  }
  return table([title, "WASM ns", "twin ns", "faster"], rows);
}

/** For `bun bench/<case>.ts`: runs the cases of one file and prints their table. */
export async function runAlone(title: string, cases: readonly MicroCase[]): Promise<void> {
  const isQuick = process.argv.includes("--quick");
  const text = await runMicro(title, cases, isQuick, (line) => process.stderr.write(`${line}\n`));
  process.stdout.write(`${text}\n`);
}
