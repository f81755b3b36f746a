// What a consumer knows of messages: how far it delivered, what is acknowledged, what waits. The only place where that
// changes; each change is told to a recorder, so that it can be made again. It knows no client and no stream.

import { Pending } from "./pending.ts";
import { Redelivery } from "./redelivery.ts";

/** Hears of changes, in order. `time` is of the consumer's own clock. */
export interface LedgerRecorder {
  delivered(sequence: number, previous: number, time: number): void;
  redelivered(sequence: number, time: number): void;
  acknowledged(sequence: number): void;
  /** As acknowledged, once the change `ticket` of the stream is durable. */
  removed(sequence: number, ticket: number): void;
  acknowledgedAll(sequence: number, consumerSequence: number): void;
  exceeded(sequence: number): void;
  forgotten(sequence: number): void;
  waitsFrom(sequence: number, time: number): void;
  /** All numbers may have changed, and nothing waits: a consumer without acknowledgements moved on. */
  moved(): void;
  /** The highest sequence delivered has changed, and nobody is told of that. */
  jumped(): void;
}

export class ConsumerLedger {
  readonly pending: Pending = new Pending();
  readonly redelivery: Redelivery = new Redelivery(this.pending);
  /** Messages that were delivered as often as they may be, and how often that was. They wait for nothing. */
  readonly exceeded: Map<number, number> = new Map();
  recorder: LedgerRecorder | null = null;
  /** The last consumer sequence given, and the highest stream sequence delivered. */
  deliveredConsumer = 0;
  deliveredStream = 0;
  /** All up to here is acknowledged. */
  floorConsumer = 0;
  floorStream = 0;

  get redelivered(): number {
    return this.pending.redelivered + this.exceeded.size;
  }

  /** A new start: the next message is the first from `sequence` on. */
  startAt(sequence: number): void {
    this.pending.clear();
    this.redelivery.clear();
    this.exceeded.clear();
    this.deliveredConsumer = 0;
    this.deliveredStream = sequence - 1;
    this.floorConsumer = 0;
    this.floorStream = sequence - 1;
  }

  /** For the first time, and an acknowledgement is wanted. */
  deliver(sequence: number, time: number): void {
    const previous = this.deliveredStream;
    this.deliveredConsumer++;
    this.deliveredStream = sequence;
    this.pending.add(sequence, this.deliveredConsumer, time);
    this.recorder?.delivered(sequence, previous, time);
  }

  /** And no acknowledgement is wanted. */
  deliverUnacknowledged(sequence: number): void {
    this.deliveredConsumer++;
    this.deliveredStream = sequence;
    this.floorConsumer = this.deliveredConsumer;
    this.floorStream = sequence;
    this.recorder?.moved();
  }

  redeliver(index: number, time: number): void {
    this.deliveredConsumer++;
    const deliveries = this.pending.deliveries(index) + 1;
    this.redelivery.waitFrom(index, time, deliveries);
    this.pending.addDelivery(index);
    this.recorder?.redelivered(this.pending.sequence(index), time);
  }

  /** The message is gone from the stream: as acknowledge(), and recorded when the stream's change `ticket` is durable. */
  dropRemoved(index: number, ticket: number): void {
    this.recorder?.removed(this.pending.sequence(index), ticket);
    this.#remove(index);
  }

  /** The message is gone by a purge: not recorded, as purgeBelow(). */
  dropPurged(index: number): void {
    this.#remove(index);
  }

  /** False when it did not wait for that. */
  acknowledge(sequence: number): boolean {
    const index = this.pending.find(sequence);
    const wasExceeded = this.exceeded.delete(sequence);
    if (index !== -1) {
      this.#remove(index);
    }
    if (index !== -1 || wasExceeded) {
      this.recorder?.acknowledged(sequence);
    }
    return index !== -1;
  }

  /** All up to this one. `removed` is told each that waited, but for this one itself. */
  acknowledgeAll(
    sequence: number,
    consumerSequence: number,
    removed: (sequence: number) => void = ignore,
  ): boolean {
    if (consumerSequence <= this.floorConsumer || sequence <= this.floorStream) {
      return false;
    }
    const { pending } = this;
    for (let index = pending.first(); index !== -1; index = pending.first()) {
      const lowest = pending.sequence(index);
      if (lowest > sequence) {
        break;
      }
      this.redelivery.forget(index);
      pending.remove(index);
      if (lowest !== sequence) {
        removed(lowest);
      }
    }
    for (const other of this.exceeded.keys()) {
      if (other <= sequence) {
        this.exceeded.delete(other);
      }
    }
    this.floorConsumer = consumerSequence;
    this.floorStream = sequence;
    this.recorder?.acknowledgedAll(sequence, consumerSequence);
    return true;
  }

