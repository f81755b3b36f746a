// Messages from inside on their way into the module: staged, then published in one call. It knows accounts by the
// module's handles only.

import type { OutgoingMessage } from "../base/outgoing-message.ts";
import type { PublishOptions, SlotIndex } from "./fabric.ts";
import type { FabricExports } from "./module.ts";
import type { Stage } from "./staged-text.ts";

export class InsideMessages {
  readonly #exports: FabricExports;
  readonly #stage: Stage;

  constructor(exports: FabricExports, stage: Stage) {
    this.#exports = exports;
    this.#stage = stage;
  }

  publish(account: number, options: PublishOptions, skipsShadows: boolean): number {
    const { headers, body } = options;
    const subject = this.#stage.text(options.subject);
    const reply = this.#stage.text(options.reply);
    const payload = this.#stage.payload(headers, body);
    const receivers = this.#exports.publishInside(
      account | 0,
      options.origin,
      subject.start | 0,
      subject.length,
      reply.start | 0,
      reply.length,
      payload | 0,
      headers.length,
      headers.length + body.length,
      skipsShadows ? 1 : 0,
    );
    this.#stage.clear();
    return receivers;
  }

  deliver(account: number, message: OutgoingMessage): number {
    const receivers = this.#exports.deliverInside(
      account | 0,
      this.#stage.outgoing(message) | 0,
      message.toLength,
      message.subjectLength,
      message.replyLength,
      message.headerLength,
      message.bodyLength,
      message.isOnce ? 1 : 0,
    );
    this.#stage.clear();
    return receivers;
  }

  forward(row: number, account: number, origin: SlotIndex, subject: string, reply: string): number {
    const subjectText = this.#stage.text(subject);
    const replyText = this.#stage.text(reply);
    return this.#exports.forward(
      row,
      account | 0,
      origin,
      subjectText.start | 0,
      subjectText.length,
      replyText.start | 0,
      replyText.length,
    );
  }

  sendNoResponders(slot: SlotIndex, reply: string, subject: string): void {
    const replyText = this.#stage.text(reply);
    const subjectText = this.#stage.text(subject);
    this.#exports.sendNoResponders(
      slot,
      replyText.start | 0,
      replyText.length,
      subjectText.start | 0,
      subjectText.length,
    );
    this.#stage.clear();
  }
}
