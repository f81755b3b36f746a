// One token of a mapping destination: `$1`, `{{partition(3,1)}}` and the like, read into a value or refused with the
// text operators know. It does not know which source the destination belongs to.

import { accepted, type Result, refused } from "../base/result.ts";

export type CutName =
  | "splitFromLeft"
  | "splitFromRight"
  | "sliceFromLeft"
  | "sliceFromRight"
  | "left"
  | "right";

/** `wildcard` counts the wildcards of the source from 1. */
export type MappingFunction =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "wildcard"; readonly wildcard: number }
  | { readonly kind: "partition"; readonly buckets: number; readonly wildcards: readonly number[] }
  | {
      readonly kind: "cut";
      readonly name: CutName;
      readonly wildcard: number;
      readonly size: number;
    }
  | { readonly kind: "split"; readonly wildcard: number; readonly delimiter: string }
  | { readonly kind: "random"; readonly bound: number };

export const mappingRefusal = {
  invalidTransform: "invalid mapping destination: invalid transform",
  unknownFunction: "invalid mapping destination: unknown function",
  outOfRange: "invalid mapping destination: wildcard index out of range",
  notAllWildcards: "invalid mapping destination: not using all of the token wildcard(s)",
  tooFewArguments: "invalid mapping destination: not enough arguments passed to the function",
  tooManyArguments: "invalid mapping destination: too many arguments passed to the function",
  badArgument: "invalid mapping destination: function argument is invalid or in the wrong format",
  onlyWildcard:
    "invalid mapping destination: the only mapping function allowed for import transforms is {{Wildcard()}}",
} as const;

const call = /\{\{\s*([A-Za-z]+)\s*\((.*)\)\s*\}\}/;
const integer = /^[+-]?\d+$/;
const largestInteger = 2n ** 63n - 1n;
const largest32 = 2n ** 31n - 1n;

type Parsed = Result<MappingFunction, string>;
type Reader = (token: string, given: readonly string[]) => Parsed;

/** First letters of the words of a name may be of either case. */
const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ["wildcard", readWildcard],
  ["partition", readPartition],
  ["splitFromLeft", cutReader("splitFromLeft")],
  ["splitFromRight", cutReader("splitFromRight")],
  ["sliceFromLeft", cutReader("sliceFromLeft")],
  ["sliceFromRight", cutReader("sliceFromRight")],
  ["left", cutReader("left")],
  ["right", cutReader("right")],
  ["split", readSplit],
  ["random", readRandom],
]);

const namesByLowerCase: ReadonlyMap<string, string> = new Map(
  [...readers.keys()].map((name) => [name.toLowerCase(), name]),
);

export function parseMappingFunction(token: string): Parsed {
  if (token.length > 1 && token.startsWith("$")) {
    const wildcard = integerOf(token.slice(1));
    return accepted(
      wildcard === null ? { kind: "literal", text: token } : { kind: "wildcard", wildcard },
    );
  }
  if (!looksLikeFunction(token)) {
    return accepted({ kind: "literal", text: token });
  }
  const [, name = "", given = ""] = call.exec(token) ?? [];
  const reader = readers.get(canonicalName(name));
  return reader === undefined
    ? refusal(mappingRefusal.unknownFunction, token)
    : reader(token, given.split(/,\s*/));
}

export function looksLikeFunction(token: string): boolean {
  return token.length > 4 && token.startsWith("{{") && token.endsWith("}}");
}

export function refusal(what: string, token: string): { ok: false; refusal: string } {
  return refused(`${what} in ${token}`);
}

/** "SplitFromleft" is splitFromLeft, "SPLITFROMLEFT" is nothing. */
function canonicalName(written: string): string {
  const name = namesByLowerCase.get(written.toLowerCase());
  if (name === undefined) {
    return "";
  }
  for (const [at, letter] of [...name].entries()) {
    const isFirstOfWord = at === 0 || letter !== letter.toLowerCase();
    if (!isFirstOfWord && written[at] !== letter) {
      return "";
    }
  }
  return name;
}

function readWildcard(token: string, given: readonly string[]): Parsed {
  const [first = "", ...more] = given;
  if (more.length > 0) {
    return refusal(mappingRefusal.tooManyArguments, token);
  }
  if (first === "") {
    return refusal(mappingRefusal.tooFewArguments, token);
  }
  const wildcard = integerOf(first);
  return wildcard === null
    ? refusal(mappingRefusal.badArgument, token)
    : accepted({ kind: "wildcard", wildcard });
}

function readPartition(token: string, given: readonly string[]): Parsed {
  const [first = "", ...more] = given;
  const buckets = countOf(first);
  const wildcards: number[] = [];
  for (const text of more) {
    const wildcard = integerOf(text);
    if (wildcard === null) {
      return refusal(mappingRefusal.badArgument, token);
    }
    wildcards.push(wildcard);
  }
  return buckets === null
    ? refusal(mappingRefusal.badArgument, token)
    : accepted({ kind: "partition", buckets, wildcards });
}

function readRandom(token: string, given: readonly string[]): Parsed {
  if (given.length !== 1) {
    return refusal(mappingRefusal.tooFewArguments, token);
  }
  const bound = countOf(given[0] ?? "");
  return bound === null
    ? refusal(mappingRefusal.badArgument, token)
    : accepted({ kind: "random", bound });
}

function cutReader(name: CutName): Reader {
  return (token, given) => {
    const wrongCount = wrongCountOfTwo(given);
    if (wrongCount !== null) {
      return refusal(wrongCount, token);
    }
    const wildcard = integerOf(given[0] ?? "");
    const size = integerOf(given[1] ?? "");
    if (wildcard === null || size === null || Math.abs(size) > Number(largest32)) {
      return refusal(mappingRefusal.badArgument, token);
    }
    return accepted({ kind: "cut", name, wildcard, size });
  };
}

function readSplit(token: string, given: readonly string[]): Parsed {
  const wrongCount = wrongCountOfTwo(given);
  if (wrongCount !== null) {
    return refusal(wrongCount, token);
  }
  const wildcard = integerOf(given[0] ?? "");
  const delimiter = given[1] ?? "";
  if (wildcard === null || delimiter.includes(" ") || delimiter.includes(".")) {
    return refusal(mappingRefusal.badArgument, token);
  }
  return accepted({ kind: "split", wildcard, delimiter });
}

function wrongCountOfTwo(given: readonly string[]): string | null {
  if (given.length < 2) {
    return mappingRefusal.tooFewArguments;
  }
  return given.length > 2 ? mappingRefusal.tooManyArguments : null;
}

/** A decimal that fits 64 bits, or null. */
function wholeOf(text: string): bigint | null {
  const digits = text.replace(/^ +| +$/g, "");
  if (!integer.test(digits)) {
    return null;
  }
  const value = BigInt(digits.replace("+", ""));
  return value > largestInteger || value < -largestInteger - 1n ? null : value;
}

function integerOf(text: string): number | null {
  const value = wholeOf(text);
  return value === null ? null : Number(value);
}

/** A number of buckets: what is too large for 32 bits is refused, what is negative wraps as 32 bits do. */
function countOf(text: string): number | null {
  const value = wholeOf(text);
  return value === null || value > largest32 ? null : Number(BigInt.asIntN(32, value));
}
