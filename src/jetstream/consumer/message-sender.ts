// Puts a stored message, or a status, into the form in which it leaves: ranges of bytes where they lie. One object of
// each kind serves all messages. It does not know who is to get what.

import { OutgoingMessage } from "../../base/outgoing-message.ts";
import type { Outlet } from "../outlet.ts";
import type { MessageView } from "../store/message-view.ts";
import { AckSubject, type AckSubjectParts } from "./ack-subject.ts";
import { AddedHeader } from "./status-headers.ts";

const none: Uint8Array = new Uint8Array(0);

// Nothing else happens between prepare() and send(): all consumers of a program share these.
const message: OutgoingMessage = new OutgoingMessage();
const statusMessage: OutgoingMessage = new OutgoingMessage();
const addedHeader: AddedHeader = new AddedHeader();

export class MessageSender {
  readonly #outlet: Outlet;
  readonly #names: { readonly ackParts: AckSubjectParts };
  #ackSubject: AckSubject | null = null;

  constructor(outlet: Outlet, names: { readonly ackParts: AckSubjectParts }) {
    this.#outlet = outlet;
    this.#names = names;
  }

  /** Everything but the receiver. Gives its size: subject, reply, header and body. */
  prepare(
    view: MessageView,
    deliveries: number,
    consumerSequence: number,
    pending: number,
    isHeadersOnly: boolean,
  ): number {
    this.#ackSubject ??= new AckSubject(this.#names.ackParts);
    this.#ackSubject.write(view, deliveries, consumerSequence, pending);
    message.subjectBytes = view.bytes;
    message.subjectStart = view.subjectStart;
    message.subjectLength = view.subjectLength;
    message.replyBytes = this.#ackSubject.bytes;
    message.replyLength = this.#ackSubject.length;
    message.headerBytes = view.bytes;
    message.headerStart = view.headerStart;
    message.headerLength = view.headerLength;
    message.bodyBytes = view.bytes;
    message.bodyStart = view.bodyStart;
    message.bodyLength = view.bodyLength;
    if (isHeadersOnly) {
      addHeader(`Nats-Msg-Size: ${view.bodyLength}`);
      message.bodyLength = 0;
    }
    return sizeOfMessage();
  }

  /** To what was prepared. Gives the new size. */
  addPin(pinId: string): number {
    addHeader(`Nats-Pin-Id: ${pinId}`);
    return sizeOfMessage();
  }

  /** Gives the number of receivers of what was prepared. */
  send(to: Uint8Array): number {
    message.toBytes = to;
    message.toLength = to.length;
    return this.#outlet.deliver(message);
  }

  sendStatus(to: Uint8Array, header: Uint8Array, reply: Uint8Array = none): number {
    statusMessage.toBytes = to;
    statusMessage.toLength = to.length;
    statusMessage.replyBytes = reply;
    statusMessage.replyLength = reply.length;
    statusMessage.headerBytes = header;
    statusMessage.headerLength = header.length;
    return this.#outlet.deliver(statusMessage);
  }
}

function sizeOfMessage(): number {
  const { subjectLength, replyLength, headerLength, bodyLength } = message;
  return subjectLength + replyLength + headerLength + bodyLength;
}

function addHeader(line: string): void {
  addedHeader.write(message.headerBytes, message.headerStart, message.headerLength, line);
  message.headerBytes = addedHeader.bytes;
  message.headerStart = 0;
  message.headerLength = addedHeader.length;
}
