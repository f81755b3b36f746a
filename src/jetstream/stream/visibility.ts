// Which messages are durable and may be shown: each was stored with a ticket, and the store tells up to which ticket all
// is safe. It also knows how much waits.

import type { ApiError } from "../api-error.ts";
import type { OnStreamDone } from "./stream-access.ts";

const noDoubles: Float64Array = new Float64Array(0);
const firstCapacity = 16;
const keptCapacity = 16_384;

interface Waiting {
  readonly ticket: number;
  readonly onDone: OnStreamDone;
}

export class Visibility {
  /** All up to here may be shown. */
  visibleSequence: number;
  /** What the waiting messages cost. */
  waitingBytes = 0;
  #tickets: Float64Array = noDoubles;
  #sequences: Float64Array = noDoubles;
  #costs: Float64Array = noDoubles;
  #mask = -1;
  #first = 0;
  #count = 0;
  readonly #waiting: Waiting[] = [];

  constructor(lastSequence: number) {
    this.visibleSequence = lastSequence;
  }

  get waitingMessages(): number {
    return this.#count;
  }

  stored(ticket: number, sequence: number, cost: number): void {
    if (this.#count > this.#mask) {
      this.#resize(Math.max(firstCapacity, (this.#mask + 1) * 2));
    }
    const entry = (this.#first + this.#count) & this.#mask;
    this.#tickets[entry] = ticket;
    this.#sequences[entry] = sequence;
    this.#costs[entry] = cost;
    this.#count += 1;
    this.waitingBytes += cost;
  }

  whenDurable(ticket: number, onDone: OnStreamDone): void {
    this.#waiting.push({ ticket, onDone });
  }

  /** Gives whether something became visible. */
  release(durable: number): boolean {
    const before = this.visibleSequence;
    while (this.#count > 0 && (this.#tickets[this.#first] ?? 0) <= durable) {
      this.visibleSequence = this.#sequences[this.#first] ?? 0;
      this.waitingBytes -= this.#costs[this.#first] ?? 0;
      this.#first = (this.#first + 1) & this.#mask;
      this.#count -= 1;
    }
    if (this.#count === 0 && this.#mask >= keptCapacity) {
      this.#first = 0;
      this.#resize(firstCapacity);
    }
    return this.visibleSequence !== before;
  }

  /** Calls those who waited for it, in order. */
  releaseWaiting(durable: number): void {
    while ((this.#waiting[0]?.ticket ?? Number.POSITIVE_INFINITY) <= durable) {
      this.#waiting.shift()?.onDone(null);
    }
  }

  /** Nothing gets durable any more. */
  fail(error: ApiError): void {
    for (const { onDone } of this.#waiting.splice(0)) {
      onDone(error);
    }
    this.waitingBytes = 0;
    this.#count = 0;
  }

  #resize(capacity: number): void {
    this.#tickets = this.#moved(capacity, this.#tickets);
    this.#sequences = this.#moved(capacity, this.#sequences);
    this.#costs = this.#moved(capacity, this.#costs);
    this.#first = 0;
    this.#mask = capacity - 1;
  }

  #moved(capacity: number, from: Float64Array): Float64Array {
    const to = new Float64Array(capacity);
    for (let at = 0; at < this.#count; at++) {
      to[at] = from[(this.#first + at) & this.#mask] ?? 0;
    }
    return to;
  }
}
