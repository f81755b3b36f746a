// Writes sparse segments anew, without what does not count any more, a little at a time and one after the other. The new
// file takes the place of the old ones in one step; until then, and if it fails, nothing has changed.

import { ServerError } from "../base/server-error.ts";
import type { DiskFile } from "../ports/disk.ts";
import type { LogSurroundings } from "./log-surroundings.ts";
import { fieldOffset, readUint64, recordKind } from "./record.ts";
import type { Sealer } from "./sealing.ts";
import { Segment } from "./segment.ts";
import type { SegmentList } from "./segment-list.ts";
import { SegmentRewriter } from "./segment-rewriter.ts";
import { isSparse } from "./segment-size.ts";

/** Before sparse segments are looked for: more may become so together. */
const delayMillis = 200;
/** Between two steps others get their turn. */
const pauseMillis = 1;
const blocksPerStep = 16;
/** Neighbours that become one. */
const segmentsMost = 16;
const aside = ".tmp";

export interface CompactedLog {
  readonly list: SegmentList;
  readonly folder: string;
  readonly sealer: Sealer | null;
  /** Below it no message counts. */
  readonly firstSequence: number;
  /** The changes taken, and those that are synced. */
  readonly written: number;
  readonly synced: number;
  /** Whether the message counts. */
  isPresent(sequence: number): boolean;
  /** More is to be written to it: records, or its footer. */
  isUnfinished(segment: Segment): boolean;
  replace(olds: readonly Segment[], by: Segment): void;
}

interface Work {
  readonly olds: readonly Segment[];
  readonly rewriter: SegmentRewriter;
  readonly file: DiskFile;
  /** The segment and block to come. */
  segment: number;
  entry: number;
  lastTimeMicros: number;
  lastRestNanos: number;
  /** The change until which nothing may get lost any more; 0 while copying. */
  ticket: number;
  /** The new file is durable. */
  isSynced: boolean;
}

export class LogCompaction {
  readonly #surroundings: LogSurroundings;
  readonly #log: CompactedLog;
  #timer: Disposable | null = null;
  #work: Work | null = null;
  #isOver = false;
  /** Segments with messages that are to be overwritten and cannot be in part. */
  readonly #wanted: Set<Segment> = new Set();
  /** Segments with damage in them stay as they are. */
  readonly #refused: Set<Segment> = new Set();

  constructor(surroundings: LogSurroundings, log: CompactedLog) {
    this.#surroundings = surroundings;
    this.#log = log;
  }

  /** The segment lost a message, or was finished. */
  note(segment: Segment): void {
    if (this.#isCandidate(segment)) {
      this.#schedule(delayMillis);
    }
  }

  /** The segment has something in it that is to go for good. */
  want(segment: Segment): void {
    this.#wanted.add(segment);
    this.#schedule(delayMillis);
  }

