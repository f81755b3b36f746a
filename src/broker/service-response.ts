// Requests that await an answer from another account: the `_R_` reply subjects they were given, when they expire, and
// which are no longer wanted. It forwards nothing; it says where an answer belongs.

import type { Account } from "../accounts/account.ts";
import { assert } from "../base/assert.ts";
import type { Clock } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";
import type { Timers } from "../ports/timers.ts";
import { serviceReplyPrefix } from "../subjects/reserved.ts";
import type { Fabric, SlotIndex } from "../wasm/fabric.ts";
import type { Measurement } from "./latency-reporter.ts";

/** Of one export. The oldest gives way: a flood of requests that nobody answers must not eat the memory. */
export const maxPendingPerExport: number = 1 << 17;
/** Of the server, over all exports. */
export const maxPending: number = 1 << 19;
/** How often, and how many at a time, it is looked whether requesters still listen. */
const sweepMillis = 1000;
const sweepBatch = 4096;
/** How soon it is noticed that who asked no longer listens, for requests that are measured. */
const watchMillis = 100;
/** Above so many pending ones a closed connection is left to the sweep. */
const scanLimit = 16_384;

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const base = digits.length;
const prefixDigits = 6;
/** Tokens are four digits of the place and four by chance. */
const pairCount = base * base;
export const tokenLength = 8;

/** All two-digit numbers of that base, so that a token is four pieces. */
const pairs: readonly string[] = Array.from(
  { length: pairCount },
  (_, number) => digits.charAt(Math.floor(number / base)) + digits.charAt(number % base),
);
const noDigit = 255;
/** By character code. */
const digitValues: Uint8Array = new Uint8Array(256).fill(noDigit);
for (let value = 0; value < base; value++) {
  digitValues[digits.charCodeAt(value)] = value;
}

/** Why a pending answer was given up. */
export type DropReason = "answered" | "noDelivery" | "timeout" | "interestLost";

/** The pending answers of one export, least recently used first. */
export class ResponseQueue {
  thresholdMillis: number;
  oldest: PendingResponse | null = null;
  newest: PendingResponse | null = null;
  count = 0;
  timer: Disposable | null = null;

  constructor(thresholdMillis: number) {
    this.thresholdMillis = thresholdMillis;
  }
}

export class PendingResponse {
  readonly place: number;
  readonly nonce: number;
  readonly queue: ResponseQueue;
  /** Where the `_R_` subject lives. */
  readonly host: Account;
  /** Where the answer goes, and under which subject. */
  readonly requester: Account;
  readonly reply: string;
  readonly origin: SlotIndex;
  /** The pending answer whose `_R_` subject is our reply: the hop before this one. */
  readonly upstream: PendingResponse | null;
  readonly isSingle: boolean;
  measurement: Measurement | null = null;
  usedAtMillis: number;
  isLive = true;
  /** Somebody listened for it once, so that silence now means nobody does any more. */
  wasWanted = false;
  older: PendingResponse | null = null;
  newer: PendingResponse | null = null;

  constructor(place: number, nonce: number, request: PendingRequest, usedAtMillis: number) {
    this.place = place;
    this.nonce = nonce;
    this.queue = request.queue;
    this.host = request.host;
    this.requester = request.requester;
    this.reply = request.reply;
    this.origin = request.origin;
    this.upstream = request.upstream;
    this.isSingle = request.isSingle;
    this.usedAtMillis = usedAtMillis;
  }
}

export interface PendingRequest {
  readonly queue: ResponseQueue;
  readonly host: Account;
  readonly requester: Account;
  readonly reply: string;
  readonly origin: SlotIndex;
  readonly upstream: PendingResponse | null;
  readonly isSingle: boolean;
}

export interface ResponseSurroundings {
  readonly fabric: Fabric;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
}

export class PendingResponses {
  readonly #around: ResponseSurroundings;
  readonly #onDropped: (response: PendingResponse, reason: DropReason) => void;
  readonly #places: (PendingResponse | null)[] = [];
  readonly #free: number[] = [];
  #count = 0;
  #chance: number;
  #sweepTimer: Disposable | null = null;
  #sweepPlace = 0;
  readonly #closedSlots: Set<SlotIndex> = new Set();
  readonly #watched: Set<PendingResponse> = new Set();
  /** Those whose timer is armed. */
  readonly #armed: Set<ResponseQueue> = new Set();
  #watchTimer: Disposable | null = null;

