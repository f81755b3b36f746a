// Files and directories by the synchronous calls of node:fs.

import {
  closeSync,
  existsSync,
  fstatSync,
  fsync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import type { AppendFile, Disk, DiskFile, DiskSpace, FileAccess, OnSynced } from "../ports/disk.ts";
import { BunDiskFile } from "./bun-disk-file.ts";
import { BunFileLock } from "./bun-file-lock.ts";
import { syncVolume } from "./bun-volume.ts";
import { attempt, failureOf } from "./disk-failure.ts";
import { SharedSyncs } from "./shared-syncs.ts";

/** Files of the log are for the owner and its group. */
const appendMode = 0o640;

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
  readonly #folderSyncs: SharedSyncs = new SharedSyncs();

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

  openFile(path: string, access: FileAccess): DiskFile {
    return new BunDiskFile(path, access);
  }

  syncDirectory(path: string, onDone: OnSynced): void {
    const descriptor = attempt("open", path, () => openSync(path, "r"));
    // Not the path: the folder may have been moved, and another one made in its place.
    const { dev, ino } = attempt("stat", path, () => fstatSync(descriptor));
    const begin = (onSynced: OnSynced): void =>
      fsync(descriptor, (cause) => {
        closeSync(descriptor);
        onSynced(cause === null || cause === undefined ? null : failureOf("sync", path, cause));
      });
    if (!this.#folderSyncs.join(`${dev} ${ino}`, begin, onDone)) {
      closeSync(descriptor);
    }
  }

  syncDirectoryNow(path: string): void {
    const descriptor = attempt("open", path, () => openSync(path, "r"));
    try {
      attempt("sync", path, () => fsyncSync(descriptor));
    } finally {
      closeSync(descriptor);
    }
  }

  syncVolumeNow(path: string): void {
    syncVolume(path);
  }

  removeDirectory(path: string): void {
    attempt("remove", path, () => rmSync(path, { recursive: true, force: true }));
  }

  lock(path: string): Disposable {
    return new BunFileLock(path);
  }

  space(path: string): DiskSpace {
    const { bavail, blocks, bsize } = attempt("statfs", path, () => statfsSync(path));
    return { free: bavail * bsize, total: blocks * bsize };
  }
}
