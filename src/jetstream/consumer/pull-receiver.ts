// The requests of a pull consumer: taken in or refused, chosen for a message, and told when it ends without one. The
// messages themselves it does not see.

import { goDuration } from "../../base/go-time.ts";
import type { Timers } from "../../ports/timers.ts";
import type { ConsumerConfig } from "./consumer-config.ts";
import type { MessageSender } from "./message-sender.ts";
import { mayTake, type PinnedClient, refusalOfPriority } from "./priority-group.ts";
import { PullQueue, PullRequest } from "./pull-queue.ts";
import type { PullWish } from "./pull-request.ts";
import type { Receiver } from "./receiver.ts";
import { block, endOfRequest, idleHeartbeat, status } from "./status-headers.ts";

/** How long after a look at who still listens a full queue refuses without looking again. */
const lookAgainMillis = 1000;
/** Requests that end one behind the other are looked at together. */
const leastTimerMillis = 1;

/** Verdicts that are no status. */
const takes = "";
const passes = "passes";
const nanosPerMilli = 1_000_000;

/** What the requests ask of the consumer they wait at. */
export interface PullSurroundings {
  readonly sender: MessageSender;
  readonly timers: Timers;
  readonly config: ConsumerConfig;
  readonly now: number;
  readonly pin: PinnedClient | null;
  hasInterest(subject: string): boolean;
  /** Messages for the first time, and waiting acknowledgements. */
  readonly pending: number;
  readonly ackPending: number;
  /** To be delivered again. */
  readonly queued: number;
  readonly lastConsumerSequence: number;
  readonly lastStreamSequence: number;
}

export class PullReceiver implements Receiver {
  readonly #around: PullSurroundings;
  readonly #queue: PullQueue;
  #chosen: PullRequest | null = null;
  #timer: Disposable | null = null;
  #timerDue = Number.POSITIVE_INFINITY;
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** When a request, or an acknowledgement, was last heard of. */
  lastUsed: number;

  constructor(around: PullSurroundings) {
    this.#around = around;
    this.#queue = new PullQueue(around.config.maxWaiting);
    this.lastUsed = around.now;
    this.reconfigure();
  }

  /** The configuration has another policy of priorities. */
  reconfigure(): void {
    this.#queue.isRanked = this.#around.config.priorityPolicy === "prioritized";
  }

  get isReady(): boolean {
    return this.#queue.size > 0;
  }

  get waiting(): number {
    return this.#queue.size;
  }

  get pinId(): string {
    return this.#around.pin === null ? "" : this.#around.pin.id;
  }

  /** A request: refused by a status, or it waits. Gives whether it waits. */
  take(to: Uint8Array, reply: string, wish: PullWish): boolean {
    const refusal = this.#refusalOf(wish);
    if (refusal !== null) {
      this.#around.sender.sendStatus(to, refusal);
      return false;
    }
    const { now } = this.#around;
    const queue = this.#queue;
    if (queue.isFull && now - this.#lookedAt > lookAgainMillis) {
      this.dropDead(now);
    }
    if (wish.noWait && !this.#mayWaitWithout(to, wish, now)) {
      return false;
    }
    if (queue.isFull) {
      if (wish.heartbeatMillis === 0) {
        this.#around.sender.sendStatus(to, status.exceededMaxWaiting);
      }
      return false;
    }
    const request = new PullRequest(to, reply, wish, now);
    queue.add(request);
    this.lastUsed = now;
    this.#arm(request.due);
    return true;
  }

  choose(size: number, now: number): Uint8Array | null {
    const queue = this.#queue;
    let passed = 0;
    for (let request = queue.head; request !== null && passed < queue.size; request = queue.head) {
      const verdict = this.#verdictOn(request, size, now);
      if (verdict === takes) {
        this.#charge(request, size);
        this.#chosen = request;
        return request.to;
      }
      if (verdict === passes) {
        passed++;
        queue.cycle(request);
      } else {
        this.#end(request, verdict);
      }
    }
    return null;
  }

  delivered(_size: number, now: number): void {
    const request = this.#chosen;
    this.#chosen = null;
    this.lastUsed = now;
    if (request === null) {
      return;
    }
    if (!this.#queue.served(request)) {
      if (request.heartbeatMillis > 0) {
        request.heartbeatAt = now + request.heartbeatMillis;
      }
    } else if (request.bytesLeft > 0) {
      const { left, bytesLeft } = request;
      const header = endOfRequest("409 Batch Completed", left, bytesLeft);
      this.#around.sender.sendStatus(request.to, header);
    }
  }

  lost(): void {
    if (this.#chosen !== null) {
      this.#queue.remove(this.#chosen);
      this.#chosen = null;
    }
  }

