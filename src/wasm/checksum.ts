// The checksum of byte ranges, over its own WASM module. It knows nothing of records.

import { type ChecksumExports, instantiateChecksum, unsigned } from "./module.ts";

export class Checksum {
  readonly #exports: ChecksumExports;
  readonly #window: Uint8Array;

  constructor(module: WebAssembly.Module) {
    this.#exports = instantiateChecksum(module);
    const start = unsigned(this.#exports.windowStart());
    const { buffer } = this.#exports.memory;
    this.#window = new Uint8Array(buffer, start, this.#exports.windowBytes());
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
}
