// Brings blocks of a log's segments into memory: from the cache, or from disk, checked record by record. What is not
// right is left out and told of; nothing of it is ever given to anybody.

import { openUnencrypted } from "./asset-sealer.ts";
import { Block, blockBytes } from "./block.ts";
import type { BlockBuffers } from "./block-buffers.ts";
import type { LogSurroundings } from "./log-surroundings.ts";
import { checksumBytes, fieldOffset, recordKind, recordOverhead, writeUint64 } from "./record.ts";
import { type RecordVisitor, walkRecords } from "./record-walk.ts";
import type { Sealer } from "./sealing.ts";
import { SealError } from "./sealing.ts";
import type { Segment } from "./segment.ts";
import { decodeFooter, footerTailBytes, type SegmentFooter } from "./segment-footer.ts";
import { headerBytes } from "./segment-header.ts";
import { SegmentTable } from "./segment-table.ts";
import { TableBuilder } from "./table-builder.ts";

export type RecordVisit = (bytes: Uint8Array, view: DataView, at: number) => void;

const noBytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
/** How many numbers are tried on a record that seems to have a wrong one. */
const triedSequences = 256;
/** Holds the footer of most segments. */
const footerGuess = 16 * 1024;

export class SegmentReader {
  readonly #surroundings: LogSurroundings;
  readonly #sealer: Sealer | null;
  salt: bigint;

  constructor(surroundings: LogSurroundings, sealer: Sealer | null, salt: bigint) {
    this.#surroundings = surroundings;
    this.#sealer = sealer;
    this.salt = salt;
  }

  /** Throws DiskError. */
  block(segment: Segment, entry: number): Block {
    const cached = segment.blocks.get(entry);
    if (cached !== undefined) {
      cached.wasUsed = true;
      return cached;
    }
    const block = this.#load(segment, entry, this.#surroundings.cache.buffers);
    this.keep(segment, entry, block);
    return block;
  }

  /** As `block`, for who needs it only once. */
  uncached(segment: Segment, entry: number): Block {
    return segment.blocks.get(entry) ?? this.#load(segment, entry, null);
  }

  /** The block may be taken from memory again when others need the room. */
  keep(segment: Segment, entry: number, block: Block): void {
    if (block.isCached) {
      return;
    }
    block.isCached = true;
    segment.blocks.set(entry, block);
    block.onEvict = () => {
      segment.blocks.delete(entry);
    };
    block.measure();
    this.#surroundings.cache.add(block);
  }

  /** Throws DiskError. */
  table(segment: Segment): SegmentTable {
    const { table } = segment;
    if (table !== null) {
      table.wasUsed = true;
      return table;
    }
    const found = this.footer(segment)?.table ?? this.walkedTable(segment);
    // It may cut the segment into other blocks than the table before it did.
    this.forgetBlocks(segment);
    this.keepTable(segment, found);
    return found;
  }

  forgetBlocks(segment: Segment): void {
    for (const block of segment.blocks.values()) {
      this.#surroundings.cache.remove(block);
      block.leave();
    }
    segment.blocks.clear();
  }

  keepTable(segment: Segment, table: SegmentTable): void {
    segment.table = table;
    table.onEvict = () => {
      segment.table = null;
    };
    this.#surroundings.cache.add(table);
  }

  /** All that stands in the file from `start` to `end`, or to where it ends. */
  bytes(segment: Segment, start: number, end: number): Uint8Array {
    return this.#bytesOf(segment, start, end);
  }

  /** Null when the segment has none, or it is not right. */
  footer(segment: Segment): SegmentFooter | null {
    const size = this.#surroundings.files.file(segment.path).size();
    const start = Math.max(headerBytes, size - footerGuess);
    let tail = this.#bytesOf(segment, start, size);
    if (tail.length < recordOverhead + footerTailBytes) {
      return null;
    }
    const tailView = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
    const length = tailView.getUint32(tail.length - footerTailBytes, true);
    if (length < recordOverhead || length > size - headerBytes) {
      return null;
    }
    tail =
      length <= tail.length
        ? tail.subarray(tail.length - length)
        : this.#bytesOf(segment, size - length, size);
    const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
    const isSound =
      view.getUint32(0, true) === length &&
      this.#surroundings.checksum.isSound(tail, view, 0, tail.length, this.salt);
    return isSound ? decodeFooter(tail, size - length) : null;
  }

  /** Visits a record, or those inside it when it is a sealed frame. False: the frame cannot be opened. */
  each(bytes: Uint8Array, view: DataView, at: number, visit: RecordVisit): boolean {
    if (bytes[at + fieldOffset.kind] !== recordKind.sealed) {
      visit(bytes, view, at);
      return true;
    }
    const opened = this.#opened(bytes, view, at);
    if (opened === null) {
      return false;
    }
    const inner = new DataView(opened.buffer);
    for (let place = 0; place < opened.length; place += inner.getUint32(place, true)) {
      visit(opened, inner, place);
    }
    return true;
  }

