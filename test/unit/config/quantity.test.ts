import { describe, expect, test } from "bun:test";
import { formatDuration, parseDuration, parseInteger } from "../../../src/config/quantity.ts";

describe("durations", () => {
  const valid: readonly (readonly [string, number])[] = [
    ["0", 0],
    ["5s", 5000],
    ["2m", 120_000],
    ["1h30m", 5_400_000],
    ["1h2m3.5s", 3_723_500],
    ["-1.5s", -1500],
    ["+1s", 1000],
    ["250ms", 250],
    ["10us", 0.01],
    ["10\u00b5s", 0.01],
    [".5s", 500],
    ["1.s", 1000],
    ["1ns", 0.000001],
  ];
  test.each(valid)("%j are %d ms", (text, millis) => {
    expect(parseDuration(text)).toEqual({ ok: true, value: millis });
  });

  const invalid: readonly (readonly [string, string])[] = [
    ["", 'time: invalid duration ""'],
    ["s", 'time: invalid duration "s"'],
    [".s", 'time: invalid duration ".s"'],
    ["5", 'time: missing unit in duration "5"'],
    ["5x", 'time: unknown unit "x" in duration "5x"'],
    ["1h5", 'time: missing unit in duration "1h5"'],
    ["5constructor", 'time: unknown unit "constructor" in duration "5constructor"'],
    ["-", 'time: invalid duration "-"'],
    ["9999999999h", 'time: invalid duration "9999999999h"'],
  ];
  test.each(invalid)("%j is refused", (text, reason) => {
    expect(parseDuration(text)).toEqual({ ok: false, refusal: reason });
  });

  const shown: readonly (readonly [number, string])[] = [
    [0, "0s"],
    [120_000, "2m0s"],
    [10_000, "10s"],
    [1500, "1.5s"],
    [250, "250ms"],
    [5_400_000, "1h30m0s"],
    [-1000, "-1s"],
  ];
  test.each(shown)("%d ms are shown as %j", (millis, text) => {
    expect(formatDuration(millis)).toBe(text);
  });
});

describe("integers", () => {
  test("take a unit in any case", () => {
    for (const text of ["1mb", "1MB", "1Mi", "1mib", "1MIB"]) {
      expect(parseInteger(text)).toEqual({ ok: true, value: 1024n ** 2n });
    }
  });

  test("refuse units that are none", () => {
    expect(parseInteger("1kbib")).toEqual({
      ok: false,
      refusal: "unknown unit in integer '1kbib'",
    });
    expect(parseInteger("\u0661")).toEqual({
      ok: false,
      refusal: "expected integer, but got '\u0661'",
    });
  });
});
