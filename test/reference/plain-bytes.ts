// Between bytes and strings of one character a byte, which is what the twin works on inside.

import { assert } from "../../src/base/assert.ts";

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

export function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

/** Strings that cross the interface are bytes too: a caller with other text encodes it first. */
export function checkedText(text: string): string {
  for (let index = 0; index < text.length; index += 1) {
    assert(text.charCodeAt(index) < 256, "a string of the fabric has one character a byte");
  }
  return text;
}
