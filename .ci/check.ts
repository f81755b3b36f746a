// The one gate: asc, tsc, biome, tests, each in turn, and a line for each at the end. Exit code 1 when any failed.

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

const root: string = resolve(import.meta.dir, "..");

interface Step {
  readonly name: string;
  readonly command: readonly string[];
}

const bun: string = process.execPath;
const bin = (...parts: string[]): string => join("node_modules", ...parts);

// asc itself ran in setup, which stops here when it fails; --noEmit would only repeat it.
const steps: readonly Step[] = [
  { name: "asc", command: [bun, ".ci/setup.ts"] },
  { name: "tsc", command: [bun, bin("typescript", "bin", "tsc"), "--noEmit", "-p", "."] },
  {
    name: "biome",
    command: [bun, bin("@biomejs", "biome", "bin", "biome"), "check", "--error-on-warnings", "."],
  },
  { name: "tests", command: [bun, "test", "--timeout", "20000"] },
];

const wanted: readonly string[] = process.argv.slice(2);
const results: string[] = [];
let failed = 0;
for (const step of steps) {
  if (wanted.length > 0 && !wanted.includes(step.name)) {
    continue;
  }
  process.stdout.write(`check: ${step.name}\n`);
  const start = performance.now();
  const done = Bun.spawnSync([...step.command], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
  });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  results.push(`check: ${step.name} ${done.success ? "passed" : "FAILED"} (${seconds} s)`);
  failed += done.success ? 0 : 1;
}
if (!existsSync(join(root, "build", "fabric.wasm"))) {
  results.push("check: build/fabric.wasm is missing");
  failed += 1;
}
process.stdout.write(`${results.join("\n")}\n`);
process.exit(failed === 0 ? 0 : 1);
