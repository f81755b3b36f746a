// Messages that were delivered and not yet acknowledged, in order of their sequence: columns of numbers, 33 bytes a
// message. It knows no time but what it is told, and no reason why an entry comes or goes.

const firstCapacity = 32;
/** An empty one keeps no more than this. */
const keptCapacity = 4096;

const bytesAnEntry = 33;
const isGone = 1;
const hasOwnDue = 2;

const noDoubles: Float64Array = new Float64Array(0);
const noWords: Uint32Array = new Uint32Array(0);
const noBytes: Uint8Array = new Uint8Array(0);

/**
 * Entries are named by their index, which is valid until the next add(). Sequences ascend; removed entries stay as holes
 * until room is needed.
 *
 *   0 ........ head ............................ end ...... capacity
 *   (free)     first live, live or hole, ...     (free)
 */
export class Pending {
  #sequences: Float64Array = noDoubles;
  #consumerSequences: Float64Array = noDoubles;
  #times: Float64Array = noDoubles;
  #deliveries: Uint32Array = noWords;
  #turns: Uint32Array = noWords;
  #flags: Uint8Array = noBytes;
  #head = 0;
  #end = 0;
  #size = 0;
  #redelivered = 0;

  get size(): number {
    return this.#size;
  }

  /** How many were delivered more than once. */
  get redelivered(): number {
    return this.#redelivered;
  }

  get memoryBytes(): number {
    return this.#sequences.length * bytesAnEntry;
  }

  /** Gives its index. The sequence must not be there. `time` is of the delivery, in milliseconds of any clock. */
  add(sequence: number, consumerSequence: number, time: number, deliveries = 1): number {
    if (this.#end === this.#sequences.length) {
      this.#makeRoom();
    }
    let index = this.#end;
    if (index > this.#head && (this.#sequences[index - 1] ?? 0) >= sequence) {
      index = this.#openHole(sequence);
    }
    this.#end++;
    this.#size++;
    this.#sequences[index] = sequence;
    this.#consumerSequences[index] = consumerSequence;
    this.#times[index] = time;
    this.#deliveries[index] = deliveries;
    this.#turns[index] = 0;
    this.#flags[index] = 0;
    if (deliveries > 1) {
      this.#redelivered++;
    }
    return index;
  }

