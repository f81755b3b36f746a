// What a stream has to say and may not say yet: acknowledgements, refusals, answers and republished messages, in order,
// as bytes. Each waits until the store's ticket it was queued with is durable; all that may go leave in one go. JSON is
// written by hand: no object and no string per acknowledgement.

import { utf8Bytes } from "../../base/bytes.ts";
import { goJson } from "../../base/go-json.ts";
import { OutgoingMessage } from "../../base/outgoing-message.ts";
import { type ApiError, apiErrors } from "../api-error.ts";
import type { Outlet } from "../outlet.ts";
import { digitsOf, writeDigits } from "./digits.ts";

const none: Uint8Array = new Uint8Array(0);
const noDoubles: Float64Array = new Float64Array(0);
const noInts: Uint32Array = new Uint32Array(0);
const firstEntries = 16;
const firstBytes = 512;
/** What is larger than that is given back when the queue is empty. */
const keptEntries = 16_384;
const keptBytes = 1024 * 1024;
const maxDigits = 16;
const closingBrace = 0x7d;
/** The one refusal that says it in a status, too. */
const busy = apiErrors.streamTooManyRequests.errCode;

/** What becomes of an entry when the store failed. */
const kind = {
  /** An acknowledgement, its body written when it leaves: it becomes an error. */
  acknowledgement: 0,
  /** As that, with a body of its own. */
  written: 1,
  /** Says nothing that must be durable: leaves all the same. */
  refusal: 2,
  /** Would tell of what may be lost: it is dropped. */
  dropped: 3,
} as const;

type Kind = (typeof kind)[keyof typeof kind];

const tooManyRequests = utf8Bytes("NATS/1.0 429 Too Many Requests\r\n\r\n");

export class AckQueue {
  readonly #outlet: Outlet;
  readonly #name: string;
  readonly #message: OutgoingMessage = new OutgoingMessage();
  #domain = "";
  /** `{"stream":"ORDERS","seq":` and room for the rest. */
  #template: Uint8Array = none;
  #prefixLength = 0;

  #bytes: Uint8Array = none;
  #bytesStart = 0;
  #bytesEnd = 0;
  /** Of the ring of entries. */
  #mask = -1;
  #first = 0;
  #count = 0;
  #tickets: Float64Array = noDoubles;
  #sequences: Float64Array = noDoubles;
  #starts: Uint32Array = noInts;
  #toLengths: Uint32Array = noInts;
  #headerLengths: Uint32Array = noInts;
  #bodyLengths: Uint32Array = noInts;
  #kinds: Uint8Array = none;

  constructor(outlet: Outlet, name: string) {
    this.#outlet = outlet;
    this.#name = name;
    this.#message.isOnce = true;
    this.setDomain("");
  }

  get size(): number {
    return this.#count;
  }

  get memoryBytes(): number {
    return this.#bytes.length + this.#kinds.length * 33;
  }

  setDomain(domain: string): void {
    this.#domain = domain;
    const prefix = utf8Bytes(`${this.#opening()}"seq":`);
    this.#template = new Uint8Array(prefix.length + maxDigits + 1);
    this.#template.set(prefix);
    this.#prefixLength = prefix.length;
  }

  /** The plain acknowledgement; the bytes are those of the reply subject. */
  acknowledge(
    ticket: number,
    sequence: number,
    to: Uint8Array,
    toStart: number,
    toLength: number,
  ): void {
    const entry = this.#push(ticket, kind.acknowledgement, toLength, 0, 0);
    this.#sequences[entry] = sequence;
    copyBytes(to, toStart, toLength, this.#bytes, this.#starts[entry] ?? 0);
  }

  /** `more` stands behind the sequence: `,"duplicate": true`. */
  acknowledgeWith(ticket: number, sequence: number, to: Uint8Array, more: string): void {
    const body = utf8Bytes(`${this.#opening()}"seq":${sequence}${more}}`);
    this.#pushParts(ticket, kind.written, to, none, body);
  }

  refuse(ticket: number, to: Uint8Array, error: ApiError): void {
    const isBusy = error.errCode === busy;
    this.#pushParts(
      ticket,
      kind.refusal,
      to,
      isBusy ? tooManyRequests : none,
      this.#refusalBody(error),
    );
  }

