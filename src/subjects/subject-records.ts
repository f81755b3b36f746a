// Makes and changes the records of a subject tree: leaves and forks in an arena. It knows a record and its children, not
// the tree: whoever calls relinks the record when a change had to move it.

import { WordArena } from "../base/word-arena.ts";
import {
  capacityFor,
  capacityOf,
  childPlace,
  childrenAt,
  countOf,
  denseKind,
  forkKind,
  forkSize,
  forkWords,
  keysAt,
  kindOf,
  leafKind,
  leafSize,
  leafWords,
  lengthOf,
  lengthShift,
  placeOf,
  terminalWord,
  wordsFor,
} from "./subject-node.ts";

const byteValues = 256;

export class SubjectRecords {
  #arena: WordArena = new WordArena();

  get arena(): WordArena {
    return this.#arena;
  }

  head(record: number): number {
    return this.#arena.wordsOf(record)[WordArena.offset(record)] ?? 0;
  }

  isLeaf(record: number): boolean {
    return kindOf(this.head(record)) === leafKind;
  }

  length(record: number): number {
    return lengthOf(this.head(record));
  }

  /** A copy of the bytes of a record: the rest of a leaf, the prefix of a fork. */
  bytesOf(record: number): Uint8Array {
    const start = this.#bytesAt(record);
    return this.#arena.bytesOf(record).slice(start, start + this.length(record));
  }

  /** How many of its bytes are those from `at` on. */
  sharedLength(record: number, bytes: Uint8Array, at: number, end: number): number {
    const page = this.#arena.bytesOf(record);
    const start = this.#bytesAt(record);
    const most = Math.min(this.length(record), end - at);
    let shared = 0;
    while (shared < most && page[start + shared] === bytes[at + shared]) {
      shared++;
    }
    return shared;
  }

  makeLeaf(bytes: Uint8Array, start: number, end: number): number {
    const leaf = this.#arena.allocate(leafSize(end - start));
    const offset = WordArena.offset(leaf);
    const words = this.#arena.wordsOf(leaf);
    words.fill(0, offset, offset + leafWords);
    words[offset] = leafKind | ((end - start) << lengthShift);
    const page = this.#arena.bytesOf(leaf);
    const target = (offset + leafWords) * 4;
    for (let index = 0; index < end - start; index++) {
      page[target + index] = bytes[start + index] ?? 0;
    }
    return leaf;
  }

  makeFork(prefix: Uint8Array, capacity: number): number {
    const size = forkSize(prefix.length, capacity);
    const fork = this.#arena.allocate(size);
    const offset = WordArena.offset(fork);
    const words = this.#arena.wordsOf(fork);
    words.fill(0, offset, offset + size);
    words[offset] = forkKind(capacity) | (prefix.length << lengthShift);
    words[offset + 1] = capacity << 16;
    this.#arena.bytesOf(fork).set(prefix, (offset + forkWords) * 4);
    return fork;
  }

  free(record: number): void {
    this.#arena.free(record, this.#sizeOf(record));
  }

  setTerminal(fork: number, leaf: number): void {
    this.#arena.wordsOf(fork)[WordArena.offset(fork) + terminalWord] = leaf;
  }

  childPlace(fork: number, byte: number): number {
    const words = this.#arena.wordsOf(fork);
    return childPlace(words, WordArena.offset(fork), byte);
  }

