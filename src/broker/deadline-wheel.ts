// One timer for the deadlines of all connections: buckets of items by due tick. An item is in at most one bucket, so
// a connection without business costs one field here and no timer. It does not know what is due.

import type { Clock } from "../ports/clock.ts";
import type { Timers } from "../ports/timers.ts";

/** Held by whoever waits in a wheel; the wheel alone writes it. 0 is not waiting. */
export interface WheelItem {
  dueTick: number;
}

export class DeadlineWheel<Item extends WheelItem> {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #tickMillis: number;
  readonly #onDue: (item: Item, nowMillis: number) => void;
  readonly #buckets: Map<number, Set<Item>> = new Map();
  #armedTick = 0;
  #timer: Disposable | null = null;

  constructor(
    clock: Clock,
    timers: Timers,
    tickMillis: number,
    onDue: (item: Item, nowMillis: number) => void,
  ) {
    this.#clock = clock;
    this.#timers = timers;
    this.#tickMillis = tickMillis;
    this.#onDue = onDue;
  }

  /** Not before `atMillis` of the monotonic clock, at most a tick later. Replaces the item's deadline. */
  set(item: Item, atMillis: number): void {
    const tick = Math.max(1, Math.ceil(atMillis / this.#tickMillis));
    if (item.dueTick === tick) {
      return;
    }
    this.clear(item);
    let bucket = this.#buckets.get(tick);
    if (bucket === undefined) {
      bucket = new Set();
      this.#buckets.set(tick, bucket);
    }
    bucket.add(item);
    item.dueTick = tick;
    if (this.#armedTick === 0 || tick < this.#armedTick) {
      this.#arm(tick);
    }
  }

  clear(item: Item): void {
    const bucket = this.#buckets.get(item.dueTick);
    if (bucket?.delete(item) && bucket.size === 0) {
      this.#buckets.delete(item.dueTick);
    }
    item.dueTick = 0;
  }

  stop(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
    this.#armedTick = 0;
    this.#buckets.clear();
  }

  #arm(tick: number): void {
    this.#timer?.[Symbol.dispose]();
    this.#armedTick = tick;
    const wait = Math.max(0, tick * this.#tickMillis - this.#clock.monotonicMillis());
    this.#timer = this.#timers.after(Math.ceil(wait), () => this.#fire());
  }

  #fire(): void {
    this.#timer = null;
    this.#armedTick = 0;
    const now = this.#clock.monotonicMillis();
    const nowTick = Math.floor(now / this.#tickMillis);
    let next = 0;
    const due: Set<Item>[] = [];
    for (const [tick, bucket] of this.#buckets) {
      if (tick <= nowTick) {
        this.#buckets.delete(tick);
        due.push(bucket);
      } else if (next === 0 || tick < next) {
        next = tick;
      }
    }
    for (const bucket of due) {
      for (const item of bucket) {
        if (item.dueTick > 0 && item.dueTick <= nowTick) {
          item.dueTick = 0;
          this.#onDue(item, now);
        }
      }
    }
    // What was set meanwhile may have armed an earlier tick.
    if (next > 0 && (this.#armedTick === 0 || next < this.#armedTick)) {
      this.#arm(next);
    }
  }
}
