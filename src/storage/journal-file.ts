// A small state that changes often, in a file of its own: a snapshot, twice when it is small, and the changes since. A new
// snapshot goes into another file, and the old one stays until that is durable. What the bytes mean its owner knows.

import { ServerError } from "../base/server-error.ts";
import type { Committed } from "./group-commit.ts";
import {
  encodeJournalHead,
  type FoundJournal,
  journalHeadBytes,
  journalKind,
  journalPath,
  journalRecordOverhead,
  readJournal,
  writeJournalRecord,
} from "./journal-format.ts";
import type { LogSurroundings } from "./log-surroundings.ts";
import { LogSync } from "./log-sync.ts";
import type { Sealer } from "./sealing.ts";

/** A snapshot up to this size is written twice: damage to one of them loses nothing. */
const twiceMost = 1 << 16;
const firstCapacity = 256;
const noBytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);

export interface JournalOptions {
  readonly surroundings: LogSurroundings;
  readonly folder: string;
  /** Of its two files, without what tells them apart. */
  readonly name: string;
  readonly sealer: Sealer | null;
  /** Durable means written; a sync follows. */
  readonly isRelaxed: boolean;
}

export interface RecoveredJournal {
  readonly snapshot: Uint8Array;
  readonly changes: readonly Uint8Array[];
}

export class JournalFile implements Committed {
  onDurable: () => void = ignore;
  onFailed: (reason: string) => void = ignore;
  written = 0;
  durable = 0;
  /** Bytes of changes behind the snapshot. */
  changeBytes = 0;
  failure: string | null = null;
  /** What was written safely before cannot be read any more, or not all of it. */
  readonly isDamaged: boolean;
  readonly #options: JournalOptions;
  readonly #sync: LogSync;
  #recovered: RecoveredJournal | null = null;
  /** 0: there is no file. */
  #generation = 0;
  #salt = 0n;
  #end = 0;
  /** What is to be written behind the end; with a new generation the beginning of its file. */
  #bytes: Uint8Array<ArrayBuffer> = noBytes;
  #view: DataView = new DataView(noBytes.buffer);
  #used = 0;
  #sealedUpTo = 0;
  #isNew = false;
  #isDirty = false;
  /** The change that made the present file, while that is not durable: the one before must stay. */
  #unsettled = 0;
  /** The last change that was given to the system. */
  #flushed = 0;
  /** The last change that somebody waits for. */
  #wanted = 0;