  /** There is no child under the byte. Gives the fork, which may have moved. */
  addChild(fork: number, byte: number, child: number): number {
    const count = countOf(this.#arena.wordsOf(fork), WordArena.offset(fork));
    const roomy = this.#isFull(fork) ? this.#withCapacity(fork, capacityFor(count + 1)) : fork;
    const words = this.#arena.wordsOf(roomy);
    const offset = WordArena.offset(roomy);
    const children = childrenAt(words, offset);
    words[offset + 1] = (words[offset + 1] ?? 0) + 1;
    if (kindOf(words[offset] ?? 0) === denseKind) {
      words[children + byte] = child;
      return roomy;
    }
    const page = this.#arena.bytesOf(roomy);
    const keys = keysAt(words, offset);
    const place = placeOf(page, keys, count, byte);
    page.copyWithin(keys + place + 1, keys + place, keys + count);
    words.copyWithin(children + place + 1, children + place, children + count);
    page[keys + place] = byte;
    words[children + place] = child;
    return roomy;
  }

  /** There is a child under the byte. Gives the fork, which may have moved; it may have a single branch, or none. */
  dropChild(fork: number, byte: number): number {
    const words = this.#arena.wordsOf(fork);
    const offset = WordArena.offset(fork);
    const children = childrenAt(words, offset);
    const count = countOf(words, offset) - 1;
    words[offset + 1] = (words[offset + 1] ?? 0) - 1;
    if (kindOf(words[offset] ?? 0) === denseKind) {
      words[children + byte] = 0;
    } else {
      const page = this.#arena.bytesOf(fork);
      const keys = keysAt(words, offset);
      const place = placeOf(page, keys, count + 1, byte);
      page.copyWithin(keys + place, keys + place + 1, keys + count + 1);
      words.copyWithin(children + place, children + place + 1, children + count + 1);
    }
    // Shrinks late, so that one subject coming and going moves nothing.
    const wanted = capacityFor(count + (count >>> 2) + 1);
    return wanted < capacityOf(words, offset) / 2 ? this.#withCapacity(fork, wanted) : fork;
  }

  /** The fork, or its only branch in its place. */
  joined(fork: number): number {
    const words = this.#arena.wordsOf(fork);
    const offset = WordArena.offset(fork);
    const terminal = words[offset + terminalWord] ?? 0;
    const count = countOf(words, offset);
    if (count + (terminal === 0 ? 0 : 1) > 1) {
      return fork;
    }
    const prefix = this.bytesOf(fork);
    if (count === 0) {
      this.free(fork);
      return this.withBytes(terminal, prefix);
    }
    const byte = this.#onlyKey(fork);
    const child = words[childPlace(words, offset, byte)] ?? 0;
    const rest = this.bytesOf(child);
    const whole = new Uint8Array(prefix.length + 1 + rest.length);
    whole.set(prefix);
    whole[prefix.length] = byte;
    whole.set(rest, prefix.length + 1);
    this.free(fork);
    return this.withBytes(child, whole);
  }

  /** The record with other bytes; the old one is freed. */
  withBytes(record: number, bytes: Uint8Array): number {
    const head = this.head(record);
    const oldSize = this.#sizeOf(record);
    const fixed = kindOf(head) === leafKind ? leafWords : forkWords;
    const tail = oldSize - fixed - wordsFor(lengthOf(head));
    const size = fixed + wordsFor(bytes.length) + tail;
    const made = this.#arena.allocate(size);
    const from = this.#arena.wordsOf(record);
    const to = this.#arena.wordsOf(made);
    const source = WordArena.offset(record);
    const target = WordArena.offset(made);
    to.set(from.subarray(source, source + fixed), target);
    to.set(from.subarray(source + oldSize - tail, source + oldSize), target + size - tail);
    const marks = head & ((1 << lengthShift) - 1);
    to[target] = marks | (bytes.length << lengthShift);
    this.#arena.bytesOf(made).set(bytes, (target + fixed) * 4);
    this.#arena.free(record, oldSize);
    return made;
  }

  /** Copies all below a root to a new arena, and forgets the old one. Gives the new root. */
  compact(root: number): number {
    const old = this.#arena;
    this.#arena = new WordArena();
    return this.#copy(old, root);
  }

  #copy(old: WordArena, record: number): number {
    const from = old.wordsOf(record);
    const source = WordArena.offset(record);
    const size = sizeAt(from, source);
    const made = this.#arena.allocate(size);
    this.#arena.wordsOf(made).set(from.subarray(source, source + size), WordArena.offset(made));
    if (kindOf(from[source] ?? 0) === leafKind) {
      return made;
    }
    const terminal = from[source + terminalWord] ?? 0;
    if (terminal !== 0) {
      this.setTerminal(made, this.#copy(old, terminal));
    }
    const children = childrenAt(from, source);
    const isDense = kindOf(from[source] ?? 0) === denseKind;
    const places = isDense ? byteValues : countOf(from, source);
    for (let place = 0; place < places; place++) {
      const child = from[children + place] ?? 0;
      if (child !== 0) {
        const copied = this.#copy(old, child);
        const at = WordArena.offset(made) + children - source + place;
        this.#arena.wordsOf(made)[at] = copied;
      }
    }
    return made;
  }

  /** Where the bytes of a record begin in its page. */
  #bytesAt(record: number): number {
    return (WordArena.offset(record) + (this.isLeaf(record) ? leafWords : forkWords)) * 4;
  }

  #sizeOf(record: number): number {
    return sizeAt(this.#arena.wordsOf(record), WordArena.offset(record));
  }

  #isFull(fork: number): boolean {
    const words = this.#arena.wordsOf(fork);
    const offset = WordArena.offset(fork);
    return countOf(words, offset) === capacityOf(words, offset);
  }

  #onlyKey(fork: number): number {
    const words = this.#arena.wordsOf(fork);
    const offset = WordArena.offset(fork);
    if (kindOf(words[offset] ?? 0) !== denseKind) {
      return this.#arena.bytesOf(fork)[keysAt(words, offset)] ?? 0;
    }
    const children = childrenAt(words, offset);
    let byte = 0;
    while (words[children + byte] === 0) {
      byte++;
    }
    return byte;
  }

  /** The fork with room for other many children; the old one is freed. */
  #withCapacity(fork: number, capacity: number): number {
    const made = this.makeFork(this.bytesOf(fork), capacity);
    const from = this.#arena.wordsOf(fork);
    const source = WordArena.offset(fork);
    this.setTerminal(made, from[source + terminalWord] ?? 0);
    const children = childrenAt(from, source);
    const isDense = kindOf(from[source] ?? 0) === denseKind;
    const page = this.#arena.bytesOf(fork);
    const keys = keysAt(from, source);
    const places = isDense ? byteValues : countOf(from, source);
    for (let place = 0; place < places; place++) {
      const child = from[children + place] ?? 0;
      if (child !== 0) {
        this.addChild(made, isDense ? place : (page[keys + place] ?? 0), child);
      }
    }
    this.free(fork);
    return made;
  }
}

function sizeAt(words: Uint32Array, offset: number): number {
  const head = words[offset] ?? 0;
  return kindOf(head) === leafKind
    ? leafSize(lengthOf(head))
    : forkSize(lengthOf(head), capacityOf(words, offset));
}
