// A record of the log as the message it is.

import { byteTextAt } from "../../base/byte-text.ts";
import { backMost, checksumBytes, fieldOffset, readUint64 } from "../../storage/record.ts";
import { unknownNeighbour } from "./message-index.ts";
import type { NewMessage } from "./message-store.ts";
import type { MessageView } from "./message-view.ts";

export function fillView(into: MessageView, bytes: Uint8Array, view: DataView, at: number): void {
  const subjectLength = view.getUint16(at + fieldOffset.subjectLength, true);
  const headerLength = view.getUint32(at + fieldOffset.headerLength, true);
  const headerStart = at + fieldOffset.content + subjectLength;
  const bodyStart = headerStart + headerLength;
  into.sequence = readUint64(view, at + fieldOffset.sequence);
  into.timeMicros = readUint64(view, at + fieldOffset.timeMicros);
  into.restNanos = view.getUint16(at + fieldOffset.restNanos, true);
  into.bytes = bytes;
  into.subjectStart = at + fieldOffset.content;
  into.subjectLength = subjectLength;
  into.headerStart = headerStart;
  into.headerLength = headerLength;
  into.bodyStart = bodyStart;
  into.bodyLength = at + view.getUint32(at, true) - checksumBytes - bodyStart;
  into.expiresMicros = readUint64(view, at + fieldOffset.expiresMicros);
}

/** The message of the same subject before it, when it was stored; 0 is none, unknownNeighbour too far away. */
export function backPointer(view: DataView, at: number, sequence: number): number {
  const back = view.getUint32(at + fieldOffset.back, true);
  return back === backMost ? unknownNeighbour : back && sequence - back;
}

/** What an index wants to know of a recovered message; its bytes stay where they are. */
export class RecoveredMessage implements NewMessage {
  sequence = 0;
  timeMicros = 0;
  restNanos = 0;
  subject = "";
  headerBytes: Uint8Array = new Uint8Array(0);
  headerStart = 0;
  headerLength = 0;
  bodyBytes: Uint8Array = new Uint8Array(0);
  bodyStart = 0;
  bodyLength = 0;
  expiresMicros = 0;
  tags = 0;

  fill(bytes: Uint8Array, view: DataView, at: number): void {
    const subjectLength = view.getUint16(at + fieldOffset.subjectLength, true);
    const length = view.getUint32(at, true);
    this.sequence = readUint64(view, at + fieldOffset.sequence);
    this.timeMicros = readUint64(view, at + fieldOffset.timeMicros);
    this.restNanos = view.getUint16(at + fieldOffset.restNanos, true);
    this.subject = byteTextAt(bytes, at + fieldOffset.content, subjectLength);
    this.headerLength = view.getUint32(at + fieldOffset.headerLength, true);
    this.bodyLength =
      length - fieldOffset.content - checksumBytes - subjectLength - this.headerLength;
    this.expiresMicros = readUint64(view, at + fieldOffset.expiresMicros);
    this.tags = bytes[at + fieldOffset.tags] ?? 0;
  }
}