  constructor(
    around: ResponseSurroundings,
    onDropped: (response: PendingResponse, reason: DropReason) => void,
  ) {
    this.#around = around;
    this.#onDropped = onDropped;
    this.#chance = around.random.below(0xffffffff) + 1;
  }

  get count(): number {
    return this.#count;
  }

  /** A new prefix for the `_R_` subjects of one account, with its dot. */
  makePrefix(): string {
    let prefix = serviceReplyPrefix;
    for (let i = 0; i < prefixDigits; i++) {
      prefix += digits.charAt(this.#around.random.below(base));
    }
    return `${prefix}.`;
  }

  open(request: PendingRequest): PendingResponse {
    const { queue } = request;
    if (
      queue.oldest !== null &&
      (queue.count >= maxPendingPerExport || this.#count >= maxPending)
    ) {
      this.drop(queue.oldest, "timeout");
    }
    const place = this.#free.pop() ?? this.#places.length;
    const now = this.#around.clock.monotonicMillis();
    const response = new PendingResponse(place, this.#nextChance(), request, now);
    this.#places[place] = response;
    this.#count += 1;
    append(queue, response);
    if (queue.timer === null) {
      this.#arm(queue, queue.thresholdMillis);
    }
    this.#sweepTimer ??= this.#around.timers.after(sweepMillis, () => this.#sweep());
    return response;
  }

  /** The last token of its `_R_` subject. */
  token({ place, nonce }: PendingResponse): string {
    return pair(place, pairCount) + pair(place, 1) + pair(nonce, pairCount) + pair(nonce, 1);
  }

  /** A token that no answer has, nor is likely to get. */
  unusedToken(): string {
    const digit = (): string => digits.charAt(this.#around.random.below(base));
    return Array.from({ length: tokenLength }, digit).join("");
  }

  /** The pending answer whose token stands at `start`, of `length` bytes, or null. */
  find(bytes: Uint8Array, start: number, length: number): PendingResponse | null {
    if (length !== tokenLength) {
      return null;
    }
    const place = numberAt(bytes, start);
    const response = place < 0 ? null : (this.#places[place] ?? null);
    return response !== null && response.nonce === numberAt(bytes, start + tokenLength / 2)
      ? response
      : null;
  }

  /** It was used and stays: its time begins anew. */
  touch(response: PendingResponse): void {
    if (response.isLive) {
      response.usedAtMillis = this.#around.clock.monotonicMillis();
      detach(response);
      append(response.queue, response);
    }
  }

  /** Does nothing when it is gone already. */
  drop(response: PendingResponse, reason: DropReason): void {
    if (!response.isLive) {
      return;
    }
    response.isLive = false;
    detach(response);
    this.#places[response.place] = null;
    this.#free.push(response.place);
    this.#count -= 1;
    this.#watched.delete(response);
    this.#onDropped(response, reason);
  }

  /** Somebody wants to know soon when nobody listens for it any more. */
  watch(response: PendingResponse): void {
    response.wasWanted = this.#isWanted(response);
    this.#watched.add(response);
    this.#watchTimer ??= this.#around.timers.after(watchMillis, () => this.#lookAtWatched());
  }

  #lookAtWatched(): void {
    this.#watchTimer = null;
    for (const response of [...this.#watched].slice(0, sweepBatch)) {
      // Behind those that are not looked at this time.
      this.#watched.delete(response);
      this.#watched.add(response);
      this.#dropIfUnwanted(response);
    }
    if (this.#watched.size > 0) {
      this.#watchTimer = this.#around.timers.after(watchMillis, () => this.#lookAtWatched());
    }
  }

  #dropIfUnwanted(response: PendingResponse): void {
    if (this.#isWanted(response)) {
      response.wasWanted = true;
    } else if (response.wasWanted || response.upstream !== null) {
      this.drop(response, "interestLost");
    }
  }

  /** An account leaves: whatever waits there, or would go there, waits in vain. */
  dropAccount(account: Account): void {
    for (const response of this.#places) {
      if (response !== null && (response.host === account || response.requester === account)) {
        this.drop(response, "interestLost");
      }
    }
  }

  /** What this connection asked for may be wanted by nobody once it is gone, which is before the turn ends. */
  onSlotClosing(slot: SlotIndex): void {
    if (this.#count === 0 || this.#count > scanLimit) {
      return;
    }
    if (this.#closedSlots.size === 0) {
      this.#around.timers.endOfTurn(() => this.#dropUnwantedOfClosed());
    }
    this.#closedSlots.add(slot);
  }

  #dropUnwantedOfClosed(): void {
    for (const response of this.#places) {
      if (
        response !== null &&
        this.#closedSlots.has(response.origin) &&
        !this.#isWanted(response)
      ) {
        this.drop(response, "interestLost");
      }
    }
    this.#closedSlots.clear();
  }

  /** Interest in a reply that a mapping of its account rewrites lies elsewhere: such answers stay until they expire. */
  #isWanted({ upstream, requester, reply }: PendingResponse): boolean {
    if (upstream !== null) {
      return upstream.isLive;
    }
    return (
      requester.mappings.maps(reply) || this.#around.fabric.hasInterest(requester.index, reply)
    );
  }

  /** No timer goes on; nothing is told of what still waits. */
  stop(): void {
    for (const queue of this.#armed) {
      queue.timer?.[Symbol.dispose]();
      queue.timer = null;
    }
    this.#armed.clear();
    this.#sweepTimer?.[Symbol.dispose]();
    this.#sweepTimer = null;
    this.#watchTimer?.[Symbol.dispose]();
    this.#watchTimer = null;
  }

  #arm(queue: ResponseQueue, millis: number): void {
    queue.timer = this.#around.timers.after(millis, () => this.#expire(queue));
    this.#armed.add(queue);
  }

  #expire(queue: ResponseQueue): void {
    queue.timer = null;
    this.#armed.delete(queue);
    const now = this.#around.clock.monotonicMillis();
    while (queue.oldest !== null) {
      const left = queue.oldest.usedAtMillis + queue.thresholdMillis - now;
      if (left > 0) {
        this.#arm(queue, left);
        return;
      }
      this.drop(queue.oldest, "timeout");
    }
  }

