// Buffers of blocks that left the cache, kept for the next ones: fresh memory costs the system's zeroed pages, and is given
// back only when the collector comes by. What was given is not handed out before the turn is over, since somebody may
// still look at it until then.

import type { BlockRoom } from "./block-room.ts";

/** Lengths are rounded up to these steps, so that buffers fit each other; longer ones to a quarter of a power of two. */
const stepBytes = 8 * 1024;
const steppedMost = 64 * 1024;
/** All that is kept beside the room. */
const keptBytesMost = 16 * 1024 * 1024;

export class BlockBuffers {
  /** Where buffers come from as long as there are any. */
  readonly #room: BlockRoom | null;
  readonly #free: Map<number, Uint8Array<ArrayBuffer>[]> = new Map();
  #given: Uint8Array<ArrayBuffer>[] = [];
  #keptBytes = 0;

  constructor(room: BlockRoom | null = null) {
    this.#room = room;
  }

  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** At least so long. What stands in it is of no meaning. */
  take(length: number): Uint8Array<ArrayBuffer> {
    const rounded = roundedUp(length);
    const piece = this.#room?.take(rounded) ?? null;
    if (piece !== null) {
      return piece;
    }
    const buffer = this.#free.get(rounded)?.pop();
    if (buffer === undefined) {
      return new Uint8Array(rounded);
    }
    this.#keptBytes -= rounded;
    return buffer;
  }

  /** Nobody will look at it after this turn. Others than those of take() are left to the collector. */
  give(buffer: Uint8Array<ArrayBuffer>): void {
    const { length } = buffer;
    if (this.#room?.has(buffer) === true) {
      this.#given.push(buffer);
      return;
    }
    const isOurs =
      length > 0 && length === roundedUp(length) && length === buffer.buffer.byteLength;
    if (isOurs && this.#keptBytes + length <= keptBytesMost) {
      this.#keptBytes += length;
      this.#given.push(buffer);
    }
  }

  /** The turn is over. */
  settle(): void {
    if (this.#given.length === 0) {
      return;
    }
    for (const buffer of this.#given) {
      const others = this.#free.get(buffer.length);
      if (this.#room?.has(buffer) === true) {
        this.#room.give(buffer);
      } else if (others === undefined) {
        this.#free.set(buffer.length, [buffer]);
      } else {
        others.push(buffer);
      }
    }
    this.#given = [];
  }
}

function roundedUp(length: number): number {
  const step =
    length <= steppedMost
      ? stepBytes
      : Math.max(stepBytes, 2 ** Math.floor(Math.log2(length - 1)) / 4);
  return Math.ceil(length / step) * step;
}
