// Literal subjects and for each how many messages it has, the first and the last: a radix tree in an arena, so that
// millions of subjects are no objects. It knows nothing of streams; what first and last mean, its owner knows.

import { WordArena } from "../base/word-arena.ts";
import {
  childPlace,
  doubtfulFirst,
  doubtfulLast,
  firstOf,
  forkWords,
  kindOf,
  lastOf,
  leafKind,
  leafWords,
  lengthOf,
  messagesOf,
  terminalWord,
  writeNumbers,
} from "./subject-node.ts";
import { SubjectRecords } from "./subject-records.ts";
import { type SubjectVisit, walkAll, walkMatching } from "./subject-walk.ts";

/** An arena that uses less than this share of its memory is copied. */
const sparseShare = 4;
const smallArenaBytes = 1 << 20;

export interface SubjectTreeDump {
  readonly root: number;
  readonly size: number;
  readonly freeWords: number;
  readonly pages: readonly Uint8Array[];
}

/** A handle names a subject's entry until the next insert or remove. 0 is none. */
export class SubjectTree {
  readonly #records: SubjectRecords = new SubjectRecords();
  #root = 0;
  #size = 0;
  /** The subject asked for last, also as bytes, and its entry: who asks for one mostly asks again. 0 is not known. */
  #known = "";
  #key: Uint8Array = new Uint8Array(64);
  #knownEntry = 0;
  /** Where the reference to the record last found stands: the page's record, and the word; 0 is the root. */
  #linkRecord = 0;
  #linkWord = 0;

  get size(): number {
    return this.#size;
  }

  get memoryBytes(): number {
    return this.#records.arena.memoryBytes + this.#key.length + 128;
  }

  /** Byte text. */
  find(subject: string): number {
    if (this.#knownEntry === 0 || subject !== this.#known) {
      this.#loadKey(subject);
      this.#knownEntry = this.#search(this.#key, 0, subject.length);
    }
    return this.#knownEntry;
  }

  findAt(bytes: Uint8Array, start: number, length: number): number {
    return this.#isKnown(bytes, start, length)
      ? this.#knownEntry
      : this.#search(bytes, start, length);
  }

  /** The entry of the subject; a new one has zeros. */
  insert(subject: string): number {
    const found = this.find(subject);
    if (found !== 0) {
      return found;
    }
    this.#size++;
    this.#knownEntry = this.#add(this.#key, 0, subject.length);
    return this.#knownEntry;
  }

