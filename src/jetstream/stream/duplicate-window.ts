// Message ids of the last minutes, and under which sequence each was stored. It keeps 96 bits of each id instead of the
// id, in columns outside of the collector's sight. When an entry is too old is told it with every question.

const firstCapacity = 64;
/** More ids than this are not remembered: the oldest are forgotten before their time. */
export const maxRememberedIds: number = 2 ** 23;

const none = -1;
const primeOne = 0x01000193;
const primeTwo = 0x85ebca6b;
const primeThree = 0xc2b2ae35;

/** Three hashes of an id, made in one pass. One object is reused: whoever keeps the numbers copies them. */
class IdHash {
  one = 0;
  two = 0;
  three = 0;

  ofBytes(bytes: Uint8Array, start: number, length: number): void {
    this.#begin(length);
    for (let at = start; at < start + length; at++) {
      this.#add(bytes[at] ?? 0);
    }
    this.#end();
  }

  ofText(id: string): void {
    this.#begin(id.length);
    for (let at = 0; at < id.length; at++) {
      this.#add(id.charCodeAt(at) & 0xff);
    }
    this.#end();
  }

  #begin(length: number): void {
    this.one = 0x811c9dc5 ^ length;
    this.two = 0x9e3779b9;
    this.three = 0x27d4eb2f;
  }

  #add(byte: number): void {
    this.one = Math.imul(this.one ^ byte, primeOne);
    this.two = Math.imul((this.two << 13) ^ (this.two >>> 19) ^ byte, primeTwo);
    this.three = Math.imul((this.three << 7) ^ (this.three >>> 25) ^ (byte * 0x9f), primeThree);
  }

  #end(): void {
    this.one = (this.one ^ (this.one >>> 15)) | 0;
    this.two = (this.two ^ (this.two >>> 13)) | 0;
    this.three = (this.three ^ (this.three >>> 16)) | 0;
  }
}

export class DuplicateWindow {
  readonly #hash: IdHash = new IdHash();
  #capacity = 0;
  #mask = 0;
  /** Entries stand in order of arrival, round and round. */
  #oldest = 0;
  #count = 0;
  #ones: Int32Array = new Int32Array(0);
  #twos: Int32Array = new Int32Array(0);
  #threes: Int32Array = new Int32Array(0);
  #sequences: Float64Array = new Float64Array(0);
  #times: Float64Array = new Float64Array(0);
  /** The next entry of the same bucket, newest first. */
  #nexts: Int32Array = new Int32Array(0);
  #buckets: Int32Array = new Int32Array(0);

  get size(): number {
    return this.#count;
  }

  /** 0 when there is none. */
  get oldestMicros(): number {
    return this.#count === 0 ? 0 : (this.#times[this.#oldest] ?? 0);
  }

  get memoryBytes(): number {
    return this.#capacity * 36;
  }

  /** The sequence under which it was stored at `since` or later; 0 is not known. */
  find(bytes: Uint8Array, start: number, length: number, since: number): number {
    if (this.#count === 0) {
      return 0;
    }
    this.#hash.ofBytes(bytes, start, length);
    return this.#find(since);
  }

  findText(id: string, since: number): number {
    if (this.#count === 0) {
      return 0;
    }
    this.#hash.ofText(id);
    return this.#find(since);
  }

  add(id: string, sequence: number, timeMicros: number): void {
    this.#makeRoom();
    const hash = this.#hash;
    hash.ofText(id);
    const entry = (this.#oldest + this.#count) & this.#mask;
    this.#ones[entry] = hash.one;
    this.#twos[entry] = hash.two;
    this.#threes[entry] = hash.three;
    this.#sequences[entry] = sequence;
    this.#times[entry] = timeMicros;
    this.#count += 1;
    this.#link(entry);
  }

  /** Forgets those that are older; all memory when none is left. */
  forgetBefore(since: number): void {
    while (this.#count > 0 && (this.#times[this.#oldest] ?? 0) < since) {
      this.#dropOldest();
    }
    if (this.#count === 0 && this.#capacity > 0) {
      this.#resize(0);
    }
  }

  clear(): void {
    this.forgetBefore(Number.POSITIVE_INFINITY);
  }

  #find(since: number): number {
    const { one, two, three } = this.#hash;
    let entry = this.#buckets[one & this.#mask] ?? none;
    while (entry !== none) {
      if (
        this.#ones[entry] === one &&
        this.#twos[entry] === two &&
        this.#threes[entry] === three &&
        (this.#times[entry] ?? 0) >= since
      ) {
        return this.#sequences[entry] ?? 0;
      }
      entry = this.#nexts[entry] ?? none;
    }
    return 0;
  }

  #link(entry: number): void {
    const bucket = (this.#ones[entry] ?? 0) & this.#mask;
    this.#nexts[entry] = this.#buckets[bucket] ?? none;
    this.#buckets[bucket] = entry;
  }

  #dropOldest(): void {
    const entry = this.#oldest;
    const bucket = (this.#ones[entry] ?? 0) & this.#mask;
    let at = this.#buckets[bucket] ?? none;
    if (at === entry) {
      this.#buckets[bucket] = this.#nexts[entry] ?? none;
    } else {
      while (at !== none && this.#nexts[at] !== entry) {
        at = this.#nexts[at] ?? none;
      }
      if (at !== none) {
        this.#nexts[at] = this.#nexts[entry] ?? none;
      }
    }
    this.#oldest = (entry + 1) & this.#mask;
    this.#count -= 1;
  }

  #makeRoom(): void {
    if (this.#count < this.#capacity) {
      return;
    }
    if (this.#capacity >= maxRememberedIds) {
      this.#dropOldest();
    } else {
      this.#resize(this.#capacity === 0 ? firstCapacity : this.#capacity * 2);
    }
  }

  #resize(capacity: number): void {
    this.#ones = moved(new Int32Array(capacity), this.#ones, this.#oldest);
    this.#twos = moved(new Int32Array(capacity), this.#twos, this.#oldest);
    this.#threes = moved(new Int32Array(capacity), this.#threes, this.#oldest);
    this.#sequences = moved(new Float64Array(capacity), this.#sequences, this.#oldest);
    this.#times = moved(new Float64Array(capacity), this.#times, this.#oldest);
    this.#nexts = new Int32Array(capacity);
    this.#buckets = new Int32Array(capacity).fill(none);
    this.#oldest = 0;
    this.#capacity = capacity;
    this.#mask = capacity - 1;
    for (let entry = 0; entry < this.#count; entry++) {
      this.#link(entry);
    }
  }
}

/** All of a full ring, its oldest first. */
function moved<Column extends Int32Array | Float64Array>(
  to: Column,
  from: Column,
  oldest: number,
): Column {
  if (to.length > 0) {
    to.set(from.subarray(oldest));
    to.set(from.subarray(0, oldest), from.length - oldest);
  }
  return to;
}
