// One consumer: its parts, joined, and its life from start to stop. It knows a stream by what stream-access.ts says of it.

import type { ApiError } from "../api-error.ts";
import { MessageView } from "../store/message-view.ts";
import { SubjectFilter } from "../store/subject-filter.ts";
import type { StreamListener } from "../stream/stream-listener.ts";
import { AckHandler } from "./ack-handler.ts";
import { ackPattern, ackPrefix } from "./ack-subject.ts";
import { applySettings } from "./apply-settings.ts";
import { backupOf, type ConsumerBackup } from "./consumer-backup.ts";
import type { ConsumerConfig } from "./consumer-config.ts";
import { filtersOf } from "./consumer-config-check.ts";
import { ConsumerCore, type CoreOwner } from "./consumer-core.ts";
import type { ConsumerParts } from "./consumer-parts.ts";
import type { ConsumerStatus } from "./consumer-status.ts";
import { checkConsumerUpdate } from "./consumer-update-check.ts";
import { Delivery } from "./delivery.ts";
import { Inactivity } from "./inactivity.ts";
import { NextHandler, nextSubject } from "./next-handler.ts";
import { Pacing } from "./pacing.ts";
import { Pause } from "./pause.ts";
import { PullReceiver } from "./pull-receiver.ts";
import { PushLife } from "./push-life.ts";
import { RedeliveryTimer } from "./redelivery-timer.ts";
import { releaseUnwanted, startOfReset } from "./restart.ts";
import { statusOf } from "./status-of.ts";

/** Why a consumer goes: asked for, for nobody used it, or with its stream. */
export type DeleteReason = "asked" | "inactive" | "stream";

/** A new consumer waits no longer for the answer to its creation: perhaps nobody asked. */
const beginAtLatestMillis = 1000;

export class Consumer implements StreamListener, CoreOwner {
  readonly name: string;
  readonly createdNanos: bigint;
  /** "" is online: what cannot be served is no Consumer. */
  readonly offlineReason = "";
  readonly #parts: ConsumerParts;
  readonly #core: ConsumerCore;
  readonly #acks: AckHandler;
  readonly #requests: NextHandler;
  readonly #delivery: Delivery;
  readonly #push: PushLife | null;
  readonly #redeliveryTimer: RedeliveryTimer;
  readonly #inactivity: Inactivity;
  readonly #pause: Pause;
  readonly #turn: () => void;
  #filter: SubjectFilter;
  /** What the journal said; null is a new consumer. */
  readonly #recovered: number | null;
  readonly #owned: Disposable[] = [];
  #listening: Disposable | null = null;
  #isRunning = false;
  #hasBegun = false;
  #beginTimer: Disposable | null = null;
  #isTouched = false;
  #wantsPump = false;
  #inactiveSince: number;