  /** A sync ended: what waited for it goes on. */
  onSynced(): void {
    const work = this.#work;
    if (work?.isSynced === true && this.#log.synced >= work.ticket) {
      this.#attempt(() => {
        this.#settle(work);
      });
    }
  }

  close(): void {
    this.#isOver = true;
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
    this.#drop();
  }

  #schedule(millis: number): void {
    if (this.#timer === null && !this.#isOver) {
      this.#timer = this.#surroundings.timers.after(millis, () => {
        this.#timer = null;
        this.#attempt(() => {
          this.#step();
        });
      });
    }
  }

  /** A failure leaves everything as it was. */
  #attempt(work: () => void): void {
    try {
      work();
    } catch (failure) {
      if (!(failure instanceof ServerError)) {
        throw failure;
      }
      this.#surroundings.log.warn(`JetStream: ${failure.message}: segments stay as they are`);
      this.#drop();
    }
  }

  #step(): void {
    this.#work ??= this.#begin();
    const work = this.#work;
    if (work === null || work.ticket > 0) {
      return;
    }
    if (!this.#areThere(work)) {
      // A purge was faster: their files may be gone.
      this.#drop();
      this.#schedule(pauseMillis);
      return;
    }
    for (let left = blocksPerStep; left > 0; left--) {
      if (!this.#copyBlock(work)) {
        this.#finish(work);
        return;
      }
      if (this.#work !== work) {
        return;
      }
    }
    this.#schedule(pauseMillis);
  }

  #areThere(work: Work): boolean {
    const { segments } = this.#log.list;
    return work.olds.every((segment) => segments.includes(segment));
  }

  /** The first sparse segment, and those behind it that are sparse too and fit into one file with it. */
  #begin(): Work | null {
    const { segments } = this.#log.list;
    const start = segments.findIndex((segment) => this.#isCandidate(segment));
    const [first] = segments.slice(start, start + 1);
    if (start < 0 || first === undefined) {
      return null;
    }
    const olds = [first];
    let bytes = first.liveBytes;
    for (const segment of segments.slice(start + 1, start + segmentsMost)) {
      bytes += segment.liveBytes;
      const { mostBytes } = this.#surroundings.segmentLimits;
      if (!this.#isCandidate(segment) || bytes > mostBytes / 2) {
        break;
      }
      olds.push(segment);
    }
    return this.#workOn(olds, first, segments[start - 1]);
  }

  #isCandidate(segment: Segment): boolean {
    const isWorthIt = isSparse(segment) || this.#wanted.has(segment);
    return isWorthIt && !this.#log.isUnfinished(segment) && !this.#refused.has(segment);
  }

  #workOn(olds: readonly Segment[], first: Segment, before: Segment | undefined): Work {
    const { disk, files } = this.#surroundings;
    const { list, sealer } = this.#log;
    files.close(first.path);
    const file = disk.openFile(`${first.path}${aside}`, "create");
    const rewriter = new SegmentRewriter(this.#surroundings, sealer, file, {
      isSealed: sealer !== null,
      isCompacted: true,
      salt: list.reader.salt,
      number: first.number,
      lastNumber: olds.at(-1)?.lastNumber ?? first.lastNumber,
      firstSequence: Math.min(this.#log.firstSequence, first.firstSequence),
      nextSequence: first.firstSequence,
      previousEnd: before?.end ?? 0,
    });
    return {
      olds,
      rewriter,
      file,
      segment: 0,
      entry: 0,
      lastTimeMicros: 0,
      lastRestNanos: 0,
      ticket: 0,
      isSynced: false,
    };
  }

  /** False when all were copied. */
  #copyBlock(work: Work): boolean {
    const segment = work.olds[work.segment];
    if (segment === undefined) {
      return false;
    }
    const { reader } = this.#log.list;
    if (work.entry >= reader.table(segment).count) {
      work.segment++;
      work.entry = 0;
      return true;
    }
    const block = reader.uncached(segment, work.entry);
    work.entry++;
    if (block.isDamaged) {
      // What cannot be read must be found again by whoever looks for it.
      this.#refused.add(segment);
      this.#drop();
      this.#schedule(pauseMillis);
      return true;
    }
    const { bytes, view, used } = block;
    for (let at = 0; at < used; at += view.getUint32(at, true)) {
      this.#copyRecord(work, bytes, view, at);
    }
    return true;
  }

  #copyRecord(work: Work, bytes: Uint8Array, view: DataView, at: number): void {
    const kind = bytes[at + fieldOffset.kind];
    const sequence = readUint64(view, at + fieldOffset.sequence);
    const operand = readUint64(view, at + fieldOffset.timeMicros);
    const { rewriter } = work;
    if (kind === recordKind.removed) {
      // Of segments before these: what stood in these themselves is left out.
      const end = (work.olds[0]?.firstSequence ?? 0) - 1;
      const first = Math.max(sequence, this.#log.firstSequence);
      const last = Math.min(operand, end);
      if (first <= last) {
        rewriter.removal(first, last);
      }
    } else if (kind === recordKind.removedBelow) {
      rewriter.removalBelow(sequence);
    } else if (kind !== recordKind.mark) {
      work.lastTimeMicros = operand;
      work.lastRestNanos = view.getUint16(at + fieldOffset.restNanos, true);
      if (kind === recordKind.message && this.#log.isPresent(sequence)) {
        rewriter.message(bytes, view, at);
      }
    }
  }

  #finish(work: Work): void {
    const next = this.#firstBehind(work.olds.at(-1));
    work.rewriter.skip(next, work.lastTimeMicros, work.lastRestNanos);
    work.rewriter.finish();
    // What was left out was removed: that must be durable before it is gone.
    work.ticket = Math.max(1, this.#log.written);
    work.file.sync((failure) => {
      if (this.#work !== work) {
        return;
      }
      if (failure !== null) {
        this.#surroundings.log.warn(`JetStream: ${failure.message}: segments stay as they are`);
        this.#drop();
        return;
      }
      work.isSynced = true;
      this.onSynced();
    });
  }

  #firstBehind(segment: Segment | undefined): number {
    const { segments } = this.#log.list;
    const at = segment === undefined ? -1 : segments.indexOf(segment);
    return at < 0 ? 0 : (segments[at + 1]?.firstSequence ?? 0);
  }

  /** The new file is durable, and all removals that it stands for: it takes its place. */
  #settle(work: Work): void {
    const { disk, files, directories } = this.#surroundings;
    const { folder } = this.#log;
    const [first] = work.olds;
    const areThere = this.#areThere(work);
    if (first === undefined || !areThere) {
      this.#drop();
      return;
    }
    this.#work = null;
    work.file[Symbol.dispose]();
    files.close(first.path);
    disk.rename(work.file.path, first.path);
    this.#log.replace(work.olds, this.#newSegment(work, first));
    for (const segment of work.olds) {
      this.#wanted.delete(segment);
    }
    directories.sync(folder, (failure) => {
      if (failure === null) {
        this.#attempt(() => {
          this.#removeOthers(work.olds.slice(1));
        });
      }
    });
    this.#schedule(pauseMillis);
  }

  #newSegment(work: Work, first: Segment): Segment {
    const { rewriter, olds } = work;
    const segment = new Segment({
      number: first.number,
      lastNumber: olds.at(-1)?.lastNumber ?? first.lastNumber,
      path: first.path,
      isSealed: this.#log.sealer !== null,
      firstSequence: first.firstSequence,
    });
    segment.lastSequence = Math.max(...olds.map(({ lastSequence }) => lastSequence));
    segment.end = rewriter.end;
    segment.live = olds.reduce((sum, { live }) => sum + live, 0);
    segment.liveBytes = olds.reduce((sum, { liveBytes }) => sum + liveBytes, 0);
    segment.removed = rewriter.removed;
    segment.removedBelow = rewriter.removedBelow;
    this.#log.list.reader.keepTable(segment, rewriter.table);
    return segment;
  }

  #removeOthers(others: readonly Segment[]): void {
    const { disk, files } = this.#surroundings;
    for (const { path } of others) {
      files.close(path);
      disk.remove(path);
    }
  }

  /** The file put aside is found and taken away at the next start, if not before. */
  #drop(): void {
    const work = this.#work;
    this.#work = null;
    if (work !== null) {
      work.file[Symbol.dispose]();
    }
  }
}
