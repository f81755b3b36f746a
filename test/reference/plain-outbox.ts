// What waits for one socket: blocks of bytes, taken from the front. It knows no limits and no socket.

import { assert } from "../../src/base/assert.ts";
import { bytesOf } from "./plain-bytes.ts";

/** Small, so that whoever writes a socket meets several blocks. */
const blockLength = 16_384;
/** Callers must look at the offset, so it is never 0. */
const offset = 3;

export class PlainOutbox {
  readonly #blocks: string[] = [];
  #pending = 0;

  get pending(): number {
    return this.#pending;
  }

  get offset(): number {
    return offset;
  }

  get firstLength(): number {
    return this.#blocks[0]?.length ?? 0;
  }

  append(text: string): void {
    this.#pending += text.length;
    let rest = text;
    while (rest !== "") {
      const last = this.#blocks.at(-1);
      if (last === undefined || last.length >= blockLength) {
        this.#blocks.push(rest.slice(0, blockLength));
        rest = rest.slice(blockLength);
      } else {
        const room = blockLength - last.length;
        this.#blocks[this.#blocks.length - 1] = last + rest.slice(0, room);
        rest = rest.slice(room);
      }
    }
  }

  firstBlock(): Uint8Array {
    return bytesOf("?".repeat(offset) + (this.#blocks[0] ?? ""));
  }

  took(count: number): void {
    const first = this.#blocks[0] ?? "";
    assert(count >= 0 && count <= first.length, "no more was taken than lay in the first block");
    this.#pending -= count;
    if (count === first.length) {
      this.#blocks.shift();
    } else {
      this.#blocks[0] = first.slice(count);
    }
  }
}
