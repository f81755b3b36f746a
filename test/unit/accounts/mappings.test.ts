import { describe, expect, test } from "bun:test";
import { lost, Mappings } from "../../../src/accounts/mappings.ts";
import type { MappingDestination, MappingOptions } from "../../../src/config/options.ts";
import type { Random } from "../../../src/ports/random.ts";
import { seededRandom } from "./account-options.ts";

function to(destination: string, weight = 100, cluster: string | null = null): MappingDestination {
  return { destination, weight, cluster };
}

function compile(mappings: readonly MappingOptions[], random: Random = seededRandom()): Mappings {
  const compiled = Mappings.compile(mappings, random);
  if (!compiled.ok) {
    throw new Error(compiled.refusal);
  }
  return compiled.value;
}

function refusal(...mappings: readonly MappingOptions[]): string {
  const compiled = Mappings.compile(mappings, seededRandom());
  return compiled.ok ? "" : compiled.refusal;
}

/** How often each outcome comes, over draws that hit every percent once. */
function shares(
  mappings: readonly MappingOptions[],
  subject: string,
  cluster = "",
): Record<string, number> {
  let next = 0;
  const random: Random = { below: () => next++ % 100, bytes: () => new Uint8Array(0) };
  const compiled = compile(mappings, random);
  const counts: Record<string, number> = {};
  for (let i = 0; i < 100; i++) {
    const chosen = compiled.select(subject, cluster);
    const name = chosen === lost ? "lost" : chosen;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

describe("mappings", () => {
  test("rewrite literals and wildcards, and leave other subjects alone", () => {
    const mappings = compile([
      { source: "a", destinations: [to("b")] },
      { source: "x.*.*", destinations: [to("y.$2.{{wildcard(1)}}")] },
      { source: "t.>", destinations: [to("u.>")] },
    ]);
    expect(mappings.select("a")).toBe("b");
    expect(mappings.select("x.1.2")).toBe("y.2.1");
    expect(mappings.select("t.1.2")).toBe("u.1.2");
    expect(mappings.select("other")).toBe("other");
    expect(mappings.sources).toEqual(["a", "x.*.*", "t.>"]);
  });

  test("the first that matches holds", () => {
    const mappings = compile([
      { source: "a.*", destinations: [to("star")] },
      { source: "a.b", destinations: [to("literal")] },
    ]);
    expect(mappings.select("a.b")).toBe("star");
  });

  test("share out by weight", () => {
    const mappings = [{ source: "a", destinations: [to("b", 20), to("c", 80)] }];
    expect(shares(mappings, "a")).toEqual({ b: 20, c: 80 });
  });

  test("keep the source for what is missing to the whole", () => {
    const mappings = [{ source: "a.*", destinations: [to("b.$1", 30)] }];
    expect(shares(mappings, "a.1")).toEqual({ "b.1": 30, "a.1": 70 });
  });

  test("lose what is missing when the source is listed with less", () => {
    const mappings = [{ source: "a", destinations: [to("a", 60), to("b", 10)] }];
    expect(shares(mappings, "a")).toEqual({ a: 60, b: 10, lost: 30 });
  });

  test("a source listed with nothing loses everything", () => {
    expect(shares([{ source: "a", destinations: [to("a", 0)] }], "a")).toEqual({ lost: 100 });
  });

  test("of a cluster count there and replace the general ones", () => {
    const mappings = [{ source: "a", destinations: [to("b"), to("west", 50, "W")] }];
    expect(shares(mappings, "a")).toEqual({ b: 100 });
    expect(shares(mappings, "a", "W")).toEqual({ west: 50, a: 50 });
  });

  test("of clusters only leave the source elsewhere", () => {
    expect(shares([{ source: "a", destinations: [to("w", 100, "W")] }], "a")).toEqual({ a: 100 });
  });

  test("partition the same key to the same place", () => {
    const mappings = compile([{ source: "o.*", destinations: [to("o.{{partition(3,1)}}.$1")] }]);
    expect(mappings.select("o.key")).toBe(mappings.select("o.key"));
    expect(mappings.select("o.key")).toMatch(/^o\.[012]\.key$/);
  });

  test("are refused with the texts operators know", () => {
    expect(refusal({ source: "a", destinations: [to("b", 60), to("c", 60)] })).toBe(
      'Error adding mapping for "a" : total weight needs to be <= 100',
    );
    expect(refusal({ source: "a", destinations: [to("b", 60), to("b", 20)] })).toBe(
      'Error adding mapping for "a" : duplicate entry for "b"',
    );
    expect(refusal({ source: "a.*", destinations: [to("b.$2")] })).toBe(
      'Error adding mapping for "a.*" to "b.$2" : invalid mapping destination: wildcard index out of range in $2: [2]',
    );
    expect(refusal({ source: "a..*", destinations: [to("b")] })).toBe(
      'Subject "a..*" is not a valid subject',
    );
  });
});
