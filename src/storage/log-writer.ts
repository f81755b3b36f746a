// What a log has yet to write: blocks filled record by record, sealed and put into one write at the end of the turn. It
// knows where in its segment they will stand; when they are written, and what a sync means, the log decides.

import type { CopyBytes } from "../base/bytes.ts";
import { Block } from "./block.ts";
import type { LogSurroundings } from "./log-surroundings.ts";
import {
  fieldOffset,
  leftOutMost,
  messageLength,
  type RecordContent,
  readUint64,
  recordKind,
  recordOverhead,
  relaxedMark,
  writeChange,
  writeMessage,
} from "./record.ts";
import type { Sealer } from "./sealing.ts";
import type { Segment } from "./segment.ts";
import type { SegmentReader } from "./segment-reader.ts";

interface PendingBlock {
  readonly block: Block;
  readonly entry: number;
}

/** Up to where the log was durable before a batch. */
export interface DurablePlace {
  readonly segment: number;
  readonly place: number;
  /** What follows is promised without a sync. */
  readonly isRelaxed: boolean;
}

export class LogWriter {
  readonly #surroundings: LogSurroundings;
  readonly #copy: CopyBytes;
  readonly #reader: SegmentReader;
  readonly #sealer: Sealer | null;
  #segment: Segment;
  /** The block that is being filled; null when the next record begins one. */
  #tail: Block | null = null;
  #tailEntry = 0;
  /** Blocks with bytes to write, the tail last. */
  #pending: PendingBlock[] = [];
  #markBlock: Block | null = null;
  #markPlace = 0;
  /** Of messages that are yet to be written. */
  #pendingBytes = 0;
  /** At least this is the sequence of the next message. */
  nextSequence: number;
  /** Of the last message. */
  lastTimeMicros = 0;
  lastRestNanos = 0;

  constructor(
    surroundings: LogSurroundings,
    reader: SegmentReader,
    sealer: Sealer | null,
    segment: Segment,
    nextSequence: number,
  ) {
    this.#surroundings = surroundings;
    this.#copy = surroundings.copyBytes;
    this.#reader = reader;
    this.#sealer = sealer;
    this.#segment = segment;
    this.nextSequence = nextSequence;
  }

  get hasPending(): boolean {
    return this.#pending.length > 0;
  }

  /** What follows goes into another segment. Nothing may be pending. */
  moveTo(segment: Segment): void {
    this.letGo();
    this.#tail = null;
    this.#segment = segment;
  }

  /** The next record begins a batch: room for its mark is left before it. */
  leaveMark(): void {
    const place = this.#place(recordOverhead);
    const block = this.#tail;
    this.#markPlace = place;
    this.#markBlock = block;
    if (block !== null) {
      // What it says comes with the write; until then who walks the block must find its end.
      writeChange(block.bytes, block.view, place, recordOverhead, recordKind.mark, 0, 0);
    }
  }

