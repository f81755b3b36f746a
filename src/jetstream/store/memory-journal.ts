// The journal of a state that need not outlive the process. It may keep what is written, so that whoever opens it again
// finds it; else it only counts.

import type { RecoveredState, StateJournal } from "./state-journal.ts";

export interface MemoryJournalOptions {
  /** Keeps what is written for `takeRecovered` of the next opening. */
  readonly keeps: boolean;
  readonly recovered: RecoveredState | null;
  /** Something was written: `settle` is wanted at the end of this turn. */
  readonly onWritten: (journal: MemoryJournal) => void;
}

const nothing: Uint8Array = new Uint8Array(0);

export class MemoryJournal implements StateJournal {
  readonly isDamaged = false;
  onDurable: () => void = ignore;
  onFailed: (reason: string) => void = ignore;
  readonly #options: MemoryJournalOptions;
  #recovered: RecoveredState | null;
  #snapshot: Uint8Array | null = null;
  #changes: Uint8Array[] = [];
  #changeBytes = 0;
  #written = 0;
  #durable = 0;

  constructor(options: MemoryJournalOptions) {
    this.#options = options;
    this.#recovered = options.recovered;
    this.#snapshot = options.recovered?.snapshot ?? null;
    this.#changes = [...(options.recovered?.changes ?? [])];
  }

  get written(): number {
    return this.#written;
  }

  get durable(): number {
    return this.#durable;
  }

  /** Nothing grows when nothing is kept. */
  get changeBytes(): number {
    return this.#changeBytes;
  }

  /** What the next opening recovers. */
  get contents(): RecoveredState | null {
    return this.#snapshot === null && this.#changes.length === 0
      ? null
      : { snapshot: this.#snapshot ?? nothing, changes: this.#changes };
  }

  takeRecovered(): RecoveredState | null {
    const recovered = this.#recovered;
    this.#recovered = null;
    return recovered;
  }

  append(change: Uint8Array): void {
    if (this.#options.keeps) {
      this.#changes.push(change.slice());
      this.#changeBytes += change.length;
    }
    this.#note();
  }

  replace(snapshot: Uint8Array): void {
    if (this.#options.keeps) {
      this.#snapshot = snapshot.slice();
      this.#changes = [];
      this.#changeBytes = 0;
    }
    this.#note();
  }

  wantDurable(): void {
    // The end of the turn makes all durable.
  }

  /** End of turn: what was written is durable. */
  settle(): void {
    if (this.#durable < this.#written) {
      this.#durable = this.#written;
      this.onDurable();
    }
  }

  close(): Promise<void> {
    this.settle();
    return Promise.resolve();
  }

  #note(): void {
    this.#written++;
    if (this.#written === this.#durable + 1) {
      this.#options.onWritten(this);
    }
  }
}

function ignore(): void {
  // Nobody listens yet.
}