  /** A file that cannot be read makes a journal that has failed. */
  constructor(options: JournalOptions) {
    this.#options = options;
    const { surroundings, folder } = options;
    surroundings.assets.opened();
    this.#sync = new LogSync(surroundings, folder, {
      onSynced: (ticket) => {
        this.#onSynced(ticket);
      },
      onFailed: (reason) => {
        this.#fail(reason);
      },
    });
    this.isDamaged = this.#attempt(() => this.#recover()) ?? true;
  }

  takeRecovered(): RecoveredJournal | null {
    const recovered = this.#recovered;
    this.#recovered = null;
    return recovered;
  }

  append(change: Uint8Array): void {
    if (this.failure !== null) {
      return;
    }
    if (this.#generation === 0) {
      this.#begin(noBytes);
    }
    this.#add(journalKind.change, change);
    this.changeBytes += change.length;
    this.#change();
  }

  replace(snapshot: Uint8Array): void {
    if (this.failure === null) {
      this.#begin(snapshot);
      this.changeBytes = 0;
      this.#change();
    }
  }

  wantDurable(): void {
    if (this.durable < this.written && this.#wanted < this.written) {
      this.#wanted = this.written;
      this.#mark();
    }
  }

  flush(): void {
    this.#isDirty = false;
    if (this.failure !== null) {
      return;
    }
    if (this.#isNew && this.#unsettled > 0) {
      this.syncWritten();
      return;
    }
    this.#attempt(() => {
      this.#write();
    });
    this.#promise();
  }

  syncWritten(): void {
    if (this.failure === null && !this.#sync.isRunning) {
      this.#sync.start(this.#flushed);
    }
  }

  async close(): Promise<void> {
    await Promise.resolve();
    while (
      this.failure === null &&
      (this.#used > 0 || this.#sync.isRunning || this.#sync.isBehind)
    ) {
      if (!this.#sync.isRunning) {
        this.flush();
        this.syncWritten();
      }
      await this.#sync.ended();
    }
    const { files, group, assets } = this.#options.surroundings;
    group.forget(this);
    assets.closed(this.failure === null);
    files.close(this.#path);
    this.#bytes = noBytes;
  }

  get #path(): string {
    const { folder, name } = this.#options;
    return journalPath(folder, name, this.#generation);
  }

  /** True when not all could be read. */
  #recover(): boolean {
    const { surroundings, folder, name, sealer } = this.#options;
    const { disk, log } = surroundings;
    const paths = [0, 1].map((turn) => journalPath(folder, name, turn));
    const there = paths.filter((path) => disk.exists(path));
    const found = there
      .map((path) => readJournal(surroundings, path, sealer))
      .filter((journal) => journal !== null)
      .sort((one, other) => other.generation - one.generation);
    const [newest] = found;
    if (newest === undefined) {
      const isLost = there.some((path) => disk.size(path) > journalHeadBytes);
      if (isLost) {
        log.error(`JetStream: ${folder}/${name}: the state cannot be read`);
      }
      return isLost;
    }
    if (newest.isDamaged) {
      log.error(`JetStream: ${newest.path}: a part of the state cannot be read`);
    }
    this.#take(newest);
    return newest.isDamaged;
  }

  #take(found: FoundJournal): void {
    const { snapshot, changes } = found;
    // The beginning of a first write says nothing yet.
    const isEmpty = snapshot.length === 0 && changes.length === 0;
    this.#recovered = isEmpty ? null : { snapshot, changes };
    this.#generation = found.generation;
    this.#salt = found.salt;
    this.#end = found.end;
    this.changeBytes = changes.reduce((sum, change) => sum + change.length, 0);
    if (found.end < found.size) {
      const file = this.#options.surroundings.files.file(found.path);
      file.truncate(found.end);
      file.syncNow();
    }
  }

  /** A new file, with this snapshot; what was to be written to the old one is in it. */
  #begin(snapshot: Uint8Array): void {
    const { surroundings } = this.#options;
    if (!this.#isNew) {
      this.#generation++;
    }
    this.#isNew = true;
    this.#salt = new DataView(surroundings.random.bytes(8).buffer).getBigUint64(0, true);
    this.#used = 0;
    this.#sealedUpTo = journalHeadBytes;
    this.#reserve(journalHeadBytes);
    const head = encodeJournalHead(this.#salt, this.#generation, surroundings.checksum);
    this.#bytes.set(head, 0);
    this.#add(journalKind.snapshot, snapshot);
    if (snapshot.length <= twiceMost) {
      this.#add(journalKind.copy, snapshot);
    }
  }

  #add(kind: number, content: Uint8Array): void {
    const { sealer } = this.#options;
    const bytes = sealer === null ? content : sealer.seal(content);
    const at = this.#reserve(journalRecordOverhead + bytes.length);
    writeJournalRecord(this.#bytes, this.#view, at, kind, bytes);
  }

  #reserve(length: number): number {
    const at = this.#used;
    this.#used += length;
    if (this.#used > this.#bytes.length) {
      const capacity = Math.max(firstCapacity, this.#used, this.#bytes.length * 2);
      const bytes = new Uint8Array(capacity);
      bytes.set(this.#bytes.subarray(0, at));
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer);
    }
    return at;
  }

  #change(): void {
    this.written++;
    this.#mark();
  }

  #mark(): void {
    if (!this.#isDirty && this.failure === null) {
      this.#isDirty = true;
      this.#options.surroundings.group.mark(this);
    }
  }

  #write(): void {
    this.#flushed = this.written;
    if (this.#used === 0) {
      return;
    }
    const { disk, files, checksum } = this.#options.surroundings;
    const path = this.#path;
    checksum.seal(this.#bytes, this.#view, this.#sealedUpTo, this.#used, this.#salt);
    if (this.#isNew) {
      this.#sync.makeFolder();
      if (disk.exists(path)) {
        // Of two snapshots ago: what is left of it must not show through where the new one is not written yet.
        files.close(path);
        disk.remove(path);
      }
      files.file(path, "create").write(this.#bytes, 0, this.#used, 0);
      this.#end = this.#used;
      this.#sync.madeFile();
      this.#removeOld();
    } else {
      files.file(path).write(this.#bytes, 0, this.#used, this.#end);
      this.#end += this.#used;
    }
    this.#sync.wrote(path, 0, 0, false);
    this.#used = 0;
    this.#sealedUpTo = 0;
    // A file with another snapshot is wanted on disk soon: until then both have to stay.
    if (this.#isNew) {
      this.#isNew = false;
      this.#unsettled = this.written;
      this.#wanted = this.written;
    }
    if (this.#bytes.length > firstCapacity) {
      this.#bytes = noBytes;
      this.#view = new DataView(noBytes.buffer);
    }
  }

  /** The file with the snapshot before goes when the new one is durable. */
  #removeOld(): void {
    const { surroundings, folder, name } = this.#options;
    const old = journalPath(folder, name, this.#generation + 1);
    if (surroundings.disk.exists(old)) {
      this.#sync.removeLater(old, this.written);
    }
  }

  #promise(): void {
    if (this.failure !== null) {
      return;
    }
    if (this.#options.isRelaxed) {
      this.#options.surroundings.group.syncLater(this);
      this.#becomeDurable(this.#flushed);
    } else if (this.#wanted > this.durable && !this.#sync.isRunning) {
      this.#sync.start(this.#flushed);
    }
  }

  #onSynced(ticket: number): void {
    if (this.failure !== null) {
      return;
    }
    if (ticket >= this.#unsettled) {
      this.#unsettled = 0;
    }
    this.#becomeDurable(ticket);
    if (this.#used > 0 || this.#wanted > this.durable) {
      this.#mark();
    }
  }

  #becomeDurable(ticket: number): void {
    if (ticket > this.durable) {
      this.durable = ticket;
      this.onDurable();
    }
  }

  #fail(reason: string): void {
    if (this.failure === null) {
      this.failure = reason;
      this.#options.surroundings.group.forget(this);
      this.onFailed(reason);
    }
  }

  #attempt<T>(work: () => T): T | null {
    try {
      return work();
    } catch (failure) {
      if (!(failure instanceof ServerError)) {
        throw failure;
      }
      this.#fail(failure.message);
      return null;
    }
  }
}

function ignore(): void {
  // Nobody listens yet.
}
