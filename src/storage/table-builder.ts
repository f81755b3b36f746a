// Cuts the records of a segment into blocks as they are walked, where no footer tells them.

import { blockBytes } from "./block.ts";
import { fieldOffset, readUint64, recordKind } from "./record.ts";
import type { RecordVisitor } from "./record-walk.ts";
import type { SegmentTable } from "./segment-table.ts";

export class TableBuilder implements RecordVisitor {
  readonly table: SegmentTable;
  /** No message that comes has a lower sequence. */
  #next: number;
  /** Where in the file the walked bytes begin. */
  readonly #origin: number;
  #blockStart = -1;

  constructor(table: SegmentTable, next: number, origin: number) {
    this.table = table;
    this.#next = next;
    this.#origin = origin;
  }

  record(bytes: Uint8Array, view: DataView, at: number): void {
    const place = this.#origin + at;
    if (this.#blockStart < 0 || place + view.getUint32(at, true) - this.#blockStart > blockBytes) {
      this.table.add(this.#next, place);
      this.#blockStart = place;
    }
    const kind = bytes[at + fieldOffset.kind];
    if (kind === recordKind.message || kind === recordKind.erased) {
      this.#next = Math.max(this.#next, readUint64(view, at + fieldOffset.sequence) + 1);
    } else if (kind === recordKind.sealed) {
      // A frame tells the last sequence in it as its operand.
      this.#next = Math.max(this.#next, readUint64(view, at + fieldOffset.timeMicros) + 1);
    }
  }

  damaged(_bytes: Uint8Array, _view: DataView, from: number): void {
    if (this.#blockStart < 0) {
      this.table.add(this.#next, this.#origin + from);
      this.#blockStart = this.#origin + from;
    }
  }
}