  /** Reads what its journal has; hears and says nothing before start(). */
  constructor(parts: ConsumerParts) {
    this.name = parts.name;
    this.createdNanos = parts.createdNanos;
    this.#parts = parts;
    this.#filter = new SubjectFilter(filtersOf(parts.config));
    const core = new ConsumerCore(parts, this);
    this.#core = core;
    this.#turn = (): void => this.#endTurn();
    this.#requests = new NextHandler(core);
    this.#acks = new AckHandler(core, this.#requests);
    if (parts.config.deliverSubject === "") {
      this.#push = null;
      core.pull = new PullReceiver(core);
      this.#delivery = new Delivery(core, core.pull);
    } else {
      this.#push = new PushLife(core, {
        onActive: (isActive): void => this.#onActive(isActive),
        onReceived: (stream, consumer): void => {
          this.#acks.acknowledge(stream, consumer, false);
        },
      });
      core.push = this.#push.receiver;
      this.#delivery = new Delivery(core, core.push);
    }
    this.#redeliveryTimer = new RedeliveryTimer(core);
    this.#inactivity = new Inactivity(parts.timers, parts.random, this);
    this.#pause = new Pause(parts.clock, parts.timers, () => this.#onResumed());
    this.#inactiveSince = core.now;
    this.#recovered = core.keeper.recover((problem) =>
      parts.log.warn(`JetStream consumer ${core.where}: ${problem}`),
    );
  }

  get config(): ConsumerConfig {
    return this.#core.config;
  }

  get filter(): SubjectFilter {
    return this.#filter;
  }

  /** Why nothing gets durable any more; null is well. */
  get failure(): string | null {
    return this.#core.keeper.failure;
  }

  // --- life

  /** Listens to the stream, to requests and acknowledgements. A new one chooses where it starts, and writes it down. */
  start(): void {
    const core = this.#core;
    const { stream, name, timers } = this.#parts;
    this.#isRunning = true;
    this.#listening = stream.listen(this);
    this.#takePlace();
    applySettings(core, this.#acks);
    const { outlet } = stream;
    if (core.config.ackPolicy === "explicit" || core.config.ackPolicy === "all") {
      for (const parts of core.heardAcks) {
        const heard = this.#acks.hears(ackPrefix(parts).length);
        this.#owned.push(outlet.subscribe(ackPattern(parts), heard));
      }
    }
    this.#owned.push(outlet.subscribe(nextSubject(stream.name, name), this.#requests));
    this.#push?.start();
    this.#inactivity.setThreshold(core.config.inactiveThresholdNanos, this.#push === null);
    this.#delivery.isPaused = this.#pause.set(core.config.pauseUntilNanos);
    this.#redeliveryTimer.arm();
    if (this.#recovered === null) {
      core.advisories.created();
      if (this.#delivery.isPaused) {
        core.advisories.paused(true, core.config.pauseUntilNanos);
      }
      this.#beginTimer = timers.after(beginAtLatestMillis, () => this.#begin());
    } else {
      this.#begin();
    }
  }

  /**
   * onDone when all that the consumer knows by now is durable: before a creation or a reset is answered. A new one
   * delivers when its creation was answered: the answer says how many messages are to come.
   */
  whenDurable(onDone: (failure: string | null) => void): void {
    this.#core.keeper.whenDurable((failure) => {
      onDone(failure);
      this.#begin();
    });
  }

  #begin(): void {
    this.#beginTimer?.[Symbol.dispose]();
    this.#beginTimer = null;
    if (this.#isRunning && !this.#hasBegun) {
      this.#hasBegun = true;
      this.#delivery.start();
      this.#serve();
    }
  }

  /** Hears and says nothing any more; waiting pulls are told of a shutdown when asked. What it knows is written. */
  stop(tellsOfShutdown = false): Promise<void> {
    if (tellsOfShutdown) {
      this.#core.pull?.endAll("409 Server Shutdown", true);
    }
    return this.#end();
  }

  /** Stops; waiting pulls are told, and the advisory is sent. The caller removes its files. */
  delete(reason: DeleteReason): Promise<void> {
    const core = this.#core;
    if (this.#isRunning) {
      core.advisories.deleted();
      core.pull?.endAll("409 Consumer Deleted", false);
      if (reason !== "stream") {
        this.#parts.stream.retire(this, core.ledger.firstNeeded);
      }
    }
    return this.#end();
  }

  async #end(): Promise<void> {
    if (!this.#isRunning) {
      return;
    }
    this.#isRunning = false;
    const core = this.#core;
    this.#beginTimer?.[Symbol.dispose]();
    this.#delivery.stop();
    core.pull?.stop();
    core.pin?.clear("");
    this.#push?.stop();
    this.#redeliveryTimer.stop();
    this.#inactivity.stop();
    this.#pause.stop();
    for (const owned of this.#owned.splice(0)) {
      owned[Symbol.dispose]();
    }
    this.#listening?.[Symbol.dispose]();
    this.#listening = null;
    core.keeper.flush();
    this.#acks.settle();
    await core.keeper.close();
  }

  // --- by request

  /** What was checked by consumer-defaults.ts, consumer-config-check.ts and mayBecome(); the caller wrote it down. */
  update(config: ConsumerConfig): void {
    const core = this.#core;
    const old = core.config;
    core.config = config;
    if (!this.#isRunning) {
      return;
    }
    if (old.deliverSubject !== config.deliverSubject && this.#push !== null) {
      core.redeliverAll();
      this.#push.retarget();
    }
    applySettings(core, this.#acks);
    if (old.inactiveThresholdNanos !== config.inactiveThresholdNanos) {
      this.#inactivity.setThreshold(config.inactiveThresholdNanos, this.#push === null);
    }
    if (old.pauseUntilNanos !== config.pauseUntilNanos) {
      this.#delivery.isPaused = this.#pause.set(config.pauseUntilNanos);
      core.advisories.paused(this.#delivery.isPaused, config.pauseUntilNanos);
    }
    this.#refilter();
    if (config.sourcing) {
      this.reset(0n, () => undefined);
    }
    this.#redeliveryTimer.arm();
    this.wantPump();
  }

  /** Why the consumer cannot be changed to this; null is it can. */
  mayBecome(config: ConsumerConfig): ApiError | null {
    const { deliverSubject } = this.config;
    const isBound = deliverSubject !== "" && this.#core.hasInterest(deliverSubject);
    return checkConsumerUpdate(this.config, config, isBound);
  }

  /** Whether somebody listens: for a push consumer that its deliver subject has receivers. */
  get isActive(): boolean {
    return this.#core.push?.isActive ?? (this.#core.pull?.waiting ?? 0) > 0;
  }

  status(): ConsumerStatus {
    return statusOf(this.#core);
  }

  backup(lastSequence: number): ConsumerBackup {
    return backupOf(this.#core.ledger, this.#core, lastSequence);
  }

  /** The client that is pinned to this group is so no longer. False: there is no such group. */
  unpin(group: string): boolean {
    const { config, pin } = this.#core;
    if (!config.priorityGroups.includes(group)) {
      return false;
    }
    pin?.clear("");
    this.#core.advisories.unpinned(group, "admin");
    this.wantPump();
    return true;
  }

  /**
   * Starts again: from this sequence of the stream, 0 is behind the ack floor. A text says why it cannot; a number is
   * the sequence it starts from. onDone when it is durable.
   */
  reset(sequence: bigint, onDone: (failure: string | null, startsFrom: number) => void): void {
    const core = this.#core;
    const start = startOfReset(core, sequence);
    if (typeof start === "string") {
      onDone(start, 0);
      return;
    }
    const former = core.ledger.floorStream + 1;
    core.ledger.startAt(start);
    core.cursor.moveTo(start, 0);
    core.lastDelivered = 0;
    core.lastAcknowledged = 0;
    core.keeper.rewrite();
    releaseUnwanted(core, this, former, (at) => at < start);
    this.wantPump();
    core.keeper.whenDurable((failure) => onDone(failure, start));
  }

  // --- what the stream tells

  onStored(_lastSequence: number): void {
    this.#delivery.pump();
  }

  onRemoved(sequence: number, _subject: string, isPurged = false): void {
    const core = this.#core;
    core.cursor.removed(sequence);
    if (sequence <= core.ledger.deliveredStream) {
      const index = core.ledger.pending.find(sequence);
      if (index !== -1) {
        core.terminateDeleted(index, !isPurged);
      } else if (core.ledger.exceeded.has(sequence)) {
        core.ledger.forget(sequence);
        this.touch();
      }
    }
    if (isPurged) {
      core.purgeBelowFirst();
    }
  }

  onPurged(): void {
    const core = this.#core;
    core.dropPurged();
    core.cursor.recount();
    this.wantPump();
  }

  needs(sequence: number): boolean {
    return this.#core.ledger.needs(sequence, this.#core.isExplicit);
  }

  // --- what its parts tell

  touch(): void {
    if (!this.#isTouched) {
      this.#isTouched = true;
      this.#parts.turns.add(this.#turn);
    }
  }

  wantPump(): void {
    this.#wantsPump = true;
    this.touch();
  }

  onRequest(): void {
    this.#begin();
    this.#serve();
  }

  onUnheard(): void {
    this.#push?.onUnheard();
  }

  get now(): number {
    return this.#core.now;
  }

  /** When somebody was last there; Infinity is now. */
  get lastUsed(): number {
    const { pull, push, ledger } = this.#core;
    if (push !== null) {
      return push.isActive ? Number.POSITIVE_INFINITY : this.#inactiveSince;
    }
    pull?.dropDead(this.now);
    let last = pull?.lastUsed ?? 0;
    if ((pull?.waiting ?? 0) > 0) {
      last = Number.POSITIVE_INFINITY;
    }
    const { pending, redelivery } = ledger;
    for (let index = pending.first(); index !== -1; index = pending.after(index)) {
      last = Math.max(last, pending.time(index) + redelivery.waitAfter(pending.deliveries(index)));
    }
    return last;
  }

  onInactive(): void {
    this.#parts.events.onInactive();
  }

  /** Somebody asks. Where priorities decide, a more important request may stand behind this one in the same chunk. */
  #serve(): void {
    if (this.config.priorityPolicy === "prioritized") {
      this.wantPump();
    } else {
      this.#delivery.pump();
    }
  }

  #endTurn(): void {
    const core = this.#core;
    if (this.#isRunning && this.#wantsPump) {
      this.#wantsPump = false;
      this.#delivery.pump();
    }
    this.#isTouched = false;
    if (!this.#isRunning) {
      return;
    }
    if (core.hasAcknowledged) {
      core.hasAcknowledged = false;
      core.lastAcknowledged = core.now;
      if (core.pull !== null) {
        core.pull.lastUsed = core.lastAcknowledged;
      }
    }
    core.keeper.settle();
    this.#acks.settle();
    this.#redeliveryTimer.arm();
    if (this.#wantsPump) {
      this.touch();
    }
  }

  #onActive(isActive: boolean): void {
    if (isActive) {
      this.wantPump();
    } else {
      this.#inactiveSince = this.now;
    }
  }

  #onResumed(): void {
    this.#delivery.isPaused = false;
    this.#core.advisories.paused(false, this.config.pauseUntilNanos);
    this.#delivery.pump();
  }

  // --- how it starts and changes

  #takePlace(): void {
    const core = this.#core;
    const { ledger, cursor, config } = core;
    const { store } = this.#parts.stream;
    if (this.#recovered === null) {
      ledger.startAt(cursor.begin(config, new MessageView()));
      core.keeper.rewrite();
    } else {
      const { lastSequence } = store.state;
      const isAhead = ledger.deliveredConsumer === 0 && config.optStartSequence > 0n;
      if (ledger.deliveredStream > lastSequence && !isAhead) {
        const what = `delivered sequence ${ledger.deliveredStream} past last stream sequence of ${lastSequence}`;
        this.#parts.log.warn(`JetStream consumer ${core.where} ${what}`);
        ledger.cutTo(lastSequence);
        core.keeper.rewrite();
      }
      const { firstSequence } = store.state;
      if (ledger.deliveredStream < firstSequence - 1) {
        ledger.purgeBelow(firstSequence);
      } else {
        ledger.dropBelow(firstSequence);
      }
      core.dropMissing();
      cursor.moveTo(ledger.deliveredStream + 1, this.#recovered);
    }
    if (config.replay === "original") {
      core.pacing ??= new Pacing();
      core.pacing.replayUpTo(store.state.lastSequence);
    }
    if (config.sourcing) {
      this.reset(0n, () => undefined);
    }
  }

  #refilter(): void {
    const core = this.#core;
    const filter = new SubjectFilter(filtersOf(core.config));
    const former = this.#filter;
    if (sortedPatterns(filter) === sortedPatterns(former)) {
      return;
    }
    const { stream } = this.#parts;
    this.#filter = filter;
    this.#listening?.[Symbol.dispose]();
    this.#listening = stream.listen(this);
    core.cursor.recount();
    releaseUnwanted(
      core,
      this,
      core.ledger.floorStream + 1,
      (_at, subject) => former.matches(subject) && !filter.matches(subject),
    );
  }
}

function sortedPatterns(filter: SubjectFilter): string {
  return filter.isAll ? ">" : [...filter.patterns].sort().join(" ");
}
