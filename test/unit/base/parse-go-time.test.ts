import { expect, test } from "bun:test";
import { goTime } from "../../../src/base/go-time.ts";
import { daysSinceEpoch, parseGoDuration, parseGoTime } from "../../../src/base/parse-go-time.ts";

test("a time is read to the nanosecond, whatever its zone", () => {
  expect(parseGoTime("1970-01-01T00:00:00Z")).toBe(0n);
  expect(parseGoTime("2024-02-29T12:30:01.123456789Z")).toBe(1709209801123456789n);
  expect(parseGoTime("2024-02-29T14:30:01.123456789+02:00")).toBe(1709209801123456789n);
  expect(parseGoTime("2024-02-29T12:30:01.5Z")).toBe(1709209801500000000n);
  expect(parseGoTime("0001-01-01T00:00:00Z")).toBe(-62135596800000000000n);
});

test("what is written is read back", () => {
  for (const nanos of [
    0n,
    1n,
    -1n,
    1709209801123456789n,
    4102444799999999999n,
    -62135596800000000000n,
  ]) {
    expect(parseGoTime(goTime(nanos))).toBe(nanos);
  }
});

test("what is no time is refused", () => {
  for (const text of [
    "",
    "2024-02-30T00:00:00Z",
    "2023-02-29T00:00:00Z",
    "2024-13-01T00:00:00Z",
    "2024-01-01T24:00:00Z",
    "2024-01-01T00:60:00Z",
    "2024-01-01T00:00:60Z",
    "2024-01-01 00:00:00Z",
    "2024-01-01T00:00:00",
    "2024-01-01T00:00:00z",
    "2024-01-01",
  ]) {
    expect([text, parseGoTime(text)]).toEqual([text, null]);
  }
});

test("a duration is the sum of its parts", () => {
  expect(parseGoDuration("1h2m3.5s")).toBe(3723500000000n);
  expect(parseGoDuration("-2ms")).toBe(-2000000n);
  expect(parseGoDuration("0")).toBe(0n);
  expect(parseGoDuration(".5s")).toBe(500000000n);
  expect(parseGoDuration("1.s")).toBe(1000000000n);
  expect(parseGoDuration("3µs")).toBe(3000n);
  expect(parseGoDuration("7ns")).toBe(7n);
});

test("what is no duration is refused", () => {
  for (const text of ["", "-", "5", "1d", "s", ".s", "1h2", "1 s", "300000h30000000h"]) {
    expect([text, parseGoDuration(text)]).toEqual([text, null]);
  }
});

test("days are counted from 1970", () => {
  expect(daysSinceEpoch(1970, 1, 1)).toBe(0);
  expect(daysSinceEpoch(2000, 3, 1)).toBe(11017);
  expect(daysSinceEpoch(1969, 12, 31)).toBe(-1);
});
