// Whether anybody listens on subjects, looked at again and again: push consumers are active only then. One timer serves
// all of them, a bounded number of looks at a time.

import type { Timers } from "../../ports/timers.ts";
import type { Outlet } from "../outlet.ts";

const lookEveryMillis = 50;
/** With more watches than this the round takes longer. */
const looksAtATime = 512;

interface Watch {
  readonly outlet: Outlet;
  readonly subject: string;
  readonly onChange: (isThere: boolean) => void;
  isThere: boolean;
  place: number;
}

export class InterestWatch {
  readonly #timers: Timers;
  readonly #watches: Watch[] = [];
  #timer: Disposable | null = null;
  #next = 0;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Calls onChange when it differs from what was known before; `isThere` is what is known now. */
  watch(
    outlet: Outlet,
    subject: string,
    isThere: boolean,
    onChange: (isThere: boolean) => void,
  ): Disposable {
    const watch: Watch = { outlet, subject, onChange, isThere, place: this.#watches.length };
    this.#watches.push(watch);
    this.#timer ??= this.#timers.every(lookEveryMillis, () => this.#look());
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
    const isThere = watch.outlet.hasInterest(watch.subject);
    if (isThere !== watch.isThere) {
      watch.isThere = isThere;
      watch.onChange(isThere);
    }
  }
}
