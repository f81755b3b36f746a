// The headers of a publish that the server knows, found in one pass over the block: where each value lies. Keys are
// case-sensitive and the first of a key counts. It knows no meaning of any.

import { byteTextAt } from "../../base/byte-text.ts";
import { utf8Bytes } from "../../base/bytes.ts";

/** Numbers of the headers; their names stand below in the same order. */
export const natsHeader = {
  messageId: 0,
  expectedStream: 1,
  expectedLastSequence: 2,
  expectedLastSubjectSequence: 3,
  expectedLastSubjectSequenceSubject: 4,
  expectedLastMessageId: 5,
  rollup: 6,
  ttl: 7,
  increment: 8,
  batchId: 9,
  batchSequence: 10,
  batchCommit: 11,
  schedule: 12,
  scheduleTarget: 13,
  scheduleTtl: 14,
  scheduleSource: 15,
  scheduleTimeZone: 16,
  scheduleRollup: 17,
  scheduler: 18,
  scheduleNext: 19,
  streamSource: 20,
  markerReason: 21,
  keyValueOperation: 22,
  requestInfo: 23,
  counterSources: 24,
  requiredApiLevel: 25,
  traceDestination: 26,
} as const;

export type NatsHeader = (typeof natsHeader)[keyof typeof natsHeader];

export const natsHeaderNames: readonly string[] = [
  "Nats-Msg-Id",
  "Nats-Expected-Stream",
  "Nats-Expected-Last-Sequence",
  "Nats-Expected-Last-Subject-Sequence",
  "Nats-Expected-Last-Subject-Sequence-Subject",
  "Nats-Expected-Last-Msg-Id",
  "Nats-Rollup",
  "Nats-TTL",
  "Nats-Incr",
  "Nats-Batch-Id",
  "Nats-Batch-Sequence",
  "Nats-Batch-Commit",
  "Nats-Schedule",
  "Nats-Schedule-Target",
  "Nats-Schedule-TTL",
  "Nats-Schedule-Source",
  "Nats-Schedule-Time-Zone",
  "Nats-Schedule-Rollup",
  "Nats-Scheduler",
  "Nats-Schedule-Next",
  "Nats-Stream-Source",
  "Nats-Marker-Reason",
  "KV-Operation",
  "Nats-Request-Info",
  "Nats-Counter-Sources",
  "Nats-Required-Api-Level",
  "Nats-Trace-Dest",
];

interface KnownKey {
  readonly header: number;
  readonly bytes: Uint8Array;
}

const carriageReturn = 0x0d;
const lineFeed = 0x0a;
const colon = 0x3a;
const blank = 0x20;
const absent = -1;
const maxSafeDigits = 15;

const keysByLength: readonly (readonly KnownKey[])[] = knownKeys();

export class NatsHeaders {
  #bytes: Uint8Array = new Uint8Array(0);
  readonly #starts: Int32Array = new Int32Array(natsHeaderNames.length).fill(absent);
  readonly #ends: Int32Array = new Int32Array(natsHeaderNames.length);
  #found = 0;

  /** How many of the known headers are there. */
  get count(): number {
    return this.#found;
  }

  clear(): void {
    if (this.#found > 0) {
      this.#starts.fill(absent);
      this.#found = 0;
    }
  }

  /** Forgets what was read before. The block may start with any status line. */
  read(bytes: Uint8Array, start: number, length: number): void {
    this.clear();
    this.#bytes = bytes;
    const end = start + length;
    let at = nextLine(bytes, start, end);
    while (at < end) {
      const stop = lineStop(bytes, at, end);
      this.#readLine(bytes, at, stop);
      at = stop + 2;
    }
  }

  has(header: NatsHeader): boolean {
    return (this.#starts[header] ?? absent) !== absent;
  }

  /** Whether it is there and says something. */
  hasValue(header: NatsHeader): boolean {
    const start = this.#starts[header] ?? absent;
    return start !== absent && (this.#ends[header] ?? 0) > start;
  }

  /** Byte text, "" when it is not there. */
  text(header: NatsHeader): string {
    const start = this.#starts[header] ?? absent;
    return start === absent
      ? ""
      : byteTextAt(this.#bytes, start, (this.#ends[header] ?? 0) - start);
  }

  /** A view of the value where it lies; null when it is not there. */
  value(header: NatsHeader): Uint8Array | null {
    const start = this.#starts[header] ?? absent;
    return start === absent ? null : this.#bytes.subarray(start, this.#ends[header]);
  }

  /** The value as a number of digits only; -1 when it is none, null when it is empty or not there. */
  number(header: NatsHeader): number | null {
    const start = this.#starts[header] ?? absent;
    const end = this.#ends[header] ?? 0;
    if (start === absent || start === end) {
      return null;
    }
    return digitsIn(this.#bytes, start, end);
  }

  #readLine(bytes: Uint8Array, start: number, stop: number): void {
    let at = start;
    while (at < stop && bytes[at] !== colon) {
      at++;
    }
    const header = at < stop ? headerOf(bytes, start, at - start) : absent;
    if (header === absent || this.#starts[header] !== absent) {
      return;
    }
    at++;
    while (at < stop && bytes[at] === blank) {
      at++;
    }
    this.#starts[header] = at;
    this.#ends[header] = stop;
    this.#found++;
  }
}

/** -1 when it is no number, or one too large to be any. */
export function digitsIn(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) {
      return -1;
    }
    value = value * 10 + digit;
  }
  return end - start > maxSafeDigits && value > Number.MAX_SAFE_INTEGER ? -1 : value;
}

function headerOf(bytes: Uint8Array, start: number, length: number): number {
  const keys = keysByLength[length];
  if (keys === undefined) {
    return absent;
  }
  for (const key of keys) {
    if (isAt(bytes, start, key.bytes)) {
      return key.header;
    }
  }
  return absent;
}

function isAt(bytes: Uint8Array, start: number, wanted: Uint8Array): boolean {
  for (let at = 0; at < wanted.length; at++) {
    if (bytes[start + at] !== wanted[at]) {
      return false;
    }
  }
  return true;
}

/** Where the line ends, without its CRLF. */
function lineStop(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    if (bytes[at] === carriageReturn && bytes[at + 1] === lineFeed && at + 1 < end) {
      return at;
    }
  }
  return end;
}

function nextLine(bytes: Uint8Array, start: number, end: number): number {
  return lineStop(bytes, start, end) + 2;
}

function knownKeys(): readonly (readonly KnownKey[])[] {
  const byLength: KnownKey[][] = [];
  for (const [header, name] of natsHeaderNames.entries()) {
    const bytes = utf8Bytes(name);
    const known = byLength[bytes.length];
    if (known === undefined) {
      byLength[bytes.length] = [{ header, bytes }];
    } else {
      known.push({ header, bytes });
    }
  }
  return byLength;
}
