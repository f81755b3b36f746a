// The block format of S2, which is that of snappy with repeated offsets: decodes all of it, encodes the part that snappy
// reads too. It knows no frames and no checksums.

const literalTag = 0;
const nearTag = 1;
const farTag = 2;
const longestNear = 11;
const nearReach = 2048;
const farReach = 65_536;
const longestFar = 64;
const shortestMatch = 4;
const hashBits = 14;
const hashFactor = 0x1e35a7bd;
/** So many bytes at the end are always literals, so that the search may read whole words. */
const margin = 15;
/** After so many misses in a row the search takes larger steps: what does not compress costs little. */
const skipShift = 5;
const longestHeader = 5;
const mostLength = 2 ** 32 - 1;

/** Bytes that are no S2 block. */
export class S2Error extends Error {
  override name = "S2Error";
}

/** Encodes one block after the other; the memory it needs is kept. */
export class S2Encoder {
  readonly #table: Int32Array = new Int32Array(1 << hashBits);
  #target: Uint8Array = new Uint8Array(0);
  #end = 0;

  /** Valid until the next call. */
  encode(source: Uint8Array): Uint8Array {
    const most = longestHeader + source.length + Math.ceil(source.length / 60) + 16;
    if (this.#target.length < most) {
      this.#target = new Uint8Array(most);
    }
    this.#end = writeLength(this.#target, source.length);
    const literals = source.length > margin + shortestMatch ? this.#search(source) : 0;
    this.#literal(source, literals, source.length);
    return this.#target.subarray(0, this.#end);
  }

