// Makes dist/midge: one executable with Bun and the WASM module inside, that runs from any folder under any name.

import { mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

const root: string = resolve(import.meta.dir, "..");
const target: string = join(root, "dist", "midge");
// Made aside and renamed in: an executable that runs cannot be written to.
const aside: string = join(root, "dist", `.aside-${process.pid}`);

mkdirSync(join(root, "dist"), { recursive: true });
const done = Bun.spawnSync(
  [
    process.execPath,
    "build",
    "--compile",
    "--minify",
    "--bytecode",
    "--format=esm",
    "--sourcemap",
    // A folder that the program is started in must not change what it does.
    "--no-compile-autoload-dotenv",
    "--no-compile-autoload-bunfig",
    "src/cli/main.ts",
    "--outfile",
    aside,
  ],
  { cwd: root, stdio: ["ignore", 2, 2] },
);
if (done.success) {
  renameSync(aside, target);
  const megabytes = (statSync(target).size / 1e6).toFixed(1);
  process.stdout.write(`compiled dist/midge (${megabytes} MB)\n`);
} else {
  rmSync(aside, { force: true });
  process.exitCode = 1;
}
