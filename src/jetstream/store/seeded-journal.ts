// A journal that has been given its first contents: whoever opens it recovers them, as if they had been found.

import type { RecoveredState, StateJournal } from "./state-journal.ts";

/** Writes the snapshot down, and gives it to be recovered. */
export function seeded(journal: StateJournal, snapshot: Uint8Array): StateJournal {
  journal.takeRecovered();
  journal.replace(snapshot);
  let recovered: RecoveredState | null = { snapshot, changes: [] };
  return {
    isDamaged: false,
    takeRecovered: () => {
      const taken = recovered;
      recovered = null;
      return taken;
    },
    append: (change) => journal.append(change),
    get changeBytes() {
      return journal.changeBytes;
    },
    replace: (contents) => journal.replace(contents),
    get written() {
      return journal.written;
    },
    get durable() {
      return journal.durable;
    },
    wantDurable: () => journal.wantDurable(),
    get onDurable() {
      return journal.onDurable;
    },
    set onDurable(listener: () => void) {
      journal.onDurable = listener;
    },
    get onFailed() {
      return journal.onFailed;
    },
    set onFailed(listener: (reason: string) => void) {
      journal.onFailed = listener;
    },
    close: () => journal.close(),
  };
}
