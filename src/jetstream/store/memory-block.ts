// Messages of neighbouring sequences in one buffer, as records one behind the other, found by their numbers. It knows the
// layout of a record; which messages there are, and how subjects hang together, its store knows.
//
// record  previous | next | time low | time high, restNanos << 21, expires << 31 | body length | lengths of subject and
//         headers, 16 bits each | [expiry low | high] | subject, headers, body
//
// Previous and next tell how far away the messages of the same subject are. All in words of 32 bits.

import { assert } from "../../base/assert.ts";
import type { CopyBytes } from "../../base/bytes.ts";
import type { NewMessage } from "./message-store.ts";
import type { MessageView } from "./message-view.ts";

/** A neighbour too far away to be written down. */
export const farAway: number = 0xffff_ffff;

const fixedWords = 6;
const expiryWords = 2;
const highBits = 21;
const highMask = (1 << highBits) - 1;
const restMask = 0x3ff;
const expiresMark = 0x8000_0000;
const mostShort = 0xffff;
const twoTo32 = 2 ** 32;
const noPlace = 0xffff_ffff;
const fewestPlaces = 16;
const fewestBytes = 1024;
/** Below this, a loop is cheaper than a call. */
const shortCopy = 16;

export class MemoryBlock {
  readonly first: number;
  #words: Uint32Array<ArrayBuffer>;
  #bytes: Uint8Array<ArrayBuffer>;
  /** In words. */
  #end = 0;
  #deadWords = 0;
  #live = 0;
  /** Of each sequence from `first` on the word where its record begins; of a sparse block, of each that is there. */
  #places: Uint32Array;
  /** How far from `first` the records of a sparse block are; null when every sequence has a place. */
  #distances: Uint32Array | null = null;
  #count = 0;

  /** `words` are zeros, and the block's from now on. */
  constructor(first: number, words: Uint32Array<ArrayBuffer>) {
    this.first = first;
    this.#words = words;
    this.#bytes = new Uint8Array(words.buffer);
    this.#places = new Uint32Array(fewestPlaces);
  }

  /** Bytes that the message takes here. */
  static recordBytes(message: NewMessage): number {
    return recordWords(message) * 4;
  }

  get capacityBytes(): number {
    return this.#bytes.length;
  }

  get usedBytes(): number {
    return this.#end * 4;
  }

  get deadBytes(): number {
    return this.#deadWords * 4;
  }

  get live(): number {
    return this.#live;
  }

