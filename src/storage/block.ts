// A run of whole records as it stands, or will stand, in a segment: what is read, written and cached as one. It finds the
// message of a sequence among them.

import type { Cached } from "./block-cache.ts";
import { fieldOffset, readUint64, recordKind } from "./record.ts";

/** A block of records is about this long, or one record if that is longer. */
export const blockBytes: number = 32 * 1024;

const firstCapacity = 1024;
/** Views, tables, and the object. */
const blockOverhead = 400;

export class Block implements Cached {
  bytes: Uint8Array;
  view: DataView;
  /** Bytes of records. */
  used: number;
  /** How many of them the file has; the others are yet to be written. */
  written: number;
  wasUsed = true;
  cachedBytes = 0;
  /** False when damage was left out: offsets in it are not those in the file. */
  isAsOnDisk = true;
  /** What to do when the cache wants its room. */
  onEvict: () => void;
  #sequences: Float64Array = new Float64Array(0);
  #offsets: Uint32Array = new Uint32Array(0);
  #count = 0;
  #indexed = 0;

  private constructor(bytes: Uint8Array, used: number, onEvict: () => void) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.used = used;
    this.written = used;
    this.onEvict = onEvict;
  }

  /** Empty, to be filled; it grows as it must. */
  static forWriting(length: number, isLarge: boolean): Block {
    const wanted = isLarge ? blockBytes : firstCapacity;
    return new Block(new Uint8Array(Math.max(length, wanted)), 0, ignore);
  }

  /** Records that were read and checked. */
  static of(bytes: Uint8Array): Block {
    return new Block(bytes, bytes.length, ignore);
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
  }

  /** Where a record of this length can be written; -1 when it has to go into another block. */
  reserve(length: number): number {
    const place = this.used;
    const end = place + length;
    if (end > this.bytes.length) {
      if (end > blockBytes) {
        return -1;
      }
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
      const capacity = Math.max(16, this.#count * 2);
      const sequences = new Float64Array(capacity);
      sequences.set(this.#sequences);
      this.#sequences = sequences;
      const offsets = new Uint32Array(capacity);
      offsets.set(this.#offsets);
      this.#offsets = offsets;
    }
    this.#sequences[this.#count] = sequence;
    this.#offsets[this.#count] = offset;
    this.#count++;
  }

  #grow(least: number): void {
    const bytes = new Uint8Array(Math.min(blockBytes, Math.max(least, this.bytes.length * 4)));
    bytes.set(this.bytes.subarray(0, this.used));
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }
}

function ignore(): void {}
