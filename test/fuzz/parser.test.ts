// Thirty million bytes near the grammar's edges through both parsers, and conversations cut at each of their bytes.
// FUZZ_SEED chooses another run; test/fuzz/long.ts runs for as long as one likes.

import { describe, expect, test } from "bun:test";
import {
  plainImplementation,
  wasmImplementationsFound,
} from "../contract/fabric/fabric-implementations.ts";
import { conversation, parserSequence } from "./parser-step.ts";
import { compareMany, firstDifference, type MakePair, saidBy } from "./road-compare.ts";
import { Dice } from "./road-dice.ts";
import type { Step } from "./road-step.ts";

const { FUZZ_SEED } = process.env;
const seed: number = Number(FUZZ_SEED ?? 40_404);

for (const { name, create } of wasmImplementationsFound) {
  const enough = name.includes("debug") ? 3_000_000 : 30_000_000;
  const makePair: MakePair = () => ({ plain: plainImplementation.create(9), other: create(9) });

  describe(`reading (${name} against the twin)`, () => {
    test(`${enough} bytes near the grammar's edges are read the same way`, () => {
      const isEnough = (_sequences: number, bytesTaken: number): boolean => bytesTaken >= enough;
      const { failure } = compareMany({ makePair, makeSequence: parserSequence, seed, isEnough });
      expect(failure ?? "the same").toBe("the same");
    }, 120_000);
  });
}

for (const { name, create } of [plainImplementation, ...wasmImplementationsFound]) {
  describe(`conversations (${name})`, () => {
    test("say the same in one chunk and cut at any byte", () => {
      const dice = new Dice(seed);
      const fabric = create(3);
      for (let round = 0; round < 60; round += 1) {
        const bytes = conversation(dice);
        const steps = (cuts: readonly number[]): Step[] => [
          { kind: "open", client: 0, options: {} },
          { kind: "bytes", client: 0, bytes, cuts },
          { kind: "release", client: 0 },
          { kind: "release", client: 0 },
        ];
        const whole = saidBy(fabric, steps([]));
        for (let cut = 1; cut < bytes.length; cut += 1) {
          const found = firstDifference(whole, saidBy(fabric, steps([cut])));
          const context = `${JSON.stringify(bytes)} cut at ${cut}\n${found}`;
          expect(found === null ? "the same" : context).toBe("the same");
        }
      }
    }, 60_000);
  });
}
