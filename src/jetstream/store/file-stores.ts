// Where the assets of a server live on disk: opens the stores of streams and consumers below one folder, keeps their
// descriptions and finds them again. It knows no stream and no consumer.

import { AssertionError } from "../../base/assert.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Disk } from "../../ports/disk.ts";
import type { Log } from "../../ports/log.ts";
import type { Random } from "../../ports/random.ts";
import type { Timers } from "../../ports/timers.ts";
import type { SealerSource } from "../../storage/sealing.ts";
import type { Stores } from "./stores.ts";

export interface FileStoresOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  /** host.checksumModule. */
  readonly checksumModule: WebAssembly.Module;
  /** `<store_dir>/jetstream`: made when it is missing, and locked for this process. */
  readonly folder: string;
  /** 0 is `sync_interval: always`: durable means synced. Else durable means written, and a sync follows this often. */
  readonly syncIntervalMillis: number;
  /** Null keeps everything as it is: no compression, no encryption. */
  readonly sealers: SealerSource | null;
  /** Asks for a commitTurn() at the end of this turn. May be called often. */
  readonly wake: () => void;
  /** Serves streams and consumers of memory storage. */
  readonly memory: Stores;
}

/** Throws DiskError when the folder cannot be used, or is held by another process. */
export function openFileStores(options: FileStoresOptions): Stores {
  throw new AssertionError(`stores below ${options.folder} cannot be opened`);
}
