// Sizes and durations: how they are written in a configuration, and how they are shown. No key is known here.

import { accepted, type Result, refused } from "../base/result.ts";
import { quote } from "./quote.ts";

const suffixes: Readonly<Record<string, bigint>> = {
  "": 1n,
  ...powers("k", 1),
  ...powers("m", 2),
  ...powers("g", 3),
  ...powers("t", 4),
  ...powers("p", 5),
  ...powers("e", 6),
};

/** A bare letter counts in thousands, with b, i or ib in 1024s. */
function powers(letter: string, power: number): Record<string, bigint> {
  const binary = 1024n ** BigInt(power);
  return {
    [letter]: 1000n ** BigInt(power),
    [`${letter}b`]: binary,
    [`${letter}i`]: binary,
    [`${letter}ib`]: binary,
  };
}

/** A whole number with an optional unit, within 64 bits. */
export function parseInteger(text: string): Result<bigint, string> {
  const parts = /^(-?[0-9]+)\s*([a-z]*)$/i.exec(text);
  if (parts?.[1] === undefined) {
    return refused(`expected integer, but got '${text}'`);
  }
  const factor = suffixes[(parts[2] ?? "").toLowerCase()];
  if (factor === undefined) {
    return refused(`unknown unit in integer '${text}'`);
  }
  const value = BigInt(parts[1]) * factor;
  return BigInt.asIntN(64, value) === value
    ? accepted(value)
    : refused(`integer '${text}' is out of the range`);
}

const nanosPerMilli = 1_000_000;
const nanosPerUnit: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  "\u00b5s": 1e3,
  "\u03bcs": 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};
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
    const factor = Object.hasOwn(nanosPerUnit, unit) ? nanosPerUnit[unit] : undefined;
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
  const nanos = Math.round(Math.abs(millis) * nanosPerMilli);
  const sign = millis < 0 && nanos > 0 ? "-" : "";
  if (nanos === 0) {
    return "0s";
  }
  if (nanos < 1e3) {
    return `${sign}${nanos}ns`;
  }
  if (nanos < 1e6) {
    return `${sign}${nanos / 1e3}\u00b5s`;
  }
  if (nanos < 1e9) {
    return `${sign}${nanos / 1e6}ms`;
  }
  const seconds = Number(((nanos / 1e9) % 60).toFixed(9));
  const minutes = Math.floor(nanos / 60e9);
  if (minutes === 0) {
    return `${sign}${seconds}s`;
  }
  const hours = Math.floor(minutes / 60);
  return hours === 0
    ? `${sign}${minutes}m${seconds}s`
    : `${sign}${hours}h${minutes % 60}m${seconds}s`;
}
