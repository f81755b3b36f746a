// Changes of assets one after the other: what changes one stream on disk waits until the change before it is done, so
// that a name is not given anew while its files still go. It does not know what the changes are.

export class AccountLanes {
  /** Who waits, by name; the one under way is not in the list. */
  readonly #lanes: Map<string, (() => void)[]> = new Map();

  /** Calls `change` at once, or when those before it under this name are done. It calls `done` once. */
  run(name: string, change: (done: () => void) => void): void {
    const waiting = this.#lanes.get(name);
    if (waiting !== undefined) {
      waiting.push(() => this.#begin(name, change));
      return;
    }
    this.#lanes.set(name, []);
    this.#begin(name, change);
  }

  get isIdle(): boolean {
    return this.#lanes.size === 0;
  }

  #begin(name: string, change: (done: () => void) => void): void {
    let isDone = false;
    change(() => {
      if (!isDone) {
        isDone = true;
        this.#next(name);
      }
    });
  }

  #next(name: string): void {
    const next = this.#lanes.get(name)?.shift();
    if (next === undefined) {
      this.#lanes.delete(name);
    } else {
      next();
    }
  }
}
