// Many segments as one log of messages and changes: append, read, commit, drop. It knows sequences and records; which
// messages still count its owner tells it, what they mean it does not ask.

import { SequenceSet } from "../base/sequence-set.ts";
import { ServerError } from "../base/server-error.ts";
import type { Committed } from "./group-commit.ts";
import { type CompactedLog, LogCompaction } from "./log-compaction.ts";
import { LogErasing } from "./log-erasing.ts";
import type { LogCheckpoint } from "./log-recovery.ts";
import type { LogSurroundings } from "./log-surroundings.ts";
import { LogSync } from "./log-sync.ts";
import { LogWriter } from "./log-writer.ts";
import { PendingRemovals } from "./pending-removals.ts";
import { backMost, type RecordContent } from "./record.ts";
import type { Sealer } from "./sealing.ts";
import { Segment, segmentName } from "./segment.ts";
import { beginning, writeEnding } from "./segment-ends.ts";
import { headerBytes } from "./segment-header.ts";
import type { SegmentList } from "./segment-list.ts";
import { isSegmentFull } from "./segment-size.ts";
import { SegmentTable } from "./segment-table.ts";
import { WriteAhead } from "./write-ahead.ts";

/** What the objects take, roughly. */
const segmentBytes = 300;
const logBytes = 1500;

export interface LogOwner {
  /** Whether the message counts. */
  isPresent(sequence: number): boolean;
  /** `synced` has moved. */
  onSynced(): void;
  /** Everything changed until now has been written; the log is as the owner sees it. */
  onWritten(): void;
  /** Changes up to `durable` survive a loss of power; or, of a relaxed log, were written. */
  onDurable(): void;
  /** Nothing more will be durable. Called once. */
  onFailed(reason: string): void;
}

export interface LogParts {
  readonly surroundings: LogSurroundings;
  readonly folder: string;
  readonly sealer: Sealer | null;
  /** Durable means written; a sync follows. */
  readonly isRelaxed: boolean;
  /** The last segment goes on; none is a new log. */
  readonly list: SegmentList;
  readonly firstSequence: number;
  readonly nextSequence: number;
  /** Of the last message, whether it still counts or not. */
  readonly lastTimeMicros: number;
  readonly lastRestNanos: number;
}

export class SegmentedLog implements Committed, CompactedLog {
  readonly folder: string;
  readonly sealer: Sealer | null;
  readonly #surroundings: LogSurroundings;
  readonly #isRelaxed: boolean;
  readonly #owner: LogOwner;
  readonly list: SegmentList;
  readonly #writer: LogWriter;
  readonly #sync: LogSync;
  readonly #ahead: WriteAhead = new WriteAhead();
  readonly #erasing: LogErasing;
  readonly #compaction: LogCompaction;
  #active: Segment;
  /** The file of the active segment is yet to be made. */
  #isActiveNew: boolean;
  /** The segment that was finished when the active one was begun, and has no footer yet. */
  #finished: Segment | null = null;
  #begunAtMillis: number;
  #hasBatch = false;
  #isMarked = false;
  readonly #removals: PendingRemovals = new PendingRemovals();
  /** The first message that counts: what a new segment says of the log. */
  firstSequence: number;
  /** Bytes of records that count. */
  liveBytes = 0;
  /** Tickets of changes: taken, promised to stay, and really synced. */
  written = 0;
  durable = 0;
  synced = 0;
  /** Of those taken, given to the system. */
  #flushed = 0;
  failure: string | null = null;

