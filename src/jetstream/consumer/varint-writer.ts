// Whole numbers as bytes, seven bits at a time, low ones first, into a buffer that grows. Numbers up to 2^53.

const firstCapacity = 256;

const noBytes: Uint8Array = new Uint8Array(0);

export class VarintWriter {
  #bytes: Uint8Array = noBytes;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Valid until the next write. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length] = value;
    this.#length++;
  }

  /** 0 or above. */
  number(value: number): void {
    this.#reserve(8);
    let rest = value;
    let at = this.#length;
    while (rest > 0x7f) {
      this.#bytes[at] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
      at++;
    }
    this.#bytes[at] = rest;
    this.#length = at + 1;
  }

  /** Also below 0, up to half as far. */
  signed(value: number): void {
    this.number(value < 0 ? -value * 2 - 1 : value * 2);
  }

  clear(): void {
    this.#length = 0;
  }

  /** Gives its memory back when it grew beyond `most`. */
  trim(most: number): void {
    this.#length = 0;
    if (this.#bytes.length > most) {
      this.#bytes = noBytes;
    }
  }

  #reserve(length: number): void {
    const wanted = this.#length + length;
    if (wanted > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(firstCapacity, this.#bytes.length * 2, wanted));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
  }
}
