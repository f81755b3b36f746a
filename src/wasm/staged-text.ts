// Texts on their way into the module: staged one behind the other, each remembered by where it lies.

import { assert } from "../base/assert.ts";
import type { CopyBytes } from "../base/bytes.ts";
import type { OutgoingMessage } from "../base/outgoing-message.ts";
import type { PendingOp } from "./fabric.ts";
import { type FabricExports, unsigned } from "./module.ts";

/** Where a staged text lies. */
export interface StagedRange {
  readonly start: number;
  readonly length: number;
}

/** Below this, copying byte by byte is cheaper than a call. */
const shortRange = 16;

export class Stage {
  readonly #exports: FabricExports;
  readonly #bytes: Uint8Array;
  readonly #copyBytes: CopyBytes;

  constructor(exports: FabricExports, bytes: Uint8Array, copy: CopyBytes) {
    this.#exports = exports;
    this.#bytes = bytes;
    this.#copyBytes = copy;
  }

  /** Room for so many bytes. Running out of it is our bug: callers are bounded. */
  room(length: number): number {
    const start = unsigned(this.#exports.stage(length));
    assert(start !== 0, "no memory left to stage a message");
    return start;
  }

  /** Byte text: one character a byte. */
  text(text: string): StagedRange {
    const { length } = text;
    const start = this.room(length);
    for (let index = 0; index < length; index++) {
      this.#bytes[start + index] = text.charCodeAt(index);
    }
    return { start, length };
  }

  /** Header block, body and CRLF in one stretch. */
  payload(headers: Uint8Array, body: Uint8Array): number {
    const length = headers.length + body.length;
    const start = this.room(length + 2);
    this.#bytes.set(headers, start);
    this.#bytes.set(body, start + headers.length);
    this.#bytes[start + length] = 13;
    this.#bytes[start + length + 1] = 10;
    return start;
  }

  /** The parts of an outgoing message one behind the other, and room for a line end. */
  outgoing(message: OutgoingMessage): number {
    const { toLength, subjectLength, replyLength, headerLength, bodyLength } = message;
    const shownLength = subjectLength + headerLength + bodyLength;
    const start = this.room(toLength + replyLength + shownLength + 2);
    let place = start;
    this.#copy(place, message.toBytes, message.toStart, toLength);
    place += toLength;
    this.#copy(place, message.replyBytes, message.replyStart, replyLength);
    place += replyLength;
    if (isOnePiece(message)) {
      this.#copy(place, message.subjectBytes, message.subjectStart, shownLength);
      return start;
    }
    this.#copy(place, message.subjectBytes, message.subjectStart, subjectLength);
    place += subjectLength;
    this.#copy(place, message.headerBytes, message.headerStart, headerLength);
    place += headerLength;
    this.#copy(place, message.bodyBytes, message.bodyStart, bodyLength);
    return start;
  }

  #copy(place: number, from: Uint8Array, start: number, length: number): void {
    const bytes = this.#bytes;
    if (length < shortRange) {
      for (let index = 0; index < length; index++) {
        bytes[place + index] = from[start + index] ?? 0;
      }
    } else {
      this.#copyBytes(from, start, start + length, bytes, place);
    }
  }

  /** The same of a publish that waits, with another header block; 0 when it keeps its own. */
  otherHeaders(op: PendingOp, headers: Uint8Array | undefined): number {
    const { bodyStart, bodyLength, headerLength } = op;
    return headers === undefined
      ? 0
      : this.payload(
          headers,
          this.#bytes.subarray(bodyStart + headerLength, bodyStart + bodyLength),
        );
  }

  /** Everything staged may be overwritten, unless handoff rows still wait. */
  clear(): void {
    this.#exports.unstage();
  }
}

/** Subject, header block and body stand as they were stored: one behind the other. */
function isOnePiece(message: OutgoingMessage): boolean {
  const { subjectBytes, subjectLength, headerStart, headerLength } = message;
  const afterSubject = message.subjectStart + subjectLength;
  return (
    subjectBytes === message.bodyBytes &&
    message.bodyStart === afterSubject + headerLength &&
    (headerLength === 0 || (message.headerBytes === subjectBytes && headerStart === afterSubject))
  );
}
