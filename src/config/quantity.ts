// Sizes and durations: how they are written in a configuration, and how they are shown. No key is known here.

import { goDuration } from "../base/go-time.ts";
import { accepted, type Result, refused } from "../base/result.ts";
import { quote } from "./quote.ts";

const suffixes: ReadonlyMap<string, bigint> = new Map([
  ["", 1n],
  ...powers("k", 1),
  ...powers("m", 2),
  ...powers("g", 3),
  ...powers("t", 4),
  ...powers("p", 5),
  ...powers("e", 6),
]);

/** A bare letter counts in thousands, with b, i or ib in 1024s. */
function powers(letter: string, power: number): readonly [string, bigint][] {
  const binary = 1024n ** BigInt(power);
  return [
    [letter, 1000n ** BigInt(power)],
    [`${letter}b`, binary],
    [`${letter}i`, binary],
    [`${letter}ib`, binary],
  ];
}

/** A whole number with an optional unit, within 64 bits. */
export function parseInteger(text: string): Result<bigint, string> {
  const parts = /^(-?[0-9]+)\s*([a-z]*)$/i.exec(text);
  if (parts?.[1] === undefined) {
    return refused(`expected integer, but got '${text}'`);
  }
  const factor = suffixes.get((parts[2] ?? "").toLowerCase());
  if (factor === undefined) {
    return refused(`unknown unit in integer '${text}'`);
  }
  const value = BigInt(parts[1]) * factor;
  return BigInt.asIntN(64, value) === value
    ? accepted(value)
    : refused(`integer '${text}' is out of the range`);
}

const nanosPerMilli = 1_000_000;
const nanosPerUnit: ReadonlyMap<string, number> = new Map([
  ["ns", 1],
  ["us", 1e3],
  ["\u00b5s", 1e3],
  ["\u03bcs", 1e3],
  ["ms", 1e6],
  ["s", 1e9],
  ["m", 60e9],
  ["h", 3600e9],
]);
const largestNanos = 2 ** 63;

/** A sum of numbers with units, like 1h30m or -1.5s; in milliseconds, with a fraction when it is finer. */
export function parseDuration(text: string): Result<number, string> {
  const isNegative = text.startsWith("-");
  let rest = /^[-+]/.test(text) ? text.slice(1) : text;
  if (rest === "0") {
    return accepted(0);
  }
  const invalid = refused(`time: invalid duration ${quote(text)}`);
  if (rest === "") {
    return invalid;
  }
  let nanos = 0;
  while (rest !== "") {
    const number = /^[0-9]*(?:\.[0-9]*)?/.exec(rest)?.[0] ?? "";
    if (!/[0-9]/.test(number)) {
      return invalid;
    }
    rest = rest.slice(number.length);
    const unit = /^[^0-9.]*/.exec(rest)?.[0] ?? "";
    rest = rest.slice(unit.length);
    if (unit === "") {
      return refused(`time: missing unit in duration ${quote(text)}`);
    }
    const factor = nanosPerUnit.get(unit);
    if (factor === undefined) {
      return refused(`time: unknown unit ${quote(unit)} in duration ${quote(text)}`);
    }
    nanos += Math.round(Number(number) * factor);
    if (nanos >= largestNanos) {
      return invalid;
    }
  }
  const millis = nanos / nanosPerMilli;
  return accepted(isNegative ? -millis : millis);
}

/** As the reference shows durations: 2m0s, 1.5s, 250ms, 0s. */
export function formatDuration(millis: number): string {
  return goDuration(Math.round(millis * nanosPerMilli));
}

const byteUnits = ["K", "M", "G", "T", "P", "E"];

/** As the reference shows sizes to people: 512 B, 1.50 GB. */
export function friendlyBytes(bytes: number): string {
  if (bytes < 1024) {
    return `${bytes} B`;
  }
  const power = Math.min(Math.floor(Math.log(bytes) / Math.log(1024)), byteUnits.length);
  return `${(bytes / 1024 ** power).toFixed(2)} ${byteUnits[power - 1] ?? ""}B`;
}
