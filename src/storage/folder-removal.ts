// Takes a folder away so that it is gone at once and for good: it loses its name, that is synced, and what was in it goes
// bit by bit. What a loss of power left of it is taken away at the next start.

import { ServerError } from "../base/server-error.ts";
import type { Disk } from "../ports/disk.ts";
import type { Timers } from "../ports/timers.ts";
import type { OnReplaced } from "./atomic-file.ts";

/** Names that no asset has. */
const goneMark = ".gone-";
/** Files removed without letting others go on. */
const filesAtOnce = 32;

export class FolderRemoval {
  readonly #disk: Disk;
  readonly #timers: Timers;
  #count = 0;

  constructor(disk: Disk, timers: Timers) {
    this.#disk = disk;
    this.#timers = timers;
  }

  /** Durable when onDone is called, never before this returns. A folder that is not there is gone already. */
  remove(parent: string, name: string, onDone: OnReplaced): void {
    const path = `${parent}/${name}`;
    try {
      if (!this.#disk.isDirectory(path)) {
        this.#later(null, onDone);
        return;
      }
      const gone = this.#freeName(parent);
      this.#disk.rename(path, gone);
      this.#disk.syncDirectory(parent, (failure) => {
        onDone(failure?.message ?? null);
        if (failure === null) {
          this.#empty([gone]);
        }
      });
    } catch (failure) {
      this.#later(messageOf(failure), onDone);
    }
  }

  /** What is left of folders removed before. */
  sweep(parent: string): void {
    for (const name of this.#disk.list(parent)) {
      if (name.startsWith(goneMark)) {
        this.#empty([`${parent}/${name}`]);
      }
    }
  }

  #freeName(parent: string): string {
    for (;;) {
      this.#count++;
      const path = `${parent}/${goneMark}${this.#count}`;
      if (!this.#disk.exists(path)) {
        return path;
      }
    }
  }

  #later(failure: string | null, onDone: OnReplaced): void {
    this.#timers.endOfTurn(() => {
      onDone(failure);
    });
  }

  /** Nobody waits for this: a failure leaves it to the next start. */
  #empty(folders: string[]): void {
    try {
      let left = filesAtOnce;
      while (folders.length > 0 && left > 0) {
        left -= this.#emptySome(folders, left);
      }
    } catch (failure) {
      messageOf(failure);
      return;
    }
    if (folders.length > 0) {
      this.#timers.after(1, () => {
        this.#empty(folders);
      });
    }
  }

  /** Of the last folder of the list; gives how much that was. */
  #emptySome(folders: string[], most: number): number {
    const folder = folders.at(-1) ?? "";
    const names = this.#disk.list(folder);
    const [first] = names;
    if (first === undefined) {
      this.#disk.removeDirectory(folder);
      folders.pop();
      return 1;
    }
    if (this.#disk.isDirectory(`${folder}/${first}`)) {
      folders.push(`${folder}/${first}`);
      return 1;
    }
    const files = names.filter((name) => !this.#disk.isDirectory(`${folder}/${name}`));
    for (const name of files.slice(0, most)) {
      this.#disk.remove(`${folder}/${name}`);
    }
    return Math.min(files.length, most);
  }
}

function messageOf(failure: unknown): string {
  if (failure instanceof ServerError) {
    return failure.message;
  }
  throw failure;
}
