// Bytes that come in pieces and are taken in others. A piece is copied only when what is taken spans several.

export class ByteQueue {
  #parts: Uint8Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The bytes are kept as they are. */
  add(bytes: Uint8Array): void {
    if (bytes.length > 0) {
      this.#parts.push(bytes);
      this.#length += bytes.length;
    }
  }

  /** The first bytes, which stay; at most so many as there are. */
  peek(length: number): Uint8Array {
    const wanted = Math.min(length, this.#length);
    const [first] = this.#parts;
    if (first !== undefined && first.length < wanted) {
      this.#parts = [this.#joined(wanted), ...this.#rest(wanted)];
    }
    return this.#parts[0]?.subarray(0, wanted) ?? new Uint8Array(0);
  }

  /** There must be so many. */
  take(length: number): Uint8Array {
    const taken = this.peek(length);
    const [first, ...others] = this.#parts;
    if (first !== undefined && length > 0) {
      this.#parts = first.length === length ? others : [first.subarray(length), ...others];
      this.#length -= length;
    }
    return taken;
  }

  #joined(length: number): Uint8Array {
    const joined = new Uint8Array(length);
    let at = 0;
    for (const part of this.#parts) {
      const count = Math.min(part.length, length - at);
      joined.set(part.subarray(0, count), at);
      at += count;
      if (at === length) {
        break;
      }
    }
    return joined;
  }

  #rest(length: number): Uint8Array[] {
    const rest: Uint8Array[] = [];
    let at = 0;
    for (const part of this.#parts) {
      const from = Math.max(0, length - at);
      if (from < part.length) {
        rest.push(part.subarray(from));
      }
      at += part.length;
    }
    return rest;
  }
}