  /** False when it was not there. */
  remove(subject: string): boolean {
    this.#loadKey(subject);
    return this.removeAt(this.#key, 0, subject.length);
  }

  removeAt(bytes: Uint8Array, start: number, length: number): boolean {
    if (!this.#takeOut(bytes, start, length)) {
      return false;
    }
    this.#size--;
    if (this.#size === 0) {
      this.clear();
    } else if (this.#isSparse()) {
      this.#root = this.#records.compact(this.#root);
    }
    return true;
  }

  messages(handle: number): number {
    return messagesOf(this.#records.arena.wordsOf(handle), WordArena.offset(handle));
  }

  first(handle: number): number {
    return firstOf(this.#records.arena.wordsOf(handle), WordArena.offset(handle));
  }

  last(handle: number): number {
    return lastOf(this.#records.arena.wordsOf(handle), WordArena.offset(handle));
  }

  isFirstDoubtful(handle: number): boolean {
    return (this.#head(handle) & doubtfulFirst) !== 0;
  }

  isLastDoubtful(handle: number): boolean {
    return (this.#head(handle) & doubtfulLast) !== 0;
  }

  set(handle: number, messages: number, first: number, last: number): void {
    writeNumbers(
      this.#records.arena.wordsOf(handle),
      WordArena.offset(handle),
      messages,
      first,
      last,
    );
  }

  /** Two marks that the owner may set on an entry; they change nothing here. */
  setDoubts(handle: number, isFirstDoubtful: boolean, isLastDoubtful: boolean): void {
    const words = this.#records.arena.wordsOf(handle);
    const at = WordArena.offset(handle);
    const doubts = (isFirstDoubtful ? doubtfulFirst : 0) | (isLastDoubtful ? doubtfulLast : 0);
    words[at] = ((words[at] ?? 0) & ~(doubtfulFirst | doubtfulLast)) | doubts;
  }

  /** All in order of bytes, until `visit` gives false. Entries may be set meanwhile, not inserted or removed. */
  each(visit: SubjectVisit): void {
    walkAll(this.#records.arena, this.#root, visit);
  }

  /** In order of bytes those that one of the patterns matches, each once; visits no branch where none can match. */
  match(patterns: readonly string[], visit: SubjectVisit): void {
    walkMatching(this.#records.arena, this.#root, patterns, visit);
  }

  clear(): void {
    this.#records.arena.clear();
    this.#root = 0;
    this.#size = 0;
    this.#knownEntry = 0;
  }

  /** All as it lies, for `load`: views to write before the next change. */
  dump(): SubjectTreeDump {
    return {
      root: this.#root,
      size: this.#size,
      freeWords: this.#records.arena.freeWords,
      pages: this.#records.arena.dump(),
    };
  }

  /** Takes what `dump` gave, which must be whole: nothing is checked but lengths. */
  load(dump: SubjectTreeDump): boolean {
    this.#knownEntry = 0;
    if (!this.#records.arena.load(dump.pages, dump.freeWords)) {
      return false;
    }
    this.#root = dump.root;
    this.#size = dump.size;
    return true;
  }

  #loadKey(subject: string): void {
    if (subject.length > this.#key.length) {
      this.#key = new Uint8Array(subject.length * 2);
    }
    const key = this.#key;
    for (let at = 0; at < subject.length; at++) {
      key[at] = subject.charCodeAt(at);
    }
    this.#known = subject;
    this.#knownEntry = 0;
  }

  #isKnown(bytes: Uint8Array, start: number, length: number): boolean {
    return (
      this.#knownEntry !== 0 &&
      length === this.#known.length &&
      areSame(this.#key, 0, bytes, start, length)
    );
  }

  #search(bytes: Uint8Array, start: number, length: number): number {
    const end = start + length;
    let at = start;
    let record = this.#root;
    while (record !== 0) {
      const words = this.#records.arena.wordsOf(record);
      const offset = WordArena.offset(record);
      const head = words[offset] ?? 0;
      const known = lengthOf(head);
      if (known > end - at) {
        return 0;
      }
      const isLeaf = kindOf(head) === leafKind;
      const page = this.#records.arena.bytesOf(record);
      const rest = (offset + (isLeaf ? leafWords : forkWords)) * 4;
      if (!areSame(page, rest, bytes, at, known)) {
        return 0;
      }
      at += known;
      if (isLeaf) {
        return at === end ? record : 0;
      }
      if (at === end) {
        return words[offset + terminalWord] ?? 0;
      }
      const place = childPlace(words, offset, bytes[at] ?? 0);
      if (place < 0) {
        return 0;
      }
      record = words[place] ?? 0;
      at++;
    }
    return 0;
  }

  #head(record: number): number {
    return this.#records.head(record);
  }

  #setLink(record: number, word: number): void {
    this.#linkRecord = record;
    this.#linkWord = word;
  }

  #relink(record: number): void {
    if (this.#linkRecord === 0) {
      this.#root = record;
    } else {
      this.#records.arena.wordsOf(this.#linkRecord)[this.#linkWord] = record;
    }
  }

  /** The subject is not there. */
  #add(bytes: Uint8Array, start: number, end: number): number {
    const records = this.#records;
    let at = start;
    let record = this.#root;
    this.#setLink(0, 0);
    while (record !== 0) {
      const shared = records.sharedLength(record, bytes, at, end);
      if (records.isLeaf(record) || shared < records.length(record)) {
        return this.#split(record, shared, bytes, at, end);
      }
      at += shared;
      if (at === end) {
        const leaf = records.makeLeaf(bytes, end, end);
        records.setTerminal(record, leaf);
        return leaf;
      }
      const byte = bytes[at] ?? 0;
      const place = records.childPlace(record, byte);
      if (place < 0) {
        const leaf = records.makeLeaf(bytes, at + 1, end);
        this.#relink(records.addChild(record, byte, leaf));
        return leaf;
      }
      this.#setLink(record, place);
      record = records.arena.wordsOf(record)[place] ?? 0;
      at++;
    }
    this.#root = records.makeLeaf(bytes, start, end);
    return this.#root;
  }

  /** Puts a fork before a record, behind the bytes that it shares with the new subject. Gives the new entry. */
  #split(record: number, shared: number, bytes: Uint8Array, at: number, end: number): number {
    const records = this.#records;
    const known = records.bytesOf(record);
    const fork = records.makeFork(known.subarray(0, shared), 2);
    if (shared === known.length) {
      records.setTerminal(fork, records.withBytes(record, known.subarray(shared)));
    } else {
      const rest = records.withBytes(record, known.subarray(shared + 1));
      records.addChild(fork, known[shared] ?? 0, rest);
    }
    const leaf = records.makeLeaf(bytes, Math.min(end, at + shared + 1), end);
    if (at + shared === end) {
      records.setTerminal(fork, leaf);
    } else {
      records.addChild(fork, bytes[at + shared] ?? 0, leaf);
    }
    this.#relink(fork);
    return leaf;
  }

  /** False when the subject is not there. */
  #takeOut(bytes: Uint8Array, start: number, length: number): boolean {
    const entry = this.findAt(bytes, start, length);
    if (entry === 0) {
      return false;
    }
    this.#knownEntry = 0;
    const records = this.#records;
    const end = start + length;
    let record = this.#root;
    let at = start;
    this.#setLink(0, 0);
    while (record !== entry) {
      at += records.length(record);
      if (at === end) {
        records.setTerminal(record, 0);
        break;
      }
      const place = records.childPlace(record, bytes[at] ?? 0);
      const child = records.arena.wordsOf(record)[place] ?? 0;
      if (child === entry) {
        record = records.dropChild(record, bytes[at] ?? 0);
        this.#relink(record);
        break;
      }
      this.#setLink(record, place);
      record = child;
      at++;
    }
    if (record === entry) {
      this.#root = 0;
    } else {
      this.#relink(records.joined(record));
    }
    records.free(entry);
    return true;
  }

  #isSparse(): boolean {
    const { memoryBytes, usedWords } = this.#records.arena;
    return memoryBytes > smallArenaBytes && usedWords * 4 * sparseShare < memoryBytes;
  }
}

function areSame(
  page: Uint8Array,
  rest: number,
  bytes: Uint8Array,
  at: number,
  count: number,
): boolean {
  for (let index = 0; index < count; index++) {
    if (page[rest + index] !== bytes[at + index]) {
      return false;
    }
  }
  return true;
}
