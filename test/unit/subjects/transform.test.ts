import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  partitionOf,
  SubjectTransform,
  withoutPlaceholders,
  withPlaceholders,
} from "../../../src/subjects/transform.ts";
import { transformVectors } from "./transform-vectors.ts";

const invalid = "invalid mapping destination:";

function transform(source: string, destination: string): SubjectTransform {
  const parsed = SubjectTransform.parse(source, destination, { below: () => 0 });
  if (!parsed.ok) {
    throw new Error(parsed.refusal);
  }
  return parsed.value;
}

function refusalOf(source: string, destination: string): string {
  const parsed = SubjectTransform.parseMapping(source, destination);
  return parsed.ok ? "" : parsed.refusal;
}

describe("a subject transform", () => {
  test.each([...transformVectors])("gives what the reference gives: %s to %s, %s", (...vector) => {
    const [source, destination, subject, expected] = vector;
    expect(transform(source, destination).apply(subject)).toBe(expected);
  });

  test("reorders wildcards, old and new style", () => {
    expect(transform("foo.*.*", "bar.$2.$1").apply("foo.a.b")).toBe("bar.b.a");
    expect(transform("foo.*.*", "bar.{{wildcard(2)}}.{{ Wildcard(1) }}").apply("foo.a.b")).toBe(
      "bar.b.a",
    );
  });

  test("carries the tail", () => {
    expect(transform("foo.>", "bar.>").apply("foo.a.b")).toBe("bar.a.b");
    expect(transform("foo.*.>", "bar.$1.x.>").apply("foo.a.b.c")).toBe("bar.a.x.b.c");
    expect(transform(">", "all.>").apply("a.b")).toBe("all.a.b");
    expect(transform("", ">").apply("foo")).toBe("foo");
  });

  test("gives null for a subject its source does not match or that is no literal", () => {
    expect(transform("foo.*", "bar.$1").apply("foo.a.b")).toBeNull();
    expect(transform("foo.*", "bar.$1").apply("fo.a")).toBeNull();
    expect(transform("foo.*", "bar.$1").apply("foo.*")).toBeNull();
    expect(transform("foo.>", "bar.>").apply("foo..a")).toBeNull();
  });

  test("takes left and right parts of a token", () => {
    const ends = transform("foo.*", "{{left(1,2)}}.{{Right(1,3)}}.{{left(1,9)}}.{{right(1,0)}}");
    expect(ends.apply("foo.abcde")).toBe("ab.cde.abcde.abcde");
  });

  test("cuts at bytes", () => {
    expect(transform("f.*", "{{splitFromLeft(1,2)}}").apply("f.üa")).toBe("ü.a");
  });

  test("drops empty parts of a split, however many delimiters lead", () => {
    expect(transform("f.*", "o.{{split(1,-)}}").apply("f.--a--b--")).toBe("o.a.b");
  });

  test("asks the random numbers it is given", () => {
    const asked: number[] = [];
    const random = {
      below(bound: number): number {
        asked.push(bound);
        return bound - 1;
      },
    };
    const parsed = SubjectTransform.parse("f", "o.{{random(7)}}.{{Random(-3)}}", random);
    expect(parsed.ok && parsed.value.apply("f")).toBe("o.6.2");
    expect(asked).toEqual([7, 3]);
  });

  test("spreads random numbers evenly without being given any", () => {
    const parsed = SubjectTransform.parse("f", "{{random(4)}}");
    const counts = new Map<string, number>();
    for (let round = 0; round < 4000; round++) {
      const bucket = parsed.ok ? (parsed.value.apply("f") ?? "") : "";
      counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual(["0", "1", "2", "3"]);
    expect(Math.min(...counts.values())).toBeGreaterThan(800);
  });

  test("spreads partitions evenly", () => {
    const counts = new Array<number>(10).fill(0);
    for (let key = 0; key < 5000; key++) {
      const bucket = partitionOf(`customer-${key}`, 10);
      counts[bucket] = (counts[bucket] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(400);
  });
});

describe("a mapping destination that cannot be", () => {
  test.each([
    ["a.*", "b.$2", "wildcard index out of range in $2: [2]"],
    ["a.*", "b.{{wildcard(2)}}", "wildcard index out of range in {{wildcard(2)}}: [2]"],
    ["a.*", "b.{{partition(3,2)}}", "wildcard index out of range in {{partition(3,2)}}: [2]"],
    [
      "a.*",
      "b.{{splitFromLeft(2,1)}}",
      "wildcard index out of range in {{splitFromLeft(2,1)}}: [2]",
    ],
    ["a", "b.$1", "wildcard index out of range in $1"],
    ["a", "b.{{split(1,-)}}", "wildcard index out of range in {{split(1,-)}}"],
    ["a.>", "b.$1.>", "wildcard index out of range in $1: [1]"],
    ["a.*", "b.{{wildcard()}}", "not enough arguments passed to the function in {{wildcard()}}"],
    ["a.*", "b.{{split(1)}}", "not enough arguments passed to the function in {{split(1)}}"],
    ["a.*", "b.{{random(1,2)}}", "not enough arguments passed to the function in {{random(1,2)}}"],
    ["a.*", "b.{{left(1)}}", "not enough arguments passed to the function in {{left(1)}}"],
    [
      "a.*",
      "b.{{wildcard(1,2)}}",
      "too many arguments passed to the function in {{wildcard(1,2)}}",
    ],
    ["a.*", "b.{{split(1,2,3)}}", "too many arguments passed to the function in {{split(1,2,3)}}"],
    ["a.*", "b.{{unknown(1)}}", "unknown function in {{unknown(1)}}"],
    ["a.*", "b.{{WILDCARD(1)}}", "unknown function in {{WILDCARD(1)}}"],
    ["a.*", "b.{{x}}", "unknown function in {{x}}"],
    ["a.*", "b..c", "invalid transform"],
    ["a.*", ".", "invalid transform"],
    ["a.*", "b c", "invalid transform"],
    ["a.*", "b.>.c", "invalid transform in c"],
  ])("is refused as the reference refuses it: %s to %s", (source, destination, text) => {
    expect(refusalOf(source, destination)).toBe(`${invalid} ${text}`);
  });

  test.each([
    "{{wildcard(x)}}",
    "{{partition()}}",
    "{{partition(x)}}",
    "{{partition(3,x)}}",
    "{{partition(2147483648,1)}}",
    "{{split(x,-)}}",
    "{{split(1,a b)}}",
    "{{splitFromLeft(1,x)}}",
    "{{sliceFromLeft(1,99999999999)}}",
    "{{random(x)}}",
    "{{wildcard(99999999999999999999)}}",
  ])("is refused for a bad argument: %s", (token) => {
    const parsed = SubjectTransform.parse("a.*", token);
    expect(parsed.ok ? "" : parsed.refusal).toStartWith(invalid);
  });

  test.each([
    ["a.*", "b.*"],
    ["a.>", "b"],
    ["a", "b.>"],
    ["a.*", ""],
    ["a..b", "c"],
  ])("is an invalid subject: %s to %s", (source, destination) => {
    const parsed = SubjectTransform.parse(source, destination);
    expect(parsed.ok ? "" : parsed.refusal).toBe("invalid subject");
  });

  test("may use anything that only looks like a function", () => {
    expect(transform("a", "b.{{}}.$x.$").apply("a")).toBe("b.{{}}.$x.$");
  });
});

describe("a reversible transform", () => {
  test("takes wildcards only", () => {
    const parsed = SubjectTransform.parseReversible("a.*", "b.{{partition(3,1)}}");
    expect(parsed.ok ? "" : parsed.refusal).toBe(
      `${invalid} the only mapping function allowed for import transforms is {{Wildcard()}} in {{partition(3,1)}}`,
    );
  });

  test("needs all wildcards", () => {
    const parsed = SubjectTransform.parseReversible("a.*.*", "b.$1");
    expect(parsed.ok ? "" : parsed.refusal).toBe(
      `${invalid} not using all of the token wildcard(s) in b.$1`,
    );
  });

  test("goes back, even around three corners", () => {
    const forth = SubjectTransform.parseReversible("a.*.*.*.>", "b.$2.x.{{wildcard(3)}}.$1.>");
    const back = forth.ok ? forth.value.reversed() : null;
    expect(back?.apply("b.2.x.3.1.t.u")).toBe("a.1.2.3.t.u");
  });

  test("goes back to where it came from, whatever the order", () => {
    const order = fc.shuffledSubarray([1, 2, 3, 4], { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(order, (wildcards) => {
        const destination = wildcards.map((wildcard) => `$${wildcard}`).join(".");
        const forth = SubjectTransform.parseReversible("*.k.*.*.*", `to.${destination}`);
        const there = forth.ok ? (forth.value.apply("a.k.b.c.d") ?? "") : "";
        expect(forth.ok && forth.value.reversed()?.apply(there)).toBe("a.k.b.c.d");
      }),
    );
  });

  test("has no way back from other functions", () => {
    expect(transform("a.*", "b.{{partition(3,1)}}").reversed()).toBeNull();
  });
});

describe("placeholders", () => {
  test("are made of wildcards and become wildcards again", () => {
    expect(withPlaceholders("a.*.b.*.>")).toBe("a.$1.b.$2.>");
    expect(withoutPlaceholders("a.$2.b.{{wildcard(1)}}.$x")).toEqual({
      subject: "a.*.b.*.$x",
      wildcards: [2, 1],
    });
  });
});

test("no destination and no subject make a transform fail", () => {
  const token = fc.oneof(
    fc.constantFrom("*", ">", "$1", "{{partition(3,1)}}", "{{split(1,-)}}", "{{right(1,2)}}"),
    fc.string({ maxLength: 6 }),
  );
  const subject = fc.array(token, { maxLength: 4 }).map((tokens) => tokens.join("."));
  fc.assert(
    fc.property(subject, subject, subject, (source, destination, published) => {
      const parsed = SubjectTransform.parse(source, destination);
      if (parsed.ok) {
        parsed.value.apply(published);
        parsed.value.rewrite(published);
        parsed.value.reversed();
      }
    }),
    { numRuns: 500 },
  );
});
