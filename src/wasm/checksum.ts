// The checksum of byte ranges, and of runs of records in place, over its own WASM module. Of a record it knows that it
// begins with its whole length (u32, little-endian) and ends with its checksum (u64).

import { type ChecksumExports, instantiateChecksum, unsigned } from "./module.ts";

/** One is enough for a program: nothing stays in it between calls, and its memory is dear to make. */
const made: WeakMap<WebAssembly.Module, Checksum> = new WeakMap();

export class Checksum {
  readonly #exports: ChecksumExports;
  readonly #window: Uint8Array;

  constructor(module: WebAssembly.Module) {
    this.#exports = instantiateChecksum(module);
    const start = unsigned(this.#exports.windowStart());
    const { buffer } = this.#exports.memory;
    this.#window = new Uint8Array(buffer, start, this.#exports.windowBytes());
  }

  /** The same one for the same module. */
  static shared(module: WebAssembly.Module): Checksum {
    const known = made.get(module);
    if (known !== undefined) {
      return known;
    }
    const checksum = new Checksum(module);
    made.set(module, checksum);
    return checksum;
  }

  /** XXH64 with seed 0, from 0 to 2^64 - 1. */
  of(bytes: Uint8Array): bigint {
    const window = this.#window;
    if (bytes.length <= window.length) {
      window.set(bytes);
      return BigInt.asUintN(64, this.#exports.checksum(bytes.length));
    }
    this.#exports.begin();
    let offset = 0;
    for (; offset + window.length <= bytes.length; offset += window.length) {
      window.set(bytes.subarray(offset, offset + window.length));
      this.#exports.addWindow();
    }
    window.set(bytes.subarray(offset));
    return BigInt.asUintN(64, this.#exports.finish(bytes.length - offset));
  }

  /** How many bytes one call takes: longer runs are cut between records, longer records come by `of`. */
  get windowBytes(): number {
    return this.#window.length;
  }

  /** Writes the checksums of the records that fill bytes[start, end): whole ones, together no longer than a window. */
  sealRecords(bytes: Uint8Array, start: number, end: number, salt: bigint): void {
    const length = end - start;
    this.#window.set(bytes.subarray(start, end));
    this.#exports.sealRecords(length, salt);
    bytes.set(this.#window.subarray(0, length), start);
  }

  /**
   * How many of bytes[start, end) are whole records with right checksums, before the first that is not. No longer than
   * a window.
   */
  checkRecords(bytes: Uint8Array, start: number, end: number, salt: bigint): number {
    this.#window.set(bytes.subarray(start, end));
    return unsigned(this.#exports.checkRecords(end - start, salt));
  }
}