  /** The sequence behind the last one it has a place for. */
  get end(): number {
    const last = this.#count - 1;
    return this.first + (this.#distances === null ? last : (this.#distances[last] ?? 0)) + 1;
  }

  /** Bytes beside the records. */
  get overheadBytes(): number {
    return 256 + this.#places.byteLength + (this.#distances?.byteLength ?? 0);
  }

  hasRoom(message: NewMessage): boolean {
    return (this.#end + recordWords(message)) * 4 <= this.#bytes.length;
  }

  /** Makes the buffer longer, up to `most` bytes; false when it is that long already. */
  grow(most: number): boolean {
    if (this.#bytes.length >= most) {
      return false;
    }
    this.#resize(Math.min(most, Math.max(fewestBytes, this.#bytes.length * 2)) >>> 2);
    return true;
  }

  /** There is room. `previous` is the last message of the same subject, 0 for none, -1 when it is not known. */
  append(message: NewMessage, previous: number, copy: CopyBytes): void {
    const { sequence, subject, headerLength, bodyBytes, bodyStart, bodyLength } = message;
    assert(
      subject.length <= mostShort && headerLength <= mostShort,
      "subjects and headers of a message are at most 65,535 bytes long",
    );
    const at = this.#end;
    this.#addPlace(sequence - this.first, at);
    const words = this.#words;
    words[at] = distanceTo(sequence, previous);
    words[at + 1] = 0;
    words[at + 2] = message.timeMicros >>> 0;
    const high = Math.floor(message.timeMicros / twoTo32) & highMask;
    words[at + 3] = high | (message.restNanos << highBits);
    words[at + 4] = bodyLength;
    words[at + 5] = subject.length | (headerLength << 16);
    let start = (at + fixedWords) * 4;
    if (message.expiresMicros > 0) {
      words[at + 3] = (words[at + 3] ?? 0) | expiresMark;
      words[at + fixedWords] = message.expiresMicros >>> 0;
      words[at + fixedWords + 1] = Math.floor(message.expiresMicros / twoTo32);
      start += expiryWords * 4;
    }
    const bytes = this.#bytes;
    for (let index = 0; index < subject.length; index++) {
      bytes[start + index] = subject.charCodeAt(index);
    }
    start += subject.length;
    if (headerLength > 0) {
      const { headerBytes, headerStart } = message;
      copy(headerBytes, headerStart, headerStart + headerLength, bytes, start);
      start += headerLength;
    }
    if (bodyLength > shortCopy) {
      copy(bodyBytes, bodyStart, bodyStart + bodyLength, bytes, start);
    } else {
      for (let index = 0; index < bodyLength; index++) {
        bytes[start + index] = bodyBytes[bodyStart + index] ?? 0;
      }
    }
    this.#end = (start + bodyLength + 3) >>> 2;
  }

  /** The word where the record begins; -1 when there is none. */
  find(sequence: number): number {
    const slot = sequence - this.first;
    const place = this.#distances === null ? this.#places[slot] : this.#sparsePlace(slot);
    return place === undefined || place === noPlace || slot >= this.#slots() ? -1 : place;
  }

  read(sequence: number, at: number, into: MessageView): void {
    const words = this.#words;
    const timeHigh = words[at + 3] ?? 0;
    const lengths = words[at + 5] ?? 0;
    const expires = timeHigh >= expiresMark;
    into.sequence = sequence;
    into.timeMicros = (words[at + 2] ?? 0) + (timeHigh & highMask) * twoTo32;
    into.restNanos = (timeHigh >>> highBits) & restMask;
    into.bytes = this.#bytes;
    into.expiresMicros = expires ? wide(words, at + fixedWords) : 0;
    const start = (at + fixedWords + (expires ? expiryWords : 0)) * 4;
    into.subjectStart = start;
    into.subjectLength = lengths & mostShort;
    into.headerStart = start + into.subjectLength;
    into.headerLength = lengths >>> 16;
    into.bodyStart = into.headerStart + into.headerLength;
    into.bodyLength = words[at + 4] ?? 0;
  }

  timeMicrosAt(at: number): number {
    const words = this.#words;
    return (words[at + 2] ?? 0) + ((words[at + 3] ?? 0) & highMask) * twoTo32;
  }

  /** How far before it the message of the same subject is: 0 for none, farAway when that is not known. */
  previousAt(at: number): number {
    return this.#words[at] ?? 0;
  }

  nextAt(at: number): number {
    return this.#words[at + 1] ?? 0;
  }

  setPrevious(at: number, distance: number): void {
    this.#words[at] = Math.min(distance, farAway);
  }

  setNext(at: number, distance: number): void {
    this.#words[at + 1] = Math.min(distance, farAway);
  }

  /** Takes the record out of the block; with `erases` its bytes are overwritten. */
  drop(sequence: number, at: number, erases: boolean): void {
    const size = this.#sizeAt(at);
    const slot = sequence - this.first;
    if (erases) {
      this.#words.fill(0, at, at + size);
    }
    const index = this.#distances === null ? slot : this.#sparseIndex(slot);
    this.#places[index] = noPlace;
    this.#deadWords += size;
    this.#live--;
  }

  /** Whether what is left lies in one piece at the end: a block that is emptied from its head needs no copy. */
  isTail(firstPresent: number): boolean {
    return this.#distances === null && this.#live === this.end - firstPresent;
  }

  /** A block of what is there, in this one and in the one behind it, without holes. */
  compacted(behind: MemoryBlock | null): MemoryBlock {
    const liveBytes = this.usedBytes - this.deadBytes;
    const moreBytes = behind === null ? 0 : behind.usedBytes - behind.deadBytes;
    const made = new MemoryBlock(this.first, new Uint32Array((liveBytes + moreBytes + 3) >>> 2));
    const live = this.#live + (behind?.live ?? 0);
    made.#places = new Uint32Array(live);
    made.#distances = new Uint32Array(live);
    made.#take(this);
    if (behind !== null) {
      made.#take(behind);
    }
    made.#densify();
    return made;
  }

  /** Gives back what was reserved for more messages. */
  seal(): void {
    if (this.#end < this.#words.length - (this.#words.length >>> 4)) {
      this.#resize(this.#end);
    }
    if (this.#distances === null) {
      this.#places = this.#places.slice(0, this.#count);
    }
  }

  #slots(): number {
    return this.#distances === null ? this.#count : twoTo32;
  }

  #take(from: MemoryBlock): void {
    for (let index = 0; index < from.#count; index++) {
      const at = from.#places[index] ?? noPlace;
      if (at !== noPlace) {
        const size = from.#sizeAt(at);
        this.#words.set(from.#words.subarray(at, at + size), this.#end);
        const slot = from.#distances === null ? index : (from.#distances[index] ?? 0);
        this.#addPlace(slot + from.first - this.first, this.#end);
        this.#end += size;
      }
    }
  }

