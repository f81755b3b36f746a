// Buffers of full blocks ahead of their use. Their pages are there when they are: the system takes long to find a page, and
// who publishes would wait for each. How many are kept follows how fast they go; nobody who needs one waits for it.

/** Has the system find the pages of fresh memory in the background, and calls back later. */
export type Warm = (bytes: Uint8Array, onDone: () => void) => void;

/** As full as a block of a memory store gets. */
export const fullBlockBytes: number = 512 * 1024;
/** Six megabytes: what a socket may give in one turn. */
const aheadMost = 12;

export class SpareBlocks {
  readonly #warm: Warm | null;
  readonly #ready: Uint32Array<ArrayBuffer>[] = [];
  #coming = 0;
  #ahead = 0;

  /** Without a way to warm them, blocks are made when they are needed. */
  constructor(warm: Warm | null) {
    this.#warm = warm;
  }

  /** Zeros, as long as a full block. */
  take(): Uint32Array<ArrayBuffer> {
    const words = this.#ready.pop();
    if (words === undefined) {
      this.#ahead = Math.min(aheadMost, this.#ahead * 2 + 1);
    }
    if (this.#warm !== null) {
      while (this.#ready.length + this.#coming < this.#ahead) {
        this.#make(this.#warm);
      }
    }
    return words ?? new Uint32Array(fullBlockBytes / 4);
  }

  #make(warm: Warm): void {
    const words = new Uint32Array(fullBlockBytes / 4);
    this.#coming++;
    warm(new Uint8Array(words.buffer), () => {
      this.#coming--;
      this.#ready.push(words);
    });
  }
}
