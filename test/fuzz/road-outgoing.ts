// A delivery from inside whose parts lie scattered, so that offsets are not forgotten.

import { OutgoingMessage } from "../../src/base/outgoing-message.ts";
import { bytes } from "../contract/fabric/fabric-stage.ts";

/** Every part lies elsewhere in a buffer of its own. */
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
  return message;
}