  /** Out of line and at once: when the queue must not grow. */
  refuseNow(to: Uint8Array, error: ApiError): void {
    const headers = error.errCode === busy ? tooManyRequests : none;
    this.#outlet.deliver(outgoing(to, headers, this.#refusalBody(error)));
  }

  /** Any message; it is dropped when what was stored before cannot become durable. */
  send(ticket: number, to: Uint8Array, headers: Uint8Array, body: Uint8Array): void {
    this.#pushParts(ticket, kind.dropped, to, headers, body);
  }

  /** An acknowledgement whose text the caller wrote. */
  sendAcknowledgement(ticket: number, to: Uint8Array, body: Uint8Array): void {
    this.#pushParts(ticket, kind.written, to, none, body);
  }

  /** Delivers all whose ticket is durable. */
  release(durable: number): void {
    while (this.#count > 0 && (this.#tickets[this.#first] ?? 0) <= durable) {
      this.#deliverFirst();
    }
    this.#shrink();
  }

  /** Nothing gets durable any more: acknowledgements become refusals. */
  fail(reason: string): void {
    const error = this.#refusalBody(apiErrors.streamStoreFailed(reason));
    while (this.#count > 0) {
      const isAcknowledgement = (this.#kinds[this.#first] ?? 0) <= kind.written;
      if (this.#kinds[this.#first] === kind.refusal) {
        this.#deliverFirst();
      } else if (isAcknowledgement) {
        this.#deliverFirst(error);
      } else {
        this.#dropFirst();
      }
    }
    this.#shrink();
  }

  clear(): void {
    this.#count = 0;
    this.#shrink();
  }

  #opening(): string {
    const stream = JSON.stringify(this.#name);
    return this.#domain === ""
      ? `{"stream":${stream},`
      : `{"stream":${stream},"domain":${JSON.stringify(this.#domain)},`;
  }

  #refusalBody({ code, errCode, description }: ApiError): Uint8Array {
    const error = `{"code":${code},"err_code":${errCode},"description":${goJson(description)}}`;
    return utf8Bytes(`{"error":${error},"stream":${JSON.stringify(this.#name)},"seq":0}`);
  }

