// Room written ahead of a log that is synced for every few messages: a sync of bytes that only replace zeros does not have
// to sync the file's length too, which takes half as long. It knows how much is worth it, not what is written.

import { DiskError } from "../base/server-error.ts";
import type { DiskFile } from "../ports/disk.ts";

/** A larger batch waits for its own bytes longer than for the file's length. */
const batchMost = 4096;
/** So many small batches, each soon after the one before, before anything is done. */
const batchesLeast = 8;
const soonMillis = 250;
const firstStep = 16 * 1024;
const lastStep = 256 * 1024;

const zeros: Uint8Array = new Uint8Array(lastStep);

export class WriteAhead {
  /** Where the file ends; 0 is behind its records. */
  #fileEnd = 0;
  #batches = 0;
  #lastMillis = 0;
  #step = firstStep;

  /** Writes the parts of a batch from `place` on, and zeros behind them if that pays. Throws DiskError. */
  write(file: DiskFile, parts: readonly Uint8Array[], place: number, nowMillis: number): void {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const end = place + length;
    const ahead = this.#plan(nowMillis, end, length);
    if (ahead > 0) {
      try {
        file.writeAll([...parts, zeros.subarray(0, ahead)], place);
        this.#fileEnd = end + ahead;
        this.#step = Math.min(lastStep, this.#step * 2);
        return;
      } catch (failure) {
        if (!(failure instanceof DiskError)) {
          throw failure;
        }
        // There may be room for the records alone.
      }
    }
    file.writeAll(parts, place);
  }

  /** Takes the zeros behind the records away. Throws DiskError. */
  cut(file: DiskFile, end: number): void {
    if (this.#fileEnd > end) {
      file.truncate(end);
    }
    this.#fileEnd = 0;
    this.#step = firstStep;
  }

  /** How many zeros are worth it behind a batch that ends there. */
  #plan(nowMillis: number, end: number, batchBytes: number): number {
    const isSoon = nowMillis - this.#lastMillis < soonMillis;
    this.#lastMillis = nowMillis;
    if (batchBytes > batchMost) {
      this.#batches = 0;
    } else {
      this.#batches = isSoon ? this.#batches + 1 : 1;
    }
    return end <= this.#fileEnd || this.#batches < batchesLeast ? 0 : this.#step;
  }
}
