// Everything a fresh clone needs before it can run: dependencies from bun.lock and the WASM module from assembly/.
// Says nothing and costs little when there is nothing to do; what it says goes to stderr.

import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";

const root: string = resolve(import.meta.dir, "..");
const installedStamp: string = join(root, "node_modules", ".midge-installed");
const builtStamp: string = join(root, "build", ".built");

class SetupFailure extends Error {}

function say(text: string): void {
  process.stderr.write(`setup: ${text}\n`);
}

function stampIs(path: string, digest: string): boolean {
  return existsSync(path) && readFileSync(path, "utf8") === digest;
}

/** Runs Bun itself with these arguments; all that it prints goes to stderr. */
function runBun(what: string, args: readonly string[]): void {
  const done = Bun.spawnSync([process.execPath, ...args], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    env: { ...process.env, BUN_BE_BUN: "1" },
  });
  if (!done.success) {
    throw new SetupFailure(`${what} failed`);
  }
}

function lockDigest(): string {
  return createHash("sha256")
    .update(readFileSync(join(root, "bun.lock")))
    .digest("hex");
}

export function installDependencies(): void {
  const digest = lockDigest();
  if (stampIs(installedStamp, digest)) {
    return;
  }
  say("installing dependencies from bun.lock");
  runBun("bun install", ["install", "--frozen-lockfile"]);
  writeFileSync(installedStamp, digest);
}

/** Names and contents of all that the build reads: times would lie after a checkout or a copy. */
function assemblyDigest(): string {
  const hash = createHash("sha256");
  const folder = join(root, "assembly");
  const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .sort()
    .map((name) => join(folder, name));
  for (const path of [join(root, "asconfig.json"), join(root, "bun.lock"), ...sources]) {
    hash.update(`${path.slice(root.length)}\n`).update(readFileSync(path));
  }
  return hash.digest("hex");
}

/** Name, entry, and what differs from asconfig.json: the checksum needs two megabytes, and what it is given beyond. */
const modules: readonly (readonly [string, string, readonly string[]])[] = [
  ["fabric", "assembly/fabric.ts", []],
  ["checksum", "assembly/checksum.ts", ["--initialMemory", "32"]],
];

export function buildModules(): void {
  const digest = assemblyDigest();
  if (
    stampIs(builtStamp, digest) &&
    modules.every(([name]) => existsSync(join(root, "build", `${name}.wasm`)))
  ) {
    return;
  }
  say("building the WASM modules from assembly/");
  // Built aside and renamed in: a server or test starting meanwhile never reads half a module.
  const aside = join(root, "build", `aside-${process.pid}`);
  mkdirSync(aside, { recursive: true });
  try {
    const asc = join("node_modules", "assemblyscript", "bin", "asc.js");
    for (const [name, entry, more] of modules) {
      for (const target of ["release", "debug"] as const) {
        const file = target === "release" ? `${name}.wasm` : `${name}.debug.wasm`;
        const args = [asc, entry, "--target", target, "--outFile", join(aside, file), ...more];
        runBun(`asc (${name}, ${target})`, args);
      }
    }
    for (const name of readdirSync(aside)) {
      renameSync(join(aside, name), join(root, "build", name));
    }
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  writeFileSync(builtStamp, digest);
}

if (import.meta.main) {
  try {
    installDependencies();
    buildModules();
  } catch (failure) {
    if (!(failure instanceof SetupFailure)) {
      throw failure;
    }
    say(failure.message);
    process.exitCode = 1;
  }
}
