// Stores messages as a backup has them: with their sequences and times, and with what the stream must find again in their
// headers. No rule of the stream is asked.

import type { MessageStore, NewMessage } from "../../store/message-store.ts";
import { messageTag } from "../../store/message-store.ts";
import { expiryOf, parseTtl } from "../../stream/message-ttl.ts";
import { NatsHeaders, natsHeader } from "../../stream/nats-headers.ts";

const nanosPerMicro = 1000n;
const noBytes: Uint8Array = new Uint8Array(0);

/** Where a message's parts lie. */
export interface MessageParts {
  readonly sequence: number;
  readonly timeNanos: bigint;
  /** Byte text. */
  readonly subject: string;
  readonly bytes: Uint8Array;
  readonly headerStart: number;
  readonly headerLength: number;
  readonly bodyStart: number;
  readonly bodyLength: number;
}

export class RestoredMessages {
  readonly #store: MessageStore;
  readonly #hasTtl: boolean;
  readonly #nowMicros: number;
  readonly #headers: NatsHeaders = new NatsHeaders();
  readonly #message: NewMessage = {
    sequence: 0,
    timeMicros: 0,
    restNanos: 0,
    subject: "",
    headerBytes: noBytes,
    headerStart: 0,
    headerLength: 0,
    bodyBytes: noBytes,
    bodyStart: 0,
    bodyLength: 0,
    expiresMicros: 0,
    tags: 0,
  };

  constructor(store: MessageStore, hasTtl: boolean, nowMicros: number) {
    this.#store = store;
    this.#hasTtl = hasTtl;
    this.#nowMicros = nowMicros;
  }

  /** Above the last one. What has expired meanwhile leaves only its number. */
  add(parts: MessageParts): void {
    const message = this.#message;
    const micros = parts.timeNanos / nanosPerMicro;
    message.sequence = parts.sequence;
    message.timeMicros = Number(micros);
    message.restNanos = Number(parts.timeNanos - micros * nanosPerMicro);
    message.subject = parts.subject;
    message.headerBytes = parts.bytes;
    message.headerStart = parts.headerStart;
    message.headerLength = parts.headerLength;
    message.bodyBytes = parts.bytes;
    message.bodyStart = parts.bodyStart;
    message.bodyLength = parts.bodyLength;
    message.expiresMicros = 0;
    message.tags = 0;
    if (parts.headerLength > 0) {
      this.#readHeaders(parts);
    }
    if (message.expiresMicros > 0 && message.expiresMicros <= this.#nowMicros) {
      this.#store.skipTo(parts.sequence + 1);
    } else {
      this.#store.append(message);
    }
  }

  #readHeaders(parts: MessageParts): void {
    const headers = this.#headers;
    const message = this.#message;
    headers.read(parts.bytes, parts.headerStart, parts.headerLength);
    if (headers.hasValue(natsHeader.messageId)) {
      message.tags |= messageTag.messageId;
    }
    if (headers.has(natsHeader.streamSource)) {
      message.tags |= messageTag.sourced;
    }
    if (headers.hasValue(natsHeader.schedule)) {
      message.tags |= messageTag.schedule;
    }
    if (this.#hasTtl && headers.has(natsHeader.ttl)) {
      const seconds = parseTtl(headers.text(natsHeader.ttl)) ?? 0;
      message.expiresMicros = expiryOf(message.timeMicros, seconds);
    }
  }
}
