// Makes the features of a stream beside the plain road, and holds what all streams of a server share in them.

import { Batches } from "./batch.ts";
import type { BatchTotals } from "./batch-limits.ts";
import { Counter } from "./counter.ts";
import { Schedules } from "./schedule.ts";
import { type OriginSurroundings, Origins } from "./source-origins.ts";
import type { StreamCore, StreamFeatures } from "./stream-features.ts";

export class FeatureMaker {
  readonly #around: OriginSurroundings;
  /** Open batches of all streams. */
  readonly batchTotals: BatchTotals = { atomic: 0, fast: 0 };

  constructor(around: OriginSurroundings) {
    this.#around = around;
  }

  make(core: StreamCore): StreamFeatures {
    const batches = new Batches(core, this.batchTotals);
    const schedules = new Schedules(core);
    const origins = new Origins(core, this.#around);
    return {
      batches,
      counter: new Counter(core),
      schedules,
      lives: [batches, schedules, origins],
      origins,
    };
  }
}
