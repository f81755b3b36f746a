// What the body of an acknowledgement says. Read from bytes; strings are made only for what comes with a verb.

import { parseJsonObject } from "../../base/decode.ts";
import { parseGoDuration } from "../../base/parse-go-time.ts";

export type AckVerb = "ack" | "nak" | "progress" | "next" | "term" | "unknown";

const plus = 0x2b;
const minus = 0x2d;
const upperA = 0x41;
const upperN = 0x4e;
const upperO = 0x4f;
const upperT = 0x54;
const upperW = 0x57;
const nanosPerMilli = 1_000_000;

const decoder: TextDecoder = new TextDecoder();

/** Bodies that only begin with a word may go on with what belongs to it. */
export function ackVerbOf(bytes: Uint8Array, start: number, length: number): AckVerb {
  if (length === 0) {
    return "ack";
  }
  const first = bytes[start];
  const second = bytes[start + 1];
  if (first === minus) {
    return startsWith(bytes, start, length, "-NAK") ? "nak" : "unknown";
  }
  if (first !== plus) {
    return "unknown";
  }
  switch (second) {
    case upperA:
      return length === 4 && startsWith(bytes, start, length, "+ACK") ? "ack" : "unknown";
    case upperO:
      return length === 3 && startsWith(bytes, start, length, "+OK") ? "ack" : "unknown";
    case upperN:
      return startsWith(bytes, start, length, "+NXT") ? "next" : "unknown";
    case upperT:
      return startsWith(bytes, start, length, "+TERM") ? "term" : "unknown";
    case upperW:
      return length === 4 && startsWith(bytes, start, length, "+WPI") ? "progress" : "unknown";
    default:
      return "unknown";
  }
}

/** What stands behind the word. */
export function ackArgument(body: Uint8Array, verb: AckVerb): string {
  const word = verb === "term" ? "+TERM" : "-NAK";
  return decoder.decode(body.subarray(word.length)).trim();
}

/** `{"delay": nanoseconds}` or "10s" in milliseconds; null when it is neither. */
export function delayOf(argument: string): number | null {
  if (!argument.startsWith("{")) {
    const nanos = parseGoDuration(argument);
    return nanos === null ? null : Number(nanos) / nanosPerMilli;
  }
  const parsed = parseJsonObject(argument);
  if (!parsed.ok) {
    return null;
  }
  const key = Object.keys(parsed.value).find((name) => name.toLowerCase() === "delay");
  const delay = key === undefined ? 0 : parsed.value[key];
  return typeof delay === "number" && Number.isInteger(delay) ? delay / nanosPerMilli : null;
}

function startsWith(bytes: Uint8Array, start: number, length: number, word: string): boolean {
  if (length < word.length) {
    return false;
  }
  for (let at = 0; at < word.length; at++) {
    if (bytes[start + at] !== word.charCodeAt(at)) {
      return false;
    }
  }
  return true;
}
