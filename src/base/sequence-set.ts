// A set of sequence numbers, compact where they are dense or lie in long runs: what a stream has deleted. Whole spans
// cost a few numbers, the rest is bitmaps of 8 KiB or short lists of runs. It knows nothing of messages.

import {
  addTo,
  areJoined,
  bitmapPiece,
  bitmapWords,
  bitsOf,
  countIn,
  cutBelow,
  emptyPiece,
  endOf,
  fullPiece,
  holds,
  isFull,
  keyOf,
  lowOf,
  nextAbsentIn,
  nextPresentIn,
  pieceSize,
  previousAbsentIn,
  type SequencePiece,
  startOf,
  takeFrom,
  wholeRun,
} from "./sequence-piece.ts";

const dumpHeaderBytes = 8;
const runsFormat = 0;
const piecesFormat = 1;

export class SequenceSet {
  /** Sorted by key, none empty. */
  #pieces: SequencePiece[] = [];
  #size = 0;
  /** Where the last search ended: neighbours are asked for more often than not. */
  #hint = 0;

  get size(): number {
    return this.#size;
  }

  /** Bytes held, roughly. */
  get memoryBytes(): number {
    let bytes = 64;
    for (const piece of this.#pieces) {
      bytes += 96 + (piece.runs?.byteLength ?? 0) + (piece.bits?.byteLength ?? 0);
    }
    return bytes;
  }

  has(sequence: number): boolean {
    const piece = this.#pieceOf(keyOf(sequence));
    return piece !== undefined && holds(piece, lowOf(sequence));
  }

  /** False when it was there already. */
  add(sequence: number): boolean {
    const key = keyOf(sequence);
    const piece = this.#pieceOf(key) ?? this.#insert(emptyPiece(key));
    if (!addTo(piece, lowOf(sequence))) {
      return false;
    }
    this.#size++;
    if (piece.count === pieceSize) {
      this.#makeFull(key);
    }
    return true;
  }

  /** Adds all from first to last, both included. */
  addRange(first: number, last: number): void {
    let from = first;
    while (from <= last) {
      const key = keyOf(from);
      const spans = from === startOf(key) ? keyOf(last + 1) - key : 0;
      if (spans > 0) {
        this.#addFull(key, spans);
        from = startOf(key + spans);
      } else {
        const end = Math.min(last, endOf(key));
        for (let sequence = from; sequence <= end; sequence++) {
          this.add(sequence);
        }
        from = end + 1;
      }
    }
  }

  /** False when it was not there. */
  remove(sequence: number): boolean {
    const key = keyOf(sequence);
    const found = this.#pieceOf(key);
    if (found === undefined || !holds(found, lowOf(sequence))) {
      return false;
    }
    const piece = isFull(found) ? this.#splitOut(this.#hint, key) : found;
    takeFrom(piece, lowOf(sequence));
    this.#size--;
    if (piece.count === 0) {
      this.#pieces.splice(this.#lowerBound(key), 1);
    }
    return true;
  }

  /** Removes all below `first`; gives how many there were. */
  removeBelow(first: number): number {
    const before = this.#size;
    let gone = 0;
    for (const piece of this.#pieces) {
      if (endOf(piece.key + piece.spans - 1) >= first) {
        break;
      }
      this.#size -= piece.count;
      gone++;
    }
    if (gone > 0) {
      this.#pieces.splice(0, gone);
    }
    const head = this.#pieces[0];
    if (head !== undefined && startOf(head.key) < first) {
      this.#cutHead(head, first);
    }
    return before - this.#size;
  }

  clear(): void {
    this.#pieces = [];
    this.#size = 0;
    this.#hint = 0;
  }

  /** How many lie from first to last, both included. */
  countBetween(first: number, last: number): number {
    let count = 0;
    for (let at = this.#lowerBound(keyOf(first)); at < this.#pieces.length; at++) {
      const piece = this.#pieces[at];
      if (piece === undefined || startOf(piece.key) > last) {
        break;
      }
      const from = Math.max(first, startOf(piece.key));
      const to = Math.min(last, endOf(piece.key + piece.spans - 1));
      count += isFull(piece) ? Math.max(0, to - from + 1) : countIn(piece, lowOf(from), lowOf(to));
    }
    return count;
  }

