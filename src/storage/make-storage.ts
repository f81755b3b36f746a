// Puts together what all logs and journals of a server share.

import { type CopyBytes, copyBytes } from "../base/bytes.ts";
import type { Clock } from "../ports/clock.ts";
import type { Disk } from "../ports/disk.ts";
import type { Log } from "../ports/log.ts";
import type { Random } from "../ports/random.ts";
import type { Timers } from "../ports/timers.ts";
import { Checksum } from "../wasm/checksum.ts";
import { BlockCache } from "./block-cache.ts";
import { BlockRoom } from "./block-room.ts";
import { OpenAssets } from "./clean-end.ts";
import { Directories } from "./directories.ts";
import { GroupCommit } from "./group-commit.ts";
import type { LogSurroundings } from "./log-surroundings.ts";
import { OpenFiles } from "./open-files.ts";
import { RecordChecksum } from "./record-checksum.ts";
import { type SegmentLimits, segmentLimits } from "./segment-size.ts";
import { SyncGate } from "./sync-gate.ts";

/** Blocks and tables of all logs together. */
const blockCacheBytes = 1 << 26;
/** So much of a log is written before its checkpoint is written again. */
const checkpointBytes = 1 << 26;
/** What is worth a sync of its own while more comes in. */
const longBatchBytes = 1 << 20;
/** Files open at the same time, save those that are being synced. */
const openFilesMost = 512;
/** Syncs that run at the same time, when the configuration names no other number. */
const syncsMost = 256;
/** What is promised without a sync gets one this soon when the configuration names no other time. */
const relaxedSyncMillis = 1000;

export interface StorageOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  readonly checksumModule: WebAssembly.Module;
  /** The cheapest way there is. */
  readonly copyBytes?: CopyBytes;
  readonly syncIntervalMillis: number;
  /** Syncs at the same time; 0 is the default. */
  readonly maxConcurrentIo?: number;
  readonly wake: () => void;
  /** Smaller ones let tests see in little what happens in large. */
  readonly segmentLimits?: SegmentLimits;
  readonly blockCacheBytes?: number;
  readonly checkpointBytes?: number;
  readonly longBatchBytes?: number;
}

export function makeStorage(options: StorageOptions): LogSurroundings {
  const { disk, clock, timers, random, log, wake } = options;
  const interval = options.syncIntervalMillis || relaxedSyncMillis;
  const checksum = Checksum.shared(options.checksumModule);
  const gate = new SyncGate(clock, options.maxConcurrentIo || syncsMost);
  return {
    disk,
    clock,
    timers,
    random,
    log,
    checksum: new RecordChecksum(checksum),
    copyBytes: options.copyBytes ?? copyBytes,
    directories: new Directories(disk, gate),
    files: new OpenFiles(disk, openFilesMost),
    cache: new BlockCache(options.blockCacheBytes ?? blockCacheBytes, BlockRoom.shared(checksum)),
    group: new GroupCommit(timers, interval, wake),
    assets: new OpenAssets(),
    gate,
    checkpointBytes: options.checkpointBytes ?? checkpointBytes,
    longBatchBytes: options.longBatchBytes ?? longBatchBytes,
    segmentLimits: options.segmentLimits ?? segmentLimits,
  };
}
