// Reads subscriptions out of the module's memory, for listings.

import { byteTextAt } from "../base/byte-text.ts";
import type { AccountIndex, SlotIndex, SubscriptionDetail, SubscriptionRef } from "./fabric.ts";
import { type FabricExports, unsigned } from "./module.ts";

/** What subscriptionField of assembly/subject/inspect.ts gives. */
const field = {
  slot: 0,
  account: 1,
  sidLength: 2,
  delivered: 3,
  max: 4,
  isShadow: 5,
  sidAddress: 6,
  isInside: 7,
  queueLength: 8,
} as const;

export class SubscriptionReader {
  readonly #exports: FabricExports;
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;

  constructor(exports: FabricExports, bytes: Uint8Array, words: Uint32Array) {
    this.#exports = exports;
    this.#bytes = bytes;
    this.#words = words;
  }

  #text(start: number, length: number): string {
    return byteTextAt(this.#bytes, start, length);
  }

  describe(ref: SubscriptionRef): SubscriptionDetail {
    const exports = this.#exports;
    const handle = ref | 0;
    const read = (which: number): number => exports.subscriptionField(handle, which);
    const subjectLength = exports.subscriptionSubject(handle);
    const subject = this.#text(unsigned(exports.subjectText()), subjectLength);
    const queue = this.#text(unsigned(exports.subscriptionQueue(handle)), read(field.queueLength));
    const isInside = read(field.isInside) !== 0;
    return {
      ref,
      slot: read(field.slot) as SlotIndex,
      account: read(field.account) as AccountIndex,
      subject,
      queue,
      sid: isInside ? "" : this.#text(read(field.sidAddress), read(field.sidLength)),
      delivered: read(field.delivered),
      max: read(field.max),
      isShadow: read(field.isShadow) !== 0,
    };
  }

  ofSlot(slot: SlotIndex): readonly SubscriptionDetail[] {
    const details: SubscriptionDetail[] = [];
    let ref = this.#exports.firstSubscriptionOf(slot);
    while (ref !== 0) {
      details.push(this.describe(unsigned(ref) as SubscriptionRef));
      ref = this.#exports.nextSubscriptionOf(ref);
    }
    return details;
  }

  /** What the module collected last. */
  collected(count: number): readonly SubscriptionDetail[] {
    const first = unsigned(this.#exports.collected()) / 4;
    const refs = this.#words.slice(first, first + count);
    return Array.from(refs, (ref) => this.describe(ref as SubscriptionRef));
  }
}
