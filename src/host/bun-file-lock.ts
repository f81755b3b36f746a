// A lock on a file by flock, which the system gives up by itself when the process ends, however it ends.

import { dlopen, FFIType } from "bun:ffi";
import { closeSync, openSync } from "node:fs";
import { attempt, diskFailure } from "./disk-failure.ts";

type Flock = (descriptor: number, operation: number) => number;

/** LOCK_EX | LOCK_NB, the same on Linux and macOS. */
const exclusiveAtOnce = 6;
const fileMode = 0o600;

let found: Flock | null | undefined;

/** Null where the system has no flock: the lock then only makes its file. */
function findFlock(): Flock | null {
  const library = process.platform === "darwin" ? "libSystem.dylib" : "libc.so.6";
  try {
    const { symbols } = dlopen(library, {
      flock: { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 },
    });
    return symbols.flock as unknown as Flock;
  } catch {
    return null;
  }
}

export class BunFileLock implements Disposable {
  readonly #descriptor: number;
  #held = true;

  constructor(path: string) {
    this.#descriptor = attempt("open", path, () => openSync(path, "a", fileMode));
    found ??= findFlock();
    if (found !== null && found(this.#descriptor, exclusiveAtOnce) !== 0) {
      closeSync(this.#descriptor);
      throw diskFailure("lock", path, "EWOULDBLOCK");
    }
  }

  [Symbol.dispose](): void {
    if (this.#held) {
      this.#held = false;
      closeSync(this.#descriptor);
    }
  }
}
