import { expect, test } from "bun:test";
import { goJson, omitEmpty, sortedMap } from "../../../src/base/go-json.ts";

test("angle brackets, ampersands and line separators are escaped", () => {
  expect(goJson({ subject: "a.> <&\u2028" })).toBe('{"subject":"a.\\u003e \\u003c\\u0026\\u2028"}');
});

test("empty lists and maps stay on one line when indented", () => {
  expect(goJson({ a: [], b: {}, c: [1] }, "  ")).toBe(
    '{\n  "a": [],\n  "b": {},\n  "c": [\n    1\n  ]\n}',
  );
});

test("undefined members are left out and null ones stay", () => {
  expect(goJson({ a: undefined, b: null })).toBe('{"b":null}');
});

test("what is empty is omitted", () => {
  for (const empty of ["", 0, false, null, undefined, [], {}]) {
    expect(omitEmpty(empty)).toBeUndefined();
  }
  expect(omitEmpty("x")).toBe("x");
  expect(omitEmpty([0])).toEqual([0]);
  expect(omitEmpty({ a: 0 })).toEqual({ a: 0 });
});

test("maps are sorted by key", () => {
  expect(Object.keys(sortedMap({ zone: "1", rack: "2", Area: "3" }))).toEqual([
    "Area",
    "rack",
    "zone",
  ]);
});
