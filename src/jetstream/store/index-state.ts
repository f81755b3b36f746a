// The state of a store in place: whoever holds it reads what is true now. Only the message index writes it.

import type { StoreState } from "./message-store.ts";

/** In the order in which they are written down. */
const fields = [
  "messages",
  "bytes",
  "firstSequence",
  "lastSequence",
  "firstTimeMicros",
  "firstRestNanos",
  "lastTimeMicros",
  "lastRestNanos",
] as const;

export class IndexState implements StoreState {
  static readonly dumpBytes: number = fields.length * 8;

  messages = 0;
  bytes = 0;
  firstSequence: number;
  lastSequence: number;
  firstTimeMicros = 0;
  firstRestNanos = 0;
  lastTimeMicros = 0;
  lastRestNanos = 0;
  subjects = 0;
  deleted = 0;

  constructor(firstSequence: number) {
    this.firstSequence = firstSequence;
    this.lastSequence = firstSequence - 1;
  }

  dump(): Uint8Array {
    const bytes = new Uint8Array(IndexState.dumpBytes);
    const view = new DataView(bytes.buffer);
    for (const [index, field] of fields.entries()) {
      view.setFloat64(index * 8, this[field], true);
    }
    return bytes;
  }

  /** False when the numbers cannot be those of a state. */
  load(bytes: Uint8Array): boolean {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (const [index, field] of fields.entries()) {
      const value = view.getFloat64(index * 8, true);
      if (!Number.isSafeInteger(value) || value < 0) {
        return false;
      }
      this[field] = value;
    }
    return this.firstSequence <= this.lastSequence + 1;
  }
}
