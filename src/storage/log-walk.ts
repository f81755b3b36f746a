// Goes over the records of segments in order and gives each message that still counts to whoever rebuilds what is known
// of them; and tells of those that must have stood where nothing can be read.

import type { SequenceSet } from "../base/sequence-set.ts";
import { fieldOffset, leftOutMost, readUint64, recordKind, recordOverhead } from "./record.ts";
import type { RecordVisitor } from "./record-walk.ts";
import type { Segment } from "./segment.ts";
import type { SegmentReader } from "./segment-reader.ts";

export interface RecoveryVisitor {
  /** A whole record of a message, right and not removed; in order of sequence. */
  message(bytes: Uint8Array, view: DataView, at: number): void;
  /** The next message has at least this sequence. The time is that of the last message until then; 0 is not known. */
  skipped(next: number, timeMicros: number, restNanos: number): void;
  /** A message that was stored and cannot be read. */
  lost(sequence: number): void;
}

/** More sequences are not believed to be missing before a message: its number must be wrong. */
const plausibleGap = 1_000_000;

export class LogWalk implements RecordVisitor {
  readonly #reader: SegmentReader;
  readonly #removed: SequenceSet;
  readonly #removedBelow: number;
  readonly #visitor: RecoveryVisitor;
  #segment: Segment | null = null;
  /** What the next message should be. */
  #next: number;
  /** A stretch that cannot be read, not accounted for yet: its bytes, and what its first record seems to be. */
  #pendingBytes = 0;
  #pendingSequence = 0;
  #mayBeChange = false;
  damagedBytes = 0;

  constructor(
    reader: SegmentReader,
    removed: SequenceSet,
    removedBelow: number,
    next: number,
    visitor: RecoveryVisitor,
  ) {
    this.#reader = reader;
    this.#removed = removed;
    this.#removedBelow = removedBelow;
    this.#next = next;
    this.#visitor = visitor;
  }

  get nextSequence(): number {
    return this.#next;
  }

  /** What comes now stands in this segment. */
  enter(segment: Segment): void {
    if (segment.firstSequence > this.#next) {
      // Whole segments are missing, or their ends.
      this.#account(segment.firstSequence - 1);
    } else {
      this.#accountUnknown(segment.firstSequence);
    }
    this.#segment = segment;
  }

  /** What comes now stands in this segment, behind what is known of it. */
  resume(segment: Segment): void {
    this.#segment = segment;
  }

  /** The log ends here. */
  end(): void {
    // If nothing else tells of the numbers that were given, tombstones do.
    let given = 0;
    if (this.#pendingBytes > 0) {
      this.#removed.eachRun((_first, last) => {
        given = last;
        return true;
      });
    }
    if (given >= this.#next) {
      this.#account(given);
    }
    this.#accountUnknown(Number.MAX_SAFE_INTEGER);
  }

  record(bytes: Uint8Array, view: DataView, at: number): void {
    const isOpen = this.#reader.each(bytes, view, at, (inner, innerView, place) => {
      this.#inner(inner, innerView, place);
    });
    if (!isOpen) {
      // A frame tells the last sequence in it.
      this.#pendingBytes += view.getUint32(at, true);
      this.#account(readUint64(view, at + fieldOffset.timeMicros));
    }
  }

  damaged(bytes: Uint8Array, view: DataView, from: number, to: number): void {
    if (this.#pendingBytes === 0) {
      const isHead = from + recordOverhead <= to;
      const length = isHead ? view.getUint32(from, true) : 0;
      const kind = bytes[from + fieldOffset.kind] ?? 0;
      this.#mayBeChange = to - from === recordOverhead || (length === recordOverhead && kind > 1);
      this.#pendingSequence = isHead
        ? this.#reader.sequenceThatFits(bytes, from, to, this.#next) ||
          readUint64(view, from + fieldOffset.sequence)
        : 0;
    }
    this.#pendingBytes += to - from;
  }

  #inner(bytes: Uint8Array, view: DataView, at: number): void {
    const kind = bytes[at + fieldOffset.kind];
    const sequence = readUint64(view, at + fieldOffset.sequence);
    if (kind === recordKind.skipped) {
      this.#accountUnknown(sequence);
      this.#next = Math.max(this.#next, sequence);
      this.#skip(sequence, view, at);
    } else if (kind === recordKind.message || kind === recordKind.erased) {
      this.#message(bytes, view, at, sequence);
    } else if (kind === recordKind.footer && this.#pendingBytes > 0 && sequence >= this.#next) {
      // The segment was finished: this was the last message in it, unless that could not be read even then.
      this.#account(sequence);
    }
  }

  #message(bytes: Uint8Array, view: DataView, at: number, sequence: number): void {
    if (sequence < this.#next) {
      return;
    }
    this.#accountBefore(sequence, view.getUint16(at + fieldOffset.leftOut, true));
    this.#next = sequence + 1;
    const segment = this.#segment;
    if (segment !== null) {
      segment.lastSequence = sequence;
    }
    const isLive =
      bytes[at + fieldOffset.kind] === recordKind.message &&
      sequence >= this.#removedBelow &&
      !this.#removed.has(sequence);
    if (isLive) {
      if (segment !== null) {
        segment.live++;
        segment.liveBytes += view.getUint32(at, true);
      }
      this.#visitor.message(bytes, view, at);
    } else {
      this.#skip(sequence + 1, view, at);
    }
  }

  /** A record that stands for messages that are not there any more tells of their time all the same. */
  #skip(next: number, view: DataView, at: number): void {
    const timeMicros = readUint64(view, at + fieldOffset.timeMicros);
    this.#visitor.skipped(next, timeMicros, view.getUint16(at + fieldOffset.restNanos, true));
  }

  /** A message behind what cannot be read tells how many there must have been. */
  #accountBefore(sequence: number, leftOut: number): void {
    if (this.#pendingBytes === 0) {
      return;
    }
    if (leftOut === leftOutMost) {
      this.#accountUnknown(sequence);
    } else {
      this.#account(sequence - leftOut - 1);
    }
  }

  /** Nobody tells how many messages cannot be read: as many as the first of them says, if it can be believed. */
  #accountUnknown(behind: number): void {
    if (this.#pendingBytes === 0) {
      return;
    }
    const sequence = this.#pendingSequence;
    const isPlausible =
      sequence >= this.#next && sequence < behind && sequence - this.#next < plausibleGap;
    const last = isPlausible ? sequence : Math.min(this.#next, behind - 1);
    this.#account(this.#mayBeChange ? this.#next - 1 : last);
  }

  /** All up to `last` are missing; what was removed is not missed, and not the bytes that held nothing else. */
  #account(last: number): void {
    const sequence = this.#pendingSequence;
    // Numbers before the first one that cannot be read were left out, if that one can be believed.
    const first = this.#pendingBytes > 0 && sequence <= last ? sequence : this.#next;
    const from = Math.max(this.#next, this.#removedBelow, first);
    let isMissed = last < this.#next;
    for (let at = from; at <= last && at - from < plausibleGap; at++) {
      if (!this.#removed.has(at)) {
        this.#visitor.lost(at);
        isMissed = true;
      }
    }
    this.damagedBytes += isMissed ? this.#pendingBytes : 0;
    this.#pendingBytes = 0;
    this.#next = Math.max(this.#next, last + 1);
    this.#visitor.skipped(this.#next, 0, 0);
  }
}