  #sweep(): void {
    this.#sweepTimer = null;
    const batch = Math.min(sweepBatch, this.#places.length);
    for (let i = 0; i < batch; i++) {
      this.#sweepPlace = (this.#sweepPlace + 1) % this.#places.length;
      const response = this.#places[this.#sweepPlace] ?? null;
      if (response !== null) {
        this.#dropIfUnwanted(response);
      }
    }
    if (this.#count > 0) {
      this.#sweepTimer = this.#around.timers.after(sweepMillis, () => this.#sweep());
    }
  }

  /** Four digits by chance; replies need not be secret, only not met by accident. */
  #nextChance(): number {
    let chance = this.#chance;
    chance ^= chance << 13;
    chance ^= chance >>> 17;
    chance ^= chance << 5;
    this.#chance = chance;
    return (chance >>> 0) % (pairCount * pairCount);
  }
}

/** Two digits of a number: the low ones by 1, the high ones by pairCount. */
function pair(number: number, by: number): string {
  const text = pairs[Math.floor(number / by) % pairCount];
  assert(text !== undefined, "a pair of digits for every remainder");
  return text;
}

/** The number that four digits write, or -1. */
function numberAt(bytes: Uint8Array, start: number): number {
  let number = 0;
  for (let at = start; at < start + tokenLength / 2; at++) {
    const value = digitValues[bytes[at] ?? 0] ?? noDigit;
    if (value === noDigit) {
      return -1;
    }
    number = number * base + value;
  }
  return number;
}

function append(queue: ResponseQueue, response: PendingResponse): void {
  response.older = queue.newest;
  response.newer = null;
  if (queue.newest === null) {
    queue.oldest = response;
  } else {
    queue.newest.newer = response;
  }
  queue.newest = response;
  queue.count += 1;
}

function detach(response: PendingResponse): void {
  const { queue, older, newer } = response;
  if (older === null) {
    queue.oldest = newer;
  } else {
    older.newer = newer;
  }
  if (newer === null) {
    queue.newest = older;
  } else {
    newer.older = older;
  }
  // What is gone must not hold on to what still waits, or one old response keeps all later ones in memory.
  response.older = null;
  response.newer = null;
  queue.count -= 1;
}
