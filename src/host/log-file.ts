// One log file that is set aside when it grows too large. It knows nothing of levels.

import type { Clock } from "../ports/clock.ts";
import type { AppendFile, Disk } from "../ports/disk.ts";

/** What rotating has to tell goes through the owner, who knows how a line looks. */
export interface RotationNotes {
  rotated(backup: string): string;
  purged(name: string): string;
  purgeFailed(name: string, reason: string): string;
}

const backupPattern: RegExp = /^\d{4}\.\d\d\.\d\d\.\d\d\.\d\d\.\d\d\.\d{1,9}$/;

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

/** year.month.day.hour.minute.second.nanosecond in local time: names sort as they were made. */
function backupSuffix(wallNanos: bigint): string {
  const date = new Date(Number(wallNanos / 1_000_000n));
  const parts = [date.getMonth() + 1, date.getDate(), date.getHours(), date.getMinutes()];
  const seconds = twoDigits(date.getSeconds());
  const nanos = String(wallNanos % 1_000_000_000n).padStart(9, "0");
  return `${date.getFullYear()}.${parts.map(twoDigits).join(".")}.${seconds}.${nanos}`;
}

export class LogFile implements Disposable {
  readonly path: string;
  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #notes: RotationNotes;
  #file: AppendFile;
  #sizeLimit = 0;
  #maxFiles = 0;

  /** Throws DiskError when the file cannot be opened. */
  constructor(path: string, disk: Disk, clock: Clock, notes: RotationNotes) {
    this.path = path;
    this.#disk = disk;
    this.#clock = clock;
    this.#notes = notes;
    this.#file = disk.append(path);
  }

  limit(sizeLimit: number, maxFiles: number): void {
    this.#sizeLimit = sizeLimit;
    this.#maxFiles = maxFiles;
  }

  get isTooLarge(): boolean {
    return this.#sizeLimit > 0 && this.#file.size > this.#sizeLimit;
  }

  write(line: string): void {
    this.#file.write(line);
    if (this.isTooLarge) {
      this.#rotate();
    }
  }

  reopen(): void {
    const reopened = this.#disk.append(this.path);
    this.#file[Symbol.dispose]();
    this.#file = reopened;
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }

  #rotate(): void {
    const backup = `${this.path}.${backupSuffix(this.#clock.wallNanos())}`;
    this.#disk.rename(this.path, backup);
    this.reopen();
    this.#file.write(this.#notes.rotated(backup));
    if (this.#maxFiles > 0) {
      this.#purge();
    }
  }

  #purge(): void {
    const cut = this.path.lastIndexOf("/");
    const folder = cut < 0 ? "." : this.path.slice(0, cut + 1);
    const stem = `${this.path.slice(cut + 1)}.`;
    const backups = this.#disk
      .list(folder)
      .filter((name) => name.startsWith(stem) && backupPattern.test(name.slice(stem.length)));
    for (const name of backups.slice(0, Math.max(0, backups.length - this.#maxFiles + 1))) {
      try {
        this.#disk.remove(this.#disk.beside(this.path, name));
      } catch (failure) {
        this.#file.write(this.#notes.purgeFailed(name, String(failure)));
        return;
      }
      this.#file.write(this.#notes.purged(name));
    }
  }
}