  /** It was delivered as often as it may be: it waits no more, and is not acknowledged either: the floor stays. */
  exceed(index: number): void {
    const sequence = this.pending.sequence(index);
    this.exceeded.set(sequence, this.pending.deliveries(index));
    this.redelivery.forget(index);
    this.pending.remove(index);
    this.recorder?.exceeded(sequence);
  }

  /** An exceeded one is gone from the stream. */
  forget(sequence: number): void {
    if (this.exceeded.delete(sequence)) {
      this.recorder?.forgotten(sequence);
    }
  }

  /** Its wait begins anew, at a time that may lie ahead. */
  waitFrom(index: number, time: number): void {
    this.redelivery.waitFrom(index, time, this.pending.deliveries(index));
    this.recorder?.waitsFrom(this.pending.sequence(index), time);
  }

  /**
   * The stream was purged up to there. Not recorded: what is written may be durable before the purge is, and would skip
   * messages that are still there after a crash. Who recovers asks the stream what is there.
   */
  purgeBelow(first: number): void {
    this.dropBelow(first);
    this.recorder?.jumped();
    this.deliveredStream = Math.max(this.deliveredStream, first - 1);
    if (this.floorStream < first - 1) {
      const isEmpty = this.pending.size === 0;
      this.floorConsumer = isEmpty ? this.deliveredConsumer : this.floorConsumer;
      this.floorStream = isEmpty ? this.deliveredStream : first - 1;
    }
  }

  /** Messages below `first` are gone. Not recorded either. */
  dropBelow(first: number): void {
    for (let index = this.pending.first(); index !== -1; index = this.pending.first()) {
      const sequence = this.pending.sequence(index);
      if (sequence >= first) {
        break;
      }
      this.#remove(index);
    }
    for (const sequence of this.exceeded.keys()) {
      if (sequence < first) {
        this.exceeded.delete(sequence);
      }
    }
  }

  /** The stream's last sequence is lower than what was delivered: it lost messages, and gives their numbers again. */
  cutTo(last: number): void {
    if (this.floorStream > last) {
      this.floorStream = last;
      this.floorConsumer = this.deliveredConsumer;
      this.pending.clear();
      this.redelivery.clear();
      this.exceeded.clear();
    }
    let highest = 0;
    let highestConsumer = 0;
    for (let index = this.pending.first(); index !== -1; index = this.pending.after(index)) {
      if (this.pending.sequence(index) > last) {
        this.redelivery.forget(index);
        this.pending.remove(index);
        if (this.pending.size === 0) {
          break;
        }
      } else {
        highest = this.pending.sequence(index);
        highestConsumer = Math.max(highestConsumer, this.pending.consumerSequence(index));
      }
    }
    for (const sequence of this.exceeded.keys()) {
      if (sequence > last) {
        this.exceeded.delete(sequence);
      }
    }
    const isEmpty = this.pending.size === 0;
    this.deliveredStream = isEmpty ? this.floorStream : highest;
    this.deliveredConsumer = isEmpty ? this.floorConsumer : highestConsumer;
  }

  /** Whether it has yet to be done with this message, which its filter wants. */
  needs(sequence: number, isExplicit: boolean): boolean {
    if (sequence > this.deliveredStream) {
      return true;
    }
    if (sequence > this.floorStream) {
      return !isExplicit || this.pending.find(sequence) !== -1 || this.exceeded.has(sequence);
    }
    return this.exceeded.has(sequence);
  }

  /** All below it is done with. */
  get firstNeeded(): number {
    let first = this.floorStream + 1;
    for (const sequence of this.exceeded.keys()) {
      first = Math.min(first, sequence);
    }
    return first;
  }

  get memoryBytes(): number {
    return this.pending.memoryBytes + this.redelivery.memoryBytes + this.exceeded.size * 48;
  }

  #remove(index: number): void {
    const { pending } = this;
    const sequence = pending.sequence(index);
    const consumerSequence = pending.consumerSequence(index);
    const isAtFloor = consumerSequence === this.floorConsumer + 1;
    this.redelivery.forget(index);
    pending.remove(index);
    if (pending.size === 0) {
      this.redelivery.clear();
      this.floorConsumer = this.deliveredConsumer;
      this.floorStream = this.deliveredStream;
    } else if (isAtFloor) {
      this.floorConsumer = consumerSequence;
      this.floorStream = sequence;
      const next = pending.firstFrom(sequence + 1);
      if (next !== -1) {
        this.floorConsumer = pending.consumerSequence(next) - 1;
        this.floorStream = pending.sequence(next) - 1;
      }
    }
  }
}

function ignore(): void {
  // Nobody asked.
}
