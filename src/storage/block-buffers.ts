// Buffers of blocks that left the cache, kept for the next ones: fresh memory costs the system's zeroed pages, and is given
// back only when the collector comes by. What was given is not handed out before the turn is over, since somebody may
// still look at it until then.

/** Lengths are rounded up to these steps, so that buffers fit each other. */
const stepBytes = 8 * 1024;
/** All that is kept. */
const keptBytesMost = 16 * 1024 * 1024;

export class BlockBuffers {
  readonly #free: Map<number, Uint8Array<ArrayBuffer>[]> = new Map();
  #given: Uint8Array<ArrayBuffer>[] = [];
  #keptBytes = 0;

  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** At least so long. What stands in it is of no meaning. */
  take(length: number): Uint8Array<ArrayBuffer> {
    const rounded = Math.ceil(length / stepBytes) * stepBytes;
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
    const isOurs = length > 0 && length % stepBytes === 0 && length === buffer.buffer.byteLength;
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
      if (others === undefined) {
        this.#free.set(buffer.length, [buffer]);
      } else {
        others.push(buffer);
      }
    }
    this.#given = [];
  }
}
