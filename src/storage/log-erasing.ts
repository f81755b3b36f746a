// Overwrites the content of removed messages where it lies on disk, once their removal is durable: not before, or a loss
// of power could take a message that was never removed.

import type { LogSurroundings } from "./log-surroundings.ts";
import { eraseMessage } from "./record.ts";
import type { Segment } from "./segment.ts";
import type { SegmentList } from "./segment-list.ts";

/** Sealed frames cannot be changed in part: what is in them goes when the segment is written anew. */
interface Wanted {
  readonly segment: Segment;
  readonly sequence: number;
  readonly ticket: number;
}

export class LogErasing {
  readonly #surroundings: LogSurroundings;
  readonly #list: SegmentList;
  #wanted: Wanted[] = [];

  constructor(surroundings: LogSurroundings, list: SegmentList) {
    this.#surroundings = surroundings;
    this.#list = list;
  }

  /** The removal of the message is the change `ticket`. Throws DiskError. */
  want(sequence: number, ticket: number): void {
    const segment = this.#list.segmentOf(sequence);
    if (segment === null || segment.isSealed) {
      return;
    }
    const block = this.#list.blockOf(sequence);
    const at = block?.find(sequence) ?? -1;
    if (block !== null && at >= block.written) {
      eraseMessage(block.bytes, block.view, at);
    } else if (at >= 0) {
      this.#wanted.push({ segment, sequence, ticket });
    }
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
      } else if (this.#list.segments.includes(wanted.segment)) {
        this.#erase(wanted.segment, wanted.sequence);
        paths.add(wanted.segment.path);
      }
    }
    this.#wanted = kept;
    return [...paths];
  }

  #erase(segment: Segment, sequence: number): void {
    const { reader } = this.#list;
    const table = reader.table(segment);
    const entry = table.find(sequence);
    if (entry < 0) {
      return;
    }
    const block = reader.block(segment, entry);
    const at = block.find(sequence);
    const place = table.placeOf(entry);
    if (at < 0 || !block.isAsOnDisk) {
      return;
    }
    const { checksum, files } = this.#surroundings;
    const length = block.view.getUint32(at, true);
    eraseMessage(block.bytes, block.view, at);
    checksum.seal(block.bytes, block.view, at, at + length, reader.salt);
    files.file(segment.path).write(block.bytes, at, length, place + at);
  }
}
