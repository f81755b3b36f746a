// Each stored message tells how far before it the last one of its subject was stored: this follows those chains back. Those
// removed since still show the way while their records are there; where the way is lost, the caller has to search.

import { byteTextAt } from "../../base/byte-text.ts";
import type { Block } from "../../storage/block.ts";
import { fieldOffset } from "../../storage/record.ts";
import { backPointer } from "./record-view.ts";
import { PlaceRing } from "./subject-places.ts";

export interface ChainSource {
  /** Null when it cannot be had. */
  blockOf(sequence: number): Block | null;
  isPresent(sequence: number): boolean;
}

export class SubjectChains {
  readonly #source: ChainSource;
  /** The message that the last step came to, and where the chain goes on: 0 is the end, below is lost. */
  #back = 0;

  constructor(source: ChainSource) {
    this.#source = source;
  }

  /** The message `count` before `last`; 0 when the way is lost. */
  before(subject: string, last: number, count: number): number {
    let sequence = last;
    for (let left = count; left > 0; ) {
      if (!this.#look(subject, sequence) || this.#back <= 0) {
        return 0;
      }
      sequence = this.#back;
      left -= this.#source.isPresent(sequence) ? 1 : 0;
    }
    return this.#look(subject, sequence) ? sequence : 0;
  }

  /** The first message from `from` on, seen from `last`, at most `most` steps away; 0 when the way is lost. */
  firstFrom(subject: string, last: number, from: number, most: number): number {
    let found = last;
    let sequence = last;
    for (let left = most; left > 0; left--) {
      if (!this.#look(subject, sequence) || this.#back < 0) {
        return 0;
      }
      if (this.#back < from) {
        return found;
      }
      sequence = this.#back;
      found = this.#source.isPresent(sequence) ? sequence : found;
    }
    return 0;
  }

  /** The messages from `from` to `last`, the first ones of them, ascending; null when the way is lost, or too long. */
  placesFrom(subject: string, last: number, from: number, most: number): Float64Array | null {
    const ring = new PlaceRing();
    let left = most;
    for (let sequence = last; sequence >= from; sequence = this.#back) {
      left--;
      if (left < 0 || !this.#look(subject, sequence) || this.#back < 0) {
        return null;
      }
      if (this.#source.isPresent(sequence)) {
        ring.add(sequence);
      }
    }
    return ring.places;
  }

  /** False when there is no record of that subject. */
  #look(subject: string, sequence: number): boolean {
    const block = this.#source.blockOf(sequence);
    const at = block?.find(sequence) ?? -1;
    if (block === null || at < 0) {
      return false;
    }
    const { bytes, view } = block;
    const length = view.getUint16(at + fieldOffset.subjectLength, true);
    this.#back = backPointer(view, at, sequence);
    return (
      length === subject.length && byteTextAt(bytes, at + fieldOffset.content, length) === subject
    );
  }
}
