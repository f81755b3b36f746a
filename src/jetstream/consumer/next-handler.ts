// Hears requests for messages, and hands them to the queue in which they wait.

import type { PassingMessage } from "../../broker/message.ts";
import type { Subscriber } from "../../broker/subscriber.ts";
import { headerValue } from "../../protocol/headers.ts";
import type { ConsumerCore } from "./consumer-core.ts";
import { PullRequestReader } from "./pull-request.ts";
import { block, status } from "./status-headers.ts";

const levelHeader = "Nats-Required-Api-Level";
/** Consumers are asked by the same clients: one memory serves all. */
const reader: PullRequestReader = new PullRequestReader();

/** `$JS.API.CONSUMER.MSG.NEXT.<stream>.<consumer>` */
export function nextSubject(stream: string, consumer: string): string {
  return `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`;
}

export class NextHandler implements Subscriber {
  readonly #core: ConsumerCore;

  constructor(core: ConsumerCore) {
    this.#core = core;
  }

  deliver(message: PassingMessage): void {
    this.take(message, message.bodyStart, message.bodyLength);
  }

  /** The request stands in a part of the message. */
  take(message: PassingMessage, bodyStart: number, bodyLength: number): void {
    if (!message.hasReply) {
      return;
    }
    const { bytes, replyStart, replyLength } = message;
    const to = bytes.slice(replyStart, replyStart + replyLength);
    const { pull, sender } = this.#core;
    if (pull === null) {
      sender.sendStatus(to, status.pushBased);
      return;
    }
    if (message.headerLength > 0 && !this.#isLevelServed(message)) {
      sender.sendStatus(to, status.requiredApiLevel);
      return;
    }
    const parsed = reader.read(bytes, bodyStart, bodyLength);
    if (!parsed.ok) {
      sender.sendStatus(to, block(`400 Bad Request - ${parsed.refusal}`));
    } else if (pull.take(to, message.reply, parsed.value)) {
      this.#core.owner.onRequest();
    }
  }

  #isLevelServed(message: PassingMessage): boolean {
    const text = headerValue(message.headers, levelHeader);
    if (text === null) {
      return true;
    }
    const level = Number(text);
    return Number.isInteger(level) && text !== "" && level <= this.#core.parts.settings.apiLevel;
  }
}
