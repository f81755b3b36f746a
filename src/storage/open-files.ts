// A bounded set of open file descriptors: ten thousand streams need not hold ten thousand. A file is opened when it is
// used and closed when others need its place, but never while a sync of it runs.

import type { Disk, DiskFile, FileAccess } from "../ports/disk.ts";

interface Opened {
  readonly file: DiskFile;
  /** Syncs under way. */
  pins: number;
}

export class OpenFiles {
  readonly limit: number;
  readonly #disk: Disk;
  /** In order of use, the longest unused first. */
  readonly #opened: Map<string, Opened> = new Map();
  /** Closed by their owners while they were pinned. */
  readonly #leaving: Opened[] = [];
  #last: Opened | null = null;

  constructor(disk: Disk, limit: number) {
    this.#disk = disk;
    this.limit = limit;
  }

  get size(): number {
    return this.#opened.size;
  }

  /** Good until the next call of any method here: the file may be closed then. Throws DiskError. */
  file(path: string, access: FileAccess = "update"): DiskFile {
    if (this.#last !== null && this.#last.file.path === path && access !== "create") {
      return this.#last.file;
    }
    if (access === "create") {
      this.close(path);
    }
    const found = this.#opened.get(path);
    if (found !== undefined) {
      this.#opened.delete(path);
      this.#opened.set(path, found);
      this.#last = found;
      return found.file;
    }
    const opened: Opened = { file: this.#disk.openFile(path, access), pins: 0 };
    this.#opened.set(path, opened);
    this.#last = opened;
    this.#makeRoom();
    return opened.file;
  }

  /** Stays open until it was unpinned as often. */
  pin(path: string): DiskFile {
    const file = this.file(path);
    const opened = this.#opened.get(path);
    if (opened !== undefined) {
      opened.pins++;
    }
    return file;
  }

  unpin(file: DiskFile): void {
    const opened = this.#opened.get(file.path);
    if (opened?.file === file) {
      opened.pins--;
      this.#makeRoom();
      return;
    }
    // Its path is another file's by now.
    const left = this.#leaving.find((one) => one.file === file);
    if (left !== undefined) {
      left.pins--;
      if (left.pins === 0) {
        this.#leaving.splice(this.#leaving.indexOf(left), 1);
        file[Symbol.dispose]();
      }
    }
  }

  /** Who asks for the path gets another file; a pinned one is closed when it is unpinned. */
  close(path: string): void {
    const opened = this.#opened.get(path);
    if (opened === undefined) {
      return;
    }
    if (opened.pins === 0) {
      this.#dispose(path, opened);
      return;
    }
    this.#opened.delete(path);
    this.#leaving.push(opened);
    if (this.#last === opened) {
      this.#last = null;
    }
  }

  closeAll(): void {
    for (const path of [...this.#opened.keys()]) {
      this.close(path);
    }
  }

  #makeRoom(): void {
    if (this.#opened.size <= this.limit) {
      return;
    }
    for (const [path, opened] of this.#opened) {
      if (opened.pins === 0 && opened !== this.#last) {
        this.#dispose(path, opened);
        if (this.#opened.size <= this.limit) {
          return;
        }
      }
    }
  }

  #dispose(path: string, opened: Opened): void {
    this.#opened.delete(path);
    if (this.#last === opened) {
      this.#last = null;
    }
    opened.file[Symbol.dispose]();
  }
}
