// Bytes of a client, as a string with one character a byte, into control lines.
// It is given all bytes that were not consumed yet, always from the beginning of an op; it knows no connection.

import { type ParseError, parseError } from "../../src/wasm/fabric.ts";

/** After these the next byte must be a space or a tab. */
const verbsWithBlank = ["PUB", "HPUB", "SUB", "UNSUB", "-ERR"] as const;
/** After these anything may follow up to the line's end, and it is the argument. */
const verbsWithText = ["CONNECT", "INFO"] as const;
/** After these anything may follow up to the line's end, and nobody looks at it. */
const verbsAlone = ["PING", "PONG", "+OK"] as const;

export type Verb =
  | (typeof verbsWithBlank)[number]
  | (typeof verbsWithText)[number]
  | (typeof verbsAlone)[number];

const verbs: readonly Verb[] = [...verbsWithBlank, ...verbsWithText, ...verbsAlone];

export type Line =
  | { readonly kind: "incomplete" }
  | { readonly kind: "broken"; readonly error: ParseError }
  | {
      readonly kind: "line";
      readonly verb: Verb;
      readonly argument: string;
      /** Bytes of the whole line with its end. */
      readonly length: number;
    };

const incomplete: Line = { kind: "incomplete" };

function broken(error: ParseError): Line {
  return { kind: "broken", error };
}

/** Only ASCII letters: the Unicode rules would turn one 8-bit letter into two. */
function upperCase(text: string): string {
  return text.replace(/[a-z]/g, (letter) => letter.toUpperCase());
}

/** The verb the input begins with; "incomplete" while it may still become one; null when it cannot. */
function readVerb(input: string): Verb | "incomplete" | null {
  for (const verb of verbs) {
    if (upperCase(input.slice(0, verb.length)) === verb) {
      return verb;
    }
  }
  const start = upperCase(input.slice(0, 7));
  return verbs.some((verb) => verb.startsWith(start)) ? "incomplete" : null;
}

function isBlank(character: string): boolean {
  return character === " " || character === "\t";
}

function includes<T extends string>(list: readonly T[], value: string): value is T {
  return (list as readonly string[]).includes(value);
}

/** A line ends at \n; one \r right before it does not belong to the argument. */
export function readLine(input: string, maxControlLine: number): Line {
  const verb = readVerb(input);
  if (verb === "incomplete") {
    return incomplete;
  }
  if (verb === null) {
    return broken(parseError.unknownOperation);
  }
  const lineEnd = input.indexOf("\n");
  if (includes(verbsAlone, verb)) {
    return lineEnd < 0 ? incomplete : { kind: "line", verb, argument: "", length: lineEnd + 1 };
  }
  if (includes(verbsWithBlank, verb) && input.length > verb.length) {
    if (!isBlank(input.charAt(verb.length))) {
      return broken(parseError.unknownOperation);
    }
  }
  let start = verb.length;
  while (isBlank(input.charAt(start))) {
    start += 1;
  }
  const text = lineEnd < 0 ? input.slice(start) : input.slice(start, lineEnd);
  const argument = text.endsWith("\r") ? text.slice(0, -1) : text;
  if (argument.length > maxControlLine) {
    return broken(parseError.controlLineTooLong);
  }
  return lineEnd < 0 ? incomplete : { kind: "line", verb, argument, length: lineEnd + 1 };
}

/** A lone carriage return parts the arguments of SUB and UNSUB, but not those of PUB and HPUB, as in the reference. */
const blanks = { publish: /[ \t]+/, subscribe: /[ \t\r]+/ } as const;

function splitArguments(argument: string, kind: keyof typeof blanks): string[] {
  return argument.split(blanks[kind]).filter((part) => part !== "");
}

/** One to nine decimal digits; anything else is -1. */
export function readSize(text: string): number {
  return /^[0-9]{1,9}$/.test(text) ? Number(text) : -1;
}

/** What the control line of a PUB or HPUB says. */
export interface PublishLine {
  readonly subject: string;
  readonly reply: string;
  /** 0 without a header block. */
  readonly headerLength: number;
  /** Header block and body. */
  readonly size: number;
  /** The sizes as they were written; frames repeat them, leading zeros and all, as the reference does. */
  readonly headerText: string;
  readonly sizeText: string;
}

export function readPublishLine(argument: string, hasHeaders: boolean): PublishLine | ParseError {
  const parts = splitArguments(argument, "publish");
  const sizeText = parts.pop() ?? "";
  const headerText = hasHeaders ? (parts.pop() ?? "") : "0";
  const [subject, reply, tooMany] = parts;
  if (subject === undefined || tooMany !== undefined) {
    return parseError.badArguments;
  }
  const size = readSize(sizeText);
  const headerLength = readSize(headerText);
  if (size < 0 || headerLength < 0) {
    return parseError.badArguments;
  }
  if (headerLength > size) {
    return parseError.badHeaders;
  }
  return { subject, reply: reply ?? "", headerLength, size, headerText, sizeText };
}

export interface SubscribeLine {
  readonly subject: string;
  readonly queue: string;
  readonly sid: string;
}

export function readSubscribeLine(argument: string): SubscribeLine | null {
  const parts = splitArguments(argument, "subscribe");
  const sid = parts.pop();
  const [subject, queue, tooMany] = parts;
  if (sid === undefined || subject === undefined || tooMany !== undefined) {
    return null;
  }
  return { subject, queue: queue ?? "", sid };
}

export interface UnsubscribeLine {
  readonly sid: string;
  /** 0 removes at once; so does a maximum that cannot be read, as in the reference. */
  readonly max: number;
}

export function readUnsubscribeLine(argument: string): UnsubscribeLine | null {
  const [sid, maxText, tooMany] = splitArguments(argument, "subscribe");
  if (sid === undefined || tooMany !== undefined) {
    return null;
  }
  return { sid, max: maxText === undefined ? 0 : Math.max(0, readSize(maxText)) };
}
