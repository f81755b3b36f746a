// What a push consumer does beside delivering: looks whether anybody listens, sends heartbeats when it is quiet, and
// hears the answers to flow control.

import type { PassingMessage } from "../../broker/message.ts";
import type { Subscriber } from "../../broker/subscriber.ts";
import { headerValue } from "../../protocol/headers.ts";
import type { ConsumerCore } from "./consumer-core.ts";
import { PushReceiver } from "./push-receiver.ts";

const nanosPerMilli = 1_000_000;
const wholeNumber = /^\d+$/;
/** Who did not hear a message though they listen are tried again. */
const tryAgainMillis = 1000;

export interface PushEvents {
  /** Listeners came or went. */
  onActive(isActive: boolean): void;
  /** By flow control, a client says it has all up to here. */
  onReceived(streamSequence: number, consumerSequence: number): void;
}

export class PushLife implements Subscriber {
  readonly receiver: PushReceiver;
  readonly #core: ConsumerCore;
  readonly #events: PushEvents;
  #watch: Disposable | null = null;
  #subscription: Disposable | null = null;
  #heartbeat: Disposable | null = null;
  #again: Disposable | null = null;
  #lastHeartbeat = 0;

  constructor(core: ConsumerCore, events: PushEvents) {
    this.#core = core;
    this.#events = events;
    this.receiver = new PushReceiver(core, false);
  }

  start(): void {
    const core = this.#core;
    const { config, parts } = core;
    this.receiver.isActive = this.#hasListener;
    this.#watchInterest();
    if (config.flowControl) {
      this.#subscription = parts.stream.outlet.subscribe(`${core.flowControlPrefix}*`, this);
    }
    if (config.idleHeartbeatNanos > 0n) {
      this.#lastHeartbeat = core.now;
      this.#armHeartbeat(Number(config.idleHeartbeatNanos) / nanosPerMilli);
    }
  }

  stop(): void {
    this.receiver.stop();
    for (const owned of [this.#watch, this.#subscription, this.#heartbeat, this.#again]) {
      owned?.[Symbol.dispose]();
    }
    this.#watch = null;
    this.#subscription = null;
    this.#heartbeat = null;
    this.#again = null;
  }

  /** The configuration has another deliver subject. */
  retarget(): void {
    this.receiver.retarget(this.#hasListener);
    this.#watchInterest();
  }

  /** A message was not heard: nobody is there until somebody is found. */
  onUnheard(): void {
    this.#watchInterest();
    this.#events.onActive(false);
    this.#again ??= this.#core.timers.after(tryAgainMillis, () => this.#tryAgain());
  }

  /** An answer to flow control. */
  deliver(message: PassingMessage): void {
    if (!this.receiver.answered(message.subject)) {
      return;
    }
    if (this.#core.config.ackPolicy === "flow_control" && message.headerLength > 0) {
      const { headers } = message;
      const streamSequence = numberOf(headerValue(headers, "Nats-Last-Stream"));
      const consumerSequence = numberOf(headerValue(headers, "Nats-Last-Consumer"));
      if (streamSequence > 0) {
        this.#events.onReceived(streamSequence, consumerSequence);
      }
    }
    this.#core.owner.wantPump();
  }

  /** Interest that did not change is not told of: a listener may refuse what it subscribed to. */
  #tryAgain(): void {
    this.#again = null;
    if (!this.receiver.isActive && this.#hasListener) {
      this.receiver.isActive = true;
      this.#watchInterest();
      this.#events.onActive(true);
    }
  }

  /** Who listens to a pattern, or in another group, hears what is delivered but is nobody to deliver for. */
  get #hasListener(): boolean {
    const { config, parts } = this.#core;
    return parts.stream.outlet.hasListener(config.deliverSubject, config.deliverGroup);
  }

  #watchInterest(): void {
    const core = this.#core;
    const { interests, stream } = core.parts;
    const { deliverSubject, deliverGroup } = core.config;
    this.#watch?.[Symbol.dispose]();
    this.#watch = interests.watch(
      stream.outlet,
      deliverSubject,
      deliverGroup,
      this.receiver.isActive,
      (isThere) => {
        this.receiver.isActive = isThere;
        this.#events.onActive(isThere);
      },
    );
  }

  #armHeartbeat(millis: number): void {
    this.#heartbeat = this.#core.parts.timers.after(Math.max(1, Math.ceil(millis)), () =>
      this.#onHeartbeat(),
    );
  }

  #onHeartbeat(): void {
    const core = this.#core;
    const every = Number(core.config.idleHeartbeatNanos) / nanosPerMilli;
    const { now } = core;
    const left = Math.max(core.lastDelivered, this.#lastHeartbeat) + every - now;
    if (left > 0) {
      this.#armHeartbeat(left);
      return;
    }
    this.#lastHeartbeat = now;
    if (this.receiver.isActive && this.receiver.sendHeartbeat() === 0) {
      this.receiver.lost();
    }
    this.#armHeartbeat(every);
  }
}

function numberOf(text: string | null): number {
  const value = text !== null && wholeNumber.test(text) ? Number(text) : 0;
  return Number.isSafeInteger(value) ? value : 0;
}
