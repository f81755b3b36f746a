import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { collide, isSubset, matches } from "../../../src/subjects/overlap.ts";
import { PatternSet } from "../../../src/subjects/pattern-set.ts";
import { isValidSubject } from "../../../src/subjects/subject.ts";

const letters = ["a", "b"];

/** All literal subjects of up to four tokens over two letters: more than enough for patterns of up to three. */
const universe: readonly string[] = [1, 2, 3, 4].flatMap((length) => literals(length));

function literals(length: number): string[] {
  return length === 0
    ? []
    : length === 1
      ? letters
      : literals(length - 1).flatMap((head) => letters.map((letter) => `${head}.${letter}`));
}

const pattern = fc
  .array(fc.constantFrom("a", "b", "*", ">"), { minLength: 1, maxLength: 3 })
  .map((tokens) => tokens.join("."))
  .filter(isValidSubject);

/** The definition, by regular expression, to judge the walk by. */
function matchesByDefinition(of: string, subject: string): boolean {
  const source = of
    .split(".")
    .map((token) => (token === "*" ? "[^.]+" : token === ">" ? ".+" : token))
    .join("\\.");
  return new RegExp(`^${source}$`).test(subject);
}

describe("patterns", () => {
  test("match as defined", () => {
    fc.assert(
      fc.property(pattern, fc.constantFrom(...universe), (of, subject) => {
        expect(matches(of, subject)).toBe(matchesByDefinition(of, subject));
      }),
    );
  });

  test("are subsets when all their subjects are", () => {
    fc.assert(
      fc.property(pattern, pattern, (inner, outer) => {
        const all = universe
          .filter((subject) => matches(inner, subject))
          .every((subject) => matches(outer, subject));
        // Over two letters "a.*" equals "a.a" with "a.b"; the rule speaks of all letters, so it may only say no more.
        if (isSubset(inner, outer)) {
          expect(all).toBe(true);
        }
        if (!all) {
          expect(isSubset(inner, outer)).toBe(false);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("collide when they share a subject", () => {
    fc.assert(
      fc.property(pattern, pattern, (one, other) => {
        const shared = universe.some((subject) => matches(one, subject) && matches(other, subject));
        expect(collide(one, other)).toBe(shared);
        expect(collide(other, one)).toBe(shared);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ["foo.bar", "foo.*", true],
    ["foo.*", "foo.*", true],
    ["foo.*", "foo.>", true],
    ["foo.>", "foo.*", false],
    ["foo", "foo.>", false],
    ["foo.bar", "foo.bar.*", false],
    ["*.*", "foo.*", false],
    [">", ">", true],
    ["foo.bar", "foo.*x", false],
    ["a..b", "a.*.b", false],
  ])("%s within %s is %p", (inner, outer, is) => {
    expect(isSubset(inner, outer)).toBe(is);
  });

  test("treat the wildcards of a published subject as plain tokens", () => {
    expect(matches("foo.*", "foo.>")).toBe(true);
    expect(matches("foo.>", "foo.*.x")).toBe(true);
    expect(matches("foo.bar", "foo.*")).toBe(false);
    expect(matches(">", "a..b")).toBe(false);
    expect(matches("a.b*", "a.b*")).toBe(true);
  });
});

describe("a set of patterns", () => {
  const patterns = fc.array(pattern, { maxLength: 8 });

  test("finds what matches, covers and collides, as the rules for two patterns say", () => {
    fc.assert(
      fc.property(patterns, pattern, fc.constantFrom(...universe), (entries, wanted, subject) => {
        const set = new PatternSet<number>();
        for (const [index, entry] of entries.entries()) {
          expect(set.add(entry, index)).toBe(true);
        }
        const indexesOf = (rule: (entry: string) => boolean): number[] =>
          [...entries.entries()].filter(([, entry]) => rule(entry)).map(([index]) => index);
        const sorted = (found: readonly number[]): number[] => [...found].sort((a, b) => a - b);
        expect(sorted(set.match(subject))).toEqual(indexesOf((entry) => matches(entry, subject)));
        expect(sorted(set.covering(wanted))).toEqual(indexesOf((entry) => isSubset(wanted, entry)));
        expect(sorted(set.colliding(wanted))).toEqual(indexesOf((entry) => collide(entry, wanted)));
        expect(set.size).toBe(entries.length);
      }),
      { numRuns: 500 },
    );
  });

  test("refuses what is no pattern", () => {
    const set = new PatternSet<null>();
    expect(set.add("a..b", null)).toBe(false);
    expect(set.add("a.>.b", null)).toBe(false);
    expect(set.size).toBe(0);
    expect(set.matchesAny("a..b")).toBe(false);
    expect(set.covering("a..b")).toEqual([]);
    expect(set.colliding("")).toEqual([]);
  });
});
