// Memory for many small records of whole 32-bit words that refer to each other by number: pages off the heap of objects,
// and lists of what was freed, by size. It knows nothing of what the records mean; a record never crosses a page.

import { assert } from "./assert.ts";

/** Words of a page, as a power of two: 1 MiB. */
const pageBits = 18;
const pageWords = 1 << pageBits;
const fewestWords = 64;
/** Number 0 means none, so the first word is never given away. */
const reservedWords = 1;
/** References are 31 bits. */
const mostPages = 1 << (31 - pageBits);
const noWords: Uint32Array<ArrayBuffer> = new Uint32Array(0);
const noBytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);

export class WordArena {
  /** The largest record it can hold. */
  static readonly mostWords: number = pageWords - reservedWords;

  #words: Uint32Array<ArrayBuffer>[] = [];
  #bytes: Uint8Array<ArrayBuffer>[] = [];
  /** Where the last page is still free. */
  #end = reservedWords;
  /** Of each size, the first freed record; it holds the next one in its first word. */
  readonly #free: Map<number, number> = new Map();
  #freeWords = 0;

  /** Words in records, without those that were freed. */
  get usedWords(): number {
    const full = Math.max(0, this.#words.length - 1) * pageWords;
    return this.#words.length === 0 ? 0 : full + this.#end - reservedWords - this.#freeWords;
  }

  get memoryBytes(): number {
    return this.#words.reduce((sum, page) => sum + page.byteLength, 64);
  }

  /** The page of a record; `offset` says where in it. Valid until the next allocation. */
  wordsOf(reference: number): Uint32Array<ArrayBuffer> {
    return this.#words[reference >>> pageBits] ?? noWords;
  }

  bytesOf(reference: number): Uint8Array<ArrayBuffer> {
    return this.#bytes[reference >>> pageBits] ?? noBytes;
  }

  /** In words. */
  static offset(reference: number): number {
    return reference & (pageWords - 1);
  }

  /** Gives a record whose words may hold anything. */
  allocate(size: number): number {
    const freed = this.#free.get(size) ?? 0;
    if (freed === 0) {
      return this.#extend(size);
    }
    this.#free.set(size, this.wordsOf(freed)[WordArena.offset(freed)] ?? 0);
    this.#freeWords -= size;
    return freed;
  }

  free(reference: number, size: number): void {
    this.wordsOf(reference)[WordArena.offset(reference)] = this.#free.get(size) ?? 0;
    this.#free.set(size, reference);
    this.#freeWords += size;
  }

  clear(): void {
    this.#words = [];
    this.#bytes = [];
    this.#free.clear();
    this.#freeWords = 0;
    this.#end = reservedWords;
  }

  /** The pages as they lie, for `load`; what was freed is not kept. Views: write them before the next change. */
  dump(): readonly Uint8Array[] {
    return this.#bytes.map((page, index) =>
      index === this.#bytes.length - 1 ? page.subarray(0, this.#end * 4) : page,
    );
  }

  /** Replaces all. Gives false when the lengths cannot be those of `dump`. */
  load(pages: readonly Uint8Array[], freeWords: number): boolean {
    this.clear();
    for (const [index, page] of pages.entries()) {
      const isLast = index === pages.length - 1;
      const isFit = page.length % 4 === 0 && page.length <= pageWords * 4;
      if (!isFit || (!isLast && page.length < pageWords * 4)) {
        this.clear();
        return false;
      }
      const words = new Uint32Array(isLast ? capacityFor(page.length / 4, index) : pageWords);
      new Uint8Array(words.buffer).set(page);
      this.#addPage(words);
      this.#end = page.length / 4;
    }
    this.#freeWords = freeWords;
    return true;
  }

  get freeWords(): number {
    return this.#freeWords;
  }

  #extend(size: number): number {
    assert(size > 0 && size <= WordArena.mostWords, `a record of ${size} words fits no page`);
    const last = this.#words.length - 1;
    const page = this.#words[last];
    if (page !== undefined && this.#end + size <= page.length) {
      return this.#take(last, size);
    }
    if (page !== undefined && last === 0 && this.#end + size <= pageWords) {
      const longer = new Uint32Array(capacityFor(this.#end + size, 0));
      longer.set(page);
      this.#words = [longer];
      this.#bytes = [new Uint8Array(longer.buffer)];
      return this.#take(0, size);
    }
    assert(this.#words.length < mostPages, "an arena has no more numbers");
    const first = this.#words.length === 0;
    if (!first) {
      this.#freeWords += pageWords - this.#end;
    }
    this.#addPage(new Uint32Array(first ? capacityFor(reservedWords + size, 0) : pageWords));
    this.#end = reservedWords;
    return this.#take(this.#words.length - 1, size);
  }

  #take(page: number, size: number): number {
    const reference = page * pageWords + this.#end;
    this.#end += size;
    return reference;
  }

  #addPage(words: Uint32Array<ArrayBuffer>): void {
    this.#words.push(words);
    this.#bytes.push(new Uint8Array(words.buffer));
  }
}

/** The first page begins small and doubles. */
function capacityFor(words: number, page: number): number {
  let capacity = page === 0 ? fewestWords : pageWords;
  while (capacity < words) {
    capacity *= 2;
  }
  return capacity;
}
