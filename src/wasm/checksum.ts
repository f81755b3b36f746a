// The checksum of byte ranges, and of runs of records in place, over its own WASM module. Of a record it knows that it
// begins with its whole length (u32, little-endian) and ends with its checksum (u64).

import { type ChecksumExports, instantiateChecksum, unsigned } from "./module.ts";

/** One is enough for a program: nothing stays in it between calls, and its memory is dear to make. */
const made: WeakMap<WebAssembly.Module, Checksum> = new WeakMap();

/** What callers may keep in its memory. */
const roomBytes = 96 * 1024 * 1024;

export class Checksum {
  /** Memory for callers to share out: bytes that lie in it are summed where they lie. */
  readonly room: Uint8Array<ArrayBuffer>;
  readonly #exports: ChecksumExports;
  readonly #window: Uint8Array;
  readonly #windowStart: number;
  readonly #buffer: ArrayBuffer;

  constructor(module: WebAssembly.Module) {
    this.#exports = instantiateChecksum(module, roomBytes);
    this.#windowStart = unsigned(this.#exports.windowStart());
    this.#buffer = this.#exports.memory.buffer as ArrayBuffer;
    this.#window = new Uint8Array(this.#buffer, this.#windowStart, this.#exports.windowBytes());
    this.room = new Uint8Array(this.#buffer, unsigned(this.#exports.roomStart()), roomBytes);
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
    if (bytes.buffer === this.#buffer) {
      return BigInt.asUintN(64, this.#exports.checksum(bytes.byteOffset, bytes.length));
    }
    if (bytes.length <= window.length) {
      window.set(bytes);
      return BigInt.asUintN(64, this.#exports.checksum(this.#windowStart, bytes.length));
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

  /** How many of these bytes one call takes: longer runs are cut between records, longer records come by `of`. */
  reachIn(bytes: Uint8Array): number {
    return bytes.buffer === this.#buffer ? Number.POSITIVE_INFINITY : this.#window.length;
  }

  /** Writes the checksums of the records that fill bytes[start, end): whole ones, together within reach. */
  sealRecords(bytes: Uint8Array, start: number, end: number, salt: bigint): void {
    const length = end - start;
    if (bytes.buffer === this.#buffer) {
      this.#exports.sealRecords(bytes.byteOffset + start, length, salt);
      return;
    }
    this.#window.set(bytes.subarray(start, end));
    this.#exports.sealRecords(this.#windowStart, length, salt);
    bytes.set(this.#window.subarray(0, length), start);
  }

  /**
   * How many of bytes[start, end) are whole records with right checksums, before the first that is not. The bytes are
   * within reach.
   */
  checkRecords(bytes: Uint8Array, start: number, end: number, salt: bigint): number {
    const length = end - start;
    if (bytes.buffer === this.#buffer) {
      return unsigned(this.#exports.checkRecords(bytes.byteOffset + start, length, salt));
    }
    this.#window.set(bytes.subarray(start, end));
    return unsigned(this.#exports.checkRecords(this.#windowStart, length, salt));
  }
}
