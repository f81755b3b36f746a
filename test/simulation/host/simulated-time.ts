// Clock and timers of a simulation: time stands still until somebody lets it go on.

import type { Clock } from "../../../src/ports/clock.ts";
import type { Timers } from "../../../src/ports/timers.ts";

interface Armed {
  readonly due: number;
  readonly order: number;
  readonly action: () => void;
}

const startMillis = 1_700_000_000_000;

export class SimulatedTime implements Clock, Timers {
  #now = 0;
  /** How far the wall clock was set. */
  #wallOffset = 0;
  #order = 0;
  #armed: Armed[] = [];
  #turnEnds: (() => void)[] = [];

  wallMillis(): number {
    return Math.trunc(startMillis + this.#wallOffset + this.#now);
  }

  wallNanos(): bigint {
    return BigInt(Math.trunc((startMillis + this.#wallOffset + this.#now) * 1000)) * 1000n;
  }

  monotonicMillis(): number {
    return this.#now;
  }

  /** The wall clock jumps; what was armed does not notice. */
  setWall(byMillis: number): void {
    this.#wallOffset += byMillis;
  }

  after(millis: number, action: () => void): Disposable {
    return this.#arm(this.#now + Math.max(0, millis), action);
  }

  every(millis: number, action: () => void): Disposable {
    let armed: Disposable | null = null;
    let isOver = false;
    const again = (): void => {
      armed = this.after(Math.max(millis, 1), () => {
        again();
        if (!isOver) {
          action();
        }
      });
    };
    again();
    return {
      [Symbol.dispose]: () => {
        isOver = true;
        armed?.[Symbol.dispose]();
        armed = null;
      },
    };
  }

  endOfTurn(action: () => void): void {
    this.#turnEnds.push(action);
  }

  /** Whether anything is waiting to happen. */
  get isIdle(): boolean {
    return this.#armed.length === 0 && this.#turnEnds.length === 0;
  }

  /** What waits for the end of this turn. */
  endTurn(): void {
    const ends = this.#turnEnds;
    this.#turnEnds = [];
    for (const end of ends) {
      end();
    }
  }

  /** Time goes on, and what falls due happens in order, each in a turn of its own. */
  async advance(millis: number): Promise<void> {
    const end = this.#now + millis;
    await this.#settle();
    for (;;) {
      const next = this.#earliest();
      if (next === null || next.due > end) {
        break;
      }
      this.#armed.splice(this.#armed.indexOf(next), 1);
      this.#now = Math.max(this.#now, next.due);
      next.action();
      await this.#settle();
    }
    this.#now = end;
  }

  /** Lets time go on until `isDone`; false when nothing is left to happen before that. */
  async until(isDone: () => boolean): Promise<boolean> {
    await this.#settle();
    while (!isDone()) {
      const next = this.#earliest();
      if (next === null) {
        return isDone();
      }
      await this.advance(next.due - this.#now);
    }
    return true;
  }

  /** Nothing that was armed will happen: the process is gone. */
  forget(): void {
    this.#armed = [];
    this.#turnEnds = [];
  }

  #arm(due: number, action: () => void): Disposable {
    this.#order++;
    const armed: Armed = { due, order: this.#order, action };
    this.#armed.push(armed);
    return {
      [Symbol.dispose]: () => {
        const at = this.#armed.indexOf(armed);
        if (at >= 0) {
          this.#armed.splice(at, 1);
        }
      },
    };
  }

  #earliest(): Armed | null {
    let earliest: Armed | null = null;
    for (const armed of this.#armed) {
      if (earliest === null || isEarlier(armed, earliest)) {
        earliest = armed;
      }
    }
    return earliest;
  }

  async #settle(): Promise<void> {
    do {
      this.endTurn();
      // Promises that were resolved go on.
      for (let turn = 0; turn < 8; turn++) {
        await Promise.resolve();
      }
    } while (this.#turnEnds.length > 0);
  }
}

function isEarlier(one: Armed, other: Armed): boolean {
  return one.due < other.due || (one.due === other.due && one.order < other.order);
}
