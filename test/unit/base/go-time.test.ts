import { describe, expect, test } from "bun:test";
import { goDuration, goTime, goUptime } from "../../../src/base/go-time.ts";

describe("goTime", () => {
  const times: readonly (readonly [bigint, string])[] = [
    [0n, "1970-01-01T00:00:00Z"],
    [1n, "1970-01-01T00:00:00.000000001Z"],
    [-1n, "1969-12-31T23:59:59.999999999Z"],
    [951_782_399_000_000_000n, "2000-02-28T23:59:59Z"],
    [951_782_400_120_000_000n, "2000-02-29T00:00:00.12Z"],
    [951_868_800_000_000_000n, "2000-03-01T00:00:00Z"],
    [1_795_390_340_015_829_141n, "2026-11-22T23:32:20.015829141Z"],
    [4_107_542_400_000_001_000n, "2100-03-01T00:00:00.000001Z"],
    [-62_135_596_800_000_000_000n, "0001-01-01T00:00:00Z"],
  ];
  for (const [nanos, text] of times) {
    test(`${nanos} is ${text}`, () => {
      expect(goTime(nanos)).toBe(text);
    });
  }

  test("every day of two leap cycles is the day after the one before", () => {
    const nanosPerDay = 86_400_000_000_000n;
    for (let day = 0n; day < 3000n; day++) {
      const millis = Number((day * nanosPerDay) / 1_000_000n);
      expect(goTime(day * nanosPerDay).slice(0, 10)).toBe(
        new Date(millis).toISOString().slice(0, 10),
      );
    }
  });
});

describe("goDuration", () => {
  const durations: readonly (readonly [number, string])[] = [
    [0, "0s"],
    [1, "1ns"],
    [999, "999ns"],
    [1000, "1µs"],
    [1500, "1.5µs"],
    [354_000, "354µs"],
    [5_476_451, "5.476451ms"],
    [1_000_000_000, "1s"],
    [1_500_000_000, "1.5s"],
    [62_000_000_000, "1m2s"],
    [3_600_000_000_000, "1h0m0s"],
    [3_725_000_000_001, "1h2m5.000000001s"],
    [-2_000_000, "-2ms"],
  ];
  for (const [nanos, text] of durations) {
    test(`${nanos} ns are ${text}`, () => {
      expect(goDuration(nanos)).toBe(text);
    });
  }
});

describe("goUptime", () => {
  const uptimes: readonly (readonly [number, string])[] = [
    [-5, "0s"],
    [0, "0s"],
    [59.9, "59s"],
    [60, "1m0s"],
    [3600, "1h0m0s"],
    [273_906, "3d4h5m6s"],
    [86_400 * 365, "1y0d0h0m0s"],
    [86_400 * 400 + 61, "1y35d0h1m1s"],
  ];
  for (const [seconds, text] of uptimes) {
    test(`${seconds} s are ${text}`, () => {
      expect(goUptime(BigInt(Math.round(seconds * 1e9)))).toBe(text);
    });
  }
});
