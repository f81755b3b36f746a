// A delivery from inside whose parts lie scattered, so that offsets are not forgotten; or, every other one, subject, header
// block and body as a store has them: one behind the other.

import { OutgoingMessage } from "../../src/base/outgoing-message.ts";
import { bytes } from "../contract/fabric/fabric-stage.ts";

export function outgoing(
  to: string,
  shown: string,
  reply: string,
  headers: Uint8Array,
  body: Uint8Array,
): OutgoingMessage {
  const message = new OutgoingMessage();
  message.toBytes = bytes(`x${to}`);
  message.toStart = 1;
  message.toLength = to.length;
  message.subjectBytes = bytes(`xy${shown}z`);
  message.subjectStart = 2;
  message.subjectLength = shown.length;
  message.replyBytes = bytes(reply);
  message.replyLength = reply.length;
  message.headerBytes = headers;
  message.headerLength = headers.length;
  message.bodyBytes = body;
  message.bodyLength = body.length;
  if ((body.length + shown.length) % 2 === 0) {
    layInOnePiece(message);
  }
  return message;
}

function layInOnePiece(message: OutgoingMessage): void {
  const { subjectStart, subjectLength, headerLength, bodyLength } = message;
  const subject = message.subjectBytes.subarray(subjectStart, subjectStart + subjectLength);
  const start = 3;
  const all = new Uint8Array(start + subjectLength + headerLength + bodyLength + 1);
  all.set(subject, start);
  message.subjectBytes = all;
  message.subjectStart = start;
  message.headerStart = start + subjectLength;
  all.set(message.headerBytes, message.headerStart);
  message.headerBytes = all;
  message.bodyStart = message.headerStart + headerLength;
  all.set(message.bodyBytes, message.bodyStart);
  message.bodyBytes = all;
}
