// Pieces of the memory in which checksums are made: what is laid out there is checked and sealed where it lies. One for all
// servers of a program, as the checksum is. It knows how much it has given, not who has it.

import type { Checksum } from "../wasm/checksum.ts";

const made: WeakMap<Checksum, BlockRoom> = new WeakMap();

export class BlockRoom {
  readonly #room: Uint8Array<ArrayBuffer>;
  /** Pieces that were given back, by length. */
  readonly #free: Map<number, Uint8Array<ArrayBuffer>[]> = new Map();
  #used = 0;

  constructor(room: Uint8Array<ArrayBuffer>) {
    this.#room = room;
  }

  static shared(checksum: Checksum): BlockRoom {
    const known = made.get(checksum);
    if (known !== undefined) {
      return known;
    }
    const room = new BlockRoom(checksum.room);
    made.set(checksum, room);
    return room;
  }

  /** Null when there is none. What stands in it is of no meaning. */
  take(length: number): Uint8Array<ArrayBuffer> | null {
    const piece = this.#free.get(length)?.pop();
    if (piece !== undefined) {
      return piece;
    }
    const end = this.#used + length;
    if (end > this.#room.length) {
      return null;
    }
    const cut = this.#room.subarray(this.#used, end);
    this.#used = end;
    return cut;
  }

  has(bytes: Uint8Array): boolean {
    return bytes.buffer === this.#room.buffer;
  }

  /** A whole piece, which nobody looks at any more. */
  give(piece: Uint8Array<ArrayBuffer>): void {
    const others = this.#free.get(piece.length);
    if (others === undefined) {
      this.#free.set(piece.length, [piece]);
    } else {
      others.push(piece);
    }
  }
}
