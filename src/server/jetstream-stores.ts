// Opens what keeps streams: files below the folder of JetStream, with memory for those that want it.

import type { JetStreamOptions } from "../config/options.ts";
import { openFileStores } from "../jetstream/store/file-stores.ts";
import { MemoryStores } from "../jetstream/store/memory-stores.ts";
import type { Stores } from "../jetstream/store/stores.ts";
import type { Host } from "../ports/host.ts";
import { KeyedSealers } from "../storage/keyed-sealers.ts";

export interface StoresParts {
  readonly host: Host;
  readonly options: JetStreamOptions;
  readonly folder: string;
  readonly wake: () => void;
}

/** Throws DiskError when the folder cannot be had. */
export function openStores({ host, options, folder, wake }: StoresParts): Stores {
  const memory = new MemoryStores({
    wake,
    copyBytes: host.memory.copy,
    warm: (bytes, onDone) => {
      host.memory.warm(bytes, onDone);
    },
  });
  if (options.isInMemory) {
    return memory;
  }
  const {
    disk,
    clock,
    timers,
    random,
    log,
    checksumModule,
    ciphers,
    memory: memoryOfSystem,
  } = host;
  const { key, previousKey, syncIntervalMillis, maxConcurrentIo } = options;
  const cipher = options.cipher === "aes" ? "aes-256-gcm" : "chacha20-poly1305";
  return openFileStores({
    disk,
    clock,
    timers,
    random,
    log,
    checksumModule,
    copyBytes: memoryOfSystem.copy,
    folder,
    syncIntervalMillis,
    maxConcurrentIo,
    sealers: new KeyedSealers({ ciphers, random, key, previousKey, cipher }),
    wake,
    memory,
  });
}
