// One write a turn for each file that was changed, and one sync for all that was written to it: whoever changes something
// registers, the end of the turn writes. What comes while a sync runs waits for the next. It knows no format.

import type { Timers } from "../ports/timers.ts";

/** Something with changes to write. */
export interface Committed {
  /** Writes what is pending and starts a sync if its promise needs one; does nothing while a sync of it runs. */
  flush(): void;
  /** Syncs, in the background, what was written and promised without a sync. */
  syncWritten(): void;
}

export class GroupCommit {
  readonly #wake: () => void;
  readonly #timers: Timers;
  #dirty: Committed[] = [];
  readonly #unsynced: Set<Committed> = new Set();
  readonly #intervalMillis: number;
  #timer: Disposable | null = null;
  #syncs = 0;

  /** `intervalMillis`: how long what was promised without a sync may stay without one. */
  constructor(timers: Timers, intervalMillis: number, wake: () => void) {
    this.#timers = timers;
    this.#intervalMillis = intervalMillis;
    this.#wake = wake;
  }

  /** Syncs done or under way. */
  get syncs(): number {
    return this.#syncs;
  }

  /** It will be flushed at the end of the turn. Once per flush is enough. */
  mark(committed: Committed): void {
    if (this.#dirty.push(committed) === 1) {
      this.#wake();
    }
  }

  /** What it has is worth a sync of its own, which may run while more comes in: it is flushed before the turn ends. */
  soon(committed: Committed): void {
    void Promise.resolve().then(() => {
      committed.flush();
    });
  }

  countSync(): void {
    this.#syncs++;
  }

  /** It has written what is not synced. */
  syncLater(committed: Committed): void {
    this.#unsynced.add(committed);
    this.#timer ??= this.#timers.after(this.#intervalMillis, () => {
      this.#timer = null;
      this.#syncAll();
    });
  }

  /** It has nothing unsynced any more, or never will. */
  forget(committed: Committed): void {
    this.#unsynced.delete(committed);
    const at = this.#dirty.indexOf(committed);
    if (at >= 0) {
      this.#dirty.splice(at, 1);
    }
  }

  commitTurn(): void {
    if (this.#dirty.length === 0) {
      return;
    }
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const committed of dirty) {
      committed.flush();
    }
  }

  close(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
  }

  #syncAll(): void {
    const unsynced = [...this.#unsynced];
    this.#unsynced.clear();
    for (const committed of unsynced) {
      committed.syncWritten();
    }
  }
}
