// Whether anybody listens on subjects, by name and in the right group: push consumers are active only then. Looked at when
// interest has changed, or, where nobody can tell that, again and again by one timer; a bounded number of looks at a time.

import type { Timers } from "../../ports/timers.ts";
import type { Outlet } from "../outlet.ts";

const lookEveryMillis = 50;
/** With more watches than this the round takes longer. */
const looksAtATime = 512;

interface Watch {
  readonly outlet: Outlet;
  readonly subject: string;
  /** "" is none. */
  readonly queue: string;
  readonly onChange: (isThere: boolean) => void;
  isThere: boolean;
  place: number;
}

/** Who can tell when interest changed. */
export interface InterestChanges {
  /** Another number after each change. */
  count(): number;
  /** Asks for another end of turn. */
  wake(): void;
}

export class InterestWatch {
  readonly #timers: Timers;
  readonly #watches: Watch[] = [];
  #timer: Disposable | null = null;
  #next = 0;

  readonly #changes: InterestChanges | null;
  #seenChanges = -1;
  /** Looks that the last change still asks for. */
  #left = 0;

  constructor(timers: Timers, changes: InterestChanges | null = null) {
    this.#timers = timers;
    this.#changes = changes;
  }

  /** At the end of each turn, where there is somebody who tells of changes. */
  turnEnded(): void {
    if (this.#changes === null || this.#watches.length === 0) {
      return;
    }
    const count = this.#changes.count();
    if (count !== this.#seenChanges) {
      this.#seenChanges = count;
      this.#left = this.#watches.length;
    }
    if (this.#left > 0) {
      this.#left = Math.max(this.#left - looksAtATime, 0);
      this.#look();
      if (this.#left > 0) {
        this.#changes.wake();
      }
    }
  }

  /** Calls onChange when it differs from what was known before; `isThere` is what is known now. */
  watch(
    outlet: Outlet,
    subject: string,
    queue: string,
    isThere: boolean,
    onChange: (isThere: boolean) => void,
  ): Disposable {
    const place = this.#watches.length;
    const watch: Watch = { outlet, subject, queue, onChange, isThere, place };
    this.#watches.push(watch);
    if (this.#changes === null) {
      this.#timer ??= this.#timers.every(lookEveryMillis, () => this.#look());
    }
    return { [Symbol.dispose]: (): void => this.#drop(watch) };
  }

  #drop(watch: Watch): void {
    const last = this.#watches.at(-1);
    if (watch.place === -1 || last === undefined) {
      return;
    }
    this.#watches[watch.place] = last;
    last.place = watch.place;
    this.#watches.pop();
    watch.place = -1;
    if (this.#watches.length === 0) {
      this.#timer?.[Symbol.dispose]();
      this.#timer = null;
    }
  }

  #look(): void {
    for (let left = Math.min(looksAtATime, this.#watches.length); left > 0; left--) {
      if (this.#next >= this.#watches.length) {
        this.#next = 0;
      }
      const watch = this.#watches[this.#next];
      this.#next++;
      if (watch !== undefined) {
        this.#lookAt(watch);
      }
    }
  }

  #lookAt(watch: Watch): void {
    const isThere = watch.outlet.hasListener(watch.subject, watch.queue);
    if (isThere !== watch.isThere) {
      watch.isThere = isThere;
      watch.onChange(isThere);
    }
  }
}
