// Puts a stored message, or a status, into the form in which it leaves: ranges of bytes where they lie. One object of
// each kind serves all messages. It does not know who is to get what.

import { OutgoingMessage } from "../../base/outgoing-message.ts";
import type { Outlet } from "../outlet.ts";
import type { MessageView } from "../store/message-view.ts";
import type { AckSubject } from "./ack-subject.ts";
import { AddedHeader } from "./status-headers.ts";

const none: Uint8Array = new Uint8Array(0);

export class MessageSender {
  readonly #outlet: Outlet;
  readonly #ackSubject: AckSubject;
  readonly #message: OutgoingMessage = new OutgoingMessage();
  readonly #status: OutgoingMessage = new OutgoingMessage();
  readonly #header: AddedHeader = new AddedHeader();

  constructor(outlet: Outlet, ackSubject: AckSubject) {
    this.#outlet = outlet;
    this.#ackSubject = ackSubject;
  }

  /** Everything but the receiver. Gives its size: subject, reply, header and body. */
  prepare(
    view: MessageView,
    deliveries: number,
    consumerSequence: number,
    pending: number,
    isHeadersOnly: boolean,
  ): number {
    const message = this.#message;
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
      this.#addHeader(`Nats-Msg-Size: ${view.bodyLength}`);
      message.bodyLength = 0;
    }
    return this.#size;
  }

  /** To what was prepared. Gives the new size. */
  addPin(pinId: string): number {
    this.#addHeader(`Nats-Pin-Id: ${pinId}`);
    return this.#size;
  }

  /** Gives the number of receivers of what was prepared. */
  send(to: Uint8Array): number {
    const message = this.#message;
    message.toBytes = to;
    message.toLength = to.length;
    return this.#outlet.deliver(message);
  }

  sendStatus(to: Uint8Array, header: Uint8Array, reply: Uint8Array = none): number {
    const message = this.#status;
    message.toBytes = to;
    message.toLength = to.length;
    message.replyBytes = reply;
    message.replyLength = reply.length;
    message.headerBytes = header;
    message.headerLength = header.length;
    return this.#outlet.deliver(message);
  }

  get #size(): number {
    const { subjectLength, replyLength, headerLength, bodyLength } = this.#message;
    return subjectLength + replyLength + headerLength + bodyLength;
  }

  #addHeader(line: string): void {
    const message = this.#message;
    this.#header.write(message.headerBytes, message.headerStart, message.headerLength, line);
    message.headerBytes = this.#header.bytes;
    message.headerStart = 0;
    message.headerLength = this.#header.length;
  }
}
