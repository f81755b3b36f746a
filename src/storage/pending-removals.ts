// Removals of a log that are yet to be written: single messages as runs, and the first one that is left. It knows their
// records, not when they are written.

import type { LogWriter } from "./log-writer.ts";
import { recordKind } from "./record.ts";
import type { Segment } from "./segment.ts";

export class PendingRemovals {
  /** First and last of each, in turn. */
  #runs: number[] = [];
  #below = 0;

  add(sequence: number): void {
    const runs = this.#runs;
    const last = runs.length - 1;
    if (last > 0 && runs[last] === sequence - 1) {
      runs[last] = sequence;
    } else {
      runs.push(sequence, sequence);
    }
  }

  addBelow(first: number): void {
    this.#below = Math.max(this.#below, first);
  }

  /** Their records go to the end of the segment, which then knows of them. */
  write(writer: LogWriter, segment: Segment): void {
    const runs = this.#runs;
    for (let at = 0; at < runs.length; at += 2) {
      const first = runs[at] ?? 0;
      const last = runs[at + 1] ?? 0;
      if (last >= this.#below) {
        writer.change(recordKind.removed, first, last);
        segment.noteRemoved(first, last);
      }
    }
    if (runs.length > 0) {
      this.#runs = [];
    }
    if (this.#below > segment.removedBelow) {
      writer.change(recordKind.removedBelow, this.#below, 0);
      segment.removedBelow = this.#below;
    }
  }
}
