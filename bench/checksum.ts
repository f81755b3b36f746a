// The record checksum in WASM against its plain twin and against the runtime's own, by size. Prints one table.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { measure } from "mitata";
import { Checksum } from "../src/wasm/checksum.ts";
import { plainChecksum } from "../test/reference/plain-checksum.ts";
import { amount, ratio, table } from "./table.ts";

const sizes: readonly number[] = [16, 128, 1024, 16_384, 65_536];

async function nanosOf(step: () => unknown, isQuick: boolean): Promise<number> {
  const { p50 } = await measure(step, { min_cpu_time: isQuick ? 0.1e9 : 0.4e9, min_samples: 10 });
  return p50;
}

export async function runChecksum(
  isQuick: boolean,
  progress: (text: string) => void,
): Promise<string> {
  const file = join(import.meta.dir, "../build/checksum.wasm");
  const checksum = new Checksum(new WebAssembly.Module(readFileSync(file)));
  const rows: string[][] = [];
  for (const size of sizes) {
    progress(`checksum: ${size} B`);
    const bytes = Uint8Array.from({ length: size }, (_, index) => index & 255);
    const wasm = await nanosOf(() => checksum.of(bytes), isQuick);
    const twin = await nanosOf(() => plainChecksum(bytes), isQuick);
    const native = await nanosOf(() => Bun.hash.xxHash64(bytes), isQuick);
    rows.push([`${size} B`, amount(wasm), amount(twin), ratio(twin, wasm), amount(native)]);
  }
  return table(["checksum", "WASM ns", "twin ns", "faster", "native ns"], rows);
}

if (import.meta.main) {
  const isQuick = process.argv.includes("--quick");
  const text = await runChecksum(isQuick, (line) => process.stderr.write(`${line}\n`));
  process.stdout.write(`${text}\n`);
}
