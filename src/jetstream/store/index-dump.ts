// The parts of a message index one behind the other as bytes, and back. It knows their order and lengths, not what they
// mean; whether the bytes are whole, a checksum around them says.

import type { SubjectTreeDump } from "../../subjects/subject-tree.ts";
import { IndexState } from "./index-state.ts";

export interface IndexParts {
  readonly state: Uint8Array;
  readonly deletes: Uint8Array;
  readonly expiry: Uint8Array;
  readonly tagged: readonly Uint8Array[];
  readonly subjects: SubjectTreeDump;
}

export interface IndexSource {
  /** The next bytes, valid until the next call; null when there are not so many. */
  take(length: number): Uint8Array | null;
}

/** "MIX1", little-endian. */
const magic = 0x3158494d;
/** More than any part can have: a length above it is none. */
const mostBytes = 2 ** 32;

/** Reads an index from bytes that lie in memory. */
export class IndexBytes implements IndexSource {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  take(length: number): Uint8Array | null {
    const end = this.#at + length;
    if (end > this.#bytes.length) {
      return null;
    }
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

export function writeIndex(parts: IndexParts): readonly Uint8Array[] {
  const { root, size, freeWords, pages } = parts.subjects;
  const written: Uint8Array[] = [numbers(magic), parts.state];
  for (const part of [parts.deletes, parts.expiry, ...parts.tagged]) {
    written.push(numbers(part.length), part);
  }
  written.push(numbers(root, size, freeWords, pages.length));
  for (const page of pages) {
    written.push(numbers(page.length), page);
  }
  return written;
}

/** Null when the bytes end too early or cannot be those of an index. */
export function readIndex(source: IndexSource, tagCount: number): IndexParts | null {
  if (takeNumber(source) !== magic) {
    return null;
  }
  const state = source.take(IndexState.dumpBytes)?.slice() ?? null;
  const sections: Uint8Array[] = [];
  for (let index = 0; index < tagCount + 2; index++) {
    const part = takePart(source);
    if (part === null) {
      return null;
    }
    sections.push(part);
  }
  const subjects = takeSubjects(source);
  const [deletes, expiry, ...tagged] = sections;
  return state === null || deletes === undefined || expiry === undefined || subjects === null
    ? null
    : { state, deletes, expiry, tagged, subjects };
}

function takeSubjects(source: IndexSource): SubjectTreeDump | null {
  const root = takeNumber(source);
  const size = takeNumber(source);
  const freeWords = takeNumber(source);
  const count = takeNumber(source);
  if (root === null || size === null || freeWords === null || count === null) {
    return null;
  }
  const pages: Uint8Array[] = [];
  for (let index = 0; index < count; index++) {
    const page = takePart(source);
    if (page === null) {
      return null;
    }
    pages.push(page);
  }
  return { root, size, freeWords, pages };
}

function takePart(source: IndexSource): Uint8Array | null {
  const length = takeNumber(source);
  return length === null || length > mostBytes ? null : (source.take(length)?.slice() ?? null);
}

function takeNumber(source: IndexSource): number | null {
  const bytes = source.take(8);
  if (bytes === null) {
    return null;
  }
  const value = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0, true);
  return Number.isSafeInteger(value) && value >= 0 ? value : null;
}

function numbers(...values: readonly number[]): Uint8Array {
  return new Uint8Array(Float64Array.from(values).buffer);
}
