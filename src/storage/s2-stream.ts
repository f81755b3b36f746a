// The stream format of S2 and snappy: an identifier, then chunks with checksums. Reader and writer take bytes as they come
// and give bytes as they are ready; where they come from and go to they do not know.

import { crc32c } from "./crc32c.ts";
import { decodeS2, S2Encoder, S2Error } from "./s2-block.ts";

const identifierChunk = 0xff;
const compressedChunk = 0x00;
const plainChunk = 0x01;
/** Chunks from here on may be passed over when they are not known. */
const firstSkippable = 0x80;
const headerBytes = 4;
const checksumBytes = 4;
/** Snappy's readers take blocks of so many bytes, and so we write no longer ones. */
const writtenBlock = 65_536;
/** The longest block that S2 writes. */
const longestBlock = 4 << 20;
const longestChunk = longestBlock + (longestBlock >>> 3) + 64;
const maskDelta = 0xa282ead8;
const encoder: TextEncoder = new TextEncoder();
const snappyIdentifier: Uint8Array = encoder.encode("sNaPpY");
const s2Identifier: Uint8Array = encoder.encode("S2sTwO");

export class S2StreamWriter {
  readonly #emit: (bytes: Uint8Array) => void;
  readonly #encoder: S2Encoder = new S2Encoder();
  readonly #block: Uint8Array = new Uint8Array(writtenBlock);
  #filled = 0;
  #hasBegun = false;

  /** What `emit` is given is valid until it returns. */
  constructor(emit: (bytes: Uint8Array) => void) {
    this.#emit = emit;
  }

  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const count = Math.min(bytes.length - at, writtenBlock - this.#filled);
      this.#block.set(bytes.subarray(at, at + count), this.#filled);
      this.#filled += count;
      at += count;
      if (this.#filled === writtenBlock) {
        this.flush();
      }
    }
  }

  /** Writes what is waiting, and always the identifier: also an empty stream has one. */
  flush(): void {
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      this.#emit(Uint8Array.of(identifierChunk, 6, 0, 0));
      this.#emit(snappyIdentifier);
    }
    if (this.#filled > 0) {
      const plain = this.#block.subarray(0, this.#filled);
      const encoded = this.#encoder.encode(plain);
      const isSmaller = encoded.length < plain.length - (plain.length >>> 5);
      this.#writeChunk(
        isSmaller ? compressedChunk : plainChunk,
        plain,
        isSmaller ? encoded : plain,
      );
      this.#filled = 0;
    }
  }

  #writeChunk(kind: number, plain: Uint8Array, content: Uint8Array): void {
    const length = content.length + checksumBytes;
    const header = new Uint8Array(headerBytes + checksumBytes);
    const view = new DataView(header.buffer);
    view.setUint32(0, length << 8, true);
    header[0] = kind;
    view.setUint32(headerBytes, masked(crc32c(plain)), true);
    this.#emit(header);
    this.#emit(content);
  }
}

export class S2StreamReader {
  readonly #emit: (bytes: Uint8Array) => void;
  #waiting: Uint8Array = new Uint8Array(0);
  #hasBegun = false;

  constructor(emit: (bytes: Uint8Array) => void) {
    this.#emit = emit;
  }

  /** Gives all that is whole with these bytes. Throws S2Error; it takes no more bytes then. */
  write(bytes: Uint8Array): void {
    const joined = this.#waiting.length === 0 ? bytes : joinedOf(this.#waiting, bytes);
    let at = 0;
    while (at + headerBytes <= joined.length) {
      const length = littleAt(joined, at + 1);
      if (length > longestChunk) {
        throw new S2Error(`a chunk of ${length} bytes is longer than any`);
      }
      const end = at + headerBytes + length;
      if (end > joined.length) {
        break;
      }
      this.#chunk(joined[at] ?? 0, joined.subarray(at + headerBytes, end));
      at = end;
    }
    this.#waiting = joined.slice(at);
  }

  /** Throws S2Error when the stream ends within a chunk. */
  end(): void {
    if (this.#waiting.length > 0) {
      throw new S2Error("the stream ends within a chunk");
    }
  }

  #chunk(kind: number, content: Uint8Array): void {
    if (kind === identifierChunk) {
      if (!isSame(content, snappyIdentifier) && !isSame(content, s2Identifier)) {
        throw new S2Error("the stream is neither S2 nor snappy");
      }
      this.#hasBegun = true;
      return;
    }
    if (!this.#hasBegun) {
      throw new S2Error("the stream does not begin with its identifier");
    }
    if (kind === compressedChunk || kind === plainChunk) {
      this.#data(kind, content);
    } else if (kind < firstSkippable) {
      throw new S2Error(`a chunk of kind ${kind} cannot be passed over`);
    }
  }

  #data(kind: number, content: Uint8Array): void {
    if (content.length < checksumBytes) {
      throw new S2Error("a chunk is shorter than its checksum");
    }
    const rest = content.subarray(checksumBytes);
    const plain = kind === compressedChunk ? decodeS2(rest, longestBlock) : rest;
    const expected = new DataView(content.buffer, content.byteOffset).getUint32(0, true);
    if (masked(crc32c(plain)) !== expected) {
      throw new S2Error("a chunk does not have the checksum that it should");
    }
    this.#emit(plain);
  }
}

/** As the format asks: a checksum of bytes that hold checksums would be weak. */
function masked(sum: number): number {
  return (((sum >>> 15) | (sum << 17)) + maskDelta) >>> 0;
}

function littleAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

function joinedOf(one: Uint8Array, other: Uint8Array): Uint8Array {
  const joined = new Uint8Array(one.length + other.length);
  joined.set(one);
  joined.set(other, one.length);
  return joined;
}
