// Writes a segment file anew, record by record, in blocks or sealed frames, and tells where they lie. Which records it is
// given, others decide.

import { SequenceSet } from "../base/sequence-set.ts";
import type { DiskFile } from "../ports/disk.ts";
import { blockBytes, sealedBlockBytes } from "./block.ts";
import type { LogSurroundings } from "./log-surroundings.ts";
import {
  fieldOffset,
  leftOutMost,
  readUint64,
  recordKind,
  recordOverhead,
  writeChange,
} from "./record.ts";
import type { Sealer } from "./sealing.ts";
import { encodeFooter } from "./segment-footer.ts";
import { encodeHeader, headerBytes, type SegmentHeader } from "./segment-header.ts";
import { SegmentTable } from "./segment-table.ts";

export class SegmentRewriter {
  readonly table: SegmentTable = new SegmentTable();
  readonly removed: SequenceSet = new SequenceSet();
  removedBelow = 0;
  lastSequence = 0;
  /** Where its records end. */
  end: number = headerBytes;
  readonly #surroundings: LogSurroundings;
  readonly #sealer: Sealer | null;
  readonly #file: DiskFile;
  readonly #header: SegmentHeader;
  readonly #blockBytes: number;
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #used = 0;
  #next: number;
  /** Of the block: no message in it is lower, and the last one. */
  #first: number;

  /** The file is new. Throws DiskError. */
  constructor(
    surroundings: LogSurroundings,
    sealer: Sealer | null,
    file: DiskFile,
    header: SegmentHeader,
  ) {
    this.#surroundings = surroundings;
    this.#sealer = sealer;
    this.#file = file;
    this.#blockBytes = sealer === null ? blockBytes : sealedBlockBytes;
    this.#bytes = new Uint8Array(this.#blockBytes);
    this.#view = new DataView(this.#bytes.buffer);
    this.#header = header;
    this.#next = header.nextSequence;
    this.#first = this.#next;
    file.write(encodeHeader(header, surroundings.checksum), 0, headerBytes, 0);
  }

  /** A right record of a message, copied. */
  message(bytes: Uint8Array, view: DataView, at: number): void {
    const length = view.getUint32(at, true);
    const place = this.#reserve(length);
    this.#bytes.set(bytes.subarray(at, at + length), place);
    const sequence = readUint64(view, at + fieldOffset.sequence);
    const leftOut = Math.min(sequence - this.#next, leftOutMost);
    this.#view.setUint16(place + fieldOffset.leftOut, leftOut, true);
    this.#next = sequence + 1;
    this.lastSequence = sequence;
  }

  /** A run of messages in segments before this one that are gone. */
  removal(first: number, last: number): void {
    this.#change(recordKind.removed, first, last);
    this.removed.addRange(first, last);
  }

  removalBelow(first: number): void {
    this.#change(recordKind.removedBelow, first, 0);
    this.removedBelow = first;
  }

  /** Nothing that comes has a lower sequence; the last message until then was stored at that time. */
  skip(next: number, timeMicros: number, restNanos: number): void {
    const place = this.#change(recordKind.skipped, next, timeMicros);
    this.#view.setUint16(place + fieldOffset.restNanos, restNanos, true);
    this.#next = Math.max(this.#next, next);
  }

  /** Writes what is left, and the footer. Throws DiskError. */
  finish(): void {
    this.#flush();
    this.table.end = this.end;
    const { table, removed, removedBelow, lastSequence } = this;
    const footer = encodeFooter(
      { table, removed, removedBelow, lastSequence },
      this.#header.salt,
      this.#surroundings.checksum,
    );
    this.#file.write(footer, 0, footer.length, this.end);
  }

  #change(kind: number, sequence: number, operand: number): number {
    const place = this.#reserve(recordOverhead);
    writeChange(this.#bytes, this.#view, place, recordOverhead, kind, sequence, operand);
    return place;
  }

  #reserve(length: number): number {
    if (this.#used > 0 && this.#used + length > this.#blockBytes) {
      this.#flush();
    }
    if (length > this.#bytes.length) {
      this.#bytes = new Uint8Array(length);
      this.#view = new DataView(this.#bytes.buffer);
    }
    const place = this.#used;
    this.#used += length;
    return place;
  }

  #flush(): void {
    if (this.#used === 0) {
      return;
    }
    const { checksum } = this.#surroundings;
    const { salt } = this.#header;
    checksum.seal(this.#bytes, this.#view, 0, this.#used, salt);
    const records = this.#bytes.subarray(0, this.#used);
    const part = this.#sealer === null ? records : this.#frameOf(this.#sealer.seal(records));
    this.table.add(this.#first, this.end);
    this.#file.write(part, 0, part.length, this.end);
    this.end += part.length;
    this.#used = 0;
    this.#first = this.#next;
  }

  #frameOf(sealed: Uint8Array): Uint8Array {
    const length = recordOverhead + sealed.length;
    const frame = new Uint8Array(length);
    const view = new DataView(frame.buffer);
    const last = Math.max(this.lastSequence, this.#first - 1);
    writeChange(frame, view, 0, length, recordKind.sealed, this.#first, last);
    frame.set(sealed, fieldOffset.content);
    this.#surroundings.checksum.seal(frame, view, 0, length, this.#header.salt);
    return frame;
  }
}
