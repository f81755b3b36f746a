// Reads the words of a command line as Go's flag package does: one dash or two, a value behind `=` or a blank.
// It acts on nothing and knows no file; which flags there are is told by config/flags.ts.

import { type FlagDefinition, type Flags, flagDefinitions } from "../config/flags.ts";

/** What the command line asks for. */
export type Request =
  | { readonly kind: "version" }
  | { readonly kind: "help" }
  | { readonly kind: "tls-help" }
  /** A flag that is not one, or a value that does not fit: the message, then the usage. */
  | { readonly kind: "misused"; readonly message: string }
  /** A word that means nothing here. */
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "signal"; readonly command: string }
  | { readonly kind: "check"; readonly flags: Flags }
  | { readonly kind: "serve"; readonly flags: Flags };

type Value = string | number | boolean;

interface Scan {
  readonly values: Map<FlagDefinition, Value>;
  readonly fields: Record<string, Value>;
  readonly unsupported: string[];
  readonly words: readonly string[];
}

/** Thrown inside this file only: how the command line was misused. */
class Misuse extends Error {}

const definitions: ReadonlyMap<string, FlagDefinition> = new Map(
  flagDefinitions.flatMap((definition) =>
    definition.names.map((name): [string, FlagDefinition] => [name, definition]),
  ),
);

const truths: ReadonlySet<string> = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const untruths: ReadonlySet<string> = new Set(["0", "f", "F", "FALSE", "false", "False"]);

export function parseArguments(args: readonly string[]): Request {
  let scan: Scan;
  try {
    scan = scanArguments(args);
  } catch (failure) {
    if (failure instanceof Misuse) {
      return { kind: "misused", message: failure.message };
    }
    throw failure;
  }
  return requestOf(scan);
}

function requestOf(scan: Scan): Request {
  const asks = (name: string): boolean => givenValue(scan, name) === true;
  if (asks("v")) {
    return { kind: "version" };
  }
  if (asks("h")) {
    return { kind: "help" };
  }
  if (asks("help_tls")) {
    return { kind: "tls-help" };
  }
  const word = scan.words[0];
  if (word !== undefined) {
    return requestOfWord(word);
  }
  const command = givenValue(scan, "sl");
  if (typeof command === "string" && command !== "") {
    return { kind: "signal", command };
  }
  // Every field was filled by a flag of its own kind, as the definitions say.
  const flags = { ...scan.fields, unsupported: scan.unsupported } as Flags;
  return { kind: asks("t") ? "check" : "serve", flags };
}

function requestOfWord(word: string): Request {
  switch (word.toLowerCase()) {
    case "version":
      return { kind: "version" };
    case "help":
      return { kind: "help" };
    default:
      return { kind: "refused", message: `unrecognized command: ${JSON.stringify(word)}` };
  }
}

function givenValue(scan: Scan, name: string): Value | undefined {
  const definition = definitions.get(name);
  return definition === undefined ? undefined : scan.values.get(definition);
}

function scanArguments(args: readonly string[]): Scan {
  const scan = { values: new Map<FlagDefinition, Value>(), fields: {}, unsupported: [] };
  let index = 0;
  while (index < args.length) {
    const arg = args[index] ?? "";
    if (arg.length < 2 || !arg.startsWith("-")) {
      break;
    }
    index += 1;
    if (arg === "--") {
      break;
    }
    index += takeFlag(scan, arg, args[index]);
  }
  return { ...scan, words: args.slice(index) };
}

/** Takes one flag and gives how many of the words behind it belong to it. */
function takeFlag(scan: Omit<Scan, "words">, arg: string, next: string | undefined): 0 | 1 {
  const text = arg.startsWith("--") ? arg.slice(2) : arg.slice(1);
  if (text === "" || text.startsWith("-") || text.startsWith("=")) {
    throw new Misuse(`bad flag syntax: ${arg}`);
  }
  const cut = text.indexOf("=", 1);
  const name = cut < 0 ? text : text.slice(0, cut);
  const definition = definitions.get(name);
  if (definition === undefined) {
    throw new Misuse(`flag provided but not defined: -${name}`);
  }
  const attached = cut < 0 ? undefined : text.slice(cut + 1);
  if (definition.kind === "boolean") {
    record(scan, name, definition, booleanOf(name, attached ?? "true"));
    return 0;
  }
  const given = attached ?? next;
  if (given === undefined) {
    throw new Misuse(`flag needs an argument: -${name}`);
  }
  record(scan, name, definition, definition.kind === "integer" ? integerOf(name, given) : given);
  return attached === undefined ? 1 : 0;
}

function record(
  scan: Omit<Scan, "words">,
  name: string,
  definition: FlagDefinition,
  value: Value,
): void {
  scan.values.set(definition, value);
  for (const field of definition.fields) {
    scan.fields[field] = value;
  }
  // Nought, nothing and no ask for nothing that would be missed.
  if (definition.meaning === "unsupported" && value !== false && value !== "" && value !== 0) {
    scan.unsupported.push(name);
  }
}

function booleanOf(name: string, text: string): boolean {
  if (truths.has(text)) {
    return true;
  }
  if (untruths.has(text)) {
    return false;
  }
  throw new Misuse(`invalid boolean value ${JSON.stringify(text)} for -${name}: parse error`);
}

const integerPattern: RegExp =
  /^([+-]?)(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]*|[1-9][0-9_]*)$/;

function integerOf(name: string, text: string): number {
  const match = integerPattern.exec(text);
  if (match === null) {
    throw new Misuse(`invalid value ${JSON.stringify(text)} for flag -${name}: parse error`);
  }
  const digits = (match[2] ?? "").replaceAll("_", "");
  const value = Number(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
  if (!Number.isSafeInteger(value)) {
    throw new Misuse(`invalid value ${JSON.stringify(text)} for flag -${name}: value out of range`);
  }
  return match[1] === "-" ? -value : value;
}
