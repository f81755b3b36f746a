// Where publishes enter a stream: one subscriber under all its subjects. It turns the passing message into the stream's
// draft, without copying it, and hands it on.

import { byteTextOf, readableText } from "../../base/byte-text.ts";
import { Fields, parseJsonObject } from "../../base/decode.ts";
import type { PassingMessage } from "../../broker/message.ts";
import type { KeptTrace, Subscriber } from "../../broker/subscriber.ts";
import { withOnlyHeader, withoutHeader } from "../../protocol/headers.ts";
import type { Outlet } from "../outlet.ts";
import type { MessageDraft } from "./message-draft.ts";
import { natsHeader, natsHeaderNames } from "./nats-headers.ts";
import type { Publishing } from "./publishing.ts";

const versionLength = 8;
const carriageReturn = 0x0d;
/** No subject: whoever gets the stored message starts no trace. */
const traceDisabled = "trace disabled";

export class Ingest implements Subscriber {
  readonly #draft: MessageDraft;
  readonly #publishing: Publishing;
  readonly #subscriptions: Map<string, Disposable> = new Map();

  constructor(draft: MessageDraft, publishing: Publishing) {
    this.#draft = draft;
    this.#publishing = publishing;
  }

  /** Subscribes to these subjects, and to these alone. */
  listenTo(outlet: Outlet, subjects: readonly string[]): void {
    const wanted = new Set(subjects);
    for (const [subject, subscription] of this.#subscriptions) {
      if (!wanted.has(subject)) {
        subscription[Symbol.dispose]();
        this.#subscriptions.delete(subject);
      }
    }
    for (const subject of wanted) {
      if (!this.#subscriptions.has(subject)) {
        this.#subscriptions.set(subject, outlet.subscribe(subject, this));
      }
    }
  }

  trace(subject: string): KeptTrace {
    return this.#publishing.traceOf(subject);
  }

  deliver(message: PassingMessage): void {
    const draft = this.#draft;
    draft.clear();
    const { bytes } = message;
    draft.subject = message.subject;
    draft.replyBytes = bytes;
    draft.replyStart = message.replyStart;
    draft.replyLength = message.replyLength;
    draft.bodyBytes = bytes;
    draft.bodyStart = message.bodyStart;
    draft.bodyLength = message.bodyLength;
    const { headerLength } = message;
    if (headerLength > 0) {
      draft.headerBytes = bytes;
      draft.headerStart = message.headerStart;
      draft.headerLength = headerLength;
      readHeaders(draft);
    }
    this.#publishing.publish(draft);
  }
}

/** Status and request information of the way here are not stored. */
function readHeaders(draft: MessageDraft): void {
  if (draft.headerBytes[draft.headerStart + versionLength] !== carriageReturn) {
    draft.setHeaders(withoutStatus(draft.headerBlock));
  } else {
    draft.headers.read(draft.headerBytes, draft.headerStart, draft.headerLength);
  }
  if (draft.headers.has(natsHeader.requestInfo)) {
    draft.publisherReply = fastReplyIn(draft.headers.text(natsHeader.requestInfo));
    draft.setHeaders(
      withoutHeader(draft.headerBlock, natsHeaderNames[natsHeader.requestInfo] ?? ""),
    );
  }
  if (draft.headers.has(natsHeader.traceDestination)) {
    const name = natsHeaderNames[natsHeader.traceDestination] ?? "";
    draft.setHeaders(withOnlyHeader(draft.headerBlock, name, traceDisabled));
  }
}

/** The way of a service import gives the publish another reply: that of a fast batch is needed as it was. */
function fastReplyIn(info: string): string {
  const parsed = info.includes(".$FI") ? parseJsonObject(readableText(info)) : null;
  return parsed?.ok === true ? byteTextOf(new Fields(parsed.value).string("reply", "")) : "";
}

/** A block that then says nothing becomes an empty one. */
function withoutStatus(block: Uint8Array): Uint8Array {
  const end = block.indexOf(carriageReturn);
  if (end <= versionLength) {
    return block;
  }
  const left = new Uint8Array(block.length - end + versionLength);
  left.set(block.subarray(0, versionLength));
  left.set(block.subarray(end), versionLength);
  return left.length <= versionLength + 4 ? new Uint8Array(0) : left;
}
