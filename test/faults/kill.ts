// Kills a server so many times and checks what is left: bun test/faults/kill.ts --kills 200 [--seed 1] [--minutes 30] [--sealed].
// MIDGE_SERVER names another executable. Ends with code 1 at the first fault; the seed repeats the dice, not the moments.

import { killOver } from "./kill-run.ts";

function argument(name: string, otherwise: number): number {
  const place = process.argv.indexOf(`--${name}`);
  return place < 0 ? otherwise : Number(process.argv[place + 1]);
}

const seed: number = argument("seed", 1);
const report = await killOver({
  kills: argument("kills", 200),
  seed,
  limitMillis: argument("minutes", 30) * 60_000,
  isSealed: process.argv.includes("--sealed"),
  stretch: 10,
  onRound: (line) => {
    process.stdout.write(`${line}\n`);
  },
});
process.stdout.write(`seed ${seed}: ${JSON.stringify(report, null, 2)}\n`);
process.exit(report.faults.length + report.complaints.length === 0 ? 0 : 1);
