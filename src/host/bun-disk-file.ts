// A file read and written at places by the synchronous calls of node:fs; only syncs run in the pool, since they take as
// long as the disk wants.

import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
  writevSync,
} from "node:fs";
import type { DiskFile, FileAccess, OnSynced } from "../ports/disk.ts";
import { attempt, failureOf } from "./disk-failure.ts";

const flags: Readonly<Record<FileAccess, string>> = { read: "r", update: "r+", create: "w+" };
/** Messages are nobody's business but the owner's. */
const fileMode = 0o600;

export class BunDiskFile implements DiskFile {
  readonly path: string;
  readonly #descriptor: number;
  #open = true;

  constructor(path: string, access: FileAccess) {
    this.path = path;
    this.#descriptor = attempt("open", path, () => openSync(path, flags[access], fileMode));
  }

  size(): number {
    return attempt("stat", this.path, () => fstatSync(this.#descriptor).size);
  }

  read(into: Uint8Array, start: number, length: number, position: number): number {
    let count = 0;
    try {
      while (count < length) {
        const got = readSync(
          this.#descriptor,
          into,
          start + count,
          length - count,
          position + count,
        );
        if (got === 0) {
          break;
        }
        count += got;
      }
    } catch (cause) {
      throw failureOf("read", this.path, cause);
    }
    return count;
  }

  write(bytes: Uint8Array, start: number, length: number, position: number): void {
    let count = 0;
    try {
      while (count < length) {
        count += writeSync(
          this.#descriptor,
          bytes,
          start + count,
          length - count,
          position + count,
        );
      }
    } catch (cause) {
      throw failureOf("write", this.path, cause);
    }
  }

  writeAll(parts: readonly Uint8Array[], position: number): void {
    const total = parts.reduce((sum, part) => sum + part.length, 0);
    const count = attempt("write", this.path, () =>
      parts.length === 0 ? 0 : writevSync(this.#descriptor, parts, position),
    );
    if (count < total) {
      this.#writeRest(parts, position, count);
    }
  }

  truncate(length: number): void {
    attempt("truncate", this.path, () => ftruncateSync(this.#descriptor, length));
  }

  sync(onDone: OnSynced): void {
    fdatasync(this.#descriptor, (cause) => {
      onDone(cause === null || cause === undefined ? null : failureOf("sync", this.path, cause));
    });
  }

  syncNow(): void {
    attempt("sync", this.path, () => fdatasyncSync(this.#descriptor));
  }

  [Symbol.dispose](): void {
    if (this.#open) {
      this.#open = false;
      closeSync(this.#descriptor);
    }
  }

  /** A short write took `taken` bytes; a full disk says so when it is asked for the rest. */
  #writeRest(parts: readonly Uint8Array[], position: number, taken: number): void {
    let before = 0;
    for (const part of parts) {
      const skipped = Math.min(Math.max(taken - before, 0), part.length);
      if (skipped < part.length) {
        this.write(part, skipped, part.length - skipped, position + before + skipped);
      }
      before += part.length;
    }
  }
}
