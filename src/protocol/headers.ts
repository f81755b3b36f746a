// Header blocks of messages: NATS/1.0, perhaps a status, then `Key: value` lines up to an empty one. Reads and edits
// them as bytes, and bears any bytes: what is malformed is kept and simply not found. Keys are case-sensitive.

export interface HeaderStatus {
  /** 0 when the block has none. */
  readonly code: number;
  readonly description: string;
}

const versionLine = "NATS/1.0";
const carriageReturn = 0x0d;
const lineFeed = 0x0a;
const colon = 0x3a;
const blank = 0x20;

const encoder: TextEncoder = new TextEncoder();
const decoder: TextDecoder = new TextDecoder("utf-8", { ignoreBOM: true });
const empty: Uint8Array = new Uint8Array(0);

interface Line {
  readonly start: number;
  /** Without the line end. */
  readonly end: number;
  /** Behind the line end. */
  readonly next: number;
}

/** A block of these lines, in this order. A status gives `NATS/1.0 <status>`. */
export function headerBlock(
  entries: readonly (readonly [key: string, value: string])[],
  status = "",
): Uint8Array {
  const first = status === "" ? versionLine : `${versionLine} ${status}`;
  const lines = entries.map(([key, value]) => headerLine(key, value)).join("");
  return encoder.encode(`${first}\r\n${lines}\r\n`);
}

/** Status and description of the first line, "503" or "408 Request Timeout". */
export function statusOf(block: Uint8Array): HeaderStatus {
  const first = linesOf(block).next().value;
  const text = first === undefined ? "" : decoder.decode(block.subarray(first.start, first.end));
  const found = text.startsWith(versionLine)
    ? /^\s*(\d{3})(?:\s+(.*))?$/.exec(text.slice(versionLine.length))
    : null;
  return { code: Number(found?.[1] ?? 0), description: (found?.[2] ?? "").trim() };
}

/** The first value of the key, without the blanks before it, or null. */
export function headerValue(block: Uint8Array, key: string): string | null {
  const wanted = encoder.encode(key);
  for (const line of headerLinesOf(block)) {
    if (isLineOf(block, line, wanted)) {
      return valueIn(block, line, wanted.length);
    }
  }
  return null;
}

export function headerValues(block: Uint8Array, key: string): readonly string[] {
  const wanted = encoder.encode(key);
  const values: string[] = [];
  for (const line of headerLinesOf(block)) {
    if (isLineOf(block, line, wanted)) {
      values.push(valueIn(block, line, wanted.length));
    }
  }
  return values;
}

/** All lines in order; a line without a colon is left out. */
export function headerEntries(block: Uint8Array): readonly (readonly [string, string])[] {
  const entries: [string, string][] = [];
  for (const line of headerLinesOf(block)) {
    const at = block.subarray(line.start, line.end).indexOf(colon);
    if (at > 0) {
      const key = decoder.decode(block.subarray(line.start, line.start + at));
      entries.push([key, valueIn(block, line, at)]);
    }
  }
  return entries;
}

/** The block with one more line at its end; an empty block becomes one of this line. */
export function withHeader(block: Uint8Array, key: string, value: string): Uint8Array {
  const line = encoder.encode(`${headerLine(key, value)}\r\n`);
  const kept = block.length === 0 ? encoder.encode(`${versionLine}\r\n`) : withoutEnd(block);
  return joined([kept, line]);
}

/** As withHeader, but it is then the only line of that key. */
export function withOnlyHeader(block: Uint8Array, key: string, value: string): Uint8Array {
  return withHeader(withoutHeader(block, key), key, value);
}

/** Without the lines of that key. A block that then says nothing, not even a status, becomes an empty one. */
export function withoutHeader(block: Uint8Array, key: string): Uint8Array {
  const wanted = encoder.encode(key);
  return withoutLines(block, (line) => isLineOf(block, line, wanted));
}

/** As withoutHeader, of all keys that are unwanted. A line without a colon stays. */
export function withoutHeaders(
  block: Uint8Array,
  isUnwanted: (key: string) => boolean,
): Uint8Array {
  return withoutLines(block, (line) => {
    const at = block.subarray(line.start, line.end).indexOf(colon);
    return at > 0 && isUnwanted(decoder.decode(block.subarray(line.start, line.start + at)));
  });
}

function withoutLines(block: Uint8Array, isUnwanted: (line: Line) => boolean): Uint8Array {
  const kept: Uint8Array[] = [];
  let from = 0;
  for (const line of headerLinesOf(block)) {
    if (isUnwanted(line)) {
      kept.push(block.subarray(from, line.start));
      from = line.next;
    }
  }
  if (from === 0) {
    return block;
  }
  kept.push(block.subarray(from));
  const left = joined(kept);
  return left.length <= versionLine.length + 4 ? empty : left;
}

/** A value cannot break out of its line. */
function headerLine(key: string, value: string): string {
  return `${key}: ${value.replace(/[\r\n]/g, " ").trim()}\r\n`;
}

/** Without the empty line that ends it. */
function withoutEnd(block: Uint8Array): Uint8Array {
  const endsLine = (length: number): boolean =>
    block[length - 2] === carriageReturn && block[length - 1] === lineFeed;
  if (!endsLine(block.length)) {
    return joined([block, encoder.encode("\r\n")]);
  }
  return endsLine(block.length - 2) ? block.subarray(0, block.length - 2) : block;
}

function* linesOf(block: Uint8Array): Generator<Line, undefined> {
  for (let start = 0; start < block.length; ) {
    const end = lineEnd(block, start);
    const next = Math.min(end + 2, block.length);
    yield { start, end, next };
    start = next;
  }
  return undefined;
}

/** All lines behind the first. */
function* headerLinesOf(block: Uint8Array): Generator<Line, undefined> {
  let isFirst = true;
  for (const line of linesOf(block)) {
    if (!isFirst) {
      yield line;
    }
    isFirst = false;
  }
  return undefined;
}

/** Where the next CRLF begins, or the end of the block. */
function lineEnd(block: Uint8Array, start: number): number {
  for (let at = block.indexOf(carriageReturn, start); at !== -1; ) {
    if (block[at + 1] === lineFeed) {
      return at;
    }
    at = block.indexOf(carriageReturn, at + 1);
  }
  return block.length;
}

function isLineOf(block: Uint8Array, line: Line, key: Uint8Array): boolean {
  if (line.end - line.start <= key.length || block[line.start + key.length] !== colon) {
    return false;
  }
  for (const [at, byte] of key.entries()) {
    if (block[line.start + at] !== byte) {
      return false;
    }
  }
  return true;
}

function valueIn(block: Uint8Array, line: Line, keyLength: number): string {
  let start = line.start + keyLength + 1;
  while (start < line.end && block[start] === blank) {
    start++;
  }
  return decoder.decode(block.subarray(start, line.end));
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
