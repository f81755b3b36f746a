// What is to be done once at the end of a turn, before stores write and outboxes leave: consumers that have room again,
// changes of their states. It does not know who asks, nor how a turn ends.

export class TurnQueue {
  readonly #wake: () => void;
  #actions: (() => void)[] = [];
  #spare: (() => void)[] = [];

  /** `wake` asks for an end of turn: called when the first action of a turn comes in. */
  constructor(wake: () => void) {
    this.#wake = wake;
  }

  /** One call at the next end of a turn; an action added while actions run is of the turn after. */
  add(action: () => void): void {
    this.#actions.push(action);
    if (this.#actions.length === 1) {
      this.#wake();
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
