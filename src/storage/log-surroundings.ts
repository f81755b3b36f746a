// What all logs and journals of a server share.

import type { CopyBytes } from "../base/bytes.ts";
import type { Clock } from "../ports/clock.ts";
import type { Disk } from "../ports/disk.ts";
import type { Log } from "../ports/log.ts";
import type { Random } from "../ports/random.ts";
import type { Timers } from "../ports/timers.ts";
import type { BlockCache } from "./block-cache.ts";
import type { OpenAssets } from "./clean-end.ts";
import type { Directories } from "./directories.ts";
import type { GroupCommit } from "./group-commit.ts";
import type { OpenFiles } from "./open-files.ts";
import type { RecordChecksum } from "./record-checksum.ts";
import type { SegmentLimits } from "./segment-size.ts";
import type { SyncGate } from "./sync-gate.ts";

export interface LogSurroundings {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  readonly checksum: RecordChecksum;
  readonly copyBytes: CopyBytes;
  readonly directories: Directories;
  readonly files: OpenFiles;
  readonly cache: BlockCache;
  readonly group: GroupCommit;
  readonly assets: OpenAssets;
  readonly gate: SyncGate;
  readonly segmentLimits: SegmentLimits;
  readonly checkpointBytes: number;
  /** A batch of so much is written before the turn ends. */
  readonly longBatchBytes: number;
}
