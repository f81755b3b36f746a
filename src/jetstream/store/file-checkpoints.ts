// When the checkpoint of a file store is written: at its end, and when much was written since the last one. It is put
// aside with the write that it describes and gets its name once that is durable: it never knows more than the log.

import { ServerError } from "../../base/server-error.ts";
import type { DiskFile } from "../../ports/disk.ts";
import { writeCheckpoint } from "../../storage/checkpoint-file.ts";
import type { SegmentedLog } from "../../storage/segmented-log.ts";
import { checkpointName, type FileStoreParts } from "./file-store-recovery.ts";
import type { LostList } from "./lost-list.ts";
import type { MessageIndex } from "./message-index.ts";

/** Not before so many times the size of the index was written, but then at the latest after as many times the least. */
const indexTimes = 8;
/** A larger index is written at the end only: it would hold everybody up. */
const indexMost = 1 << 27;

export class FileCheckpoints {
  readonly #parts: FileStoreParts;
  readonly #log: SegmentedLog;
  readonly #index: MessageIndex;
  readonly #lost: LostList;
  /** Written since the last one, and the end of the log when that was counted. */
  #bytes: number;
  #segment: number;
  #end: number;
  /** Put aside, and the change it waits for. */
  #aside: DiskFile | null = null;
  #ticket = 0;
  #isForbidden = false;

  constructor(
    parts: FileStoreParts,
    log: SegmentedLog,
    index: MessageIndex,
    lost: LostList,
    recoveredBytes: number,
  ) {
    this.#parts = parts;
    this.#log = log;
    this.#index = index;
    this.#lost = lost;
    this.#bytes = recoveredBytes;
    this.#segment = log.active.number;
    this.#end = log.active.end;
  }

  /** The index does not know all: the next start is to walk the log. */
  forbid(): void {
    this.#isForbidden = true;
  }

  onWritten(): void {
    const { number, end } = this.#log.active;
    this.#bytes += number === this.#segment ? end - this.#end : end;
    this.#segment = number;
    this.#end = end;
    const { checkpointBytes } = this.#parts.surroundings;
    if (this.#bytes < checkpointBytes || this.#aside !== null || this.#isForbidden) {
      return;
    }
    const { memoryBytes } = this.#index;
    const wanted = Math.min(memoryBytes, checkpointBytes) * indexTimes;
    if (memoryBytes <= indexMost && this.#bytes >= wanted) {
      this.#putAside();
    }
  }

  onSynced(): void {
    const file = this.#aside;
    if (file !== null && this.#log.synced >= this.#ticket) {
      this.#ticket = Number.MAX_SAFE_INTEGER;
      file.sync((failure) => {
        this.#settle(failure === null);
      });
    }
  }

  /** Everything is durable, nothing will be written any more. */
  async close(): Promise<void> {
    this.#drop();
    if (this.#log.failure !== null || this.#isForbidden || !this.#log.isBegun) {
      return;
    }
    this.#putAside();
    const file = this.#aside;
    if (file !== null) {
      const isSynced = await new Promise<boolean>((resolve) => {
        file.sync((failure) => {
          resolve(failure === null);
        });
      });
      this.#settle(isSynced);
    }
  }

  get #path(): string {
    return `${this.#parts.folder}/${checkpointName}`;
  }

  #putAside(): void {
    const checkpoint = this.#log.checkpoint();
    if (checkpoint === null) {
      return;
    }
    this.#attempt(() => {
      const owned = [...this.#index.dump(), this.#lost.dump()];
      const path = `${this.#path}.tmp`;
      const { surroundings, sealer } = this.#parts;
      this.#aside = writeCheckpoint(surroundings, path, checkpoint, owned, sealer);
      this.#ticket = this.#log.written;
      this.#bytes = 0;
    });
  }

  #settle(isSynced: boolean): void {
    const { disk } = this.#parts.surroundings;
    const file = this.#aside;
    if (file === null) {
      return;
    }
    this.#aside = null;
    file[Symbol.dispose]();
    if (isSynced) {
      this.#attempt(() => {
        disk.rename(file.path, this.#path);
        disk.syncDirectory(this.#parts.folder, () => undefined);
      });
    }
  }

  #drop(): void {
    this.#aside?.[Symbol.dispose]();
    this.#aside = null;
  }

  /** A checkpoint only makes a start faster: without one the log is walked. */
  #attempt(work: () => void): void {
    try {
      work();
    } catch (failure) {
      if (!(failure instanceof ServerError)) {
        throw failure;
      }
      const { log } = this.#parts.surroundings;
      log.warn(`JetStream: ${this.#parts.name}: no checkpoint is written: ${failure.message}`);
    }
  }
}