  constructor(parts: LogParts, owner: LogOwner) {
    const { surroundings, folder, sealer, list } = parts;
    this.#surroundings = surroundings;
    this.folder = folder;
    this.sealer = sealer;
    this.#isRelaxed = parts.isRelaxed;
    this.#owner = owner;
    this.list = list;
    this.firstSequence = parts.firstSequence;
    this.#compaction = new LogCompaction(surroundings, this);
    this.#erasing = new LogErasing(surroundings, list, this.#compaction);
    this.#begunAtMillis = surroundings.clock.monotonicMillis();
    surroundings.assets.opened();
    const { last } = list;
    this.liveBytes = list.segments.reduce((sum, segment) => sum + segment.liveBytes, 0);
    // Frames and plain records do not stand in one file.
    if (
      last === undefined ||
      last.isSealed !== (sealer !== null) ||
      last.lastNumber > last.number
    ) {
      this.#isActiveNew = true;
      this.#active = this.#begin(last?.lastNumber ?? 0, parts.nextSequence);
    } else {
      this.#isActiveNew = false;
      this.#active = last;
    }
    const { reader } = list;
    this.#writer = new LogWriter(surroundings, reader, sealer, this.#active, parts.nextSequence);
    this.#writer.lastTimeMicros = parts.lastTimeMicros;
    this.#writer.lastRestNanos = parts.lastRestNanos;
    this.#sync = new LogSync(surroundings, folder, {
      onSynced: (ticket) => {
        this.#onSynced(ticket);
      },
      onFailed: (reason) => {
        this.fail(reason);
      },
    });
    this.#sync.placed(this.#active.number, this.#active.end);
    for (const segment of list.segments) {
      this.#compaction.note(segment);
    }
  }

  get active(): Segment {
    return this.#active;
  }

  isPresent(sequence: number): boolean {
    return this.#owner.isPresent(sequence);
  }

  isUnfinished(segment: Segment): boolean {
    return segment === this.#active || segment === this.#finished;
  }

  /** It has a file. */
  get isBegun(): boolean {
    return !this.#isActiveNew || this.list.segments.length > 1;
  }

  /** Beside what the cache counts. */
  get memoryBytes(): number {
    return this.list.segments.length * segmentBytes + logBytes;
  }

  /** What is known of the log up to its end. Nothing may be waiting to be written. */
  checkpoint(): LogCheckpoint | null {
    const active = this.#active;
    if (this.#isActiveNew || this.#hasBatch || active.table === null) {
      return null;
    }
    return {
      salt: this.list.reader.salt,
      segment: active.number,
      place: active.end,
      nextSequence: this.#writer.nextSequence,
      segments: this.list.segments,
      table: active.table,
      removed: active.removed ?? new SequenceSet(),
      removedBelow: active.removedBelow,
    };
  }

  get nextSequence(): number {
    return this.#writer.nextSequence;
  }

  // --- writing

  /** `previous` is the last message of the same subject, 0 is none, -1 is not known. */
  append(content: RecordContent, previous: number): void {
    this.#change();
    const back = previous < 0 ? backMost : previous && content.sequence - previous;
    const length = this.#writer.message(content, Math.min(back, backMost));
    const active = this.#active;
    active.live++;
    active.liveBytes += length;
    this.liveBytes += length;
    if (this.#writer.madeLong(length) && !this.#isRelaxed) {
      this.#surroundings.group.soon(this);
    }
  }

  /** The message is gone; `length` is that of its record. Its tombstone is written with the turn. */
  remove(sequence: number, length: number): void {
    this.#change();
    this.uncount(sequence, length);
    this.#removals.add(sequence);
  }

  /** As remove, for messages at the head: no tombstone, `removeBelow` says it. */
  uncount(sequence: number, length: number): void {
    this.liveBytes -= length;
    const segment = this.list.segmentOf(sequence);
    if (segment !== null) {
      segment.live--;
      segment.liveBytes -= length;
      this.#compaction.note(segment);
    }
  }

  /** All messages below are gone, whether or not they were removed one by one. */
  removeBelow(first: number): void {
    this.#change();
    this.#removals.addBelow(first);
    this.firstSequence = Math.max(this.firstSequence, first);
  }

  /** The messages of the whole log stop counting. */
  uncountAll(): void {
    this.liveBytes = 0;
    for (const segment of this.list.segments) {
      segment.live = 0;
      segment.liveBytes = 0;
    }
  }

  /** A removed message is to be overwritten where it lies, once its removal is durable. Throws DiskError. */
  erase(sequence: number): void {
    this.#erasing.want(sequence, this.written);
  }

  skipTo(next: number): void {
    this.#change();
    this.#writer.skip(next);
  }

  flush(): void {
    if (!this.#hasBatch || this.failure !== null || (!this.#isRelaxed && this.#sync.isRunning)) {
      return;
    }
    this.#attempt(() => {
      this.#write();
    });
  }

  syncWritten(): void {
    if (this.failure === null && !this.#sync.isRunning) {
      this.#sync.start(this.#flushed);
    }
  }

  /** No more changes are taken, and none gets durable. */
  fail(reason: string): void {
    if (this.failure === null) {
      this.failure = reason;
      this.#surroundings.group.forget(this);
      this.#owner.onFailed(reason);
    }
  }

  /** Everything written is durable, or never will be. */
  async settle(): Promise<void> {
    // What it tells its owner comes outside of the owner's call.
    await Promise.resolve();
    while (
      this.failure === null &&
      (this.#hasBatch || this.#sync.isRunning || this.#sync.isBehind)
    ) {
      if (!this.#sync.isRunning) {
        this.flush();
        this.syncWritten();
      }
      await this.#sync.ended();
    }
    if (this.failure === null && !this.#isActiveNew) {
      this.#attempt(() => {
        this.#cutAhead(this.#active);
      });
    }
  }

  /** Files are closed; nothing is called afterwards. */
  release(): void {
    this.#surroundings.group.forget(this);
    this.#surroundings.assets.closed(this.failure === null);
    this.#compaction.close();
    for (const segment of this.list.segments) {
      this.#forget(segment);
    }
    this.list.forgetHint();
  }

  // --- dropping

  /** Segments at the head without a message that counts leave; their files go when that is durable. */
  dropHead(): void {
    const { segments } = this.list;
    let count = 0;
    while (count < segments.length - 1 && segments[count]?.live === 0) {
      count++;
    }
    for (const segment of count === 0 ? [] : this.list.takeHead(count)) {
      this.#forget(segment);
      this.#sync.removeLater(segment.path, this.written);
    }
  }

  /** Segments were written anew as one. */
  replace(olds: readonly Segment[], by: Segment): void {
    this.list.replace(olds, by);
    for (const old of olds) {
      this.#forget(old);
      this.#sync.forget(old.path);
    }
  }

  // --- inside

  #change(): void {
    this.written++;
    if (!this.#hasBatch) {
      this.#beginBatch();
    }
  }

  /** Before the first record of a batch: a new segment if it is time, room for the mark, and a place in the turn. */
  #beginBatch(): void {
    this.#hasBatch = true;
    if (this.#isFull()) {
      this.#roll();
    }
    this.#isMarked = !this.#isRelaxed || this.#sync.hasMoved;
    if (this.#isMarked) {
      this.#writer.leaveMark();
    }
    if (this.#isActiveNew) {
      // The segments before may go: this one tells by itself how far the log had come.
      this.#writer.skip(this.#writer.nextSequence);
    }
    this.#surroundings.group.mark(this);
  }

  #isFull(): boolean {
    const { clock, segmentLimits } = this.#surroundings;
    const age = clock.monotonicMillis() - this.#begunAtMillis;
    return (
      !this.#isActiveNew && isSegmentFull(segmentLimits, this.#active.end, this.liveBytes, age)
    );
  }

  #roll(): void {
    this.#finished = this.#active;
    this.#active = this.#begin(this.#active.lastNumber, this.#writer.nextSequence);
    this.#isActiveNew = true;
    this.#begunAtMillis = this.#surroundings.clock.monotonicMillis();
    this.#writer.moveTo(this.#active);
  }

  #begin(behind: number, nextSequence: number): Segment {
    const number = behind + 1;
    const segment = new Segment({
      number,
      lastNumber: number,
      path: `${this.folder}/${segmentName(number)}`,
      isSealed: this.sealer !== null,
      firstSequence: nextSequence,
    });
    segment.table = new SegmentTable();
    this.list.add(segment);
    return segment;
  }

  #write(): void {
    const active = this.#active;
    this.#removals.write(this.#writer, active);
    this.#hasBatch = false;
    const { files, clock } = this.#surroundings;
    const head: Uint8Array[] = [];
    let start = active.end;
    if (this.#isActiveNew) {
      head.push(
        beginning(active, {
          salt: this.list.reader.salt,
          firstSequence: this.firstSequence,
          previousEnd: this.#finished?.end ?? 0,
          checksum: this.#surroundings.checksum,
        }),
      );
      start = headerBytes;
    }
    const { segment, place } = this.#sync;
    const parts = this.#writer.takeParts(start, { segment, place, isRelaxed: this.#isRelaxed });
    const end = parts.reduce((sum, part) => sum + part.length, start);
    if (this.#isActiveNew) {
      this.#cutAhead(this.#finished);
      writeEnding(this.#surroundings, this.list.reader, this.#finished, active.firstSequence);
      this.#noteFinished();
      this.#sync.makeFolder();
      files.file(active.path, "create").writeAll([...head, ...parts], 0);
      this.#sync.madeFile();
      this.#isActiveNew = false;
    } else if (this.#isRelaxed) {
      files.file(active.path).writeAll(parts, start);
    } else {
      this.#ahead.write(files.file(active.path), parts, start, clock.monotonicMillis());
    }
    this.#writer.tookParts(end);
    this.#flushed = this.written;
    this.#sync.wrote(active.path, active.number, end, this.#isMarked);
    this.#owner.onWritten();
    this.#promise();
  }

  #noteFinished(): void {
    const finished = this.#finished;
    this.#finished = null;
    if (finished !== null) {
      this.#compaction.note(finished);
    }
  }

  /** Throws DiskError. */
  #cutAhead(segment: Segment | null): void {
    if (segment !== null) {
      this.#ahead.cut(this.#surroundings.files.file(segment.path), segment.end);
    }
  }

  #promise(): void {
    if (!this.#isRelaxed) {
      this.#sync.start(this.#flushed);
      return;
    }
    this.#surroundings.group.syncLater(this);
    this.#writer.letGo();
    this.durable = this.#flushed;
    this.#owner.onDurable();
  }

  #onSynced(ticket: number): void {
    if (this.failure !== null) {
      return;
    }
    if (!this.#hasBatch) {
      this.#writer.letGo();
    } else if (!this.#isRelaxed) {
      this.#surroundings.group.mark(this);
    }
    this.synced = ticket;
    this.#owner.onSynced();
    this.#compaction.onSynced();
    if (ticket > this.durable) {
      this.durable = ticket;
      this.#owner.onDurable();
    }
    this.#erase();
    // What was written while the sync ran, and found it running when its own was due.
    if (this.#isRelaxed && this.#sync.isBehind) {
      this.#surroundings.group.syncLater(this);
    }
  }

  /** A mark before a removal that is durable tells of the message; of a relaxed log one may yet have to come. */
  #erase(): void {
    const durable = this.#isRelaxed ? this.#sync.marked : this.synced;
    this.#attempt(() => {
      for (const path of this.#erasing.run(durable)) {
        this.#sync.touched(path);
      }
    });
    if (this.#erasing.isWaiting && !this.#hasBatch) {
      this.#beginBatch();
    }
  }

  /** A failure of the disk is the end of the log. */
  #attempt(work: () => void): void {
    try {
      work();
    } catch (failure) {
      if (!(failure instanceof ServerError)) {
        throw failure;
      }
      this.fail(failure.message);
    }
  }

  #forget(segment: Segment): void {
    const { cache, files } = this.#surroundings;
    this.list.reader.forgetBlocks(segment);
    if (segment.table !== null) {
      cache.remove(segment.table);
    }
    files.close(segment.path);
  }
}
