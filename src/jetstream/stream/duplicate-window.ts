// Message ids of the last minutes, and under which sequence each was stored. It keeps 96 bits of each id instead of the
// id, in columns outside of the collector's sight. When an entry is too old is told it with every question.
//
//   entries   1 2 3 ... in order of arrival, round and round in columns
//   index     the newest entry of each bucket, and from each entry the next older one. Behind one that is gone all are
//             gone, so that forgetting costs nothing.
//
// When the columns have grown, a wider index is built beside the one in use, a few entries with every new one.

import { IdHash } from "./id-hash.ts";

/** More ids than this are not remembered: the oldest are forgotten before their time. */
export const maxRememberedIds: number = 2 ** 23;

const firstCapacity = 32;
const entryBytes = 36;
/** Entered into a new index with every entry that comes. */
const movedAtOnce = 4;
/** Of windows that remember nothing. */
const noInts: Int32Array = new Int32Array(0);
const noDoubles: Float64Array = new Float64Array(0);
/** As much of an entry's number as the index holds, beside a bit that says that there is one. */
const numberMask = 0x7fffffff;
const present: number = ~numberMask;

class IdIndex {
  /** Marks of entries; 0 is none. */
  readonly buckets: Int32Array;
  readonly mask: number;
  /** By the place of an entry. */
  nexts: Int32Array;

  constructor(capacity: number) {
    this.buckets = new Int32Array(capacity);
    this.mask = capacity - 1;
    this.nexts = new Int32Array(capacity);
  }

  add(one: number, place: number, entry: number): void {
    const bucket = one & this.mask;
    this.nexts[place] = this.buckets[bucket] ?? 0;
    this.buckets[bucket] = (entry & numberMask) | present;
  }
}

/** Nothing is ever written to it: the first entry makes a wider one. */
const noIndex: IdIndex = new IdIndex(0);

export class DuplicateWindow {
  readonly #hash: IdHash = new IdHash();
  #ones: Int32Array = noInts;
  #twos: Int32Array = noInts;
  #threes: Int32Array = noInts;
  #sequences: Float64Array = noDoubles;
  #times: Float64Array = noDoubles;
  /** An entry's place is its number under this mask. */
  #mask = -1;
  #oldest = 1;
  /** The next one's number. */
  #next = 1;
  #index: IdIndex = noIndex;
  /** Being built: the entries below #moving are in it. */
  #wider: IdIndex | null = null;
  #moving = 0;

  get size(): number {
    return this.#next - this.#oldest;
  }

  /** 0 when there is none. */
  get oldestMicros(): number {
    return this.size === 0 ? 0 : this.#timeOf(this.#oldest);
  }

  get memoryBytes(): number {
    return this.#times.length * entryBytes;
  }

  /** When the one that `find` gave was stored. */
  foundMicros = 0;

  /** The sequence under which it was stored last; 0 is not known. Whether that is too long ago the caller decides. */
  find(id: string): number {
    if (this.size === 0) {
      return 0;
    }
    this.#hash.ofText(id);
    const { one, two, three } = this.#hash;
    const { buckets, nexts, mask } = this.#index;
    let mark = buckets[one & mask] ?? 0;
    for (let entry = this.#entryOf(mark); entry !== 0; entry = this.#entryOf(mark)) {
      const at = entry & this.#mask;
      const isSame = this.#ones[at] === one && this.#twos[at] === two && this.#threes[at] === three;
      if (isSame) {
        this.foundMicros = this.#times[at] ?? 0;
        return this.#sequences[at] ?? 0;
      }
      mark = nexts[at] ?? 0;
    }
    return 0;
  }

  add(id: string, sequence: number, timeMicros: number): void {
    if (this.size >= maxRememberedIds) {
      this.#oldest += 1;
    }
    if (this.size > this.#mask) {
      this.#grow();
    }
    const hash = this.#hash;
    hash.ofText(id);
    const entry = this.#next;
    const at = entry & this.#mask;
    this.#ones[at] = hash.one;
    this.#twos[at] = hash.two;
    this.#threes[at] = hash.three;
    this.#sequences[at] = sequence;
    this.#times[at] = timeMicros;
    this.#index.add(hash.one, at, entry);
    this.#next += 1;
    if (this.#wider !== null) {
      this.#move(this.#wider);
    }
  }

  /** Forgets those that are older; all memory when none is left. */
  forgetBefore(since: number): void {
    while (this.size > 0 && this.#timeOf(this.#oldest) < since) {
      this.#oldest += 1;
    }
    if (this.size === 0 && this.#next > 1) {
      this.clear();
    }
  }

  clear(): void {
    this.#ones = noInts;
    this.#twos = noInts;
    this.#threes = noInts;
    this.#sequences = noDoubles;
    this.#times = noDoubles;
    this.#mask = -1;
    this.#oldest = 1;
    this.#next = 1;
    this.#index = noIndex;
    this.#wider = null;
  }

  /** 0 when the mark is none, or that of an entry that is gone. */
  #entryOf(mark: number): number {
    if (mark === 0) {
      return 0;
    }
    const age = ((mark & numberMask) - (this.#oldest & numberMask)) & numberMask;
    return age < this.size ? this.#oldest + age : 0;
  }

  #timeOf(entry: number): number {
    return this.#times[entry & this.#mask] ?? 0;
  }

  #grow(): void {
    const capacity = this.#mask < 0 ? firstCapacity : (this.#mask + 1) * 2;
    const from = this.#oldest & this.#mask;
    const to = this.#oldest & (capacity - 1);
    this.#ones = moved(new Int32Array(capacity), this.#ones, from, to);
    this.#twos = moved(new Int32Array(capacity), this.#twos, from, to);
    this.#threes = moved(new Int32Array(capacity), this.#threes, from, to);
    this.#sequences = moved(new Float64Array(capacity), this.#sequences, from, to);
    this.#times = moved(new Float64Array(capacity), this.#times, from, to);
    if (this.#mask < 0) {
      this.#index = new IdIndex(capacity);
    } else {
      this.#index.nexts = moved(new Int32Array(capacity), this.#index.nexts, from, to);
      this.#wider = new IdIndex(capacity);
      this.#moving = this.#oldest;
    }
    this.#mask = capacity - 1;
  }

  #move(wider: IdIndex): void {
    this.#moving = Math.max(this.#moving, this.#oldest);
    const until = Math.min(this.#moving + movedAtOnce, this.#next);
    for (; this.#moving < until; this.#moving++) {
      const at = this.#moving & this.#mask;
      wider.add(this.#ones[at] ?? 0, at, this.#moving);
    }
    if (this.#moving === this.#next) {
      this.#index = wider;
      this.#wider = null;
    }
  }
}

/** A full ring into one of twice the size, where its oldest comes to stand at `to`. */
function moved<Column extends Int32Array | Float64Array>(
  wider: Column,
  column: Column,
  from: number,
  to: number,
): Column {
  const ahead = column.length - from;
  wider.set(column.subarray(from), to);
  wider.set(column.subarray(0, from), (to + ahead) & (wider.length - 1));
  return wider;
}
