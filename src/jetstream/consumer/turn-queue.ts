// What is to be done once at the end of a turn, before stores write and outboxes leave: consumers that have room again,
// changes of their states. It does not know who asks, nor how a turn ends.

import type { Timers } from "../../ports/timers.ts";

/** How long what is not urgent may wait for more of its kind. */
const laterMillis = 100;

export class TurnQueue {
  readonly #timers: Timers | null;
  readonly #wake: () => void;
  #actions: (() => void)[] = [];
  #spare: (() => void)[] = [];
  #later: (() => void)[] = [];

  /** `wake` asks for an end of turn: called when the first action of a turn comes in. Without timers nothing waits. */
  constructor(wake: () => void, timers: Timers | null = null) {
    this.#wake = wake;
    this.#timers = timers;
  }

  /** One call at the next end of a turn; an action added while actions run is of the turn after. */
  add(action: () => void): void {
    this.#actions.push(action);
    if (this.#actions.length === 1) {
      this.#wake();
    }
  }

  /** One call at the end of a turn not long from now. */
  addLater(action: () => void): void {
    if (this.#timers === null) {
      this.add(action);
    } else if (this.#later.push(action) === 1) {
      this.#timers.after(laterMillis, () => {
        const due = this.#later;
        this.#later = [];
        for (const one of due) {
          this.add(one);
        }
      });
    }
  }

  get isEmpty(): boolean {
    return this.#actions.length === 0;
  }

  run(): void {
    const actions = this.#actions;
    this.#actions = this.#spare;
    for (const action of actions) {
      action();
    }
    actions.length = 0;
    this.#spare = actions;
  }
}
