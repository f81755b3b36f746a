// The pieces that a SequenceSet is made of: a full span, a bitmap, or a short list of runs. It knows one piece at a time.

/** Sequences that one piece covers, as a power of two. */
const pieceBits = 16;
export const pieceSize: number = 1 << pieceBits;
export const bitmapWords: number = pieceSize / 32;
/** A longer list of runs becomes a bitmap. */
const mostRuns = 256;
const lastLow = pieceSize - 1;

/** Covers `spans` times 65,536 sequences from `key * 65,536` on. Only a full one spans more than one. */
export interface SequencePiece {
  readonly key: number;
  readonly spans: number;
  count: number;
  /** Firsts and lasts in turn, when it is neither full nor a bitmap. Runs never touch. */
  runs: Uint16Array<ArrayBuffer> | null;
  runCount: number;
  bits: Int32Array<ArrayBuffer> | null;
}

export function keyOf(sequence: number): number {
  return Math.floor(sequence / pieceSize);
}

export function lowOf(sequence: number): number {
  return sequence % pieceSize;
}

export function startOf(key: number): number {
  return key * pieceSize;
}

export function endOf(key: number): number {
  return key * pieceSize + lastLow;
}

export function emptyPiece(key: number): SequencePiece {
  return { key, spans: 1, count: 0, runs: new Uint16Array(4), runCount: 0, bits: null };
}

export function fullPiece(key: number, spans: number): SequencePiece {
  return { key, spans, count: spans * pieceSize, runs: null, runCount: 0, bits: null };
}

/** All of one key, but such that single ones can be taken out. */
export function wholeRun(key: number): SequencePiece {
  const runs = Uint16Array.of(0, lastLow);
  return { key, spans: 1, count: pieceSize, runs, runCount: 1, bits: null };
}

export function bitmapPiece(key: number, bits: Int32Array<ArrayBuffer>): SequencePiece {
  return { key, spans: 1, count: countBits(bits), runs: null, runCount: 0, bits };
}

export function isFull(piece: SequencePiece): boolean {
  return piece.runs === null && piece.bits === null;
}

export function areJoined(left: SequencePiece, right: SequencePiece): boolean {
  return isFull(left) && isFull(right) && left.key + left.spans === right.key;
}

export function holds(piece: SequencePiece, low: number): boolean {
  const { bits, runs } = piece;
  if (bits !== null) {
    return ((bits[low >>> 5] ?? 0) & (1 << (low & 31))) !== 0;
  }
  if (runs === null) {
    return true;
  }
  const run = runAt(piece, runs, low);
  return run < piece.runCount && (runs[2 * run] ?? 0) <= low;
}

/** False when it was there already. */
export function addTo(piece: SequencePiece, low: number): boolean {
  if (holds(piece, low)) {
    return false;
  }
  piece.count++;
  if (piece.runs !== null && !addToRuns(piece, piece.runs, low)) {
    piece.bits = bitsOf(piece);
    piece.runs = null;
  }
  const { bits } = piece;
  if (bits !== null) {
    bits[low >>> 5] = (bits[low >>> 5] ?? 0) | (1 << (low & 31));
  }
  return true;
}

/** It must be there, and the piece not full. */
export function takeFrom(piece: SequencePiece, low: number): void {
  piece.bits ??= bitsOf(piece);
  piece.runs = null;
  piece.bits[low >>> 5] = (piece.bits[low >>> 5] ?? 0) & ~(1 << (low & 31));
  piece.count--;
}

/** Takes out all below `low`. */
export function cutBelow(piece: SequencePiece, low: number): void {
  const bits = bitsOf(piece);
  bits.fill(0, 0, low >>> 5);
  bits[low >>> 5] = (bits[low >>> 5] ?? 0) & (-1 << (low & 31));
  piece.count = countBits(bits);
  piece.bits = bits;
  piece.runs = null;
}

/** The first one from `low` on that is there; -1 when there is none. The piece is not full. */
export function nextPresentIn(piece: SequencePiece, low: number): number {
  const { bits, runs } = piece;
  if (bits !== null) {
    return nextBit(bits, low, 0);
  }
  if (runs === null) {
    return low;
  }
  const run = runAt(piece, runs, low);
  return run < piece.runCount ? Math.max(low, runs[2 * run] ?? 0) : -1;
}

/** The first one from `low` on that is not there; -1 when all are. The piece is not full. */
export function nextAbsentIn(piece: SequencePiece, low: number): number {
  const { bits, runs } = piece;
  if (bits !== null) {
    return nextBit(bits, low, -1);
  }
  if (runs === null) {
    return -1;
  }
  const run = runAt(piece, runs, low);
  if (run >= piece.runCount || (runs[2 * run] ?? 0) > low) {
    return low;
  }
  const last = runs[2 * run + 1] ?? 0;
  return last === lastLow ? -1 : last + 1;
}

