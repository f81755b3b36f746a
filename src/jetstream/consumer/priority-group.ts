// Groups of clients that share a pull consumer by other rules than turn by turn: one that helps out when much waits,
// one that gets all until it is silent, or the most important first. Requests are judged here; who comes next is
// decided where they wait.

import type { Clock } from "../../ports/clock.ts";
import type { Random } from "../../ports/random.ts";
import type { Timers } from "../../ports/timers.ts";
import type { ConsumerConfig } from "./consumer-config.ts";
import type { PullPriority } from "./pull-request.ts";

const lowestPriority = 9;
const pinAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const pinLength = 22;

/** The status that refuses the request; "" is fine. */
export function refusalOfPriority(
  wish: PullPriority | null,
  config: ConsumerConfig,
  pin: PinnedClient | null,
): string {
  if (wish === null) {
    return "";
  }
  const { priorityPolicy, priorityGroups } = config;
  if ((wish.minPending !== 0 || wish.minAckPending !== 0) && priorityPolicy !== "overflow") {
    return "400 Bad Request - Not a Overflow Priority consumer";
  }
  if (wish.id !== "" && priorityPolicy !== "pinned_client") {
    return "400 Bad Request - Not a Pinned Client Priority consumer";
  }
  if (wish.priority < 0 || wish.priority > lowestPriority) {
    return "400 Bad Request - Priority must be between 0 and 9";
  }
  if (priorityPolicy === "none") {
    return "";
  }
  if (wish.group === "") {
    return "400 Bad Request - Priority Group missing";
  }
  if (!priorityGroups.includes(wish.group)) {
    return "400 Bad Request - Invalid Priority Group";
  }
  return pin === null || pin.mayAsk(wish) ? "" : "423 Nats-Pin-Id mismatch";
}

export interface Backlog {
  /** Messages for the first time, and waiting acknowledgements. */
  readonly pending: number;
  readonly ackPending: number;
}

/** Under overflow: whether there is enough to do for one who only helps out. */
export function mayTake(wish: PullPriority | null, backlog: Backlog): boolean {
  if (wish === null || (wish.minPending <= 0 && wish.minAckPending <= 0)) {
    return true;
  }
  return (
    (wish.minPending > 0 && wish.minPending <= backlog.pending) ||
    (wish.minAckPending > 0 && wish.minAckPending <= backlog.ackPending)
  );
}

export interface PinEvents {
  onPinned(group: string, pinId: string): void;
  /** "timeout" or "admin". */
  onUnpinned(group: string, reason: string): void;
}

/** The client that gets all messages of a group, until it asks no more. */
export class PinnedClient {
  /** "" is nobody. */
  id = "";
  pinnedNanos: bigint | null = null;
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #random: Random;
  readonly #events: PinEvents;
  #timeoutMillis: number;
  #group = "";
  #heardAt = 0;
  #timer: Disposable | null = null;

  constructor(parts: {
    readonly clock: Clock;
    readonly timers: Timers;
    readonly random: Random;
    readonly events: PinEvents;
    readonly timeoutMillis: number;
  }) {
    this.#clock = parts.clock;
    this.#timers = parts.timers;
    this.#random = parts.random;
    this.#events = parts.events;
    this.#timeoutMillis = parts.timeoutMillis;
  }

  set timeoutMillis(millis: number) {
    this.#timeoutMillis = millis;
  }

  /** Gives the id of the new pin; "" when the request names no group. */
  assign(group: string): string {
    if (group === "") {
      return "";
    }
    this.id = "";
    for (let at = 0; at < pinLength; at++) {
      this.id += pinAlphabet.charAt(this.#random.below(pinAlphabet.length));
    }
    this.pinnedNanos = this.#clock.wallNanos();
    this.#group = group;
    this.#hear();
    this.#events.onPinned(group, this.id);
    return this.id;
  }

  /** Whether a request with such a pin may wait. The pinned one is heard of. */
  mayAsk(wish: PullPriority): boolean {
    if (this.id === "" || wish.id === "") {
      return true;
    }
    if (wish.id !== this.id) {
      return false;
    }
    this.#hear();
    return true;
  }

  /** Nobody is pinned any more; "" tells nobody why. */
  clear(reason: string): void {
    const wasPinned = this.id !== "";
    this.id = "";
    this.pinnedNanos = null;
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
    if (wasPinned && reason !== "") {
      this.#events.onUnpinned(this.#group, reason);
    }
  }

  #hear(): void {
    this.#heardAt = this.#clock.monotonicMillis();
    if (this.#timer === null) {
      this.#arm(this.#timeoutMillis);
    }
  }

  #arm(millis: number): void {
    this.#timer = this.#timers.after(Math.max(1, millis), () => {
      this.#timer = null;
      const left = this.#heardAt + this.#timeoutMillis - this.#clock.monotonicMillis();
      if (left > 0) {
        this.#arm(left);
      } else {
        this.clear("timeout");
      }
    });
  }
}
