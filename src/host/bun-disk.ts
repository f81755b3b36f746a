// Files and directories by the synchronous calls of node:fs.

import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { DiskError } from "../base/server-error.ts";
import type { AppendFile, Disk } from "../ports/disk.ts";

/** The system's words for a failure, as other servers print them. */
const words: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
  EPERM: "operation not permitted",
  EEXIST: "file exists",
  EISDIR: "is a directory",
  ENOTDIR: "not a directory",
  ENOSPC: "no space left on device",
  EROFS: "read-only file system",
  EMFILE: "too many open files",
  ENOTEMPTY: "directory not empty",
};

/** Files of the log are for the owner and its group. */
const appendMode = 0o640;

function attempt<T>(action: string, path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw failureOf(action, path, cause);
  }
}

function failureOf(action: string, path: string, cause: unknown): DiskError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "EIO";
  return new DiskError(code, `${action} ${path}: ${words[code] ?? code}`, cause);
}

class BunAppendFile implements AppendFile {
  readonly #path: string;
  readonly #descriptor: number;
  #size: number;
  #open = true;

  constructor(path: string) {
    this.#path = path;
    this.#descriptor = attempt("open", path, () => openSync(path, "a", appendMode));
    this.#size = fstatSync(this.#descriptor).size;
  }

  get size(): number {
    return this.#size;
  }

  write(text: string): void {
    const bytes = Buffer.from(text);
    let written = 0;
    while (written < bytes.length) {
      const rest = bytes.length - written;
      written += attempt("write", this.#path, () =>
        writeSync(this.#descriptor, bytes, written, rest),
      );
    }
    this.#size += bytes.length;
  }

  [Symbol.dispose](): void {
    if (this.#open) {
      this.#open = false;
      closeSync(this.#descriptor);
    }
  }
}

export class BunDisk implements Disk {
  readText(path: string): string {
    return attempt("open", path, () => readFileSync(path, "utf8"));
  }

  readBytes(path: string): Uint8Array {
    return attempt("open", path, () => new Uint8Array(readFileSync(path)));
  }

  writeText(path: string, text: string, mode = 0o644): void {
    attempt("open", path, () => writeFileSync(path, text, { mode }));
  }

  append(path: string): AppendFile {
    return new BunAppendFile(path);
  }

  remove(path: string): void {
    attempt("remove", path, () => rmSync(path));
  }

  rename(from: string, to: string): void {
    attempt("rename", from, () => renameSync(from, to));
  }

  exists(path: string): boolean {
    return existsSync(path);
  }

  isDirectory(path: string): boolean {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  }

  size(path: string): number {
    return attempt("stat", path, () => statSync(path).size);
  }

  list(path: string): readonly string[] {
    return attempt("open", path, () => readdirSync(path).sort());
  }

  makeDirectory(path: string): void {
    attempt("mkdir", path, () => mkdirSync(path, { recursive: true }));
  }

  beside(first: string, second: string): string {
    return isAbsolute(second) ? second : join(dirname(first), second);
  }

  absolute(path: string): string {
    return resolve(path);
  }
}
