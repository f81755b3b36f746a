// A message on its way into a stream, while the rules look at it and features rewrite it. Mutable and reused: one per
// stream serves the publishes, whoever stages messages makes its own. The bytes lie where they came from.

import { NatsHeaders } from "./nats-headers.ts";

const noBytes: Uint8Array = new Uint8Array(0);

export type Rollup = "" | "sub" | "all";

export class MessageDraft {
  readonly kind = "append" as const;
  /** 0 until stored; what comes from the origin of a mirror brings its own. */
  sequence = 0;
  /** 0 is: now, when it is committed. */
  timeMicros = 0;
  restNanos = 0;
  /** As it will be stored: transformed. Byte text. */
  subject = "";
  replyBytes: Uint8Array = noBytes;
  replyStart = 0;
  replyLength = 0;
  /** Behind a service import: the reply that the publisher gave, where it means something; byte text, "" is none. */
  publisherReply = "";
  headerBytes: Uint8Array = noBytes;
  headerStart = 0;
  headerLength = 0;
  bodyBytes: Uint8Array = noBytes;
  bodyStart = 0;
  bodyLength = 0;
  /** Came from a mirror's or a source's origin, or from the server itself: what clients must not say it may. */
  isFromOrigin = false;
  /** The headers the server knows, read from the header block by `read`. */
  readonly headers: NatsHeaders = new NatsHeaders();

  // --- what the rules found, and the decisions: an entry says them all, so that applying it needs no clock.
  messageId = "";
  /** Seconds; 0 is none, -1 is never. */
  ttlSeconds = 0;
  expiresMicros = 0;
  rollup: Rollup = "";
  /** Subject of the schedule that goes when this is stored; "" is none. */
  purgesSchedule = "";
  /** Sum of messageTag. */
  tags = 0;
  /** Nobody wants it, and the stream keeps only what is wanted: it gets a number and is not stored. */
  isUnwanted = false;
  /** Of a counter: the new value, decimal; "" is none. */
  counterValue = "";

  /** Forgets the former message. */
  clear(): void {
    this.sequence = 0;
    this.timeMicros = 0;
    this.restNanos = 0;
    this.replyLength = 0;
    this.publisherReply = "";
    this.headerLength = 0;
    this.bodyLength = 0;
    this.isFromOrigin = false;
    this.messageId = "";
    this.ttlSeconds = 0;
    this.expiresMicros = 0;
    this.rollup = "";
    this.purgesSchedule = "";
    this.tags = 0;
    this.isUnwanted = false;
    this.counterValue = "";
    this.headers.clear();
  }

  setHeaders(block: Uint8Array): void {
    this.headerBytes = block;
    this.headerStart = 0;
    this.headerLength = block.length;
    this.headers.read(block, 0, block.length);
  }

  setBody(body: Uint8Array): void {
    this.bodyBytes = body;
    this.bodyStart = 0;
    this.bodyLength = body.length;
  }

  setReply(reply: Uint8Array): void {
    this.replyBytes = reply;
    this.replyStart = 0;
    this.replyLength = reply.length;
  }

  /** The header block where it lies. */
  get headerBlock(): Uint8Array {
    return this.headerBytes.subarray(this.headerStart, this.headerStart + this.headerLength);
  }

  get body(): Uint8Array {
    return this.bodyBytes.subarray(this.bodyStart, this.bodyStart + this.bodyLength);
  }

  get hasReply(): boolean {
    return this.replyLength > 0;
  }
}
