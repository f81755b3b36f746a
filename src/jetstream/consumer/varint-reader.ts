// Reads what varint-writer.ts wrote. Bytes that are none of that are told by `isBroken`, never thrown about.

/** 2^53 has eight of seven bits. */
const longestNumber = 8;

export class VarintReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  /** Something was missing, or no number: all that was read since is 0. */
  isBroken = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.isBroken || this.#at >= this.#bytes.length;
  }

  get bytesLeft(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    const value = this.#bytes[this.#at];
    if (value === undefined) {
      this.isBroken = true;
      return 0;
    }
    this.#at++;
    return value;
  }

  number(): number {
    let value = 0;
    let weight = 1;
    for (let place = 0; place < longestNumber; place++) {
      const next = this.byte();
      value += (next & 0x7f) * weight;
      if (next < 0x80) {
        return this.#checked(value);
      }
      weight *= 0x80;
    }
    this.isBroken = true;
    return 0;
  }

  signed(): number {
    const value = this.number();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  #checked(value: number): number {
    if (this.isBroken || !Number.isSafeInteger(value)) {
      this.isBroken = true;
      return 0;
    }
    return value;
  }
}