  /** Whether bytes[from, to) are a right record that only claims another length. */
  isSoundButLength(bytes: Uint8Array, from: number, to: number): boolean {
    const record = bytes.slice(from, to);
    if (record.length < recordOverhead) {
      return false;
    }
    const view = new DataView(record.buffer);
    view.setUint32(0, record.length, true);
    return this.#surroundings.checksum.isSound(record, view, 0, record.length, this.salt);
  }

  /** The sequence with which bytes[from, to) begin with a right record, from `first` on, and not far; 0 is none. */
  sequenceThatFits(bytes: Uint8Array, from: number, to: number, first: number): number {
    const record = bytes.slice(from, to);
    if (record.length < recordOverhead) {
      return 0;
    }
    const view = new DataView(record.buffer);
    const { checksum } = this.#surroundings;
    for (let sequence = first; sequence < first + triedSequences; sequence++) {
      writeUint64(view, fieldOffset.sequence, sequence);
      if (checksum.isSound(record, view, 0, record.length, this.salt)) {
        return sequence;
      }
    }
    return 0;
  }

  /** The right records inside a sealed frame; null when it cannot be opened, or not all of them are right. */
  #opened(bytes: Uint8Array, view: DataView, at: number): Uint8Array<ArrayBuffer> | null {
    const end = at + view.getUint32(at, true) - checksumBytes;
    const content = bytes.subarray(at + fieldOffset.content, end);
    try {
      // A stream that is not compressed any more still has what was.
      const opened = (this.#sealer?.open(content) ?? openUnencrypted(content)).slice();
      const inner = new DataView(opened.buffer);
      const { checksum } = this.#surroundings;
      return checksum.check(opened, inner, 0, opened.length, this.salt) === opened.length
        ? opened
        : null;
    } catch (failure) {
      if (failure instanceof SealError) {
        return null;
      }
      throw failure;
    }
  }

  #bytesOf(segment: Segment, start: number, end: number): Uint8Array {
    const bytes = new Uint8Array(Math.max(0, end - start));
    const file = this.#surroundings.files.file(segment.path);
    const count = file.read(bytes, 0, bytes.length, start);
    return count < bytes.length ? bytes.subarray(0, count) : bytes;
  }

  #load(segment: Segment, entry: number, buffers: BlockBuffers | null): Block {
    const table = this.table(segment);
    const { checksum, files } = this.#surroundings;
    const start = table.placeOf(entry);
    const length = Math.max(0, table.endOf(entry) - start);
    // A small stream's only block is kept as long as it is.
    const isTaken = buffers !== null && length >= blockBytes / 2;
    const buffer = isTaken ? buffers.take(length) : new Uint8Array(length);
    const count = files.file(segment.path).read(buffer, 0, length, start);
    const bytes = buffer.subarray(0, count);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (
      !segment.isSealed &&
      checksum.check(bytes, view, 0, bytes.length, this.salt) === bytes.length
    ) {
      return Block.of(buffer, count, buffers);
    }
    const gathered = new Gathered(this);
    walkRecords(bytes, view, { start: 0, end: bytes.length }, this.salt, checksum, gathered);
    if (gathered.damagedBytes > 0) {
      this.#surroundings.log.error(
        `JetStream: ${gathered.damagedBytes} damaged bytes in ${segment.path} are left out`,
      );
    }
    const whole = gathered.whole();
    if (isTaken) {
      buffers.give(buffer);
    }
    const block = Block.of(whole, whole.length, null);
    block.isAsOnDisk = false;
    block.isDamaged = gathered.damagedBytes > 0;
    return block;
  }

  /** Of a segment without a footer. Throws DiskError. */
  walkedTable(segment: Segment): SegmentTable {
    const bytes = this.#bytesOf(segment, headerBytes, segment.end);
    const builder = new TableBuilder(new SegmentTable(), segment.firstSequence, headerBytes);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { checksum } = this.#surroundings;
    walkRecords(bytes, view, { start: 0, end: bytes.length }, this.salt, checksum, builder);
    builder.table.end = segment.end;
    return builder.table;
  }
}

/** Puts the right records of a damaged or sealed block together. */
class Gathered implements RecordVisitor {
  readonly #reader: SegmentReader;
  readonly #parts: Uint8Array[] = [];
  damagedBytes = 0;

  constructor(reader: SegmentReader) {
    this.#reader = reader;
  }

  record(bytes: Uint8Array, view: DataView, at: number): void {
    const isOpen = this.#reader.each(bytes, view, at, (inner, innerView, place) => {
      this.#parts.push(inner.subarray(place, place + innerView.getUint32(place, true)));
    });
    if (!isOpen) {
      this.damagedBytes += view.getUint32(at, true);
    }
  }

  damaged(_bytes: Uint8Array, _view: DataView, from: number, to: number): void {
    this.damagedBytes += to - from;
  }

  whole(): Uint8Array<ArrayBuffer> {
    if (this.#parts.length === 0) {
      return noBytes;
    }
    const whole = new Uint8Array(this.#parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of this.#parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }
}