  /** Writes all that repeats; gives where the literals at the end begin. */
  #search(source: Uint8Array): number {
    const table = this.#table.fill(-1);
    const limit = source.length - margin;
    let written = 0;
    let at = 1;
    table[hashOf(wordAt(source, 0))] = 0;
    while (at < limit) {
      const word = wordAt(source, at);
      const slot = hashOf(word);
      const candidate = table[slot] ?? -1;
      table[slot] = at;
      if (candidate < 0 || at - candidate >= farReach || wordAt(source, candidate) !== word) {
        at += 1 + ((at - written) >>> skipShift);
        continue;
      }
      this.#literal(source, written, at);
      let length = shortestMatch;
      while (at + length < source.length && source[at + length] === source[candidate + length]) {
        length++;
      }
      this.#copy(at - candidate, length);
      at += length;
      written = at;
      if (at < limit) {
        table[hashOf(wordAt(source, at - 1))] = at - 1;
      }
    }
    return written;
  }

  #literal(source: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (length === 0) {
      return;
    }
    const target = this.#target;
    const last = length - 1;
    if (last < 60) {
      target[this.#end++] = (last << 2) | literalTag;
    } else {
      const extra = last < 0x100 ? 1 : last < 0x10000 ? 2 : last < 0x1000000 ? 3 : 4;
      target[this.#end++] = ((59 + extra) << 2) | literalTag;
      for (let index = 0; index < extra; index++) {
        target[this.#end++] = (last >>> (8 * index)) & 255;
      }
    }
    target.set(source.subarray(start, end), this.#end);
    this.#end += length;
  }

  #copy(offset: number, whole: number): void {
    const target = this.#target;
    let length = whole;
    while (length > longestFar + shortestMatch - 1) {
      this.#far(offset, longestFar);
      length -= longestFar;
    }
    if (length > longestFar) {
      this.#far(offset, longestFar - shortestMatch);
      length -= longestFar - shortestMatch;
    }
    if (length > longestNear || offset >= nearReach) {
      this.#far(offset, length);
      return;
    }
    target[this.#end++] = ((offset >>> 8) << 5) | ((length - shortestMatch) << 2) | nearTag;
    target[this.#end++] = offset & 255;
  }

  #far(offset: number, length: number): void {
    const target = this.#target;
    target[this.#end++] = ((length - 1) << 2) | farTag;
    target[this.#end++] = offset & 255;
    target[this.#end++] = offset >>> 8;
  }
}

/** How long the block is when it is decoded. Throws S2Error. */
export function s2DecodedLength(block: Uint8Array): number {
  return new Decoder(block).length;
}

/** Throws S2Error; also when the block says that it is longer than `most`. */
export function decodeS2(block: Uint8Array, most: number): Uint8Array {
  const decoder = new Decoder(block);
  if (decoder.length > most) {
    throw new S2Error(`a block of ${decoder.length} bytes is longer than ${most}`);
  }
  return decoder.decode();
}

class Decoder {
  readonly length: number;
  readonly #block: Uint8Array;
  #at = 0;
  #offset = 0;

  constructor(block: Uint8Array) {
    this.#block = block;
    this.length = this.#readLength();
  }

  decode(): Uint8Array {
    const block = this.#block;
    const target = new Uint8Array(this.length);
    let end = 0;
    while (this.#at < block.length) {
      const tag = this.#take();
      if ((tag & 3) === literalTag) {
        const length = this.#literalLength(tag);
        const from = this.#at;
        this.#skip(length);
        if (end + length > target.length) {
          throw corrupt();
        }
        target.set(block.subarray(from, from + length), end);
        end += length;
      } else {
        const length = this.#copyLength(tag);
        const from = end - this.#offset;
        if (this.#offset === 0 || from < 0 || end + length > target.length) {
          throw corrupt();
        }
        copyWithin(target, from, end, length);
        end += length;
      }
    }
    if (end !== target.length) {
      throw corrupt();
    }
    return target;
  }

  #readLength(): number {
    let length = 0;
    for (let factor = 1; factor < 2 ** 35; factor *= 128) {
      const byte = this.#take();
      length += (byte & 127) * factor;
      if (byte < 128) {
        if (length > mostLength) {
          break;
        }
        return length;
      }
    }
    throw corrupt();
  }

  #literalLength(tag: number): number {
    const code = tag >>> 2;
    return (code < 60 ? code : this.#little(code - 59)) + 1;
  }

  /** Sets the offset too, unless the tag repeats it. */
  #copyLength(tag: number): number {
    const code = tag >>> 2;
    if ((tag & 3) !== nearTag) {
      this.#offset = this.#little((tag & 3) === farTag ? 2 : 4);
      return code + 1;
    }
    const offset = ((tag & 0xe0) << 3) | this.#take();
    const length = code & 7;
    if (offset !== 0) {
      this.#offset = offset;
      return length + shortestMatch;
    }
    return shortestMatch + this.#repeatLength(length);
  }

  #repeatLength(code: number): number {
    switch (code) {
      case 5:
        return this.#take() + 4;
      case 6:
        return this.#little(2) + (1 << 8);
      case 7:
        return this.#little(3) + (1 << 16);
      default:
        return code;
    }
  }

  #take(): number {
    const byte = this.#block[this.#at];
    if (byte === undefined) {
      throw corrupt();
    }
    this.#at++;
    return byte;
  }

  #little(bytes: number): number {
    let value = 0;
    for (let index = 0, factor = 1; index < bytes; index++, factor *= 256) {
      value += this.#take() * factor;
    }
    return value;
  }

  #skip(length: number): void {
    this.#at += length;
    if (this.#at > this.#block.length) {
      throw corrupt();
    }
  }
}

/** Source and target may overlap: what was just written is then read again. */
function copyWithin(target: Uint8Array, from: number, to: number, length: number): void {
  if (to - from >= length) {
    target.copyWithin(to, from, from + length);
    return;
  }
  for (let index = 0; index < length; index++) {
    target[to + index] = target[from + index] ?? 0;
  }
}

function corrupt(): S2Error {
  return new S2Error("the bytes are no S2 block");
}

function writeLength(target: Uint8Array, length: number): number {
  let rest = length;
  let at = 0;
  while (rest >= 128) {
    target[at++] = (rest & 127) | 128;
    rest = Math.floor(rest / 128);
  }
  target[at++] = rest;
  return at;
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] ?? 0) |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24)
  );
}

function hashOf(word: number): number {
  return Math.imul(word, hashFactor) >>> (32 - hashBits);
}
