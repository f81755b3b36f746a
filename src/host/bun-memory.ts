// Gives pages back with madvise, where the system has it; elsewhere memory is kept, which is only larger, not wrong. Pages
// are wanted ahead of their use by reading zeros into them, which the pool does.

import { dlopen, FFIType, ptr } from "bun:ffi";
import { openSync, read } from "node:fs";
import type { Memory } from "../ports/memory.ts";

const pageBytes = 4096;
/** MADV_DONTNEED of Linux: private anonymous pages are freed at once. */
const dontNeed = 4;

const copyOf: Buffer["copy"] = Buffer.prototype.copy;

type Advise = (address: number, length: bigint, advice: number) => number;

function findAdvise(): Advise | null {
  if (process.platform !== "linux") {
    return null;
  }
  const { ptr: pointer, u64, i32 } = FFIType;
  try {
    const { symbols } = dlopen("libc.so.6", {
      madvise: { args: [pointer, u64, i32], returns: i32 },
    });
    return symbols.madvise as unknown as Advise;
  } catch {
    return null;
  }
}

/** What reads as zeros without end, where the system has it. */
function findZeros(): number | null {
  try {
    return openSync("/dev/zero", "r");
  } catch {
    return null;
  }
}

export class BunMemory implements Memory {
  /** Looked up when it is first needed: most servers never are. */
  #advise: Advise | null | undefined;
  #zeros: number | null | undefined;

  copy(from: Uint8Array, start: number, end: number, into: Uint8Array, place: number): void {
    copyOf.call(from as Buffer, into, place, start, end);
  }

  warm(bytes: Uint8Array, onDone: () => void): void {
    this.#zeros ??= findZeros();
    if (this.#zeros === null) {
      setImmediate(onDone);
    } else {
      // What it does not fill is as zero as it was.
      read(this.#zeros, bytes, 0, bytes.length, null, () => {
        onDone();
      });
    }
  }

  collect(): void {
    Bun.gc(true);
  }

  release(bytes: Uint8Array, offset: number, length: number): void {
    this.#advise ??= findAdvise();
    if (this.#advise === null || this.#advise === undefined) {
      return;
    }
    const base: number = ptr(bytes);
    const start = Math.ceil((base + offset) / pageBytes) * pageBytes;
    const end = Math.floor((base + offset + length) / pageBytes) * pageBytes;
    if (end > start) {
      this.#advise(start, BigInt(end - start), dontNeed);
    }
  }
}
