// Overwrites the content of removed messages where it lies on disk, once their removal is durable and a durable mark tells
// of them. Before that, a loss of power could take a message that was never removed; or leave it half overwritten where it
// looks like a part of a batch that was never finished.

import type { LogCompaction } from "./log-compaction.ts";
import type { LogSurroundings } from "./log-surroundings.ts";
import { eraseMessage } from "./record.ts";
import type { SegmentList } from "./segment-list.ts";

interface Wanted {
  readonly sequence: number;
  readonly ticket: number;
}

export class LogErasing {
  readonly #surroundings: LogSurroundings;
  readonly #list: SegmentList;
  readonly #compaction: LogCompaction;
  #wanted: Wanted[] = [];

  constructor(surroundings: LogSurroundings, list: SegmentList, compaction: LogCompaction) {
    this.#surroundings = surroundings;
    this.#list = list;
    this.#compaction = compaction;
  }

  /** The removal of the message is the change `ticket`. Throws DiskError. */
  want(sequence: number, ticket: number): void {
    const block = this.#list.blockOf(sequence);
    const at = block?.find(sequence) ?? -1;
    if (block !== null && at >= block.written) {
      eraseMessage(block.bytes, block.view, at);
      block.isSummed = false;
    } else if (at >= 0) {
      this.#wanted.push({ sequence, ticket });
    }
  }

  get isWaiting(): boolean {
    return this.#wanted.length > 0;
  }

  /** Gives the files that were written to. Throws DiskError. */
  run(durable: number): readonly string[] {
    if (this.#wanted.length === 0) {
      return [];
    }
    const paths = new Set<string>();
    const kept: Wanted[] = [];
    for (const wanted of this.#wanted) {
      if (wanted.ticket > durable) {
        kept.push(wanted);
      } else {
        const path = this.#erase(wanted.sequence);
        if (path !== null) {
          paths.add(path);
        }
      }
    }
    this.#wanted = kept;
    return [...paths];
  }

  /** Gives the file. */
  #erase(sequence: number): string | null {
    const { reader } = this.#list;
    const segment = this.#list.segmentOf(sequence);
    if (segment === null) {
      return null;
    }
    if (segment.isSealed) {
      // A frame cannot be changed in part.
      this.#compaction.want(segment);
      return null;
    }
    const table = reader.table(segment);
    const entry = table.find(sequence);
    const block = entry < 0 ? null : reader.block(segment, entry);
    const at = block?.find(sequence) ?? -1;
    if (block === null || at < 0 || !block.isAsOnDisk) {
      return null;
    }
    const { checksum, files } = this.#surroundings;
    const length = block.view.getUint32(at, true);
    const place = table.placeOf(entry) + at;
    eraseMessage(block.bytes, block.view, at);
    checksum.seal(block.bytes, block.view, at, at + length, reader.salt);
    files.file(segment.path).write(block.bytes, at, length, place);
    return segment.path;
  }
}
