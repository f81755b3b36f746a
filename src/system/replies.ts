// Sends the replies of system requests: stamped, and compressed when the request asks for it. Of the encodings only gzip
// is spoken; whoever asks for others alone is told that the reply is plain.

import { goJson } from "../base/go-json.ts";
import type { PassingMessage } from "../broker/message.ts";
import type { Compression } from "../ports/compression.ts";
import { headerBlock, headerValue } from "../protocol/headers.ts";
import type { ReplyError, Stamps } from "./envelope.ts";
import type { SystemChannel } from "./system-channel.ts";

const encoder = new TextEncoder();
const noHeaders = new Uint8Array(0);
const acceptEncoding = "Accept-Encoding";

/** Data may stand beside an error: null then, as from a page that has nothing to show. */
export interface ReplyContent {
  readonly data?: unknown;
  readonly error?: ReplyError;
}

/** The part of a request that its reply depends on. */
export type Request = Pick<PassingMessage, "subject" | "reply" | "headers" | "body">;

export class Replies {
  readonly #channel: SystemChannel;
  readonly #stamps: Stamps;
  readonly #compression: Compression | null;

  constructor(channel: SystemChannel, stamps: Stamps, compression: Compression | null) {
    this.#channel = channel;
    this.#stamps = stamps;
    this.#compression = compression;
  }

  send(request: Request, content: ReplyContent): void {
    const body = goJson({ server: this.#stamps.next(), ...content });
    const wanted = content.error
      ? ""
      : (headerValue(request.headers, acceptEncoding) ?? "").toLowerCase();
    if (wanted === "") {
      this.#channel.publish(request.reply, body);
    } else if (wanted.includes("gzip") && this.#compression) {
      const packed = this.#compression.gzip(encoder.encode(body));
      this.#channel.publish(request.reply, packed, { headers: encodedAs("gzip") });
    } else {
      this.#channel.publish(request.reply, body, { headers: encodedAs("identity") });
    }
  }

  /** A reply without the envelope. */
  sendBare(request: Request, body: string): void {
    this.#channel.publish(request.reply, body, { headers: noHeaders });
  }
}

function encodedAs(encoding: string): Uint8Array {
  return headerBlock([["Content-Encoding", encoding]]);
}
