// Makes folders so that they survive a loss of power. Several assets share folders above them: each is told of all that
// are not durable yet, whoever made them.

import { DiskError } from "../base/server-error.ts";
import type { Disk, OnSynced } from "../ports/disk.ts";
import type { SyncGate } from "./sync-gate.ts";

export class Directories {
  readonly #disk: Disk;
  readonly #gate: SyncGate;
  /** Folders with names that are not durable, and how often they were changed. */
  readonly #unsettled: Map<string, number> = new Map();

  constructor(disk: Disk, gate: SyncGate) {
    this.#disk = disk;
    this.#gate = gate;
  }

  /** Makes the folder if it is missing. Gives those to be synced before what is in it is safe. Throws DiskError. */
  make(path: string): readonly string[] {
    let isMissing = false;
    for (let folder = path; !this.#disk.isDirectory(folder); ) {
      const end = folder.lastIndexOf("/");
      if (end <= 0) {
        break;
      }
      isMissing = true;
      folder = folder.slice(0, end);
      this.#unsettled.set(folder, (this.#unsettled.get(folder) ?? 0) + 1);
    }
    if (isMissing) {
      this.#disk.makeDirectory(path);
    }
    return this.#unsettled.size === 0 ? [] : this.#above(path);
  }

  /** As the disk's, but not too many at once. */
  sync(folder: string, onDone: OnSynced): void {
    let isNow = true;
    let thrown: DiskError | null = null;
    this.#gate.enter(() => {
      const failure = this.#begin(folder, onDone);
      if (failure !== null) {
        this.#gate.leave();
        thrown = failure;
      }
      if (failure !== null && !isNow) {
        onDone(failure);
      }
    });
    isNow = false;
    if (thrown !== null) {
      throw thrown as DiskError;
    }
  }

  #begin(folder: string, onDone: OnSynced): DiskError | null {
    const changes = this.#unsettled.get(folder);
    try {
      this.#disk.syncDirectory(folder, (failure) => {
        this.#gate.leave();
        if (failure === null && this.#unsettled.get(folder) === changes) {
          this.#unsettled.delete(folder);
        }
        onDone(failure);
      });
      return null;
    } catch (failure) {
      if (failure instanceof DiskError) {
        return failure;
      }
      throw failure;
    }
  }

  /** All at once. Throws DiskError. */
  syncAll(folders: readonly string[], onDone: (failure: string | null) => void): void {
    let left = folders.length;
    let first: string | null = null;
    for (const folder of folders) {
      this.sync(folder, (failure) => {
        first ??= failure?.message ?? null;
        left--;
        if (left === 0) {
          onDone(first);
        }
      });
    }
  }

  /** The same for one folder and those above it, waited for. Throws DiskError. */
  settleNow(path: string): void {
    for (const folder of this.make(path)) {
      this.#disk.syncDirectoryNow(folder);
      this.#unsettled.delete(folder);
    }
    this.#disk.syncDirectoryNow(path);
  }

  #above(path: string): readonly string[] {
    const found: string[] = [];
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      const folder = path.slice(0, end);
      if (this.#unsettled.has(folder)) {
        found.push(folder);
      }
    }
    return found;
  }
}