  #addPlace(slot: number, at: number): void {
    const index = this.#distances === null ? slot : this.#count;
    this.#reserve(index + 1);
    if (index > this.#count) {
      this.#places.fill(noPlace, this.#count, index);
    }
    this.#places[index] = at;
    if (this.#distances !== null) {
      this.#distances[index] = slot;
    }
    this.#count = index + 1;
    this.#live++;
  }

  /** A place for every sequence, when that is not longer than naming those that are there. */
  #densify(): void {
    const distances = this.#distances;
    const slots = this.#count === 0 ? 0 : (distances?.[this.#count - 1] ?? 0) + 1;
    if (distances === null || slots > 2 * this.#count) {
      return;
    }
    const places = new Uint32Array(slots).fill(noPlace);
    for (let index = 0; index < this.#count; index++) {
      places[distances[index] ?? 0] = this.#places[index] ?? noPlace;
    }
    this.#places = places;
    this.#distances = null;
    this.#count = slots;
  }

  #sparseIndex(slot: number): number {
    const distances = this.#distances ?? this.#places;
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((distances[middle] ?? 0) < slot) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  #sparsePlace(slot: number): number {
    const index = this.#sparseIndex(slot);
    return index < this.#count && this.#distances?.[index] === slot
      ? (this.#places[index] ?? noPlace)
      : noPlace;
  }

  #sizeAt(at: number): number {
    const words = this.#words;
    const lengths = words[at + 5] ?? 0;
    const fixed = fixedWords + ((words[at + 3] ?? 0) >= expiresMark ? expiryWords : 0);
    const content = (lengths & mostShort) + (lengths >>> 16) + (words[at + 4] ?? 0);
    return fixed + ((content + 3) >>> 2);
  }

  #reserve(slots: number): void {
    if (slots > this.#places.length) {
      const length = Math.max(slots, this.#places.length * 2);
      this.#places = longer(this.#places, length);
      this.#distances = this.#distances === null ? null : longer(this.#distances, length);
    }
  }

  #resize(length: number): void {
    const words = new Uint32Array(length);
    words.set(this.#words.subarray(0, this.#end));
    this.#words = words;
    this.#bytes = new Uint8Array(words.buffer);
  }
}

function recordWords(message: NewMessage): number {
  const fixed = fixedWords + (message.expiresMicros > 0 ? expiryWords : 0);
  const content = message.subject.length + message.headerLength + message.bodyLength;
  return fixed + ((content + 3) >>> 2);
}

function longer(numbers: Uint32Array, length: number): Uint32Array {
  const made = new Uint32Array(length);
  made.set(numbers);
  return made;
}

function distanceTo(sequence: number, previous: number): number {
  if (previous === 0) {
    return 0;
  }
  return previous < 0 ? farAway : Math.min(sequence - previous, farAway);
}

function wide(words: Uint32Array, at: number): number {
  return (words[at] ?? 0) + (words[at + 1] ?? 0) * twoTo32;
}
