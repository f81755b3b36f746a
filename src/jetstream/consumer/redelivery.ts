// Which unacknowledged messages are to be delivered again, and when the next one will be: when its wait is over, or at
// once when a client said so. It keeps no timer; who asks for nextDue sets one.
//
// Messages delivered once wait equally long, so they fall due in the order of their sequences: a cursor walks behind
// them. Only those delivered again, or put off, stand in the heap.

import { DueHeap } from "./due-heap.ts";
import type { Pending } from "./pending.ts";
import { RedeliveryQueue } from "./redelivery-queue.ts";

/** What a wait is longer than it was asked for: a client that acknowledges in the last moment is not told twice. */
const graceMillis = 1;
/** The heap may hold stale entries: as many as there are messages, and so many more. */
const staleMax = 1024;

export class Redelivery {
  readonly #pending: Pending;
  readonly #queue: RedeliveryQueue;
  readonly #heap: DueHeap = new DueHeap();
  #waitMillis = 0;
  #backoffMillis: readonly number[] = [];
  /** Messages delivered once, below this sequence, wait no more. */
  #cursor = 0;

  constructor(pending: Pending) {
    this.#pending = pending;
    this.#queue = new RedeliveryQueue(pending);
  }

  /** How many wait to be delivered again. */
  get queued(): number {
    return this.#queue.size;
  }

  get memoryBytes(): number {
    return this.#heap.memoryBytes + this.#queue.memoryBytes;
  }

  /** How long acknowledgements may take: 0 is forever. Counts for what is delivered already, too. */
  setWaits(waitMillis: number, backoffMillis: readonly number[]): void {
    this.#waitMillis = waitMillis;
    this.#backoffMillis = backoffMillis;
    this.rebuild();
  }

  /** After this many deliveries. */
  waitAfter(deliveries: number): number {
    const backoff = this.#backoffMillis;
    const wait =
      backoff.length === 0
        ? this.#waitMillis
        : (backoff[Math.min(Math.max(deliveries, 1), backoff.length) - 1] ?? 0);
    return wait + graceMillis;
  }

  /** When the next wait may be over; Infinity is never. */
  get nextDue(): number {
    if (this.#waitMillis === 0) {
      return Number.POSITIVE_INFINITY;
    }
    const index = this.#firstWaiting();
    const due =
      index === -1 ? Number.POSITIVE_INFINITY : this.#pending.time(index) + this.waitAfter(1);
    return Math.min(due, this.#heap.firstDue);
  }

  /** Sequences whose wait is over, ascending; at most `max`. They are neither queued nor waiting any more. */
  takeDue(now: number, max: number): Float64Array {
    if (this.#waitMillis === 0) {
      return new Float64Array(0);
    }
    const due: number[] = [];
    this.#takeFirstDue(now, max, due);
    this.#takeHeapDue(now, max, due);
    return Float64Array.from(due).sort();
  }

  /** To be delivered again as soon as somebody takes it. */
  enqueue(index: number): void {
    this.#queue.add(index);
  }

  /** The one to be delivered again next; -1 is none. */
  peek(): number {
    return this.#queue.first();
  }

  /** It was delivered again, or heard of: its wait begins at `time`. */
  waitFrom(index: number, time: number, deliveries: number): void {
    this.forget(index);
    const pending = this.#pending;
    const due = time + this.waitAfter(deliveries);
    const isInHeap = pending.hasOwnDue(index);
    const was = pending.time(index) + this.waitAfter(pending.deliveries(index));
    pending.setTime(index, time);
    pending.setOwnDue(index, true);
    // An entry that falls due too early is put back then.
    if (!isInHeap || due < was) {
      this.#push(pending.sequence(index), due);
    }
  }

  /** It does not wait in the queue any more: about to be removed, delivered, or put off. */
  forget(index: number): void {
    this.#queue.take(index);
  }

  clear(): void {
    this.#queue.clear();
    this.#heap.clear();
    this.#cursor = 0;
  }

  /** Puts all that waits in order again. */
  rebuild(): void {
    const pending = this.#pending;
    this.#heap.clear();
    this.#cursor = 0;
    for (let index = pending.first(); index !== -1; index = pending.after(index)) {
      if (pending.hasOwnDue(index) && !this.#queue.has(index)) {
        const due = pending.time(index) + this.waitAfter(pending.deliveries(index));
        this.#heap.push(pending.sequence(index), due);
      }
    }
  }

  #push(sequence: number, due: number): void {
    if (this.#heap.size > this.#pending.size * 2 + staleMax) {
      this.rebuild();
    } else {
      this.#heap.push(sequence, due);
    }
  }

  /** The first message that was delivered once and still waits; -1 is none. */
  #firstWaiting(): number {
    const pending = this.#pending;
    let index = pending.firstFrom(this.#cursor);
    while (index !== -1 && (this.#queue.has(index) || pending.hasOwnDue(index))) {
      this.#cursor = pending.sequence(index) + 1;
      index = pending.after(index);
    }
    return index;
  }

  #takeFirstDue(now: number, max: number, due: number[]): void {
    const pending = this.#pending;
    const wait = this.waitAfter(1);
    while (due.length < max) {
      const index = this.#firstWaiting();
      if (index === -1 || pending.time(index) + wait > now) {
        return;
      }
      const sequence = pending.sequence(index);
      this.#cursor = sequence + 1;
      due.push(sequence);
    }
  }

  #takeHeapDue(now: number, max: number, due: number[]): void {
    const pending = this.#pending;
    const heap = this.#heap;
    while (due.length < max && heap.firstDue <= now) {
      const sequence = heap.firstSequence;
      heap.dropFirst();
      const index = pending.find(sequence);
      if (index === -1 || !pending.hasOwnDue(index)) {
        continue;
      }
      if (this.#queue.has(index)) {
        pending.setOwnDue(index, false);
        continue;
      }
      const really = pending.time(index) + this.waitAfter(pending.deliveries(index));
      if (really > now) {
        heap.push(sequence, really);
      } else {
        pending.setOwnDue(index, false);
        due.push(sequence);
      }
    }
  }
}
