// Storage on a simulated disk, for tests of its parts.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SilentLog } from "../../../src/host/silent-log.ts";
import type { LogSurroundings } from "../../../src/storage/log-surroundings.ts";
import { makeStorage } from "../../../src/storage/make-storage.ts";
import type { RecordContent } from "../../../src/storage/record.ts";
import { SimulatedDisk } from "../../simulation/host/simulated-disk.ts";
import { SimulatedRandom } from "../../simulation/host/simulated-random.ts";
import { SimulatedTime } from "../../simulation/host/simulated-time.ts";

const checksumModule: WebAssembly.Module = new WebAssembly.Module(
  readFileSync(join(import.meta.dir, "../../../build/checksum.wasm")),
);

export interface StorageRig {
  readonly time: SimulatedTime;
  readonly disk: SimulatedDisk;
  readonly surroundings: LogSurroundings;
  /** How often an end of turn was asked for. */
  readonly wakes: () => number;
}

export function storageRig(syncIntervalMillis = 0): StorageRig {
  const time = new SimulatedTime();
  const random = new SimulatedRandom(1);
  const disk = new SimulatedDisk({ random, timers: time });
  disk.makeDirectory("/data");
  let wakes = 0;
  const surroundings = makeStorage({
    disk,
    clock: time,
    timers: time,
    random,
    log: new SilentLog(),
    checksumModule,
    syncIntervalMillis,
    wake: () => {
      wakes++;
    },
  });
  return { time, disk, surroundings, wakes: () => wakes };
}

export function contentOf(fields: Partial<RecordContent>): RecordContent {
  return {
    sequence: 1,
    timeMicros: 1_700_000_000_000_000,
    restNanos: 0,
    subject: "a.b",
    headerBytes: new Uint8Array(0),
    headerStart: 0,
    headerLength: 0,
    bodyBytes: new Uint8Array(0),
    bodyStart: 0,
    bodyLength: 0,
    expiresMicros: 0,
    tags: 0,
    ...fields,
  };
}
