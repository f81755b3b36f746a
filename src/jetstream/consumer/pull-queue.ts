// Requests that wait for messages, in the order in which they are served: round about, or by priority. It knows nothing
// of messages; time is passed in.

import type { PullPriority, PullWish } from "./pull-request.ts";

const noPriority = Number.MAX_SAFE_INTEGER;

export class PullRequest {
  /** Where answers go, as bytes and as byte text. */
  readonly to: Uint8Array;
  readonly reply: string;
  readonly noWait: boolean;
  /** 0 is never. */
  readonly expiresAt: number;
  readonly heartbeatMillis: number;
  readonly priority: PullPriority | null;
  readonly receivedAt: number;
  /** Set when it is pinned. */
  pinId: string;
  /** Messages it still wants. */
  left: number;
  delivered = 0;
  /** Bytes it still bears; 0 is without a limit. */
  bytesLeft: number;
  /** 0 is never. */
  heartbeatAt: number;
  next: PullRequest | null = null;
  previous: PullRequest | null = null;

  constructor(to: Uint8Array, reply: string, wish: PullWish, now: number) {
    this.to = to;
    this.reply = reply;
    this.left = wish.batch;
    this.bytesLeft = Math.max(0, wish.maxBytes);
    this.noWait = wish.noWait;
    this.expiresAt = wish.expiresMillis === 0 ? 0 : now + wish.expiresMillis;
    this.heartbeatMillis = wish.heartbeatMillis;
    this.heartbeatAt = wish.heartbeatMillis === 0 ? 0 : now + wish.heartbeatMillis;
    this.priority = wish.priority;
    this.pinId = wish.priority?.id ?? "";
    this.receivedAt = now;
  }

  get rank(): number {
    return this.priority?.priority ?? noPriority;
  }

  /** When something is to be done about it next; Infinity is never. */
  get due(): number {
    const { expiresAt, heartbeatAt } = this;
    if (expiresAt === 0 && heartbeatAt === 0) {
      return Number.POSITIVE_INFINITY;
    }
    if (expiresAt === 0 || heartbeatAt === 0) {
      return expiresAt + heartbeatAt;
    }
    return Math.min(expiresAt, heartbeatAt);
  }
}

export class PullQueue {
  readonly #max: number;
  /** Those of a lower priority number come first. Counts for requests that come, and come again. */
  isRanked = false;
  #head: PullRequest | null = null;
  #tail: PullRequest | null = null;
  #size = 0;
  #noWaits = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#size;
  }

  get isFull(): boolean {
    return this.#size >= this.#max;
  }

  /** How many want to be told when there is nothing. */
  get noWaits(): number {
    return this.#noWaits;
  }

  get head(): PullRequest | null {
    return this.#head;
  }

  add(request: PullRequest): void {
    this.#size++;
    if (request.noWait) {
      this.#noWaits++;
    }
    this.#link(request);
  }

  remove(request: PullRequest): void {
    this.#size--;
    if (request.noWait) {
      this.#noWaits--;
    }
    this.#unlink(request);
  }

  /** To the end of those of its rank. */
  cycle(request: PullRequest): void {
    if (this.#size > 1) {
      this.#unlink(request);
      this.#link(request);
    }
  }

  /** It got a message: gives whether it has all it wanted, and is gone. */
  served(request: PullRequest): boolean {
    request.delivered++;
    request.left--;
    if (request.left <= 0) {
      this.remove(request);
      return true;
    }
    this.cycle(request);
    return false;
  }

  /** Takes all out, in order. */
  *drain(): Iterable<PullRequest> {
    for (let request = this.#head; request !== null; request = this.#head) {
      this.remove(request);
      yield request;
    }
  }

  #link(request: PullRequest): void {
    let before = this.#tail;
    if (this.isRanked) {
      while (before !== null && before.rank > request.rank) {
        before = before.previous;
      }
    }
    const behind = before === null ? this.#head : before.next;
    request.previous = before;
    request.next = behind;
    if (before === null) {
      this.#head = request;
    } else {
      before.next = request;
    }
    if (behind === null) {
      this.#tail = request;
    } else {
      behind.previous = request;
    }
  }

  #unlink(request: PullRequest): void {
    const { previous, next } = request;
    if (previous === null) {
      this.#head = next;
    } else {
      previous.next = next;
    }
    if (next === null) {
      this.#tail = previous;
    } else {
      next.previous = previous;
    }
    request.previous = null;
    request.next = null;
  }
}
