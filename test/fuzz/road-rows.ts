// The receivers inside the server: each does with a row what its number says.

import {
  type AccountIndex,
  type Fabric,
  noSlot,
  type SlotIndex,
  type SubscriptionRef,
} from "../../src/wasm/fabric.ts";
import { bytes, text } from "../contract/fabric/fabric-stage.ts";
import type { Transcript } from "./road-transcript.ts";

/** Rows may cause rows; so many answers in one routing are enough. */
const answersPerRouting = 12;

interface Row {
  readonly index: number;
  readonly receiver: number;
  readonly origin: SlotIndex;
  readonly account: AccountIndex;
  readonly subject: string;
  readonly reply: string;
}

export class RoadRows {
  readonly receivers: Map<number, SubscriptionRef> = new Map();
  readonly #fabric: Fabric;
  readonly #transcript: Transcript;

  constructor(fabric: Fabric, transcript: Transcript) {
    this.#fabric = fabric;
    this.#transcript = transcript;
  }

  remove(receiver: number): void {
    const reference = this.receivers.get(receiver);
    if (reference !== undefined) {
      this.#fabric.unsubscribe(reference);
      this.receivers.delete(receiver);
    }
  }

  /** Everything that waits, and what that causes. */
  route(): void {
    const { rows } = this.#fabric;
    if (rows.count === 0) {
      return;
    }
    for (let index = 0; index < rows.count; index += 1) {
      const row = this.#read(index);
      if (index < answersPerRouting) {
        this.#answer(row);
      }
    }
    this.#fabric.clearRows();
  }

  #read(index: number): Row {
    const { rows } = this.#fabric;
    const part = (start: number, length: number): string => text(rows.bytes, start, length);
    const subject = part(rows.subjectStart(index), rows.subjectLength(index));
    const reply = part(rows.replyStart(index), rows.replyLength(index));
    const headers = part(rows.headerStart(index), rows.headerLength(index));
    const body = part(rows.bodyStart(index), rows.bodyLength(index));
    const shown = part(rows.shownStart(index), rows.shownLength(index));
    const [receiver, origin] = [rows.receiver(index), rows.origin(index)];
    const account = rows.account(index);
    const isKnown = this.receivers.get(receiver) === rows.subscription(index);
    const { slotName, accountName } = {
      slotName: this.#transcript.slotName(origin),
      accountName: this.#transcript.accountName(account),
    };
    const names = `${receiver} ${isKnown} ${slotName} ${accountName}`;
    this.#transcript.note(`row ${names} [${subject}] [${reply}] [${headers}] [${body}] [${shown}]`);
    return { index, receiver, origin, account, subject, reply };
  }

  #answer(row: Row): void {
    switch (row.receiver % 4) {
      case 1:
        this.#forward(
          row,
          this.#otherAccount(row),
          this.#publisher(row),
          `f.${row.receiver}`,
          row.reply,
        );
        this.#forward(row, row.account, noSlot, "c", "");
        break;
      case 2:
        this.#reply(row);
        break;
      case 3:
        this.#forwardWithHeaders(row);
        break;
      default:
        this.#leaveAfterOne(row);
        break;
    }
  }

  /** The publisher may have been closed while its rows were waiting. */
  #publisher({ origin }: Row): SlotIndex {
    return this.#transcript.slotName(origin) === "gone" ? noSlot : origin;
  }

  #otherAccount({ account }: Row): AccountIndex {
    return this.#transcript.account(this.#transcript.accounts.indexOf(account) + 1);
  }

  #forward(
    row: Row,
    account: AccountIndex,
    origin: SlotIndex,
    subject: string,
    reply: string,
    headers?: Uint8Array,
  ): void {
    const count = this.#fabric.forward(row.index, account, origin, subject, reply, headers);
    this.#transcript.note(`forwarded to ${count}`);
  }

  #reply({ account, subject, reply }: Row): void {
    if (reply !== "") {
      const answer = { account, origin: noSlot, subject: reply, reply: "" };
      const count = this.#fabric.publish({ ...answer, headers: bytes(""), body: bytes(subject) });
      this.#transcript.note(`answer reached ${count}`);
    }
  }

  #forwardWithHeaders(row: Row): void {
    const headers = bytes(row.receiver === 3 ? "NATS/1.0\r\nX: y\r\n\r\n" : "");
    const publisher = this.#publisher(row);
    this.#forward(row, this.#otherAccount(row), publisher, "a", row.reply, headers);
    if (publisher !== noSlot && row.reply !== "") {
      this.#fabric.sendNoResponders(publisher, row.reply, row.subject);
    }
  }

  /** Half of those that only look wanted one message, as a request does. */
  #leaveAfterOne({ receiver }: Row): void {
    if (receiver % 8 === 4) {
      this.remove(receiver);
    }
  }
}
