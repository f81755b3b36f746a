// The messages that wait for receivers inside the server, laid out in one buffer as the interface wants it.

import { assert } from "../../src/base/assert.ts";
import type {
  AccountIndex,
  HandoffRows,
  SlotIndex,
  SubscriptionRef,
} from "../../src/wasm/fabric.ts";
import { bytesOf } from "./plain-bytes.ts";

export interface PlainRow {
  readonly receiver: number;
  readonly subscription: SubscriptionRef;
  readonly origin: SlotIndex;
  readonly account: AccountIndex;
  readonly subject: string;
  readonly reply: string;
  readonly headers: string;
  readonly body: string;
  /** Shown to receivers outside instead of the subject. */
  readonly shown?: string;
}

export class PlainRows implements HandoffRows {
  readonly #rows: { readonly row: PlainRow; readonly start: number }[] = [];
  /** Never begins at 0, so that whoever forgets a start is found out. */
  #bytes: Uint8Array = new Uint8Array(1024);
  #length = 5;

  get count(): number {
    return this.#rows.length;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  add(row: PlainRow): void {
    const added = bytesOf(row.subject + row.reply + row.headers + row.body + (row.shown ?? ""));
    const end = this.#length + added.length;
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(end * 2);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes.set(added, this.#length);
    this.#rows.push({ row, start: this.#length });
    this.#length = end;
  }

  clear(): void {
    this.#rows.length = 0;
    this.#length = 5;
    // Whoever still holds a view of the old rows must not get away with reading it.
    this.#bytes.fill(0x3f);
  }

  row(index: number): PlainRow {
    return this.#at(index).row;
  }

  receiver(row: number): number {
    return this.row(row).receiver;
  }

  subscription(row: number): SubscriptionRef {
    return this.row(row).subscription;
  }

  origin(row: number): SlotIndex {
    return this.row(row).origin;
  }

  account(row: number): AccountIndex {
    return this.row(row).account;
  }

  subjectStart(row: number): number {
    return this.#at(row).start;
  }

  subjectLength(row: number): number {
    return this.row(row).subject.length;
  }

  replyStart(row: number): number {
    return this.subjectStart(row) + this.subjectLength(row);
  }

  replyLength(row: number): number {
    return this.row(row).reply.length;
  }

  headerStart(row: number): number {
    return this.replyStart(row) + this.replyLength(row);
  }

  headerLength(row: number): number {
    return this.row(row).headers.length;
  }

  bodyStart(row: number): number {
    return this.headerStart(row) + this.headerLength(row);
  }

  bodyLength(row: number): number {
    return this.row(row).body.length;
  }

  shownStart(row: number): number {
    return this.bodyStart(row) + this.bodyLength(row);
  }

  shownLength(row: number): number {
    return this.row(row).shown?.length ?? 0;
  }

  #at(index: number): { readonly row: PlainRow; readonly start: number } {
    const found = this.#rows[index];
    assert(found !== undefined, `row ${index} exists`);
    return found;
  }
}