  /** The first number from `from` on that is not in the set. */
  nextAbsent(from: number): number {
    for (let sequence = from; ; ) {
      const key = keyOf(sequence);
      const piece = this.#pieceOf(key);
      if (piece === undefined) {
        return sequence;
      }
      const low = isFull(piece) ? -1 : nextAbsentIn(piece, lowOf(sequence));
      if (low >= 0) {
        return startOf(key) + low;
      }
      sequence = startOf(piece.key + piece.spans);
    }
  }

  /** The last number up to `upTo` that is not in the set; -1 when there is none. */
  previousAbsent(upTo: number): number {
    for (let sequence = upTo; sequence >= 0; ) {
      const key = keyOf(sequence);
      const piece = this.#pieceOf(key);
      if (piece === undefined) {
        return sequence;
      }
      const low = isFull(piece) ? -1 : previousAbsentIn(piece, lowOf(sequence));
      if (low >= 0) {
        return startOf(key) + low;
      }
      sequence = startOf(piece.key) - 1;
    }
    return -1;
  }

  /** The first number from `from` on that is in the set; -1 when there is none. */
  nextPresent(from: number): number {
    for (let at = this.#lowerBound(keyOf(from)); at < this.#pieces.length; at++) {
      const piece = this.#pieces[at];
      if (piece === undefined) {
        break;
      }
      const start = Math.max(from, startOf(piece.key));
      const low = isFull(piece) ? lowOf(start) : nextPresentIn(piece, lowOf(start));
      if (low >= 0) {
        return start - lowOf(start) + low;
      }
    }
    return -1;
  }

  /** Runs in order, from `from` on; ends when `visit` gives false. The set must not change meanwhile. */
  eachRun(visit: (first: number, last: number) => boolean | undefined, from = 0): void {
    for (let first = this.nextPresent(from); first >= 0; ) {
      const end = this.nextAbsent(first);
      if (visit(first, end - 1) === false) {
        return;
      }
      first = this.nextPresent(end);
    }
  }

