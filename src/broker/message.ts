// A message on its way to a receiver inside the server. PassingMessage reads a handoff row where it lies and is valid
// until the delivering call returns; KeptMessage is a copy that may stay. Neither knows how bytes came or will leave.

import { byteTextAt } from "../base/byte-text.ts";
import { ByteTextCache } from "../base/byte-text-cache.ts";
import type { AccountIndex, HandoffRows, SlotIndex, SubscriptionRef } from "../wasm/fabric.ts";

const decoder = new TextDecoder();
const encoder = new TextEncoder();
const noBytes = new Uint8Array(0);

export interface KeptMessage {
  readonly subject: string;
  /** "" is none. */
  readonly reply: string;
  /** The whole header block; empty is none. */
  readonly headers: Uint8Array;
  readonly body: Uint8Array;
  readonly account: AccountIndex;
  readonly origin: SlotIndex;
}

/** One object serves all rows: whoever holds on to it after deliver() returned reads another message. */
export class PassingMessage {
  readonly #rows: HandoffRows;
  readonly #subjects: ByteTextCache = new ByteTextCache();
  #row = 0;
  #subject: string | null = null;
  #reply: string | null = null;

  constructor(rows: HandoffRows) {
    this.#rows = rows;
  }

  /** For the router alone. */
  moveTo(row: number): void {
    this.#row = row;
    this.#subject = null;
    this.#reply = null;
  }

  /** For this delivery `subject` is another one: the message came by an import. Its bytes are those published. */
  showAs(subject: string): void {
    this.#subject = subject;
  }

  /** The row's number, as fabric.forward wants it. */
  get row(): number {
    return this.#row;
  }

  get account(): AccountIndex {
    return this.#rows.account(this.#row);
  }

  /** The publishing connection's slot, or noSlot. */
  get origin(): SlotIndex {
    return this.#rows.origin(this.#row);
  }

  get subscription(): SubscriptionRef {
    return this.#rows.subscription(this.#row);
  }

  /** One character a byte, as the fabric takes it back: no byte is lost. */
  get subject(): string {
    this.#subject ??= this.#subjects.at(
      this.#rows.bytes,
      this.#rows.subjectStart(this.#row),
      this.#rows.subjectLength(this.#row),
    );
    return this.#subject;
  }

  /** As the subject; "" is none. */
  get reply(): string {
    this.#reply ??= byteTextAt(
      this.#rows.bytes,
      this.#rows.replyStart(this.#row),
      this.#rows.replyLength(this.#row),
    );
    return this.#reply;
  }

  get hasReply(): boolean {
    return this.#rows.replyLength(this.#row) > 0;
  }

  /** What the sender from inside shows as the subject, where that is another one. */
  get shownSubject(): string {
    const length = this.#rows.shownLength(this.#row);
    return length === 0
      ? this.subject
      : byteTextAt(this.#rows.bytes, this.#rows.shownStart(this.#row), length);
  }

  // --- the same as ranges of `bytes`, for receivers that make no strings

  get bytes(): Uint8Array {
    return this.#rows.bytes;
  }

  get subjectStart(): number {
    return this.#rows.subjectStart(this.#row);
  }

  get subjectLength(): number {
    return this.#rows.subjectLength(this.#row);
  }

  get replyStart(): number {
    return this.#rows.replyStart(this.#row);
  }

  get replyLength(): number {
    return this.#rows.replyLength(this.#row);
  }

  get headerStart(): number {
    return this.#rows.headerStart(this.#row);
  }

  get bodyStart(): number {
    return this.#rows.bodyStart(this.#row);
  }

  get headerLength(): number {
    return this.#rows.headerLength(this.#row);
  }

  get bodyLength(): number {
    return this.#rows.bodyLength(this.#row);
  }

  /** A view of the header block where it lies; empty is none. */
  get headers(): Uint8Array {
    return this.#view(this.#rows.headerStart(this.#row), this.#rows.headerLength(this.#row));
  }

  /** A view of the body where it lies. */
  get body(): Uint8Array {
    return this.#view(this.#rows.bodyStart(this.#row), this.#rows.bodyLength(this.#row));
  }

  /** The body as UTF-8. */
  bodyText(): string {
    return decoder.decode(this.body);
  }

  keep(): KeptMessage {
    return {
      subject: this.subject,
      reply: this.reply,
      headers: this.headerLength === 0 ? noBytes : this.headers.slice(),
      body: this.bodyLength === 0 ? noBytes : this.body.slice(),
      account: this.account,
      origin: this.origin,
    };
  }

  #view(start: number, length: number): Uint8Array {
    return length === 0 ? noBytes : this.#rows.bytes.subarray(start, start + length);
  }
}

/** A body given as text or bytes, as bytes. */
export function messageBytes(body: Uint8Array | string): Uint8Array {
  if (typeof body !== "string") {
    return body;
  }
  return body === "" ? noBytes : encoder.encode(body);
}
