import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { SequenceSet } from "../../../src/base/sequence-set.ts";

function runsOf(set: SequenceSet, from = 0): readonly (readonly [number, number])[] {
  const runs: [number, number][] = [];
  set.eachRun((first, last) => {
    runs.push([first, last]);
    return true;
  }, from);
  return runs;
}

function plainRuns(plain: ReadonlySet<number>, from = 0): readonly (readonly [number, number])[] {
  const runs: [number, number][] = [];
  for (const sequence of [...plain].sort((one, other) => one - other)) {
    const last = runs.at(-1);
    if (sequence < from) {
      continue;
    }
    if (last !== undefined && last[1] === sequence - 1) {
      last[1] = sequence;
    } else {
      runs.push([sequence, sequence]);
    }
  }
  return runs;
}

/** Around the borders of pieces, where mistakes live. */
const sequence = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.integer({ min: 65_400, max: 65_700 }),
  fc.integer({ min: 131_000, max: 131_200 }),
);

const step = fc.oneof(
  fc.record({ kind: fc.constant("add" as const), at: sequence }),
  fc.record({ kind: fc.constant("remove" as const), at: sequence }),
  fc.record({ kind: fc.constant("below" as const), at: sequence }),
  fc.record({ kind: fc.constant("range" as const), at: sequence, to: sequence }),
  fc.record({ kind: fc.constant("wide" as const), at: fc.constantFrom(0, 65_536, 65_530) }),
);

type Step = typeof step extends fc.Arbitrary<infer Made> ? Made : never;

function apply(set: SequenceSet, plain: Set<number>, made: Step): void {
  const { kind, at } = made;
  switch (kind) {
    case "add":
      expect(set.add(at)).toBe(!plain.has(at));
      plain.add(at);
      return;
    case "remove":
      expect(set.remove(at)).toBe(plain.delete(at));
      return;
    case "below":
      expect(set.removeBelow(at)).toBe(dropBelow(plain, at));
      return;
    default: {
      const to = kind === "wide" ? at + 70_000 : made.to;
      set.addRange(at, to);
      for (let one = at; one <= to; one++) {
        plain.add(one);
      }
    }
  }
}

function dropBelow(plain: Set<number>, first: number): number {
  const gone = [...plain].filter((one) => one < first);
  for (const one of gone) {
    plain.delete(one);
  }
  return gone.length;
}

function absentFrom(plain: ReadonlySet<number>, from: number, direction: 1 | -1): number {
  let at = from;
  while (plain.has(at)) {
    at += direction;
  }
  return at;
}

describe("a set of sequences", () => {
  test("agrees with a plain set after any steps", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), sequence, (steps, probe) => {
        const set = new SequenceSet();
        const plain = new Set<number>();
        for (const made of steps) {
          apply(set, plain, made);
          expect(set.size).toBe(plain.size);
        }
        expect(runsOf(set)).toEqual(plainRuns(plain));
        expect(runsOf(set, probe)).toEqual(plainRuns(plain, probe));
        expect(set.has(probe)).toBe(plain.has(probe));
        expect(set.nextAbsent(probe)).toBe(absentFrom(plain, probe, 1));
        expect(set.previousAbsent(probe)).toBe(absentFrom(plain, probe, -1));
        const between = [...plain].filter((one) => one >= 100 && one <= probe).length;
        expect(set.countBetween(100, probe)).toBe(between);
        const loaded = SequenceSet.load(set.dump());
        expect(loaded === null ? null : runsOf(loaded)).toEqual(plainRuns(plain));
        expect(loaded?.size).toBe(plain.size);
      }),
      { numRuns: 50 },
    );
  });

  test("keeps every second of a million in a bitmap, and gives it back", () => {
    const set = new SequenceSet();
    for (let at = 1; at < 1_000_000; at += 2) {
      set.add(at);
    }
    expect(set.size).toBe(500_000);
    expect(set.memoryBytes).toBeLessThan(140_000);
    expect(set.countBetween(0, 999_999)).toBe(500_000);
    expect(set.countBetween(10, 19)).toBe(5);
    const loaded = SequenceSet.load(set.dump());
    expect(loaded?.has(999_999)).toBe(true);
    expect(loaded?.has(999_998)).toBe(false);
    expect(loaded?.size).toBe(500_000);
  });

  test("takes spans of any length for the price of a few numbers", () => {
    const set = new SequenceSet();
    set.addRange(10, 2 ** 52);
    expect(set.size).toBe(2 ** 52 - 9);
    expect(set.memoryBytes).toBeLessThan(10_000);
    expect(set.nextAbsent(10)).toBe(2 ** 52 + 1);
    expect(set.remove(2 ** 40)).toBe(true);
    expect(runsOf(set)).toEqual([
      [10, 2 ** 40 - 1],
      [2 ** 40 + 1, 2 ** 52],
    ]);
    expect(set.removeBelow(2 ** 41)).toBe(2 ** 41 - 11);
    expect(runsOf(set)).toEqual([[2 ** 41, 2 ** 52]]);
    expect(SequenceSet.load(set.dump())?.size).toBe(set.size);
  });

  test("what fills up one by one becomes one span", () => {
    const set = new SequenceSet();
    for (let at = 199_999; at >= 0; at--) {
      set.add(at);
    }
    expect(runsOf(set)).toEqual([[0, 199_999]]);
    expect(set.memoryBytes).toBeLessThan(20_000);
  });

  test("bytes that are no dump are refused", () => {
    const good = new SequenceSet();
    good.addRange(5, 9);
    const bytes = good.dump();
    expect(SequenceSet.load(bytes.subarray(0, bytes.length - 1))).toBeNull();
    expect(SequenceSet.load(new Uint8Array(0))).toBeNull();
    expect(SequenceSet.load(new Uint8Array(24).fill(255))).toBeNull();
  });
});
