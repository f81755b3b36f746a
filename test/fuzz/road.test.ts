// The WASM fabric against its plain twin: random sequences of everything that can happen, compared byte by byte.
// FUZZ_SEED chooses another run; test/fuzz/long.ts runs for as long as one likes.

import { describe, expect, test } from "bun:test";
import {
  plainImplementation,
  wasmImplementationsFound,
} from "../contract/fabric/fabric-implementations.ts";
import { compareMany, difference, type MakePair, saidBy, sequenceOf } from "./road-compare.ts";
import { foundByFuzz } from "./road-found.ts";
import { roadSequence } from "./road-step.ts";

const { FUZZ_SEED } = process.env;
const seed: number = Number(FUZZ_SEED ?? 20_260);
const makeSequence = roadSequence;

/** What the sequences must have met, or they prove little. */
const events: readonly RegExp[] = [
  /error unknownOperation/,
  /error badArguments/,
  /error controlLineTooLong/,
  /error payloadTooLarge/,
  /error headersNotSupported/,
  /error badHeaders/,
  ...[
    / connect/,
    / subscribe /,
    / publishDenied/,
    / replyDenied/,
    / mapped /,
    / pong/,
    / firstPing/,
  ],
  ...[/ early/, / invalidSubject/, / tooManySubscriptions/, / ignored/, / stalled by/],
  ...[/ got .*503/s, / got .*HMSG /s, / got .*\+OK/s, / got .*Invalid Publish/s, / got .*shown/s],
  ...[/^row /, /forwarded to [1-9]/, /answer reached [1-9]/, /publish reached [1-9]/],
  ...[
    /mapped reached [1-9]/,
    /mapped reached -1/,
    /mapped reached -2/,
    /^overflowed c/,
    /^match \w/,
  ],
];

describe("the sequences", () => {
  test("have both builds of the WASM fabric to be played on", () => {
    expect(wasmImplementationsFound.map(({ name }) => name)).toEqual([
      "fabric.debug.wasm",
      "fabric.wasm",
    ]);
  });

  test("meet everything that can happen", () => {
    const fabric = plainImplementation.create(1);
    const missing = new Set(events);
    for (let number = 0; number < 3_000 && missing.size > 0; number += 1) {
      const said = saidBy(fabric, sequenceOf(makeSequence, seed, number));
      for (const event of missing) {
        if (said.some((line) => event.test(line))) {
          missing.delete(event);
        }
      }
    }
    expect([...missing]).toEqual([]);
  });
});

describe("the twin against itself", () => {
  test("every sequence can be played, and ends with nothing left", () => {
    const makePair: MakePair = () => ({
      plain: plainImplementation.create(7),
      other: plainImplementation.create(7),
    });
    const isEnough = (sequences: number): boolean => sequences >= 300;
    expect(compareMany({ makePair, makeSequence, seed, isEnough }).failure).toBeNull();
  });

  test("a difference is found and shortened", () => {
    const makePair: MakePair = () => ({
      plain: plainImplementation.create(7),
      other: plainImplementation.create(8),
    });
    const isEnough = (sequences: number): boolean => sequences >= 2_000;
    const { failure } = compareMany({ makePair, makeSequence, seed, isEnough });
    expect(failure).toContain("shortened");
    expect(failure?.split("\n").length ?? 0).toBeLessThan(40);
  }, 60_000);
});

for (const { name, create } of wasmImplementationsFound) {
  // The debug build checks itself and is slower; the release build has most of the sequences.
  const enough = name.includes("debug") ? 3_000 : 10_000;
  const makePair: MakePair = () => ({ plain: plainImplementation.create(7), other: create(7) });

  describe(`${name} against the twin`, () => {
    test(`${enough} random sequences go the same way and leave nothing behind`, () => {
      const isEnough = (sequences: number): boolean => sequences >= enough;
      const { failure, cutShort } = compareMany({ makePair, makeSequence, seed, isEnough });
      expect(failure ?? "the same").toBe("the same");
      expect(cutShort).toBeLessThan(enough / 200);
    }, 120_000);

    test("the same sequences again and again need no more memory", () => {
      const fabric = create(7);
      const needs = Array.from({ length: 12 }, () => {
        for (let number = 0; number < 150; number += 1) {
          saidBy(fabric, sequenceOf(makeSequence, seed, number));
        }
        return fabric.memoryStatistics().arenaBytes;
      });
      // Chance has its part in what is needed at once; a leak would not stop at a twentieth.
      expect(needs.at(-1) ?? 0).toBeLessThanOrEqual((needs[2] ?? 0) * 1.05);
    }, 60_000);

    test("sequences that once went different ways go the same way", () => {
      for (const steps of foundByFuzz) {
        expect(difference(makePair(), steps) ?? "the same").toBe("the same");
      }
    });
  });
}
