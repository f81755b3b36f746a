// `bun run bench`: micro benches, then whole-server workloads against Midge and, when given, a reference server.
// Progress goes to stderr, the tables to stdout.

import { cpus } from "node:os";
import { readArguments, usage } from "./arguments.ts";
import { runChecksum } from "./checksum.ts";
import { type Contestant, compare, generatorLimit } from "./comparison.ts";
import { deliverCases } from "./deliver.ts";
import { matchCases } from "./match.ts";
import { runMicro } from "./micro.ts";
import { parseCases } from "./parse.ts";
import { workloads } from "./workloads.ts";

const read = readArguments(process.argv.slice(2));
if (typeof read === "string") {
  process.stderr.write(`bench: ${read}\n${usage}`);
  process.exit(2);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function progress(text: string): void {
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text}` : `${text}\n`);
}

function endProgress(): void {
  if (process.stderr.isTTY) {
    process.stderr.write("\r\x1b[K");
  }
}

function versionOf(command: readonly string[]): string {
  const asked = Bun.spawnSync([...command, "--version"], { stdio: ["ignore", "pipe", "ignore"] });
  return asked.stdout.toString().trim();
}

const { isQuick, runs, millis, reference } = read;
const processor = cpus()[0]?.model ?? "unknown processor";
print(`machine: ${cpus().length} x ${processor}, ${process.platform}; bun ${Bun.version}`);

if (read.hasMicro) {
  for (const [title, cases] of [
    ["parse", parseCases],
    ["match", matchCases],
    ["deliver", deliverCases],
  ] as const) {
    const text = await runMicro(title, cases, isQuick, progress);
    endProgress();
    print(`\n${text}`);
  }
  const checksums = await runChecksum(isQuick, progress);
  endProgress();
  print(`\n${checksums}`);
  print("\nMedians, nanoseconds for each message (deliver: for each delivery).");
}

if (read.hasServer) {
  const contestants: Contestant[] = [{ name: "midge", command: read.midge }];
  if (reference !== null) {
    contestants.push({ name: "reference", command: [reference] });
  }
  print("");
  for (const { name, command } of contestants) {
    print(`${name}: ${versionOf(command)} (${command.join(" ")})`);
  }
  print(`generator alone: ${await generatorLimit(millis)}`);
  const chosen = workloads.filter(
    (workload) => (!isQuick || workload.isQuick) && workload.name.includes(read.only),
  );
  const text = await compare(chosen, contestants, { runs, millis, progress });
  endProgress();
  print(`\n${text}\n`);
  print(`Medians of ${runs} runs of ${millis} ms, a fresh server for each run, servers in turn.`);
  print(
    "Rates: published messages, or requests. CPU: the server's own. Ratios: midge to reference.",
  );
  if (reference === null) {
    print("Nothing was compared: give --reference PATH to a nats-server for ratios.");
  }
}
