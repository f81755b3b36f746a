// A run of whole records as it stands, or will stand, in a segment: what is read, written and cached as one. It finds the
// message of a sequence among them.

import type { BlockBuffers } from "./block-buffers.ts";
import type { Cached } from "./block-cache.ts";
import { fieldOffset, readUint64, recordKind } from "./record.ts";

/** A block of records is about this long, or one record if that is longer: what a look at one message reads. */
export const blockBytes: number = 8 * 1024;
/** Of records that are sealed together, which pays with more of them. */
export const sealedBlockBytes: number = 64 * 1024;

const noBytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
const noSequences: Float64Array = new Float64Array(0);
const noOffsets: Uint32Array = new Uint32Array(0);
const firstCapacity = 1024;
/** Views, tables, and the object. */
const blockOverhead = 400;

export class Block implements Cached {
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView;
  /** Bytes of records. */
  used: number;
  /** How many of them the file has; the others are yet to be written. */
  written: number;
  wasUsed = true;
  cachedBytes = 0;
  cacheSlot = -1;
  /** One long record, as it stands in the file. */
  readonly isLarge: boolean;
  /** Offsets in it are those in the file. */
  isAsOnDisk = true;
  /** Something that could not be read was left out. */
  isDamaged = false;
  /** The checksums of what is yet to be written are there. */
  isSummed = false;
  /** The cache has it. */
  isCached = false;
  /** Its room was taken: whoever still knows it must look for another. */
  isGone = false;
  /** What to do when the cache wants its room. */
  onEvict: () => void;
  #sequences: Float64Array = noSequences;
  #offsets: Uint32Array = noOffsets;
  #count = 0;
  #indexed = 0;
  /** It grows up to this. */
  readonly #most: number;
  readonly #buffers: BlockBuffers | null;

  private constructor(
    bytes: Uint8Array<ArrayBuffer>,
    used: number,
    most: number,
    isLarge: boolean,
    buffers: BlockBuffers | null,
  ) {
    this.#most = most;
    this.isLarge = isLarge;
    this.#buffers = buffers;
    this.onEvict = ignore;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.used = used;
    this.written = used;
  }

  /** Empty, to be filled; it grows as it must. */
  static forWriting(
    length: number,
    isBusy: boolean,
    isSealed: boolean,
    buffers: BlockBuffers,
  ): Block {
    const most = Math.max(length, isSealed ? sealedBlockBytes : blockBytes);
    const isSmall = !isBusy && length <= firstCapacity;
    return new Block(
      isSmall ? new Uint8Array(firstCapacity) : buffers.take(most),
      0,
      most,
      !isSealed && length > blockBytes,
      buffers,
    );
  }

  /** Records that were read and checked: the first `used` bytes. Without buffers the bytes are the collector's. */
  static of(bytes: Uint8Array<ArrayBuffer>, used: number, buffers: BlockBuffers | null): Block {
    return new Block(bytes, used, used, buffers !== null && used > blockBytes, buffers);
  }

  get isPinned(): boolean {
    return this.written < this.used;
  }

  /** What the cache counts it for. */
  measure(): number {
    this.cachedBytes = this.bytes.length + blockOverhead;
    return this.cachedBytes;
  }

  evict(): void {
    this.onEvict();
    this.leave();
  }

  /** Nobody asks for it any more. What is yet to be written keeps its bytes. */
  leave(): void {
    this.isGone = true;
    if (this.isPinned) {
      return;
    }
    this.#buffers?.give(this.bytes);
    // Another block may soon write where this one stood: nobody shall read it here.
    this.bytes = noBytes;
    this.view = new DataView(noBytes.buffer);
  }

  /** Where a record of this length can be written; -1 when it has to go into another block. */
  reserve(length: number): number {
    const place = this.used;
    const end = place + length;
    if (end > this.#most) {
      return -1;
    }
    if (end > this.bytes.length) {
      this.#grow(end);
    }
    this.used = end;
    return place;
  }

  /** Where the message stands, be it erased; -1 when it is not in here. */
  find(sequence: number): number {
    const index = this.#lowerBound(sequence);
    return index < this.#count && this.#sequences[index] === sequence
      ? (this.#offsets[index] ?? -1)
      : -1;
  }

  /** Where the first message from this sequence on stands; -1 when there is none in here. */
  findFrom(sequence: number): number {
    const index = this.#lowerBound(sequence);
    return index < this.#count ? (this.#offsets[index] ?? -1) : -1;
  }

  /** Where the last message up to this sequence stands; -1 when there is none in here. */
  findUpTo(sequence: number): number {
    const index = this.#lowerBound(sequence + 1) - 1;
    return index >= 0 ? (this.#offsets[index] ?? -1) : -1;
  }

  #lowerBound(sequence: number): number {
    if (this.#indexed < this.used) {
      this.#index();
    }
    const sequences = this.#sequences;
    // Without gaps before it, the place can be told at once.
    const guess = sequence - (sequences[0] ?? 0);
    if (guess >= 0 && guess < this.#count && sequences[guess] === sequence) {
      return guess;
    }
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sequences[middle] ?? 0) < sequence) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  #index(): void {
    const { bytes, view, used } = this;
    let at = this.#indexed;
    if (at === 0) {
      // Records of one block are mostly alike.
      this.#resize(Math.ceil(this.#most / Math.max(1, view.getUint32(0, true))) + 1);
    }
    while (at < used) {
      const kind = bytes[at + fieldOffset.kind];
      if (kind === recordKind.message || kind === recordKind.erased) {
        this.#note(readUint64(view, at + fieldOffset.sequence), at);
      }
      at += view.getUint32(at, true);
    }
    this.#indexed = at;
  }

  #note(sequence: number, offset: number): void {
    if (this.#count === this.#offsets.length) {
      this.#resize(this.#count * 2);
    }
    this.#sequences[this.#count] = sequence;
    this.#offsets[this.#count] = offset;
    this.#count++;
  }

  #resize(capacity: number): void {
    const sequences = new Float64Array(capacity);
    sequences.set(this.#sequences);
    this.#sequences = sequences;
    const offsets = new Uint32Array(capacity);
    offsets.set(this.#offsets);
    this.#offsets = offsets;
  }

  #grow(least: number): void {
    const length = Math.min(this.#most, Math.max(least, this.bytes.length * 4));
    const bytes =
      length < blockBytes || this.#buffers === null
        ? new Uint8Array(length)
        : this.#buffers.take(length);
    bytes.set(this.bytes.subarray(0, this.used));
    this.#buffers?.give(this.bytes);
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}

function ignore(): void {}
