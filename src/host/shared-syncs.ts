// Lets those who want the same thing synced share one sync: who comes while one runs waits for the next, together with all
// who come until that begins. It opens and closes nothing.

import type { DiskError } from "../base/server-error.ts";
import type { OnSynced } from "../ports/disk.ts";

type Begin = (onSynced: OnSynced) => void;

interface Sync {
  readonly begin: Begin;
  readonly told: OnSynced[];
}

export class SharedSyncs {
  /** What is being synced, and the sync that comes after it. */
  readonly #running: Map<string, Sync | null> = new Map();

  /** False: another one that has not begun is waited for, and `begin` is not called. */
  join(key: string, begin: Begin, onDone: OnSynced): boolean {
    const next = this.#running.get(key);
    if (next === undefined) {
      this.#start(key, { begin, told: [onDone] });
    } else if (next === null) {
      this.#running.set(key, { begin, told: [onDone] });
    } else {
      next.told.push(onDone);
    }
    return next === undefined || next === null;
  }

  #start(key: string, { begin, told }: Sync): void {
    this.#running.set(key, null);
    begin((failure: DiskError | null) => {
      const next = this.#running.get(key) ?? null;
      if (next === null) {
        this.#running.delete(key);
      } else {
        this.#start(key, next);
      }
      for (const onDone of told) {
        onDone(failure);
      }
    });
  }
}
