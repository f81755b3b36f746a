// Protocol tracing for the log: reads the bytes of one connection beside the fast road, which stays untouched by it, and
// writes a line per op. Secrets in CONNECT are blotted out. It judges nothing; what it cannot read it skips.

import type { Log } from "../ports/log.ts";
import { goQuoteBytes } from "../protocol/go-quote.ts";

export interface TraceLimits {
  /** Only the header blocks of messages are shown. */
  readonly traceHeaders: boolean;
  /** 0 is no limit. */
  readonly maxTracedMessageLength: number;
}

const decoder: TextDecoder = new TextDecoder();
const newLine = 0x0a;
const carriageReturn = 0x0d;
const lineEndLength = 2;
/** A header block ends with an empty line. */
const headerEndLength = 4;
/** A line longer than this is not an op. */
const lineMax = 1024 * 1024;

const secretByPrefix = /"?\s*(?:auth_token\S*?|pass\S*?)"?\s*[:=]\s*"?([^",\r\n}]*)/dg;
const secretByName = /(?:^|[^A-Za-z0-9_])"?\s*(?:proxy_sig|nkey|sig)"?\s*[:=]\s*"?([^",\r\n}]*)/dg;

/** A line that announces a message: how long its block of headers and its whole payload are. */
interface Announced {
  readonly headerLength: number;
  readonly length: number;
}

const noPayload = 0;

export class ProtocolTrace {
  readonly #log: Log;
  readonly #label: () => string;
  readonly #in: OpStream;
  readonly #out: OpStream;

  constructor(log: Log, label: () => string, limits: () => TraceLimits) {
    this.#log = log;
    this.#label = label;
    this.#in = new OpStream(limits, (line) => this.#receivedLine(line), this.#write("<<-"));
    this.#out = new OpStream(limits, (line) => this.#sentLine(line), this.#write("->>"));
  }

  received(chunk: Uint8Array): void {
    this.#in.read(chunk);
  }

  sent(chunk: Uint8Array): void {
    this.#out.read(chunk);
  }

  #write(arrow: string): (text: string) => void {
    return (text) => this.#log.trace(`${this.#label()} - ${arrow} ${text}`);
  }

  #receivedLine(line: string): Announced | null {
    const { verb, argument } = opOf(line);
    switch (verb) {
      case "PUB":
      case "HPUB":
        this.#write("<<-")(`[${verb} ${argument}]`);
        return announced(argument, verb === "HPUB");
      case "SUB":
      case "UNSUB":
        this.#write("<<-")(`[${verb} ${argument}]`);
        return null;
      case "CONNECT":
        this.#write("<<-")(`[CONNECT ${withoutSecrets(argument)}]`);
        return null;
      case "PING":
      case "PONG":
        this.#write("<<-")(`[${verb}]`);
        return null;
      default:
        return null;
    }
  }

  #sentLine(line: string): Announced | null {
    const { verb, argument } = opOf(line);
    switch (verb) {
      case "MSG":
      case "HMSG":
        this.#write("->>")(`[${verb} ${argument}]`);
        return announced(argument, verb === "HMSG");
      case "+OK":
        this.#write("->>")("[OK]");
        return null;
      case "-ERR":
        this.#write("->>")(`[-ERR ${argument.replace(/^'|'$/g, "")}]`);
        return null;
      case "PING":
      case "PONG":
        this.#write("->>")(`[${verb}]`);
        return null;
      default:
        return null;
    }
  }
}

/** Splits one direction of bytes into lines and the payloads that lines announce. */
class OpStream {
  readonly #limits: () => TraceLimits;
  readonly #onLine: (line: string) => Announced | null;
  readonly #write: (text: string) => void;
  #rest: Uint8Array = new Uint8Array(0);
  #awaited: Announced | null = null;

  constructor(
    limits: () => TraceLimits,
    onLine: (line: string) => Announced | null,
    write: (text: string) => void,
  ) {
    this.#limits = limits;
    this.#onLine = onLine;
    this.#write = write;
  }

  read(chunk: Uint8Array): void {
    let bytes = joined(this.#rest, chunk);
    for (let taken = this.#step(bytes); taken > 0; taken = this.#step(bytes)) {
      bytes = bytes.subarray(taken);
    }
    this.#rest =
      bytes.length > lineMax && this.#awaited === null ? bytes.slice(0, 0) : bytes.slice();
  }

  /** Gives how many bytes were understood; 0 when more are needed. */
  #step(bytes: Uint8Array): number {
    if (this.#awaited !== null) {
      const whole = this.#awaited.length + lineEndLength;
      if (bytes.length < whole) {
        return 0;
      }
      this.#tracePayload(bytes.subarray(0, this.#awaited.length), this.#awaited.headerLength);
      this.#awaited = null;
      return whole;
    }
    const end = bytes.indexOf(newLine);
    if (end === -1) {
      return 0;
    }
    const textEnd = bytes[end - 1] === carriageReturn ? end - 1 : end;
    this.#awaited = this.#onLine(decoder.decode(bytes.subarray(0, textEnd)));
    return end + 1;
  }

  #tracePayload(payload: Uint8Array, headerLength: number): void {
    const { traceHeaders, maxTracedMessageLength } = this.#limits();
    const shown = traceHeaders
      ? payload.subarray(0, Math.max(0, headerLength - headerEndLength))
      : payload;
    if (shown.length === 0) {
      return;
    }
    if (maxTracedMessageLength > 0 && shown.length > maxTracedMessageLength) {
      const cut = goQuoteBytes(shown.subarray(0, maxTracedMessageLength));
      this.#write(`MSG_PAYLOAD: [${cut.slice(0, -1)}..."]`);
    } else {
      this.#write(`MSG_PAYLOAD: [${goQuoteBytes(shown)}]`);
    }
  }
}

function opOf(line: string): { readonly verb: string; readonly argument: string } {
  const blank = line.search(/[ \t]/);
  const verb = blank === -1 ? line : line.slice(0, blank);
  const argument = blank === -1 ? "" : line.slice(blank).replace(/^[ \t]+/, "");
  return { verb: verb.toUpperCase(), argument };
}

/** The last one or two numbers of the line. A number that is none ends the connection anyway. */
function announced(argument: string, hasHeaders: boolean): Announced | null {
  const fields = argument.split(/[ \t]+/).filter((field) => field !== "");
  const length = Number(fields.at(-1));
  const headerLength = hasHeaders ? Number(fields.at(-2)) : noPayload;
  return Number.isInteger(length) && Number.isInteger(headerLength) && length >= 0
    ? { length, headerLength }
    : null;
}

function withoutSecrets(json: string): string {
  return redacted(redacted(json, secretByPrefix), secretByName);
}

function redacted(text: string, pattern: RegExp): string {
  let result = "";
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    const place = match.indices?.[1];
    if (place !== undefined) {
      result += `${text.slice(from, place[0])}[REDACTED]`;
      from = place[1];
    }
  }
  return result + text.slice(from);
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  if (one.length === 0) {
    return other;
  }
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