/** The last one up to `low` that is not there; -1 when all are. The piece is not full. */
export function previousAbsentIn(piece: SequencePiece, low: number): number {
  const { runs } = piece;
  if (runs !== null) {
    const run = runAt(piece, runs, low);
    const first = runs[2 * run] ?? 0;
    return run >= piece.runCount || first > low ? low : first - 1;
  }
  let at = low;
  while (at >= 0 && holds(piece, at)) {
    at = piece.bits?.[at >>> 5] === -1 ? (at & ~31) - 1 : at - 1;
  }
  return at;
}

/** How many from `first` to `last`, both included. The piece is not full. */
export function countIn(piece: SequencePiece, first: number, last: number): number {
  if (first === 0 && last === lastLow) {
    return piece.count;
  }
  const { bits, runs, runCount } = piece;
  if (bits !== null) {
    return countBitsBetween(bits, first, last);
  }
  let count = 0;
  for (let run = 0; runs !== null && run < runCount; run++) {
    const from = Math.max(first, runs[2 * run] ?? 0);
    const to = Math.min(last, runs[2 * run + 1] ?? 0);
    count += Math.max(0, to - from + 1);
  }
  return count;
}

/** As a bitmap, of a piece that is not full. */
export function bitsOf(piece: SequencePiece): Int32Array<ArrayBuffer> {
  const bits = piece.bits ?? new Int32Array(bitmapWords);
  const { runs } = piece;
  for (let run = 0; runs !== null && run < piece.runCount; run++) {
    setBits(bits, runs[2 * run] ?? 0, runs[2 * run + 1] ?? 0);
  }
  return bits;
}

/** Index of the first run that ends at `low` or behind it. */
function runAt(piece: SequencePiece, runs: Uint16Array, low: number): number {
  let from = 0;
  let to = piece.runCount;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((runs[2 * middle + 1] ?? 0) < low) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  return from;
}

/** False when there are too many runs for a list. */
function addToRuns(piece: SequencePiece, runs: Uint16Array, low: number): boolean {
  const run = runAt(piece, runs, low);
  const joinsBefore = run > 0 && runs[2 * run - 1] === low - 1;
  const joinsAfter = run < piece.runCount && runs[2 * run] === low + 1;
  if (joinsBefore && joinsAfter) {
    runs[2 * run - 1] = runs[2 * run + 1] ?? 0;
    runs.copyWithin(2 * run, 2 * run + 2, 2 * piece.runCount);
    piece.runCount--;
  } else if (joinsBefore) {
    runs[2 * run - 1] = low;
  } else if (joinsAfter) {
    runs[2 * run] = low;
  } else {
    return insertRun(piece, runs, run, low);
  }
  return true;
}

function insertRun(piece: SequencePiece, runs: Uint16Array, run: number, low: number): boolean {
  if (piece.runCount === mostRuns) {
    return false;
  }
  let list = runs;
  if (2 * piece.runCount === runs.length) {
    const longer = new Uint16Array(2 * runs.length);
    longer.set(runs);
    piece.runs = longer;
    list = longer;
  }
  list.copyWithin(2 * run + 2, 2 * run, 2 * piece.runCount);
  list[2 * run] = low;
  list[2 * run + 1] = low;
  piece.runCount++;
  return true;
}

function setBits(bits: Int32Array, first: number, last: number): void {
  for (let at = first; at <= last; ) {
    if ((at & 31) === 0 && at + lastOfWord <= last) {
      bits[at >>> 5] = -1;
      at += 32;
    } else {
      bits[at >>> 5] = (bits[at >>> 5] ?? 0) | (1 << (at & 31));
      at++;
    }
  }
}

const lastOfWord = 31;

/** The first bit from `low` on that is set, or with `flip` -1 that is not; -1 when there is none. */
function nextBit(bits: Int32Array, low: number, flip: number): number {
  let word = low >>> 5;
  let rest = ((bits[word] ?? 0) ^ flip) & (-1 << (low & 31));
  while (rest === 0) {
    word++;
    if (word === bitmapWords) {
      return -1;
    }
    rest = (bits[word] ?? 0) ^ flip;
  }
  return word * 32 + (31 - Math.clz32(rest & -rest));
}

function countBitsBetween(bits: Int32Array, first: number, last: number): number {
  const from = first >>> 5;
  const to = last >>> 5;
  let count = 0;
  for (let word = from; word <= to; word++) {
    let rest = bits[word] ?? 0;
    rest &= word === from ? -1 << (first & 31) : -1;
    rest &= word === to ? -1 >>> (31 - (last & 31)) : -1;
    count += onesIn(rest);
  }
  return count;
}

function countBits(bits: Int32Array): number {
  return countBitsBetween(bits, 0, lastLow);
}

function onesIn(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
