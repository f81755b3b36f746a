import { describe, expect, test } from "bun:test";
import { Fields, parseJson, parseJsonObject } from "../../../src/base/decode.ts";

describe("fields of a JSON object", () => {
  test("are taken by type, with a stand-in for absent ones and null", () => {
    const fields = new Fields({ a: "x", b: true, c: 5, d: 1.5, e: { f: 1 }, g: ["h"], i: null });
    expect(fields.string("a", "")).toBe("x");
    expect(fields.boolean("b", false)).toBe(true);
    expect(fields.integer("c", 0)).toBe(5);
    expect(fields.number("d", 0)).toBe(1.5);
    expect(fields.object("e")).toEqual({ f: 1 });
    expect(fields.strings("g")).toEqual(["h"]);
    expect(fields.string("i", "none")).toBe("none");
    expect(fields.string("z", null)).toBeNull();
    expect(fields.array("z")).toEqual([]);
    expect(fields.has("i")).toBe(false);
    expect(fields.problem).toBeNull();
  });

  test("match by their exact name first, then whatever the case", () => {
    expect(new Fields({ User: "a", user: "b" }).string("user", "")).toBe("b");
    expect(new Fields({ USER: "a" }).string("user", "")).toBe("a");
    expect(new Fields({}).string("constructor", "none")).toBe("none");
  });

  test("remember the first wrong type", () => {
    const fields = new Fields({ a: 5, b: "x", c: 1.5, d: [1] });
    expect(fields.string("a", "none")).toBe("none");
    expect(fields.problem).toBe('field "a" must be of type string, not number');
    expect(fields.boolean("b", false)).toBe(false);
    expect(fields.integer("c", 7)).toBe(7);
    expect(fields.strings("d")).toEqual([]);
    expect(fields.problem).toBe('field "a" must be of type string, not number');
  });

  test("come from a text that holds an object", () => {
    expect(parseJsonObject('{"a":1}')).toEqual({ ok: true, value: { a: 1 } });
    expect(parseJsonObject("[]").ok).toBe(false);
    expect(parseJsonObject("null").ok).toBe(false);
    expect(parseJson("{").ok).toBe(false);
    expect(parseJson("5")).toEqual({ ok: true, value: 5 });
  });
});
