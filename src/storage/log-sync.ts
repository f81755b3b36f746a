// The syncs of one log's files and folder, in the background: what ran before one began is durable when it ends. It knows
// up to where the log is durable, and removes files once nobody can want them back.

import { ServerError } from "../base/server-error.ts";
import type { DiskFile } from "../ports/disk.ts";
import type { LogSurroundings } from "./log-surroundings.ts";

export interface LogSyncOwner {
  /** All up to this ticket is durable. */
  onSynced(ticket: number): void;
  onFailed(reason: string): void;
}

interface Doomed {
  readonly path: string;
  /** The change after which it is not needed. */
  readonly ticket: number;
}

export class LogSync {
  readonly #surroundings: LogSurroundings;
  readonly #folder: string;
  readonly #owner: LogSyncOwner;
  /** Files written to since their last sync. */
  #unsynced: string[] = [];
  /** Of those that are being synced, the ones that may be gone. */
  readonly #forgotten: Set<string> = new Set();
  /** Folders with names that are not synced. */
  #folders: string[] = [];
  /** The place in the log up to which all is durable. */
  segment = 0;
  place = 0;
  /** It is further than any mark says. */
  hasMoved = true;
  /** Up to this ticket all is durable, and a durable mark says so. */
  marked = 0;
  #synced = 0;
  /** As `marked`, once what was written is durable, or what is being synced. */
  #writtenMark = 0;
  #runningMark = 0;
  #writtenSegment = 0;
  #writtenPlace = 0;
  #running = 0;
  #ticket = 0;
  #runningSegment = 0;
  #runningPlace = 0;
  #failure: string | null = null;
  #doomed: Doomed[] = [];
  #waiting: (() => void)[] = [];

  constructor(surroundings: LogSurroundings, folder: string, owner: LogSyncOwner) {
    this.#surroundings = surroundings;
    this.#folder = folder;
    this.#owner = owner;
  }

  get isRunning(): boolean {
    return this.#running > 0;
  }

  /** Something was written that no sync has begun to cover. */
  get isBehind(): boolean {
    return this.#unsynced.length > 0 || this.#folders.length > 0;
  }

  /** All up to here is durable already. */
  placed(segment: number, place: number): void {
    this.segment = segment;
    this.place = place;
    this.#writtenSegment = segment;
    this.#writtenPlace = place;
  }

  /** `isMarked`: with a mark that tells how far all is durable. */
  wrote(path: string, segment: number, place: number, isMarked: boolean): void {
    if (this.#unsynced.at(-1) !== path) {
      this.#unsynced.push(path);
    }
    this.#writtenSegment = segment;
    this.#writtenPlace = place;
    if (isMarked) {
      this.hasMoved = false;
      this.#writtenMark = this.#synced;
    }
  }

  /** Something in the file was changed that nobody waits for: the next sync takes it along. */
  touched(path: string): void {
    if (!this.#unsynced.includes(path)) {
      this.#unsynced.unshift(path);
    }
  }

  /** What became of the file is durable elsewhere: it may not be there any more. */
  forget(path: string): void {
    this.#unsynced = this.#unsynced.filter((other) => other !== path);
    if (this.isRunning) {
      this.#forgotten.add(path);
    }
  }

  /** The folder of the log is there. */
  makeFolder(): void {
    this.#folders.push(...this.#surroundings.directories.make(this.#folder));
  }

  madeFile(): void {
    if (!this.#folders.includes(this.#folder)) {
      this.#folders.push(this.#folder);
    }
  }

  /** The file goes when the ticket is durable. */
  removeLater(path: string, ticket: number): void {
    this.#doomed.push({ path, ticket });
  }

  start(ticket: number): void {
    this.#ticket = ticket;
    this.#runningSegment = this.#writtenSegment;
    this.#runningPlace = this.#writtenPlace;
    this.#runningMark = this.#writtenMark;
    const unsynced = this.#unsynced;
    const folders = this.#folders;
    this.#unsynced = [];
    this.#folders = [];
    this.#running = unsynced.length + folders.length;
    if (this.#running === 0) {
      return;
    }
    this.#surroundings.group.countSync();
    for (const path of unsynced) {
      this.#syncFile(path);
    }
    for (const path of folders) {
      this.#attempt(() => {
        this.#surroundings.directories.sync(path, (failure) => {
          this.#ended(failure?.message ?? null);
        });
      });
    }
  }

  /** Resolves when no sync runs. */
  ended(): Promise<void> {
    return this.isRunning
      ? new Promise((resolve) => {
          this.#waiting.push(resolve);
        })
      : Promise.resolve();
  }

  #syncFile(path: string): void {
    const { files, gate } = this.#surroundings;
    gate.enter(() => {
      if (this.#forgotten.has(path)) {
        gate.leave();
        this.#ended(null);
        return;
      }
      const isBegun = this.#attempt(() => {
        const file: DiskFile = files.pin(path);
        file.sync((failure) => {
          files.unpin(file);
          gate.leave();
          this.#ended(failure?.message ?? null);
        });
      });
      if (!isBegun) {
        gate.leave();
      }
    });
  }

  /** A sync that cannot even begin has failed. */
  #attempt(begin: () => void): boolean {
    try {
      begin();
      return true;
    } catch (failure) {
      if (!(failure instanceof ServerError)) {
        throw failure;
      }
      this.#ended(failure.message);
      return false;
    }
  }

  #ended(failure: string | null): void {
    this.#failure ??= failure;
    this.#running--;
    if (this.#running > 0) {
      return;
    }
    this.#forgotten.clear();
    if (this.#failure === null) {
      this.hasMoved =
        this.hasMoved || this.segment !== this.#runningSegment || this.place !== this.#runningPlace;
      this.segment = this.#runningSegment;
      this.place = this.#runningPlace;
      this.marked = this.#runningMark;
      this.#synced = this.#ticket;
      this.#removeDoomed();
      this.#owner.onSynced(this.#ticket);
    } else {
      this.#owner.onFailed(this.#failure);
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) {
      resolve();
    }
  }

  #removeDoomed(): void {
    if (this.#doomed.length === 0) {
      return;
    }
    const { disk, files, log } = this.#surroundings;
    const kept: Doomed[] = [];
    for (const doomed of this.#doomed) {
      if (doomed.ticket > this.#ticket) {
        kept.push(doomed);
        continue;
      }
      files.close(doomed.path);
      try {
        disk.remove(doomed.path);
      } catch (failure) {
        // It holds nothing that counts: the next start finds it again and says so.
        log.warn(`JetStream: ${failure instanceof Error ? failure.message : String(failure)}`);
      }
    }
    this.#doomed = kept;
  }
}
