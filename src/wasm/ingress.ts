// Chunks on their way into the module: into the window, or straight to where a large message is being put together.

import { type Outcome, outcome, type SlotIndex } from "./fabric.ts";
import { FabricFull } from "./fabric-full.ts";
import { type FabricExports, unsigned } from "./module.ts";

/** The largest chunk that goes in at once (memory/layout.ts CHUNK_BYTES). */
const chunkBytes = 512 * 1024;

const noBytes = new Uint8Array(0);

export class Ingress {
  readonly #exports: FabricExports;
  readonly #bytes: Uint8Array;
  /** Of chunks above the limit: what comes behind the part at hand. */
  readonly #later: Map<SlotIndex, Uint8Array> = new Map();

  constructor(exports: FabricExports, bytes: Uint8Array) {
    this.#exports = exports;
    this.#bytes = bytes;
  }

  ingest(slot: SlotIndex, chunk: Uint8Array, nowMillis: number): Outcome {
    if (chunk.length <= chunkBytes) {
      return this.#take(slot, chunk, nowMillis);
    }
    // A socket never gives so much at once; other callers may.
    let offset = 0;
    let result: Outcome = outcome.done;
    while (offset < chunk.length && result === outcome.done) {
      const part = chunk.subarray(offset, offset + chunkBytes);
      offset += part.length;
      result = this.#take(slot, part, nowMillis);
    }
    if (offset < chunk.length) {
      this.#later.set(slot, chunk.subarray(offset));
    }
    return result;
  }

  #take(slot: SlotIndex, chunk: Uint8Array, nowMillis: number): Outcome {
    const exports = this.#exports;
    let rest = chunk;
    let room = exports.bodyRoom(slot);
    while (room > 0 && rest.length > 0) {
      const count = Math.min(room, rest.length);
      const isAll = count === rest.length;
      this.#bytes.set(isAll ? rest : rest.subarray(0, count), unsigned(exports.bodyTarget(slot)));
      if (exports.bodyTook(slot, count) === 0) {
        throw new FabricFull("fabric-full", "no memory left for a message");
      }
      rest = isAll ? noBytes : rest.subarray(count);
      room = exports.bodyRoom(slot);
    }
    if (rest.length > 0) {
      this.#bytes.set(rest, unsigned(exports.windowTarget(slot)));
    }
    return exports.ingest(slot, rest.length, nowMillis) as Outcome;
  }

  resume(slot: SlotIndex): Outcome {
    const result = this.#exports.resume(slot) as Outcome;
    if (result === outcome.done && this.#later.size > 0) {
      const later = this.#later.get(slot);
      if (later !== undefined) {
        this.#later.delete(slot);
        return this.ingest(slot, later, this.#exports.now());
      }
    }
    return result;
  }

  hold(slot: SlotIndex): void {
    if (this.#exports.hold(slot) === 0) {
      throw new FabricFull("fabric-full", "no memory left to hold a connection's bytes");
    }
  }

  forget(slot: SlotIndex): void {
    this.#later.delete(slot);
  }
}