  #deliverFirst(insteadOfBody: Uint8Array | null = null): void {
    const message = this.#message;
    const entry = this.#first;
    const start = this.#starts[entry] ?? 0;
    const toLength = this.#toLengths[entry] ?? 0;
    const headerLength = this.#headerLengths[entry] ?? 0;
    message.toBytes = this.#bytes;
    message.toStart = start;
    message.toLength = toLength;
    message.headerBytes = this.#bytes;
    message.headerStart = start + toLength;
    message.headerLength = insteadOfBody === null ? headerLength : 0;
    if (insteadOfBody !== null) {
      message.bodyBytes = insteadOfBody;
      message.bodyStart = 0;
      message.bodyLength = insteadOfBody.length;
    } else if (this.#kinds[entry] === kind.acknowledgement) {
      message.bodyBytes = this.#template;
      message.bodyStart = 0;
      message.bodyLength = this.#writeSequence(this.#sequences[entry] ?? 0);
    } else {
      message.bodyBytes = this.#bytes;
      message.bodyStart = start + toLength + headerLength;
      message.bodyLength = this.#bodyLengths[entry] ?? 0;
    }
    this.#dropFirst();
    // Copied at once: whatever this call leads to may queue more.
    this.#outlet.deliver(message);
  }

  #dropFirst(): void {
    const entry = this.#first;
    this.#bytesStart =
      (this.#starts[entry] ?? 0) +
      (this.#toLengths[entry] ?? 0) +
      (this.#headerLengths[entry] ?? 0) +
      (this.#bodyLengths[entry] ?? 0);
    this.#first = (entry + 1) & this.#mask;
    this.#count -= 1;
  }

  /** Gives the length of the whole body in the template. */
  #writeSequence(sequence: number): number {
    const template = this.#template;
    const digits = digitsOf(sequence);
    writeDigits(template, this.#prefixLength, digits, sequence);
    template[this.#prefixLength + digits] = closingBrace;
    return this.#prefixLength + digits + 1;
  }

  #pushParts(
    ticket: number,
    entryKind: Kind,
    to: Uint8Array,
    headers: Uint8Array,
    body: Uint8Array,
  ): void {
    const entry = this.#push(ticket, entryKind, to.length, headers.length, body.length);
    const start = this.#starts[entry] ?? 0;
    this.#bytes.set(to, start);
    this.#bytes.set(headers, start + to.length);
    this.#bytes.set(body, start + to.length + headers.length);
  }

  #push(
    ticket: number,
    entryKind: Kind,
    toLength: number,
    headerLength: number,
    bodyLength: number,
  ): number {
    if (this.#count > this.#mask) {
      this.#growEntries();
    }
    const length = toLength + headerLength + bodyLength;
    if (this.#bytesEnd + length > this.#bytes.length) {
      this.#makeRoom(length);
    }
    const entry = (this.#first + this.#count) & this.#mask;
    this.#tickets[entry] = ticket;
    this.#kinds[entry] = entryKind;
    this.#starts[entry] = this.#bytesEnd;
    this.#toLengths[entry] = toLength;
    this.#headerLengths[entry] = headerLength;
    this.#bodyLengths[entry] = bodyLength;
    this.#bytesEnd += length;
    this.#count += 1;
    return entry;
  }

  #makeRoom(length: number): void {
    const used = this.#bytesEnd - this.#bytesStart;
    const shift = this.#bytesStart;
    if (used + length > this.#bytes.length / 2) {
      const wider = new Uint8Array(Math.max(firstBytes, 2 * (used + length)));
      wider.set(this.#bytes.subarray(this.#bytesStart, this.#bytesEnd));
      this.#bytes = wider;
    } else {
      this.#bytes.copyWithin(0, this.#bytesStart, this.#bytesEnd);
    }
    for (let at = 0; at < this.#count; at++) {
      const entry = (this.#first + at) & this.#mask;
      this.#starts[entry] = (this.#starts[entry] ?? 0) - shift;
    }
    this.#bytesStart = 0;
    this.#bytesEnd = used;
  }

  #growEntries(): void {
    const capacity = Math.max(firstEntries, (this.#mask + 1) * 2);
    const first = this.#first;
    this.#tickets = grown(new Float64Array(capacity), this.#tickets, first);
    this.#sequences = grown(new Float64Array(capacity), this.#sequences, first);
    this.#starts = grown(new Uint32Array(capacity), this.#starts, first);
    this.#toLengths = grown(new Uint32Array(capacity), this.#toLengths, first);
    this.#headerLengths = grown(new Uint32Array(capacity), this.#headerLengths, first);
    this.#bodyLengths = grown(new Uint32Array(capacity), this.#bodyLengths, first);
    this.#kinds = grown(new Uint8Array(capacity), this.#kinds, first);
    this.#first = 0;
    this.#mask = capacity - 1;
  }

  /** An empty queue begins at the start again, and gives back what a burst took. */
  #shrink(): void {
    if (this.#count > 0) {
      return;
    }
    this.#bytesStart = 0;
    this.#bytesEnd = 0;
    if (this.#bytes.length > keptBytes) {
      this.#bytes = none;
    }
    if (this.#mask >= keptEntries) {
      this.#mask = -1;
      this.#first = 0;
      this.#growFromNothing();
    }
  }

  #growFromNothing(): void {
    this.#tickets = noDoubles;
    this.#sequences = noDoubles;
    this.#starts = noInts;
    this.#toLengths = noInts;
    this.#headerLengths = noInts;
    this.#bodyLengths = noInts;
    this.#kinds = none;
    this.#growEntries();
  }
}

function outgoing(to: Uint8Array, headers: Uint8Array, body: Uint8Array): OutgoingMessage {
  const message = new OutgoingMessage();
  message.toBytes = to;
  message.toLength = to.length;
  message.headerBytes = headers;
  message.headerLength = headers.length;
  message.bodyBytes = body;
  message.bodyLength = body.length;
  return message;
}

function grown<Column extends Float64Array | Uint32Array | Uint8Array>(
  to: Column,
  from: Column,
  first: number,
): Column {
  to.set(from.subarray(first));
  to.set(from.subarray(0, first), from.length - first);
  return to;
}

/** For a few bytes a loop is cheaper than a view. */
function copyBytes(
  from: Uint8Array,
  fromStart: number,
  length: number,
  to: Uint8Array,
  toStart: number,
): void {
  for (let at = 0; at < length; at++) {
    to[toStart + at] = from[fromStart + at] ?? 0;
  }
}
