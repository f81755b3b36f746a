import { describe, expect, test } from "bun:test";
import { SubjectTransform } from "../../../src/subjects/transform.ts";

function transform(source: string, destination: string): SubjectTransform {
  const parsed = SubjectTransform.parse(source, destination, { below: () => 0 });
  if (!parsed.ok) {
    throw new Error(parsed.refusal);
  }
  return parsed.value;
}

function refusalOf(source: string, destination: string): string {
  const parsed = SubjectTransform.parse(source, destination);
  return parsed.ok ? "" : parsed.refusal;
}

describe("a subject transform", () => {
  test("reorders wildcards, old and new style", () => {
    expect(transform("foo.*.*", "bar.$2.$1").apply("foo.a.b")).toBe("bar.b.a");
    expect(transform("foo.*.*", "bar.{{wildcard(2)}}.{{ Wildcard(1) }}").apply("foo.a.b")).toBe(
      "bar.b.a",
    );
  });

  test("carries the tail", () => {
    expect(transform("foo.>", "bar.>").apply("foo.a.b")).toBe("bar.a.b");
    expect(transform("foo.*.>", "bar.$1.x.>").apply("foo.a.b.c")).toBe("bar.a.x.b.c");
    expect(transform("", ">").apply("foo")).toBe("foo");
  });

  test("gives null for a subject its source does not match", () => {
    expect(transform("foo.*", "bar.$1").apply("foo.a.b")).toBeNull();
    expect(transform("foo.*", "bar.$1").apply("fo.a")).toBeNull();
  });

  test("refuses what the source cannot feed", () => {
    expect(refusalOf("foo.*", "bar.$2")).toBe(
      "invalid mapping destination: wildcard index out of range in $2: [2]",
    );
    expect(refusalOf("foo", "bar.$1")).toBe(
      "invalid mapping destination: wildcard index out of range in $1",
    );
    expect(refusalOf("foo.>", "bar")).toBe("invalid subject");
    expect(refusalOf("foo.*", "bar.{{what(1)}}")).toBe(
      "invalid mapping destination: unknown function in {{what(1)}}",
    );
  });
});
