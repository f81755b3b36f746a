// Where the log really ends. A batch that was being written when the power went may lie there in parts, in any order; it
// was never acknowledged and is cut. Damage done to bytes that were safely written is something else, and is never cut.

import { fieldOffset, readUint64, recordKind, recordOverhead, relaxedMark } from "./record.ts";
import type { RecordVisitor } from "./record-walk.ts";
import type { SegmentReader } from "./segment-reader.ts";
import { isTorn, type Stretch } from "./torn.ts";

interface DamagedStretch extends Stretch {
  /** Where the messages begin that promised another one, which is not there; -1 when there are none. */
  readonly openStart: number;
}

export class TailJudge implements RecordVisitor {
  readonly #segment: number;
  readonly #reader: SegmentReader;
  readonly #openTag: number;
  /** Where in the file the walked bytes begin. */
  readonly #origin: number;
  readonly #damaged: DamagedStretch[] = [];
  /** Before it, all was durable. */
  #durablePlace: number;
  /** As the last mark says it; until there is one, as the log is promised now. */
  #isRelaxed: boolean;
  #openStart = -1;
  /** Where messages begin that promised another one, and from where on nothing can be read; -1 when there are none. */
  #brokenStart = -1;
  #brokenAt = -1;

  /** A message with `openTag` promises another behind it: without that, it and its like at the end do not count. */
  constructor(
    segment: number,
    reader: SegmentReader,
    promise: { readonly openTag: number; readonly isRelaxed: boolean },
    origin: number,
  ) {
    this.#isRelaxed = promise.isRelaxed;
    this.#segment = segment;
    this.#reader = reader;
    this.#openTag = promise.openTag;
    this.#origin = origin;
    this.#durablePlace = origin;
  }

  record(bytes: Uint8Array, view: DataView, at: number): void {
    const isOpen = this.#reader.each(bytes, view, at, (inner, innerView, place) => {
      this.#inner(inner, innerView, place, at);
    });
    if (!isOpen) {
      this.damaged(bytes, view, at, at + view.getUint32(at, true));
    }
  }

  damaged(_bytes: Uint8Array, _view: DataView, from: number, to: number): void {
    this.#damaged.push({ from, to, openStart: this.#openStart });
    if (this.#openStart >= 0) {
      this.#brokenStart = this.#openStart;
      this.#brokenAt = from;
    }
    this.#openStart = -1;
  }

  /** From where on the file is to be cut; -1 when it is good to its end. `bytes` are those that were walked. */
  cut(bytes: Uint8Array): number {
    const torn = this.#isRelaxed
      ? undefined
      : this.#damaged.find(
          (stretch) =>
            stretch.from + this.#origin >= this.#durablePlace &&
            isTorn(bytes, stretch, this.#origin, recordOverhead, () =>
              this.#reader.isSoundButLength(bytes, stretch.from, stretch.to),
            ),
        );
    const own = this.#isBroken ? this.#brokenStart : this.#openStart;
    const open = torn === undefined ? own : torn.openStart;
    if (open >= 0) {
      return this.#origin + open;
    }
    return torn === undefined ? -1 : this.#origin + torn.from;
  }

  /** Where only what was written is promised, messages that promised another one may be there without it. */
  get #isBroken(): boolean {
    const isOld = this.#brokenAt + this.#origin < this.#durablePlace;
    return this.#brokenStart >= 0 && this.#isRelaxed && !isOld;
  }

  #inner(bytes: Uint8Array, view: DataView, at: number, outer: number): void {
    const kind = bytes[at + fieldOffset.kind];
    const tags = bytes[at + fieldOffset.tags] ?? 0;
    if (kind === recordKind.mark) {
      const isHere = readUint64(view, at + fieldOffset.sequence) === this.#segment;
      this.#durablePlace = isHere ? readUint64(view, at + fieldOffset.timeMicros) : this.#origin;
      this.#isRelaxed = (tags & relaxedMark) !== 0;
    } else if (kind === recordKind.message || kind === recordKind.erased) {
      const isOpen = (tags & this.#openTag) !== 0;
      if (!isOpen) {
        this.#openStart = -1;
      } else if (this.#openStart < 0) {
        // Without it the log would end in what is broken.
        this.#openStart = this.#isBroken ? this.#brokenStart : outer;
      }
      this.#brokenStart = -1;
    }
  }
}
