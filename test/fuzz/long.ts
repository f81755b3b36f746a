// The fuzz for as long as one likes: bun test/fuzz/long.ts --minutes 10 [--seed 1]. Prints each round's seed; ends with
// code 1 at the first difference, shortened.

import {
  plainImplementation,
  wasmImplementationsFound,
} from "../contract/fabric/fabric-implementations.ts";
import { parserSequence } from "./parser-step.ts";
import { compareMany, type MakePair } from "./road-compare.ts";
import { roadSequence } from "./road-step.ts";

function argument(name: string, otherwise: number): number {
  const place = process.argv.indexOf(`--${name}`);
  return place < 0 ? otherwise : Number(process.argv[place + 1]);
}

const end: number = performance.now() + argument("minutes", 10) * 60_000;
const firstSeed: number = argument("seed", Date.now() % 1_000_000);
const roads = { road: roadSequence, parser: parserSequence } as const;

/** One seed on one implementation; false when the two differed. */
function round(implementation: (typeof wasmImplementationsFound)[number], seed: number): boolean {
  const makePair: MakePair = () => ({
    plain: plainImplementation.create(seed),
    other: implementation.create(seed),
  });
  for (const [name, makeSequence] of Object.entries(roads)) {
    const isEnough = (sequences: number): boolean => sequences >= 3_000 || performance.now() > end;
    const report = compareMany({ makePair, makeSequence, seed, isEnough });
    const amount = `${report.sequences} sequences (${report.cutShort} cut short), ${report.bytesTaken} bytes`;
    process.stdout.write(`${implementation.name} ${name} seed ${seed}: ${amount}\n`);
    if (report.failure !== null) {
      process.stdout.write(`${report.failure}\n`);
      return false;
    }
  }
  return true;
}

if (wasmImplementationsFound.length === 0) {
  process.stdout.write("there is no built WASM fabric to compare\n");
  process.exit(1);
}
for (let seed = firstSeed; performance.now() < end; seed += 1) {
  for (const implementation of wasmImplementationsFound) {
    if (!round(implementation, seed)) {
      process.exit(1);
    }
  }
}
