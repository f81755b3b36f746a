// Finds a log again as it lies on disk: which segments there are, where the last one really ends, which messages still
// count, and what is damaged. It changes nothing but an end that was never acknowledged; what is damaged stays.

import type { SequenceSet } from "../base/sequence-set.ts";
import { type FoundSegment, findSalt, findSegments } from "./log-files.ts";
import type { LogSurroundings } from "./log-surroundings.ts";
import { LogWalk, type RecoveryVisitor } from "./log-walk.ts";
import { fieldOffset, readUint64, recordKind } from "./record.ts";
import { type RecordVisitor, walkRecords } from "./record-walk.ts";
import { Removals } from "./removals.ts";
import type { Sealer } from "./sealing.ts";
import { Segment } from "./segment.ts";
import { encodeHeader, headerBytes } from "./segment-header.ts";
import { SegmentList } from "./segment-list.ts";
import { SegmentReader } from "./segment-reader.ts";
import { SegmentTable } from "./segment-table.ts";
import { TableBuilder } from "./table-builder.ts";
import { TailJudge } from "./tail-judge.ts";

/** What was true of a segment when a checkpoint was made. */
export interface SegmentSummary {
  readonly number: number;
  readonly lastNumber: number;
  readonly isSealed: boolean;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly end: number;
  readonly live: number;
  readonly liveBytes: number;
}

/** All before this place is known without walking it. */
export interface LogCheckpoint {
  readonly salt: bigint;
  readonly segment: number;
  readonly place: number;
  readonly nextSequence: number;
  readonly segments: readonly SegmentSummary[];
  /** Of that segment, up to that place: its blocks, and what its tombstones say. */
  readonly table: SegmentTable;
  readonly removed: SequenceSet;
  readonly removedBelow: number;
}

export interface RecoveryOptions {
  readonly surroundings: LogSurroundings;
  readonly folder: string;
  readonly sealer: Sealer | null;
  readonly checkpoint: LogCheckpoint | null;
  /** The tag of messages that promise another behind them. */
  readonly openTag: number;
  /** Of a log that has no file yet. */
  readonly firstSequence: number;
  /** It is promised without syncs. */
  readonly isRelaxed: boolean;
}

export class LogRecovery {
  readonly list: SegmentList;
  /** Whether only what stands behind the checkpoint is walked. */
  readonly isFromCheckpoint: boolean;
  readonly #options: RecoveryOptions;
  readonly #reader: SegmentReader;
  readonly #removals: Removals = new Removals();
  readonly #compacted: Set<Segment> = new Set();
  /** The walked segments, and where in each the walk begins. */
  readonly #walked: { readonly segment: Segment; readonly from: number }[] = [];
  readonly #firstSequence: number;
  /** Bytes that should be there and are not, or not right. */
  damagedBytes = 0;
  walkedBytes = 0;

  /** Throws DiskError. */
  constructor(options: RecoveryOptions) {
    this.#options = options;
    const { surroundings, folder, sealer, checkpoint } = options;
    const found = findSegments(surroundings, folder);
    const salt = findSalt(surroundings, found) ?? checkpoint?.salt ?? newSalt(surroundings);
    this.#reader = new SegmentReader(surroundings, sealer, salt);
    this.list = new SegmentList([], this.#reader);
    this.#firstSequence = found[0]?.header?.firstSequence ?? options.firstSequence;
    const known = checkpoint !== null && this.#fits(checkpoint, found) ? checkpoint : null;
    this.isFromCheckpoint = known !== null;
    this.#makeSegments(found, known);
    this.#gather();
  }

  get removed(): SequenceSet {
    return this.#removals.removed;
  }

  get removedBelow(): number {
    return this.#removals.below;
  }

  /** A segment written anew has all that it should: what is not in it was removed. Damage to it is found by its walk. */
  isCompacted(sequence: number): boolean {
    const segment = this.list.segmentOf(sequence);
    return segment !== null && this.#compacted.has(segment);
  }

  /** Where the log says that it begins; what was asked for is only for a new one. */
  get firstSequence(): number {
    return this.#firstSequence;
  }

  /** Gives the next sequence. Throws DiskError. */
  replay(visitor: RecoveryVisitor): number {
    const { checkpoint } = this.#options;
    const start =
      this.isFromCheckpoint && checkpoint !== null ? checkpoint.nextSequence : this.#firstSequence;
    const { removed, below } = this.#removals;
    const walk = new LogWalk(this.#reader, removed, below, start, visitor);
    for (const { segment, from } of this.#walked) {
      if (from === headerBytes) {
        walk.enter(segment);
      } else {
        walk.resume(segment);
      }
      this.#walk(segment, from, walk);
      this.walkedBytes += segment.end - from;
    }
    walk.end();
    this.damagedBytes += walk.damagedBytes;
    return Math.max(walk.nextSequence, below);
  }

  /** Whether the files are those that the checkpoint tells of, or what became of them. */
  #fits(checkpoint: LogCheckpoint, found: readonly FoundSegment[]): boolean {
    const { salt, segment, place } = checkpoint;
    const isSalt = salt === this.#reader.salt;
    const last = found.find(({ number }) => number === segment);
    if (!isSalt || last === undefined || last.size < place || last.header === null) {
      return false;
    }
    return (
      !last.header.isCompacted &&
      checkpoint.segments.every((summary) => summary.number >= segment || isThere(summary, found))
    );
  }

  #makeSegments(found: readonly FoundSegment[], checkpoint: LogCheckpoint | null): void {
    for (const [index, file] of found.entries()) {
      const known = checkpoint?.segments.filter(
        ({ number }) => number >= file.number && number <= file.lastNumber,
      );
      if (checkpoint !== null && file.number < checkpoint.segment && known !== undefined) {
        this.list.add(knownSegment(file, known));
      } else if (this.#isUnfinished(file)) {
        this.#takeAway(file);
      } else if (file.header === null && !this.#hasMessages(file)) {
        this.#setAside(file);
      } else {
        const segment = this.#newSegment(file);
        const isKnown = checkpoint !== null && file.number === checkpoint.segment;
        this.#limit(segment, file, found[index + 1]);
        this.#walked.push({ segment, from: isKnown ? checkpoint.place : headerBytes });
        this.#take(segment, isKnown ? known?.[0] : undefined);
      }
    }
  }

