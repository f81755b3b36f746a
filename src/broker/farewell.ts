// The bytes a closed connection still owes its peer: copied out of its outbox, written as the socket takes them.

import type { Socket } from "../ports/network.ts";
import type { ClosedReason } from "../protocol/closed-reason.ts";

export class Farewell {
  readonly reason: ClosedReason;
  readonly #blocks: Uint8Array[];
  #offset = 0;

  constructor(blocks: Uint8Array[], reason: ClosedReason) {
    this.#blocks = blocks;
    this.reason = reason;
  }

  /** Whether nothing is left to say. A closed socket ends it too. */
  write(socket: Socket): boolean {
    for (;;) {
      const block = this.#blocks[0];
      if (block === undefined) {
        return true;
      }
      const length = block.length - this.#offset;
      const taken = socket.write(block, this.#offset, length);
      if (taken < 0) {
        return true;
      }
      if (taken < length) {
        this.#offset += taken;
        return false;
      }
      this.#blocks.shift();
      this.#offset = 0;
    }
  }
}
