// Byte texts that come again and again, such as subjects: the same bytes give the same string without making it anew.
// It knows nothing of what they say.

import { byteTextAt } from "./byte-text.ts";

/** Places, as a power of two; a text whose place is taken drives the other out. */
const capacityBits = 14;
/** Longer texts are made each time. */
const longestKept = 128;
const mixer = 0x9e3779b1;

export class ByteTextCache {
  readonly #texts: string[] = new Array<string>(2 ** capacityBits).fill("");
  /** Who asks for a text mostly asks for the same one next. */
  #last = "";

  at(bytes: Uint8Array, start: number, length: number): string {
    if (this.#last.length === length && isAt(this.#last, bytes, start)) {
      return this.#last;
    }
    if (length === 0 || length > longestKept) {
      return byteTextAt(bytes, start, length);
    }
    const end = start + length;
    let hash = length;
    for (let at = start; at < end; at++) {
      hash = (Math.imul(hash, 31) + (bytes[at] ?? 0)) | 0;
    }
    const place = Math.imul(hash, mixer) >>> (32 - capacityBits);
    const known = this.#texts[place] ?? "";
    if (known.length === length && isAt(known, bytes, start)) {
      this.#last = known;
      return known;
    }
    const text = byteTextAt(bytes, start, length);
    this.#texts[place] = text;
    this.#last = text;
    return text;
  }
}

function isAt(text: string, bytes: Uint8Array, start: number): boolean {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) !== bytes[start + index]) {
      return false;
    }
  }
  return true;
}