  #newSegment(file: FoundSegment): Segment {
    const { header, number, lastNumber, path } = file;
    const segment = new Segment({
      number,
      lastNumber,
      path,
      isSealed: header?.isSealed ?? this.#options.sealer !== null,
      firstSequence: header?.nextSequence ?? this.#firstIn(file),
    });
    this.list.add(segment);
    if (header?.isCompacted === true) {
      this.#compacted.add(segment);
    }
    if (header === null && this.#isHeaderMissing(path)) {
      this.#giveHeader(segment);
    }
    return segment;
  }

  /** Where the records of the segment may end at most. */
  #limit(segment: Segment, file: FoundSegment, next: FoundSegment | undefined): void {
    segment.end = file.size;
    const ends = next?.header?.previousEnd ?? 0;
    if (ends > 0 && file.header?.isCompacted === false && next?.number === segment.number + 1) {
      segment.end = Math.min(file.size, ends);
      this.damagedBytes += Math.max(0, ends - file.size);
    }
  }

  #take(segment: Segment, summary: SegmentSummary | undefined): void {
    if (summary !== undefined) {
      segment.live = summary.live;
      segment.liveBytes = summary.liveBytes;
      segment.lastSequence = summary.lastSequence;
    }
  }

  /** Tombstones first: what they name is not given to anybody. */
  #gather(): void {
    for (const { segment, from } of this.#walked) {
      const isLast = segment === this.list.last;
      if (isLast) {
        this.#judgeEnd(segment, from);
      }
      const footer = isLast || from > headerBytes ? null : this.#reader.footer(segment);
      if (footer !== null) {
        segment.removed = footer.removed;
        segment.removedBelow = footer.removedBelow;
        segment.end = footer.table.end;
        this.#reader.keepTable(segment, footer.table);
      } else {
        this.#walkTombstones(segment, from);
      }
      this.#removals.addAll(segment.removed, segment.removedBelow);
    }
  }

  /** Of a segment without a footer: its blocks too. */
  #walkTombstones(segment: Segment, from: number): void {
    const own = new Removals();
    const { checkpoint } = this.#options;
    const isKnown = from > headerBytes && checkpoint !== null;
    const builder = new TableBuilder(
      isKnown ? checkpoint.table : new SegmentTable(),
      isKnown ? checkpoint.nextSequence : segment.firstSequence,
      from,
    );
    if (isKnown) {
      own.addAll(checkpoint.removed, checkpoint.removedBelow);
    }
    this.#walk(segment, from, {
      record: (bytes, view, at) => {
        builder.record(bytes, view, at);
        this.#reader.each(bytes, view, at, (inner, innerView, place) => {
          own.note(inner, innerView, place);
        });
      },
      damaged: (bytes, view, at) => {
        builder.damaged(bytes, view, at);
      },
    });
    segment.removed = own.removed;
    segment.removedBelow = own.below;
    builder.table.end = segment.end;
    if (segment === this.list.last) {
      segment.table = builder.table;
    } else {
      this.#reader.keepTable(segment, builder.table);
    }
  }

  /** The last segment is cut where an unfinished batch begins. */
  #judgeEnd(segment: Segment, from: number): void {
    const judge = new TailJudge(segment.number, this.#reader, this.#options, from);
    const { surroundings } = this.#options;
    const bytes = this.#reader.bytes(segment, from, segment.end);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { salt } = this.#reader;
    const range = { start: 0, end: bytes.length };
    const good = walkRecords(bytes, view, range, salt, surroundings.checksum, judge);
    const cut = judge.cut(bytes);
    const end = cut < 0 ? from + good : cut;
    if (cut >= 0) {
      surroundings.log.warn(
        `JetStream: ${segment.path}: the last ${segment.end - cut} bytes were never acknowledged and are cut`,
      );
    }
    if (end < segment.end) {
      const file = surroundings.files.file(segment.path);
      file.truncate(end);
      file.syncNow();
    }
    segment.end = end;
  }

  #walk(segment: Segment, from: number, visitor: RecordVisitor): void {
    const bytes = this.#reader.bytes(segment, from, segment.end);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { checksum } = this.#options.surroundings;
    const range = { start: 0, end: bytes.length };
    walkRecords(bytes, view, range, this.#reader.salt, checksum, visitor);
  }

  #hasMessages(file: FoundSegment): boolean {
    return this.#firstIn(file) > 0;
  }

  /** Of a segment whose header cannot be read: the sequence of the first message in it; 0 is none. */
  #firstIn(file: FoundSegment): number {
    let first = 0;
    const segment = new Segment({ ...file, isSealed: false, firstSequence: 0 });
    segment.end = file.size;
    this.#walk(segment, Math.min(headerBytes, file.size), {
      record: (bytes, view, at) => {
        this.#reader.each(bytes, view, at, (inner, innerView, place) => {
          if (first === 0 && inner[place + fieldOffset.kind] === recordKind.message) {
            first = readUint64(innerView, place + fieldOffset.sequence);
          }
        });
      },
      damaged: () => undefined,
    });
    return first;
  }

  /** A file that was begun when the power went: not even its first sector was written. */
  #isUnfinished(file: FoundSegment): boolean {
    if (file.header !== null || file.size < headerBytes) {
      return file.header === null;
    }
    const isWanted = this.#options.isRelaxed && this.#hasMessages(file);
    return !isWanted && this.#isHeaderMissing(file.path);
  }

  #isHeaderMissing(path: string): boolean {
    const bytes = new Uint8Array(headerBytes);
    this.#options.surroundings.files.file(path).read(bytes, 0, headerBytes, 0);
    return bytes.every((byte) => byte === 0);
  }

  /** Never written, and messages behind it were: without the salt in it nobody could read them one day. */
  #giveHeader(segment: Segment): void {
    const { checksum, files } = this.#options.surroundings;
    const { number, lastNumber, isSealed, firstSequence } = segment;
    const header = encodeHeader(
      {
        isSealed,
        isCompacted: false,
        salt: this.#reader.salt,
        number,
        lastNumber,
        firstSequence: Math.min(this.#firstSequence, firstSequence),
        nextSequence: firstSequence,
        previousEnd: 0,
      },
      checksum,
    );
    const file = files.file(segment.path);
    file.write(header, 0, headerBytes, 0);
    file.syncNow();
  }

  /** Nothing in it was ever acknowledged. */
  #takeAway(file: FoundSegment): void {
    const { disk, files, log } = this.#options.surroundings;
    files.close(file.path);
    disk.remove(file.path);
    log.warn(`JetStream: ${file.path} was begun and never finished, and is taken away`);
  }

  /** A file of which nothing can be read any more. */
  #setAside(file: FoundSegment): void {
    const { disk, files, log } = this.#options.surroundings;
    files.close(file.path);
    disk.rename(file.path, `${file.path}.damaged`);
    log.warn(`JetStream: ${file.path} holds nothing that can be read and is set aside`);
    this.damagedBytes += Math.max(0, file.size - headerBytes);
  }
}

function isThere(summary: SegmentSummary, found: readonly FoundSegment[]): boolean {
  return found.some(
    ({ number, lastNumber, size, header }) =>
      number <= summary.number &&
      summary.number <= lastNumber &&
      header !== null &&
      (header.isCompacted || size >= summary.end),
  );
}

/** What the checkpoint says of the segments that the file stands for. */
function knownSegment(file: FoundSegment, known: readonly SegmentSummary[]): Segment {
  const { number, lastNumber, path, header, size } = file;
  const [first] = known;
  const last = known.at(-1);
  const segment = new Segment({
    number,
    lastNumber,
    path,
    isSealed: header?.isSealed ?? false,
    firstSequence: first?.firstSequence ?? header?.nextSequence ?? 0,
  });
  segment.lastSequence = last?.lastSequence ?? 0;
  segment.live = known.reduce((sum, summary) => sum + summary.live, 0);
  segment.liveBytes = known.reduce((sum, summary) => sum + summary.liveBytes, 0);
  segment.end = header?.isCompacted === true ? size : (last?.end ?? size);
  return segment;
}

function newSalt(surroundings: LogSurroundings): bigint {
  return new DataView(surroundings.random.bytes(8).buffer).getBigUint64(0, true);
}