  /** -1 when it is not there. */
  find(sequence: number): number {
    const index = this.#lowerBound(sequence);
    const isHere = index < this.#end && this.#sequences[index] === sequence;
    return isHere && ((this.#flags[index] ?? 0) & isGone) === 0 ? index : -1;
  }

  /** The first entry from this sequence on; -1 when there is none. */
  firstFrom(sequence: number): number {
    return this.#liveFrom(this.#lowerBound(sequence));
  }

  first(): number {
    return this.#liveFrom(this.#head);
  }

  /** The entry behind this one; -1 when there is none. */
  after(index: number): number {
    return this.#liveFrom(index + 1);
  }

  remove(index: number): void {
    this.#flags[index] = isGone;
    this.#size--;
    if ((this.#deliveries[index] ?? 0) > 1) {
      this.#redelivered--;
    }
    if (this.#size === 0) {
      this.clear();
    } else if (index === this.#head) {
      this.#head = this.#liveFrom(index);
    }
  }

  clear(): void {
    this.#head = 0;
    this.#end = 0;
    this.#size = 0;
    this.#redelivered = 0;
    if (this.#sequences.length > keptCapacity) {
      this.#resize(0);
    }
  }

  sequence(index: number): number {
    return this.#sequences[index] ?? 0;
  }

  consumerSequence(index: number): number {
    return this.#consumerSequences[index] ?? 0;
  }

  time(index: number): number {
    return this.#times[index] ?? 0;
  }

  setTime(index: number, time: number): void {
    this.#times[index] = time;
  }

  deliveries(index: number): number {
    return this.#deliveries[index] ?? 0;
  }

  /** Gives how often it was delivered by now. */
  addDelivery(index: number): number {
    const deliveries = (this.#deliveries[index] ?? 0) + 1;
    this.#deliveries[index] = deliveries;
    if (deliveries === 2) {
      this.#redelivered++;
    }
    return deliveries;
  }

  /** Its place in a queue; 0 is none. */
  turn(index: number): number {
    return this.#turns[index] ?? 0;
  }

  setTurn(index: number, turn: number): void {
    this.#turns[index] = turn;
  }

  /** Whether its wait is kept apart from the order in which messages were first delivered. */
  hasOwnDue(index: number): boolean {
    return ((this.#flags[index] ?? 0) & hasOwnDue) !== 0;
  }

  setOwnDue(index: number, is: boolean): void {
    const flags = this.#flags[index] ?? 0;
    this.#flags[index] = is ? flags | hasOwnDue : flags & ~hasOwnDue;
  }

  #liveFrom(from: number): number {
    for (let index = from; index < this.#end; index++) {
      if (((this.#flags[index] ?? 0) & isGone) === 0) {
        return index;
      }
    }
    return -1;
  }

  /** The first index, live or hole, whose sequence is not lower. */
  #lowerBound(sequence: number): number {
    const sequences = this.#sequences;
    let low = this.#head;
    let high = this.#end;
    // Sequences ascend by one at least: the entry cannot stand further back than this.
    const guess = low + sequence - (sequences[low] ?? 0);
    if (guess < high) {
      if (guess >= low && sequences[guess] === sequence) {
        return guess;
      }
      high = Math.max(low, guess);
    }
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sequences[middle] ?? 0) < sequence) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Room in the middle, for a sequence that comes late. */
  #openHole(sequence: number): number {
    const index = this.#lowerBound(sequence);
    for (const column of this.#columns()) {
      column.copyWithin(index + 1, index, this.#end);
    }
    return index;
  }

  #makeRoom(): void {
    this.#closeHoles();
    const capacity = this.#sequences.length;
    if (this.#size * 2 > capacity || capacity === 0) {
      this.#resize(Math.max(firstCapacity, capacity * 2));
    }
  }

  #closeHoles(): void {
    let to = 0;
    for (let from = this.#head; from < this.#end; from++) {
      if (((this.#flags[from] ?? 0) & isGone) !== 0) {
        continue;
      }
      if (to !== from) {
        this.#sequences[to] = this.#sequences[from] ?? 0;
        this.#consumerSequences[to] = this.#consumerSequences[from] ?? 0;
        this.#times[to] = this.#times[from] ?? 0;
        this.#deliveries[to] = this.#deliveries[from] ?? 0;
        this.#turns[to] = this.#turns[from] ?? 0;
        this.#flags[to] = this.#flags[from] ?? 0;
      }
      to++;
    }
    this.#head = 0;
    this.#end = to;
  }

  #resize(capacity: number): void {
    const end = this.#end;
    const sequences = new Float64Array(capacity);
    sequences.set(this.#sequences.subarray(0, end));
    this.#sequences = sequences;
    const consumerSequences = new Float64Array(capacity);
    consumerSequences.set(this.#consumerSequences.subarray(0, end));
    this.#consumerSequences = consumerSequences;
    const times = new Float64Array(capacity);
    times.set(this.#times.subarray(0, end));
    this.#times = times;
    const deliveries = new Uint32Array(capacity);
    deliveries.set(this.#deliveries.subarray(0, end));
    this.#deliveries = deliveries;
    const turns = new Uint32Array(capacity);
    turns.set(this.#turns.subarray(0, end));
    this.#turns = turns;
    const flags = new Uint8Array(capacity);
    flags.set(this.#flags.subarray(0, end));
    this.#flags = flags;
  }

  #columns(): readonly (Float64Array | Uint32Array | Uint8Array)[] {
    return [
      this.#sequences,
      this.#consumerSequences,
      this.#times,
      this.#deliveries,
      this.#turns,
      this.#flags,
    ];
  }
}