  /** All of it, for `load`. */
  dump(): Uint8Array {
    const runs: number[] = [];
    this.eachRun((first, last) => {
      runs.push(first, last);
      return true;
    });
    const asPieces = this.#pieces.reduce(
      (sum, piece) => sum + 16 + (isFull(piece) ? 0 : bitmapWords * 4),
      dumpHeaderBytes,
    );
    return asPieces < dumpHeaderBytes + runs.length * 8
      ? this.#dumpPieces(asPieces)
      : dumpRuns(runs);
  }

  /** Null when the bytes are none of `dump`. */
  static load(bytes: Uint8Array): SequenceSet | null {
    const set = new SequenceSet();
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const format = bytes[0];
    const isLoaded =
      (format === runsFormat && set.#loadRuns(view)) ||
      (format === piecesFormat && set.#loadPieces(bytes, view));
    return isLoaded ? set : null;
  }

  #dumpPieces(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    const view = new DataView(bytes.buffer);
    bytes[0] = piecesFormat;
    let at = dumpHeaderBytes;
    for (const piece of this.#pieces) {
      view.setFloat64(at, piece.key, true);
      view.setFloat64(at + 8, isFull(piece) ? piece.spans : 0, true);
      at += 16;
      if (!isFull(piece)) {
        bytes.set(new Uint8Array(bitsOf(piece).buffer), at);
        at += bitmapWords * 4;
      }
    }
    return bytes;
  }

  #loadRuns(view: DataView): boolean {
    let behind = 0;
    for (let at = dumpHeaderBytes; at + 16 <= view.byteLength; at += 16) {
      const first = view.getFloat64(at, true);
      const last = view.getFloat64(at + 8, true);
      if (!areOrdered(behind, first, last)) {
        return false;
      }
      this.addRange(first, last);
      behind = last + 1;
    }
    return view.byteLength % 16 === dumpHeaderBytes;
  }

  #loadPieces(bytes: Uint8Array, view: DataView): boolean {
    let at = dumpHeaderBytes;
    let behind = 0;
    while (at + 16 <= bytes.length) {
      const key = view.getFloat64(at, true);
      const spans = view.getFloat64(at + 8, true);
      at += 16;
      if (!areOrdered(behind, key, key + spans)) {
        return false;
      }
      const end = at + (spans > 0 ? 0 : bitmapWords * 4);
      if (end > bytes.length) {
        return false;
      }
      const bits = bytes.slice(at, end).buffer;
      const piece = spans > 0 ? fullPiece(key, spans) : bitmapPiece(key, new Int32Array(bits));
      this.#pieces.push(piece);
      this.#size += piece.count;
      behind = key + piece.spans;
      at = end;
    }
    return at === bytes.length;
  }

  #pieceOf(key: number): SequencePiece | undefined {
    const hinted = this.#pieces[this.#hint];
    if (hinted !== undefined && hinted.key <= key && key < hinted.key + hinted.spans) {
      return hinted;
    }
    const at = this.#lowerBound(key);
    const piece = this.#pieces[at];
    if (piece === undefined || piece.key > key) {
      return undefined;
    }
    this.#hint = at;
    return piece;
  }

  /** Index of the first piece that ends at the key or behind it. */
  #lowerBound(key: number): number {
    let low = 0;
    let high = this.#pieces.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const piece = this.#pieces[middle];
      if (piece !== undefined && piece.key + piece.spans <= key) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  #insert(piece: SequencePiece): SequencePiece {
    const at = this.#lowerBound(piece.key);
    this.#pieces.splice(at, 0, piece);
    this.#hint = at;
    return piece;
  }

  #addFull(key: number, spans: number): void {
    const from = this.#lowerBound(key);
    let to = from;
    let first = key;
    let end = key + spans;
    for (; to < this.#pieces.length; to++) {
      const piece = this.#pieces[to];
      if (piece === undefined || piece.key >= key + spans) {
        break;
      }
      this.#size -= piece.count;
      first = Math.min(first, piece.key);
      end = Math.max(end, piece.key + piece.spans);
    }
    this.#pieces.splice(from, to - from, fullPiece(first, end - first));
    this.#size += (end - first) * pieceSize;
    this.#joinFull(from);
  }

  #makeFull(key: number): void {
    const at = this.#lowerBound(key);
    this.#pieces[at] = fullPiece(key, 1);
    this.#joinFull(at);
  }

  /** A full piece becomes one with full neighbours. */
  #joinFull(index: number): void {
    let at = index;
    const before = this.#pieces[at - 1];
    let piece = this.#pieces[at];
    if (piece !== undefined && before !== undefined && areJoined(before, piece)) {
      piece = fullPiece(before.key, before.spans + piece.spans);
      this.#pieces.splice(at - 1, 2, piece);
      at--;
    }
    const after = this.#pieces[at + 1];
    if (piece !== undefined && after !== undefined && areJoined(piece, after)) {
      this.#pieces.splice(at, 2, fullPiece(piece.key, piece.spans + after.spans));
    }
    this.#hint = at;
  }

  /** Makes one key of a full piece a piece of its own. */
  #splitOut(at: number, key: number): SequencePiece {
    const whole = this.#pieces[at] ?? fullPiece(key, 1);
    const single = wholeRun(key);
    const parts = [single];
    if (key > whole.key) {
      parts.unshift(fullPiece(whole.key, key - whole.key));
    }
    const after = whole.key + whole.spans - key - 1;
    if (after > 0) {
      parts.push(fullPiece(key + 1, after));
    }
    this.#pieces.splice(at, 1, ...parts);
    return single;
  }

  #cutHead(head: SequencePiece, first: number): void {
    let piece = head;
    if (isFull(head)) {
      const key = keyOf(first);
      this.#size -= (key - head.key) * pieceSize;
      this.#pieces[0] = fullPiece(key, head.key + head.spans - key);
      if (first === startOf(key)) {
        return;
      }
      piece = this.#splitOut(0, key);
    }
    const before = piece.count;
    cutBelow(piece, lowOf(first));
    this.#size -= before - piece.count;
    if (piece.count === 0) {
      this.#pieces.shift();
    }
  }
}

function areOrdered(behind: number, first: number, last: number): boolean {
  return (
    Number.isSafeInteger(first) && Number.isSafeInteger(last) && first >= behind && last >= first
  );
}

function dumpRuns(runs: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(dumpHeaderBytes + runs.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [index, sequence] of runs.entries()) {
    view.setFloat64(dumpHeaderBytes + index * 8, sequence, true);
  }
  return bytes;
}
