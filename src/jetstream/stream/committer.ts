// Between a decision and its doing. The local one does it at once; a replicated one would first let a quorum have it.

import type { Apply } from "./apply.ts";
import type { StreamEntry } from "./stream-entry.ts";

export interface Committer {
  /** Gives how many messages a removal took away, where the entry is applied at once. */
  commit(entry: StreamEntry): number;
}

export class LocalCommitter implements Committer {
  readonly #apply: Apply;

  constructor(apply: Apply) {
    this.#apply = apply;
  }

  commit(entry: StreamEntry): number {
    return this.#apply.apply(entry);
  }
}
