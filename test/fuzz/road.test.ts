// The WASM fabric against its plain twin: random sequences of everything that can happen, compared byte by byte.
// FUZZ_SEED chooses another run; test/fuzz/long.ts runs for as long as one likes.

import { describe, expect, test } from "bun:test";
import {
  plainImplementation,
  wasmImplementationsFound,
} from "../contract/fabric/fabric-implementations.ts";
import { compareMany, difference, type MakePair } from "./road-compare.ts";
import type { Step } from "./road-step.ts";

const seed: number = Number(process.env["FUZZ_SEED"] ?? 20_260);

describe("the twin against itself", () => {
  test("every sequence can be played, and ends with nothing left", () => {
    const makePair: MakePair = () => ({
      plain: plainImplementation.create(7),
      other: plainImplementation.create(7),
    });
    expect(compareMany(makePair, seed + 1, (number) => number >= 300, 40).failure).toBeNull();
  });

  test("a difference is found and shortened", () => {
    const makePair: MakePair = () => ({
      plain: plainImplementation.create(7),
      other: plainImplementation.create(8),
    });
    const { failure } = compareMany(makePair, seed, (number) => number >= 2_000, 40);
    expect(failure).toContain("shortened");
    expect(failure?.split("\n").length ?? 0).toBeLessThan(40);
  }, 60_000);
});

for (const { name, create } of wasmImplementationsFound) {
  // The debug build checks itself and is slower; the release build has most of the sequences.
  const sequences = name.includes("debug") ? 2_000 : 10_000;
  const makePair: MakePair = () => ({ plain: plainImplementation.create(7), other: create(7) });

  describe(`${name} against the twin`, () => {
    test(`${sequences} random sequences go the same way and leave nothing behind`, () => {
      const report = compareMany(makePair, seed, (number) => number >= sequences, 40);
      expect(report.failure ?? "the same").toBe("the same");
    }, 120_000);

    test("sequences that were once different are the same", () => {
      for (const steps of found) {
        expect(difference(makePair(), steps) ?? "the same").toBe("the same");
      }
    });
  });
}

/** What the fuzz found, kept for good. */
const found: readonly (readonly Step[])[] = [];
