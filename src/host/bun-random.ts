// Randomness from the system's generator, taken in blocks: one integer costs no system call.

import type { Random } from "../ports/random.ts";

const blockLength = 4096;

export class BunRandom implements Random {
  readonly #block: Uint32Array<ArrayBuffer> = new Uint32Array(blockLength / 4);
  #next: number = this.#block.length;

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let offset = 0; offset < length; offset += 65_536) {
      crypto.getRandomValues(bytes.subarray(offset, Math.min(length, offset + 65_536)));
    }
    return bytes;
  }

  below(bound: number): number {
    // Draws at the uneven end of the range are thrown away, or small results would come more often.
    const even = 2 ** 32 - (2 ** 32 % bound);
    let drawn = this.#draw();
    while (drawn >= even) {
      drawn = this.#draw();
    }
    return drawn % bound;
  }

  #draw(): number {
    if (this.#next === this.#block.length) {
      crypto.getRandomValues(this.#block);
      this.#next = 0;
    }
    const drawn = this.#block[this.#next] ?? 0;
    // What was given out is not kept.
    this.#block[this.#next] = 0;
    this.#next += 1;
    return drawn;
  }
}
