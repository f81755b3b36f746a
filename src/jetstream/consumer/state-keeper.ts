// Keeps a consumer's ledger in its journal: collects the changes of a turn, writes them at its end, replaces them by a
// snapshot when they grow long, and calls those who wait until what they did is durable.

import type { StateJournal } from "../store/state-journal.ts";
import type { ConsumerLedger } from "./consumer-ledger.ts";
import {
  ChangeWriter,
  readSnapshot,
  replay,
  snapshotOf,
  type WriterSurroundings,
} from "./consumer-state.ts";

/** So many bytes of changes are cheaper to read again than a snapshot is to write. */
const leastChangeBytes = 512 * 1024;
/** More bytes of changes than this do not wait for others. */
const turnChangeBytes = 64 * 1024;
/** How long after a write the next one is put off. */
const restMillis = 100;

export interface KeeperSurroundings extends WriterSurroundings {
  readonly ledger: ConsumerLedger;
  /** See snapshotOf. */
  readonly resume: number;
  /** Of the stream: its last change by which messages were gone that waited. */
  readonly removedTicket: number;
  onJournalFailed(reason: string): void;
  /** Calls it at the end of a turn not long from now. */
  writeLater(action: () => void): void;
}

interface Waiting {
  readonly ticket: number;
  readonly onDone: (failure: string | null) => void;
}

export class StateKeeper {
  readonly #journal: StateJournal | null;
  readonly #around: KeeperSurroundings;
  readonly #changes: ChangeWriter;
  #snapshotBytes = 0;
  #failure: string | null = null;
  #writtenAt = Number.NEGATIVE_INFINITY;
  #isWriteDue = false;
  #isClosed = false;
  #onWriteDue: (() => void) | null = null;
  /** In order of their tickets. */
  #waiting: Waiting[] = [];

  /** Null keeps nothing. */
  constructor(journal: StateJournal | null, around: KeeperSurroundings) {
    this.#journal = journal;
    this.#around = around;
    this.#changes = new ChangeWriter(around.ledger, around);
    if (journal !== null) {
      journal.onDurable = (): void => this.#release();
      journal.onFailed = (reason): void => {
        this.#failure = reason;
        this.#release();
        around.onJournalFailed(reason);
      };
    }
  }

  get failure(): string | null {
    return this.#failure;
  }

  /**
   * What the journal has goes into the ledger, which records from now on. Gives `resume`; null when the journal is new, or
   * what it has cannot be read: `report` is told then.
   */
  recover(report: (problem: string) => void): number | null {
    const recovered = this.#journal?.takeRecovered() ?? null;
    const resume = recovered === null ? null : this.#read(recovered.snapshot, report);
    if (recovered !== null && resume !== null) {
      for (const changes of recovered.changes) {
        if (!replay(this.#around.ledger, changes, this.#around)) {
          report("some changes of the state make no sense: what stands behind them is left out");
          break;
        }
      }
    }
    this.#around.ledger.recorder = this.#journal === null ? null : this.#changes;
    return resume;
  }

  /**
   * End of a turn: after a rest what was changed is written at once, else a little later, together with what follows.
   * Nobody waits for it: who does calls whenDurable.
   */
  settle(): void {
    if (this.#changes.isEmpty) {
      return;
    }
    const isAfterRest = !this.#isWriteDue && this.#around.now - this.#writtenAt >= restMillis;
    if (isAfterRest || this.#changes.length > turnChangeBytes) {
      this.flush();
      return;
    }
    if (this.#isWriteDue) {
      return;
    }
    this.#onWriteDue ??= (): void => {
      this.#isWriteDue = false;
      this.flush();
    };
    this.#isWriteDue = true;
    this.#around.writeLater(this.#onWriteDue);
  }

  /** Writes what was changed. */
  flush(): void {
    const journal = this.#journal;
    const { removedTicket, streamDurable } = this.#around;
    this.#changes.settle();
    const isUseless = journal === null || this.#isClosed || this.#failure !== null;
    if (isUseless || this.#changes.isEmpty) {
      return;
    }
    this.#writtenAt = this.#around.now;
    const isLong = journal.changeBytes > Math.max(leastChangeBytes, this.#snapshotBytes * 2);
    // A snapshot leaves out what is gone.
    if (isLong && removedTicket <= streamDurable) {
      this.rewrite();
    } else {
      journal.append(this.#changes.take());
    }
  }

  /** Replaces all that was written. */
  rewrite(): void {
    this.#changes.drop();
    if (this.#journal !== null && this.#failure === null) {
      const snapshot = snapshotOf(this.#around.ledger, this.#around, this.#around.resume);
      this.#snapshotBytes = snapshot.length;
      this.#journal.replace(snapshot);
    }
  }

  /** Calls onDone when all that was changed by now is durable, or with the reason why that will not be. */
  whenDurable(onDone: (failure: string | null) => void): void {
    this.flush();
    const journal = this.#journal;
    if (journal === null || this.#failure !== null || journal.durable >= journal.written) {
      onDone(this.#failure);
      return;
    }
    this.#waiting.push({ ticket: journal.written, onDone });
    journal.wantDurable();
  }

  async close(): Promise<void> {
    this.flush();
    // A write that is put off comes later than this, when the files may be gone.
    this.#isClosed = true;
    this.#around.ledger.recorder = null;
    await this.#journal?.close();
  }

  #read(snapshot: Uint8Array, report: (problem: string) => void): number | null {
    const { ledger } = this.#around;
    const resume = readSnapshot(ledger, snapshot, this.#around);
    if (resume === null) {
      report("its state cannot be read: it starts anew");
      ledger.startAt(1);
    }
    return resume;
  }

  #release(): void {
    const durable = this.#journal?.durable ?? 0;
    const waiting = this.#waiting;
    let count = 0;
    while (count < waiting.length) {
      const first = waiting[count];
      if (first === undefined || (first.ticket > durable && this.#failure === null)) {
        break;
      }
      count++;
    }
    if (count > 0) {
      this.#waiting = waiting.slice(count);
      for (let at = 0; at < count; at++) {
        waiting[at]?.onDone(this.#failure);
      }
    }
  }
}
