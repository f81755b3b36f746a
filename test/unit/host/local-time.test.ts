import { expect, test } from "bun:test";
import { fixedOffset, localOffsetMinutes } from "../../../src/host/local-time.ts";

test("a zone without summer time has the offset that its file ends with", () => {
  expect(fixedOffset("UTC0")).toBe(0);
  expect(fixedOffset("JST-9")).toBe(540);
  expect(fixedOffset("IST-5:30")).toBe(330);
  expect(fixedOffset("<+0545>-5:45")).toBe(345);
  expect(fixedOffset("<-03>3")).toBe(-180);
  expect(fixedOffset("MST7")).toBe(-420);
});

test("a zone with summer time, or what is no zone, is left to the engine", () => {
  expect(fixedOffset("CET-1CEST,M3.5.0,M10.5.0/3")).toBeNull();
  expect(fixedOffset("")).toBeNull();
});

test("the offset is the one the engine would give", () => {
  const now = Date.now();
  expect(localOffsetMinutes(now)).toBe(0 - new Date(now).getTimezoneOffset());
});
