// What `bun run bench` was asked for. It reads words and checks them, nothing else.

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

export interface BenchArguments {
  readonly isQuick: boolean;
  readonly runs: number;
  readonly millis: number;
  /** The command line of Midge. */
  readonly midge: readonly string[];
  /** A `nats-server` to compare with, or null. */
  readonly reference: string | null;
  readonly hasMicro: boolean;
  readonly hasServer: boolean;
  /** Only workloads whose names contain this. */
  readonly only: string;
}

export const usage = `usage: bun run bench [options]
  --reference PATH   a nats-server to compare with, in the same run (or MIDGE_REFERENCE)
  --server PATH      the Midge to measure; default dist/midge where it is built, else the source
  --runs N           runs of each workload, of which the median counts (5; 3 with --quick)
  --millis N         how long each run publishes (1000; 300 with --quick)
  --only TEXT        only workloads whose names contain TEXT
  --quick            fewer workloads and shorter runs: to see that it works, not to quote
  --micro            only the micro benches
  --no-micro         only the whole-server workloads
`;

const root: string = resolve(import.meta.dir, "..");

function defaultMidge(): readonly string[] {
  const built = join(root, "dist", "midge");
  return existsSync(built) ? [built] : [process.execPath, join(root, "src", "cli", "main.ts")];
}

interface Words {
  readonly values: ReadonlyMap<string, string>;
  readonly flags: ReadonlySet<string>;
}

function sortWords(words: readonly string[]): Words | string {
  const values = new Map<string, string>();
  const flags = new Set<string>();
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (["--quick", "--micro", "--no-micro"].includes(word)) {
      flags.add(word);
      continue;
    }
    if (!["--reference", "--server", "--runs", "--millis", "--only"].includes(word)) {
      return `unknown option ${word}`;
    }
    const value = words[at + 1];
    if (value === undefined) {
      return `${word} needs a value`;
    }
    values.set(word, value);
    at += 1;
  }
  return { values, flags };
}

/** The arguments, or what is wrong with them. */
export function readArguments(words: readonly string[]): BenchArguments | string {
  const sorted = sortWords(words);
  if (typeof sorted === "string") {
    return sorted;
  }
  const { values, flags } = sorted;
  const isQuick = flags.has("--quick");
  const runs = Number(values.get("--runs") ?? (isQuick ? 3 : 5));
  const millis = Number(values.get("--millis") ?? (isQuick ? 300 : 1000));
  if (!Number.isInteger(runs) || runs < 1 || !Number.isInteger(millis) || millis < 50) {
    return "--runs needs a number from 1, --millis one from 50";
  }
  const named = values.get("--reference") ?? process.env["MIDGE_REFERENCE"] ?? "";
  const server = values.get("--server");
  const missing = [named, server ?? ""].find((path) => path !== "" && !existsSync(path));
  if (missing !== undefined) {
    return `there is no ${missing}`;
  }
  return {
    isQuick,
    runs,
    millis,
    midge: server === undefined ? defaultMidge() : [resolve(server)],
    reference: named === "" ? null : resolve(named),
    hasMicro: !flags.has("--no-micro"),
    hasServer: !flags.has("--micro"),
    only: values.get("--only") ?? "",
  };
}
