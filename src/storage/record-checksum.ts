// The checksums of runs of records, however long: what the checksum can reach at once is done in one call, a longer record
// by itself.

import type { Checksum } from "../wasm/checksum.ts";
import { checksumBytes, recordOverhead } from "./record.ts";

export class RecordChecksum {
  readonly #checksum: Checksum;

  constructor(checksum: Checksum) {
    this.#checksum = checksum;
  }

  of(bytes: Uint8Array): bigint {
    return this.#checksum.of(bytes);
  }

  /** Writes the checksums of the records that fill bytes[start, end). */
  seal(bytes: Uint8Array, view: DataView, start: number, end: number, salt: bigint): void {
    const reach = this.#checksum.reachIn(bytes);
    for (let at = start; at < end; ) {
      const stop = pieceEnd(view, at, end, reach);
      if (stop === at) {
        const length = view.getUint32(at, true);
        view.setBigUint64(at + length - checksumBytes, this.#sumOf(bytes, at, length, salt), true);
        at += length;
      } else {
        this.#checksum.sealRecords(bytes, at, stop, salt);
        at = stop;
      }
    }
  }

  /**
   * Where the first record of bytes[start, end) begins that is not whole or not right; `end` when all are. None is
   * shorter than `least`.
   */
  check(
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
    salt: bigint,
    least: number = recordOverhead,
  ): number {
    const reach = this.#checksum.reachIn(bytes);
    for (let at = start; at < end; ) {
      const stop = Math.min(end, at + reach);
      const good = at + this.#checksum.checkRecords(bytes, at, stop, salt);
      if (good === at && !this.isSound(bytes, view, at, end, salt, least)) {
        return at;
      }
      // A record cut by the window's end is tried again at the beginning of one; a longer one was checked by itself.
      at = good === at ? at + view.getUint32(at, true) : good;
    }
    return end;
  }

  /** Whether one whole record with a right checksum begins at `at`. */
  isSound(
    bytes: Uint8Array,
    view: DataView,
    at: number,
    end: number,
    salt: bigint,
    least: number = recordOverhead,
  ): boolean {
    if (end - at < least) {
      return false;
    }
    const length = view.getUint32(at, true);
    return (
      length >= least &&
      length <= end - at &&
      view.getBigUint64(at + length - checksumBytes, true) === this.#sumOf(bytes, at, length, salt)
    );
  }

  #sumOf(bytes: Uint8Array, at: number, length: number, salt: bigint): bigint {
    return this.#checksum.of(bytes.subarray(at, at + length - checksumBytes)) ^ salt;
  }
}

/** The end of the last record from `start` on that is within reach. */
function pieceEnd(view: DataView, start: number, end: number, reach: number): number {
  const most = start + reach;
  if (end <= most) {
    return end;
  }
  let at = start;
  for (;;) {
    const next = at + view.getUint32(at, true);
    if (next > most) {
      return at;
    }
    at = next;
  }
}
