// What tombstones say together: single messages and runs of them, and all below a sequence.

import { SequenceSet } from "../base/sequence-set.ts";
import { fieldOffset, readUint64, recordKind } from "./record.ts";
import { decodeFooter } from "./segment-footer.ts";

export class Removals {
  readonly removed: SequenceSet = new SequenceSet();
  below = 0;

  /** A record; what is no tombstone is passed over. */
  note(bytes: Uint8Array, view: DataView, at: number): void {
    const kind = bytes[at + fieldOffset.kind];
    const sequence = readUint64(view, at + fieldOffset.sequence);
    if (kind === recordKind.removed) {
      this.removed.addRange(sequence, readUint64(view, at + fieldOffset.timeMicros));
    } else if (kind === recordKind.removedBelow) {
      this.below = Math.max(this.below, sequence);
    } else if (kind === recordKind.footer) {
      // It repeats tombstones of its segment that may not be readable any more.
      const end = at + view.getUint32(at + fieldOffset.length, true);
      const footer = decodeFooter(bytes.subarray(at, end), at);
      this.addAll(footer?.removed ?? null, footer?.removedBelow ?? 0);
    }
  }

  addAll(removed: SequenceSet | null, below: number): void {
    removed?.eachRun((first, last) => {
      this.removed.addRange(first, last);
      return true;
    });
    this.below = Math.max(this.below, below);
  }
}