  ranDry(isAtEnd: boolean, now: number): void {
    if (!isAtEnd || this.#queue.noWaits === 0) {
      return;
    }
    this.#each((request) => {
      const isOver = request.expiresAt !== 0 && now >= request.expiresAt;
      if (request.noWait && !isOver && (request.expiresAt === 0 || request.delivered > 0)) {
        this.#around.sender.sendStatus(request.to, status.noMessages);
        this.#queue.remove(request);
      }
    });
  }

  /** Ends what expired and drops requests nobody listens for; gives how many messages the others want. */
  dropDead(now: number): number {
    this.#lookedAt = now;
    let wanted = 0;
    this.#each((request) => {
      if (request.expiresAt !== 0 && now >= request.expiresAt) {
        this.#end(request, "408 Request Timeout");
      } else if (this.#around.hasInterest(request.reply)) {
        wanted += request.left;
      } else {
        this.#queue.remove(request);
      }
    });
    return wanted;
  }

  /** All that wait are told this and go; "" tells nothing. */
  endAll(statusLine: string, saysWhatIsLeft: boolean): void {
    for (const request of this.#queue.drain()) {
      if (statusLine !== "") {
        const header = saysWhatIsLeft
          ? endOfRequest(statusLine, request.left, request.bytesLeft)
          : block(statusLine);
        this.#around.sender.sendStatus(request.to, header);
      }
    }
  }

  stop(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
    this.#timerDue = Number.POSITIVE_INFINITY;
  }

  /** `takes`, `passes`, or the status it ends with. */
  #verdictOn(request: PullRequest, size: number, now: number): string {
    if (request.expiresAt !== 0 && now >= request.expiresAt) {
      return "408 Request Timeout";
    }
    const { pin, config } = this.#around;
    if (pin !== null) {
      if (request.pinId !== "" && request.pinId !== pin.id) {
        return "423 Nats-Wrong-Pin-Id";
      }
      if (request.pinId !== pin.id) {
        return passes;
      }
    }
    if (config.priorityPolicy === "overflow" && !mayTake(request.priority, this.#around)) {
      return passes;
    }
    return request.bytesLeft > 0 && size > request.bytesLeft
      ? "409 Message Size Exceeds MaxBytes"
      : takes;
  }

  #charge(request: PullRequest, size: number): void {
    const { pin } = this.#around;
    if (pin !== null && pin.id === "" && request.priority !== null) {
      request.pinId = pin.assign(request.priority.group);
    }
    if (request.bytesLeft > 0) {
      request.bytesLeft -= size;
      if (request.bytesLeft === 0) {
        request.left = 1;
      }
    }
  }

  #refusalOf(wish: PullWish): Uint8Array | null {
    const { config } = this.#around;
    const { maxRequestBatch, maxRequestExpiresNanos, maxRequestMaxBytes } = config;
    if (maxRequestBatch > 0 && wish.batch > maxRequestBatch) {
      return block(`409 Exceeded MaxRequestBatch of ${maxRequestBatch}`);
    }
    const maxExpiresNanos = Number(maxRequestExpiresNanos);
    if (maxExpiresNanos > 0 && wish.expiresMillis * nanosPerMilli > maxExpiresNanos) {
      return block(`409 Exceeded MaxRequestExpires of ${goDuration(maxExpiresNanos)}`);
    }
    if (maxRequestMaxBytes > 0 && wish.maxBytes > maxRequestMaxBytes) {
      return block(`409 Exceeded MaxRequestMaxBytes of ${maxRequestMaxBytes}`);
    }
    const refusal = refusalOfPriority(wish.priority, config, this.#around.pin);
    return refusal === "" ? null : block(refusal);
  }

  /** A request that does not wait: false when it was answered at once. */
  #mayWaitWithout(to: Uint8Array, wish: PullWish, now: number): boolean {
    const { pending, queued, sender } = this.#around;
    const there = pending + queued;
    if (there === 0) {
      if (wish.expiresMillis !== 0) {
        return true;
      }
      this.lastUsed = now;
      sender.sendStatus(to, status.noMessages);
      return false;
    }
    if (this.#queue.size === 0 || there >= this.dropDead(now)) {
      return true;
    }
    this.lastUsed = now;
    sender.sendStatus(to, status.requestsPending);
    return false;
  }

  #end(request: PullRequest, statusLine: string): void {
    const header = endOfRequest(statusLine, request.left, request.bytesLeft);
    this.#around.sender.sendStatus(request.to, header);
    this.#queue.remove(request);
  }

  /** It may remove the one it is at. */
  #each(visit: (request: PullRequest) => void): void {
    for (let request = this.#queue.head; request !== null; ) {
      const { next } = request;
      visit(request);
      request = next;
    }
  }

  #arm(due: number): void {
    if (due >= this.#timerDue) {
      return;
    }
    this.#timer?.[Symbol.dispose]();
    this.#timerDue = due;
    const millis = Math.max(leastTimerMillis, due - this.#around.now);
    this.#timer = this.#around.timers.after(millis, () => this.#onTimer());
  }

  #onTimer(): void {
    this.#timer = null;
    this.#timerDue = Number.POSITIVE_INFINITY;
    const { now, sender, lastConsumerSequence, lastStreamSequence } = this.#around;
    let due = Number.POSITIVE_INFINITY;
    this.#each((request) => {
      if (request.expiresAt !== 0 && now >= request.expiresAt) {
        this.#end(request, "408 Request Timeout");
        return;
      }
      if (request.heartbeatAt !== 0 && now >= request.heartbeatAt) {
        const header = idleHeartbeat(lastConsumerSequence, lastStreamSequence, "");
        if (sender.sendStatus(request.to, header) === 0) {
          this.#queue.remove(request);
          return;
        }
        request.heartbeatAt = now + request.heartbeatMillis;
      }
      due = Math.min(due, request.due);
    });
    if (due !== Number.POSITIVE_INFINITY) {
      this.#arm(due);
    }
  }
}
