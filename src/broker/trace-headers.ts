// What the header block of a message says about tracing it (ADR-41), read as the reference reads it. Whether the wish is
// granted is not decided here.

import { byteTextAt, readableText } from "../base/byte-text.ts";
import { sortedMap } from "../base/go-json.ts";

export const traceDestination = "Nats-Trace-Dest";
/** As the destination: no trace, here or further on. It is no subject. */
export const tracingDisabled = "trace disabled";

const versionLine = "NATS/1.0\r\n";
const traceOnly = "Nats-Trace-Only";
const originAccount = "Nats-Trace-Origin-Account";
const acceptEncoding = "Accept-Encoding";
const traceParent = /^traceparent$/i;
const lineEnd = "\r\n";
const yes = /^(?:1|true|on)$/i;
const flagBits = /^\+?([0-9a-f]{1,2})$/i;
const largestFlags = 0x7f;

export interface TraceWish {
  /** Byte text; null is where the account sends traces of what others trace (traceparent). */
  readonly destination: string | null;
  /** The message itself is not to be delivered. */
  readonly isOnly: boolean;
  /** What servers of old wrote, and nobody may now; "" is nothing. */
  readonly originAccount: string;
  /** The encodings that the trace may have, in lower case; "" is none. */
  readonly encodings: string;
  /** All headers, as the trace shows them. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
}

type Lines = readonly (readonly [key: string, value: string])[];

/** Null when it wants no trace. */
export function readTraceWish(block: Uint8Array): TraceWish | null {
  const lines = linesOf(byteTextAt(block, 0, block.length));
  const destination = firstOf(lines, traceDestination);
  if (destination === tracingDisabled || (destination === "" && !lines.some(isSampledElsewhere))) {
    return null;
  }
  return {
    destination: destination === "" ? null : destination,
    isOnly: destination !== "" && yes.test(firstOf(lines, traceOnly)),
    originAccount: readableText(firstOf(lines, originAccount)),
    encodings: firstOf(lines, acceptEncoding).toLowerCase(),
    headers: sortedMap(shown(lines)),
  };
}

/** A line without a colon becomes part of the next key; one without key or value is passed over. */
function linesOf(block: string): Lines {
  const lines: (readonly [string, string])[] = [];
  let at = block.startsWith(versionLine) ? versionLine.length : block.length;
  while (at < block.length) {
    const colon = block.indexOf(":", at);
    const end = colon < 0 ? -1 : block.indexOf(lineEnd, behindBlanks(block, colon + 1));
    if (end < 0) {
      break;
    }
    const key = block.slice(at, colon);
    const value = block.slice(colon + 1, end).replace(/^[ \t]+|[ \t]+$/g, "");
    if (key !== "" && value !== "") {
      lines.push([key, value]);
    }
    at = end + lineEnd.length;
  }
  return lines;
}

function shown(lines: Lines): Readonly<Record<string, readonly string[]>> {
  const byKey = Map.groupBy(lines, ([key]) => readableText(key));
  const values = [...byKey].map(([key, of]) => [key, of.map(([, value]) => readableText(value))]);
  return Object.fromEntries(values);
}

function behindBlanks(text: string, start: number): number {
  let at = start;
  while (text[at] === " " || text[at] === "\t") {
    at += 1;
  }
  return at;
}

function firstOf(lines: Lines, wanted: string): string {
  return lines.find(([key]) => key === wanted)?.[1] ?? "";
}

/** version-trace-parent-flags: the lowest bit of the flags says sampled. The flags are a signed byte to the reference. */
function isSampledElsewhere([key, value]: Lines[number]): boolean {
  if (!traceParent.test(key)) {
    return false;
  }
  const parts = value.split("-");
  const flags = parts[3] ?? "";
  const digits = parts.length === 4 && flags.length === 2 ? flagBits.exec(flags)?.[1] : undefined;
  const bits = Number.parseInt(digits ?? "0", 16);
  return bits <= largestFlags && bits % 2 === 1;
}