  /** Gives the length of the record. `back`: see record.ts. */
  message(content: RecordContent, back: number): number {
    const length = messageLength(content);
    const place = this.#place(length);
    const block = this.#tail;
    if (block !== null) {
      const leftOut = Math.min(content.sequence - this.nextSequence, leftOutMost);
      writeMessage(block.bytes, block.view, place, length, content, leftOut, back, this.#copy);
      if (block.isLarge) {
        // While the processor still has it at hand.
        this.#sum(block);
      }
    }
    this.nextSequence = content.sequence + 1;
    this.lastTimeMicros = content.timeMicros;
    this.lastRestNanos = content.restNanos;
    this.#segment.lastSequence = content.sequence;
    this.#pendingBytes += length;
    return length;
  }

  /** Whether a message of this length, the last one, made a long batch of what is pending. */
  madeLong(length: number): boolean {
    const { longBatchBytes } = this.#surroundings;
    return this.#pendingBytes >= longBatchBytes && this.#pendingBytes - length < longBatchBytes;
  }

  change(kind: number, sequence: number, operand: number): void {
    const place = this.#place(recordOverhead);
    const block = this.#tail;
    if (block !== null) {
      writeChange(block.bytes, block.view, place, recordOverhead, kind, sequence, operand);
    }
  }

  /** No message comes with a lower sequence than `next`. */
  skip(next: number): void {
    this.nextSequence = Math.max(this.nextSequence, next);
    const place = this.#place(recordOverhead);
    const block = this.#tail;
    if (block !== null) {
      const { bytes, view } = block;
      const { skipped } = recordKind;
      writeChange(bytes, view, place, recordOverhead, skipped, next, this.lastTimeMicros);
      view.setUint16(place + fieldOffset.restNanos, this.lastRestNanos, true);
    }
  }

  /** Seals what is pending and gives it as parts, to be written from `start` on. The mark says what was durable. */
  takeParts(start: number, durable: DurablePlace): Uint8Array[] {
    if (this.#markBlock !== null) {
      const { bytes, view } = this.#markBlock;
      const { segment, place: behind } = durable;
      writeChange(bytes, view, this.#markPlace, recordOverhead, recordKind.mark, segment, behind);
      bytes[this.#markPlace + fieldOffset.tags] = durable.isRelaxed ? relaxedMark : 0;
      this.#markBlock = null;
    }
    const parts: Uint8Array[] = [];
    let place = start;
    for (const { block, entry } of this.#pending) {
      const part = this.#partOf(block);
      if (block.written === 0) {
        this.#segment.table?.settle(entry, place);
      }
      place += part.length;
      parts.push(part);
    }
    return parts;
  }

  /** The parts were written: their blocks may leave memory when others need the room. */
  tookParts(end: number): void {
    const segment = this.#segment;
    for (const { block, entry } of this.#pending) {
      block.written = block.used;
      if (block !== this.#tail || this.#sealer !== null) {
        this.#release(block, entry);
      }
    }
    this.#pending = [];
    this.#pendingBytes = 0;
    segment.end = end;
    if (segment.table !== null) {
      segment.table.end = end;
    }
    if (this.#sealer !== null) {
      // A frame is whole: what follows goes into another.
      this.#tail = null;
    }
  }

  /** Nothing is being written: the block that was being filled is a block like others. */
  letGo(): void {
    if (this.#tail !== null && !this.#tail.isPinned) {
      this.#release(this.#tail, this.#tailEntry);
    }
  }

  #release(block: Block, entry: number): void {
    if (block.isCached) {
      return;
    }
    const segment = this.#segment;
    this.#reader.keep(segment, entry, block);
    block.onEvict = () => {
      segment.blocks.delete(entry);
      if (block === this.#tail) {
        this.#tail = null;
      }
    };
  }

  #place(length: number): number {
    const tail = this.#tail;
    if (tail !== null) {
      const place = tail.reserve(length);
      if (place >= 0) {
        tail.wasUsed = true;
        if (tail.written === place) {
          this.#pending.push({ block: tail, entry: this.#tailEntry });
        }
        return place;
      }
    }
    return this.#begin(length);
  }

  #begin(length: number): number {
    // A block that was filled says that many messages come: the next one is made large at once.
    const isBusy = this.#tail !== null;
    const { buffers } = this.#surroundings.cache;
    this.letGo();
    const block = Block.forWriting(length, isBusy, this.#sealer !== null, buffers);
    const segment = this.#segment;
    this.#tail = block;
    this.#tailEntry = segment.table?.add(this.nextSequence, -1) ?? 0;
    segment.blocks.set(this.#tailEntry, block);
    this.#pending.push({ block, entry: this.#tailEntry });
    return block.reserve(length);
  }

  /** A large block holds one record and gets no other. */
  #sum(block: Block): void {
    const { bytes, view, written, used } = block;
    this.#surroundings.checksum.seal(bytes, view, written, used, this.#reader.salt);
    block.isSummed = true;
  }

  #partOf(block: Block): Uint8Array {
    const { bytes, view, written, used } = block;
    const { checksum } = this.#surroundings;
    const { salt } = this.#reader;
    if (!block.isSummed) {
      checksum.seal(bytes, view, written, used, salt);
    }
    const part = bytes.subarray(written, used);
    return this.#sealer === null ? part : this.#frameOf(this.#sealer.seal(part), block);
  }

  /** A record around sealed ones: it tells the lowest sequence they may have, and the last they do. */
  #frameOf(sealed: Uint8Array, block: Block): Uint8Array {
    const length = recordOverhead + sealed.length;
    const frame = new Uint8Array(length);
    const view = new DataView(frame.buffer);
    const [first, last] = rangeOf(block, this.#segment.firstSequence);
    writeChange(frame, view, 0, length, recordKind.sealed, first, last);
    frame.set(sealed, fieldOffset.content);
    this.#surroundings.checksum.seal(frame, view, 0, length, this.#reader.salt);
    return frame;
  }
}

/** First and last sequence of the messages in a block; without any, last is below first. */
function rangeOf(block: Block, lowest: number): readonly [number, number] {
  const at = block.findFrom(lowest);
  const end = block.findUpTo(Number.MAX_SAFE_INTEGER - 1);
  const first = at < 0 ? lowest : readUint64(block.view, at + fieldOffset.sequence);
  const last = end < 0 ? first - 1 : readUint64(block.view, end + fieldOffset.sequence);
  return [first, last];
}
