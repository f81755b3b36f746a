// Moves messages: what is to be delivered again first, then what is next in the stream, to whoever the receiver names,
// until there is nothing more, nobody takes it, or enough was sent for one turn. Nothing on this road makes an object or
// a string a message.

import type { Outlet } from "../outlet.ts";
import { MessageView } from "../store/message-view.ts";
import type { ConsumerCore } from "./consumer-core.ts";
import type { Receiver } from "./receiver.ts";

/** A turn of one consumer; others want theirs. */
const turnMessagesMax = 512;
const turnBytesMax = 1024 * 1024;

/** How a step ended, when it sent nothing. */
const outcome = {
  again: -1,
  nothingLeft: -2,
  tooManyUnacknowledged: -3,
  nobodyTakesIt: -4,
  notYet: -5,
} as const;

/** One view serves all consumers of a program: nobody holds on to it beyond a step. */
const view: MessageView = new MessageView();

export class Delivery {
  readonly #core: ConsumerCore;
  readonly #receiver: Receiver;
  readonly #outlet: Outlet;
  #onRoom: (() => void) | null = null;
  #isRunning = false;
  #isPumping = false;
  /** A receiver is too full. */
  #isStalled = false;
  #pauseTimer: Disposable | null = null;
  #isAwake = false;
  /** Whether it may deliver: false while paused. */
  isPaused = false;

  constructor(core: ConsumerCore, receiver: Receiver) {
    this.#core = core;
    this.#receiver = receiver;
    this.#outlet = core.parts.stream.outlet;
  }

  start(): void {
    this.#isRunning = true;
  }

  stop(): void {
    this.#isRunning = false;
    this.#stopWaiting();
    this.#setAwake(false);
  }

  /** Delivers what can be delivered. */
  pump(): void {
    if (!this.#isRunning || this.isPaused || this.#isPumping || this.#isStalled) {
      return;
    }
    this.#isPumping = true;
    this.#stopWaiting();
    const ended = this.#run();
    this.#isPumping = false;
    if (ended === outcome.nothingLeft || ended === outcome.tooManyUnacknowledged) {
      this.#receiver.ranDry(ended === outcome.nothingLeft, this.#core.now);
    }
    const waitsForMessages = ended === outcome.nothingLeft || ended === outcome.nobodyTakesIt;
    this.#setAwake(waitsForMessages && this.#receiver.isReady);
  }

  /** Gives the outcome of the last step, or of 0 and above when the turn is over. */
  #run(): number {
    const core = this.#core;
    const receiver = this.#receiver;
    const stored = core.parts.stream.storedFor(core.owner);
    const { now } = core;
    this.#onRoom ??= (): void => {
      this.#isStalled = false;
      core.owner.wantPump();
    };
    const onRoom = this.#onRoom;
    let bytes = 0;
    for (let messages = 0; messages < turnMessagesMax && bytes < turnBytesMax; ) {
      if (!receiver.isReady) {
        return outcome.nobodyTakesIt;
      }
      const step = this.#step(stored, now);
      if (step >= 0) {
        messages++;
        bytes += step;
        if (this.#outlet.mustWait(onRoom)) {
          this.#isStalled = true;
          return step;
        }
      } else if (step !== outcome.again) {
        return step;
      }
    }
    core.owner.wantPump();
    return 0;
  }

  /** Delivers one message and gives its size; else why not. */
  #step(stored: number, now: number): number {
    const core = this.#core;
    const { ledger, cursor } = core;
    const index = ledger.redelivery.queued > 0 ? ledger.redelivery.peek() : -1;
    let deliveries = 1;
    if (index !== -1) {
      if (!core.parts.stream.store.read(ledger.pending.sequence(index), view)) {
        core.terminateDeleted(index);
        return outcome.again;
      }
      deliveries = ledger.pending.deliveries(index) + 1;
    } else {
      if (core.isFull) {
        return outcome.tooManyUnacknowledged;
      }
      if (!cursor.read(view)) {
        return outcome.nothingLeft;
      }
    }
    const size = this.#send(deliveries, cursor.pendingOf(stored) - (index === -1 ? 1 : 0), now);
    if (size >= 0) {
      this.#note(index, now);
      this.#receiver.delivered(size, now);
    }
    return size;
  }

  /** What lies in the view. */
  #send(deliveries: number, pending: number, now: number): number {
    const core = this.#core;
    const { sender, pacing, ledger } = core;
    const receiver = this.#receiver;
    let size = sender.prepare(
      view,
      deliveries,
      ledger.deliveredConsumer + 1,
      Math.max(0, pending),
      core.config.headersOnly,
    );
    if (pacing !== null) {
      const wait = pacing.waitFor(view.sequence, view.timeMicros, size, now);
      if (wait > 0) {
        this.#waitFor(wait);
        return outcome.notYet;
      }
    }
    const to = receiver.choose(size, now);
    if (to === null) {
      return outcome.nobodyTakesIt;
    }
    if (receiver.pinId !== "") {
      size = sender.addPin(receiver.pinId);
    }
    if (sender.send(to) === 0) {
      receiver.lost();
      return outcome.again;
    }
    pacing?.sent(view.timeMicros, size, now);
    return size;
  }

  /** It left. `index` is of one that was delivered before. */
  #note(index: number, now: number): void {
    const core = this.#core;
    const { ledger } = core;
    const { sequence } = view;
    core.lastDelivered = now;
    if (index !== -1) {
      ledger.redeliver(index, now);
    } else {
      core.cursor.take(sequence);
      if (core.config.ackPolicy === "none") {
        ledger.deliverUnacknowledged(sequence);
        if (core.keepsUntilAcknowledged) {
          core.parts.stream.acknowledged(core.owner, sequence);
        }
      } else {
        ledger.deliver(sequence, now);
      }
    }
    core.owner.touch();
  }

  #setAwake(isAwake: boolean): void {
    if (this.#isAwake !== isAwake) {
      this.#isAwake = isAwake;
      this.#core.parts.stream.setAwake(this.#core.owner, isAwake);
    }
  }

  #waitFor(millis: number): void {
    this.#pauseTimer = this.#core.parts.timers.after(Math.max(1, Math.ceil(millis)), () => {
      this.#pauseTimer = null;
      this.pump();
    });
  }

  #stopWaiting(): void {
    this.#pauseTimer?.[Symbol.dispose]();
    this.#pauseTimer = null;
  }
}
