// Reads many texts with this server and with the reference, and lists where they differ in verdict, digest or words.
// Run it with the path of the reference in MIDGE_REFERENCE: bun test/compare/config.ts

import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ConfigError } from "../../src/config/config-error.ts";
import { loadOptions } from "../../src/config/load.ts";
import { BunCrypto } from "../../src/host/bun-crypto.ts";
import { BunDisk } from "../../src/host/bun-disk.ts";
import { environment, files, texts } from "./config-cases.ts";

const name = "t.conf";
const reference: string = process.env["MIDGE_REFERENCE"] ?? "";

interface Verdicts {
  readonly text: string;
  readonly ours: string;
  readonly theirs: string;
}

/** Differences that are meant. */
const meant: readonly (readonly [string, (verdicts: Verdicts) => boolean])[] = [
  ["not supported yet", ({ ours }) => ours.includes("not supported yet")],
  ["what is left open is refused", ({ ours }) => ours.includes("Unexpected EOF.")],
  [
    "a key without a value in a map is refused",
    ({ ours }) => ours.includes("where a map value is expected"),
  ],
  ["a number ends at a closing bracket", ({ text }) => /[0-9][kmg]?b?\]/i.test(text)],
  ["sizes beyond 64 bits are refused", ({ ours }) => ours.includes("out of the range")],
  [
    "an error has its place where theirs has none",
    ({ ours, theirs }) => ours.replace(/^t\.conf:\d+:\d+: /gm, "") === theirs,
  ],
  ["a failure of their own", ({ theirs }) => theirs.includes("nil pointer")],
  ["theirs shows an address", ({ theirs }) => /0x[0-9a-f]{6}|conf\.token=/.test(theirs)],
];

/** Their order of several errors is random. */
function sorted(message: string): string {
  return message.trim().split("\n").sort().join("\n");
}

function readHere(): string {
  try {
    const ports = {
      disk: new BunDisk(),
      environment: (variable: string) => environment[variable],
      crypto: new BunCrypto(),
    };
    const { options, warnings } = loadOptions(name, ports);
    return warnings.length > 0 ? sorted(warnings.join("\n")) : `valid (${options.configDigest})`;
  } catch (error) {
    if (error instanceof ConfigError) {
      return sorted(error.message);
    }
    throw error;
  }
}

function readThere(): string {
  const run = Bun.spawnSync([reference, "-t", "-c", name], { env: { ...environment } });
  const said = run.stderr.toString().trim();
  return sorted(said.replace(/^[^:]*: (?:configuration file \S+ is )?/, ""));
}

function compare(): number {
  const folder = mkdtempSync(join(tmpdir(), "midge-config-"));
  const before = process.cwd();
  const tally = new Map<string, number>();
  let differing = 0;
  try {
    process.chdir(folder);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
    for (const text of texts) {
      writeFileSync(name, text);
      const verdicts = { text, ours: readHere(), theirs: readThere() };
      const reason =
        verdicts.ours === verdicts.theirs
          ? "equal"
          : (meant.find(([, applies]) => applies(verdicts))?.[0] ?? "different");
      tally.set(reason, (tally.get(reason) ?? 0) + 1);
      if (reason === "different") {
        differing++;
        process.stdout.write(`${JSON.stringify(verdicts, null, 2)}\n`);
      }
    }
  } finally {
    process.chdir(before);
    rmSync(folder, { recursive: true });
  }
  for (const [reason, count] of tally) {
    process.stdout.write(`${String(count).padStart(6)}  ${reason}\n`);
  }
  return differing;
}

if (reference === "" || !existsSync(reference)) {
  process.stdout.write("skipped: MIDGE_REFERENCE names no reference server\n");
} else {
  process.exitCode = compare() === 0 ? 0 : 1;
}
