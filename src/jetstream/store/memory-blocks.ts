// The blocks of a memory store: in order of sequences, made as messages come, given back as they go. It finds a record; it
// does not know which messages are wanted, nor what they cost.

import { assert } from "../../base/assert.ts";
import type { CopyBytes } from "../../base/bytes.ts";
import { MemoryBlock } from "./memory-block.ts";
import type { NewMessage } from "./message-store.ts";
import { fullBlockBytes, type SpareBlocks } from "./spare-blocks.ts";

const blockBytes: number = fullBlockBytes;
/** The first one begins small: most streams are. */
const firstBlockBytes = 1024;
/** A message this large gets a block of its own. */
const largeMessageBytes = blockBytes / 4;
/** Places that a block may spend on sequences left out. */
const mostLeftOut = 64;
/** Holes smaller than this are left alone. */
const smallHoles = 4096;
/** How far apart sequences of one block may lie. */
const mostDistance = 2 ** 31;

export class MemoryBlocks {
  readonly #copyBytes: CopyBytes;
  readonly #spares: SpareBlocks;
  #blocks: MemoryBlock[] = [];
  /** The block that was found last, and its index. */
  #hint = 0;

  constructor(copyBytes: CopyBytes, spares: SpareBlocks) {
    this.#copyBytes = copyBytes;
    this.#spares = spares;
  }

  get count(): number {
    return this.#blocks.length;
  }

  /** Bytes beside the records that are there. */
  get overheadBytes(): number {
    let bytes = 64;
    for (const block of this.#blocks) {
      bytes += block.overheadBytes + block.capacityBytes - block.usedBytes + block.deadBytes;
    }
    return bytes;
  }

  append(message: NewMessage, previous: number): void {
    this.#blockFor(message).append(message, previous, this.#copyBytes);
  }

  /** The block that has the sequence's record; null when there is none. */
  blockOf(sequence: number): MemoryBlock | null {
    const hinted = this.#blocks[this.#hint];
    if (hinted !== undefined && sequence >= hinted.first && sequence < hinted.end) {
      return hinted;
    }
    const index = this.#indexOf(sequence);
    const block = this.#blocks[index];
    if (block === undefined) {
      return null;
    }
    this.#hint = index;
    return block;
  }

  /** `firstPresent` is the first message of the store once this one is gone. */
  drop(sequence: number, erases: boolean, firstPresent: number): void {
    const block = this.blockOf(sequence);
    const at = block?.find(sequence) ?? -1;
    assert(block !== null && at >= 0, "there is no record of a message");
    block.drop(sequence, at, erases);
    const index = this.#hint;
    if (block.live === 0) {
      this.#blocks.splice(index, 1);
      this.#hint = 0;
    } else if (isSparse(block) && !this.#isEmptiedFromHead(index, block, firstPresent)) {
      this.#compact(index);
    }
  }

  clear(): void {
    this.#blocks = [];
    this.#hint = 0;
  }

  /** A full block that is emptied from its head is gone soon, and needs no copy. */
  #isEmptiedFromHead(index: number, block: MemoryBlock, firstPresent: number): boolean {
    return index === 0 && this.#blocks.length > 1 && block.isTail(firstPresent);
  }

  #blockFor(message: NewMessage): MemoryBlock {
    const size = MemoryBlock.recordBytes(message);
    const tail = this.#blocks.at(-1);
    if (
      tail !== undefined &&
      message.sequence - tail.end < mostLeftOut &&
      size < largeMessageBytes
    ) {
      while (!tail.hasRoom(message) && tail.grow(blockBytes)) {
        // A block doubles until the message fits or it is as long as blocks get.
      }
      if (tail.hasRoom(message)) {
        return tail;
      }
    }
    this.#seal();
    const usual =
      tail === undefined || tail.capacityBytes < blockBytes / 2 ? firstBlockBytes : blockBytes;
    const length = Math.max(size, usual);
    const words =
      length === fullBlockBytes ? this.#spares.take() : new Uint32Array((length + 3) >>> 2);
    const block = new MemoryBlock(message.sequence, words);
    this.#blocks.push(block);
    return block;
  }

  #seal(): void {
    const tail = this.#blocks.at(-1);
    if (tail === undefined) {
      return;
    }
    if (isSparse(tail)) {
      this.#compact(this.#blocks.length - 1);
    } else {
      tail.seal();
    }
  }

  /** Copies what is left of a block, together with a neighbour when both are small. */
  #compact(index: number): void {
    const block = this.#blocks[index];
    if (block === undefined) {
      return;
    }
    const at = this.#isJoinable(index - 1) ? index - 1 : index;
    const first = this.#blocks[at] ?? block;
    const behind = this.#isJoinable(at) ? (this.#blocks[at + 1] ?? null) : null;
    this.#blocks.splice(at, behind === null ? 1 : 2, first.compacted(behind));
    this.#hint = 0;
  }

  /** Whether the block and the one behind it make one small block. The last one is still written to. */
  #isJoinable(index: number): boolean {
    const block = this.#blocks[index];
    const behind = this.#blocks[index + 1];
    if (block === undefined || behind === undefined || index + 2 >= this.#blocks.length) {
      return false;
    }
    const bytes = block.usedBytes - block.deadBytes + behind.usedBytes - behind.deadBytes;
    return bytes < blockBytes / 2 && behind.end - block.first < mostDistance;
  }

  /** Index of the last block that begins at the sequence or before it. */
  #indexOf(sequence: number): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#blocks[middle]?.first ?? 0) <= sequence) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - 1;
  }
}

function isSparse(block: MemoryBlock): boolean {
  return block.deadBytes > smallHoles && block.deadBytes * 2 > block.usedBytes;
}
