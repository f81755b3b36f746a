// One stream: its parts, joined, and its life from start to close. It knows listeners, not consumers, and it knows no
// API. The only way it changes is apply.ts.

import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { Random } from "../../ports/random.ts";
import type { Timers } from "../../ports/timers.ts";
import { SubjectTransform } from "../../subjects/transform.ts";
import { type ApiError, apiErrors } from "../api-error.ts";
import type { Outlet } from "../outlet.ts";
import type { MessageStore } from "../store/message-store.ts";
import { Apply } from "./apply.ts";
import { type Committer, LocalCommitter } from "./committer.ts";
import { DirectGet } from "./direct-get.ts";
import { DuplicateWindow } from "./duplicate-window.ts";
import { Expiry } from "./expiry.ts";
import { FilterGroups } from "./filter-groups.ts";
import { Ingest } from "./ingest.ts";
import { MessageClock } from "./message-clock.ts";
import { MessageDraft } from "./message-draft.ts";
import { AckQueue } from "./publish-ack.ts";
import { Publishing, type PublishingSurroundings } from "./publishing.ts";
import { recoverInto } from "./recovery.ts";
import { Removal } from "./removal.ts";
import { Republisher } from "./republish.ts";
import { Retention } from "./retention.ts";
import { StoredView } from "./stored-view.ts";
import type { OnStreamDone, PurgeRequest } from "./stream-access.ts";
import type { StreamConfig } from "./stream-config.ts";
import type { AcknowledgedEntry, StreamEntry } from "./stream-entry.ts";
import type { Admission, StreamCore, StreamFeatures } from "./stream-features.ts";
import type { StreamListener } from "./stream-listener.ts";
import type { StorageBudget, StreamEvents, StreamParts, StreamSettings } from "./stream-parts.ts";
import type { StreamView } from "./stream-view.ts";
import { Visibility } from "./visibility.ts";

const noFeatures: StreamFeatures = { batches: null, counter: null, schedules: null, lives: [] };

export class Stream implements StreamCore, PublishingSurroundings {
  readonly features: StreamFeatures;
  readonly store: MessageStore;
  readonly #parts: StreamParts;
  #settings: StreamSettings;
  readonly #clock: MessageClock;
  readonly #view: StoredView;
  readonly #groups: FilterGroups = new FilterGroups();
  readonly #visibility: Visibility;
  readonly #retention: Retention;
  readonly #removal: Removal;
  readonly #apply: Apply;
  readonly #committer: Committer;
  readonly #publishing: Publishing;
  readonly #queue: AckQueue;
  readonly #expiry: Expiry;
  readonly #ingest: Ingest;
  readonly #direct: DirectGet;
  readonly #acknowledged: AcknowledgedEntry = { kind: "acknowledged", sequence: 0 };
  #directSubscription: Disposable | null = null;
  #isRunning = false;
  #isClosed = false;

  /** Reads what is stored; takes no messages before start(). */
  constructor(parts: StreamParts) {
    const { config, store, outlet, budget, settings } = parts;
    this.#parts = parts;
    this.#settings = settings;
    this.store = store;
    this.#clock = new MessageClock(parts.clock);
    this.#view = new StoredView(store, new DuplicateWindow(), this.#clock, config);
    this.#visibility = new Visibility(store.state.lastSequence);
    const removal = new Removal(store, this.#groups);
    this.#retention = new Retention(store, this.#groups, removal, config);
    const apply = new Apply({
      store,
      view: this.#view,
      groups: this.#groups,
      visibility: this.#visibility,
      removal,
      retention: this.#retention,
      budget,
      onConfigured: (former, current) => this.#configured(former, current),
    });
    this.#committer = new LocalCommitter(apply);
    this.#queue = new AckQueue(outlet, config.name);
    this.#queue.setDomain(settings.domain);
    this.#expiry = new Expiry({
      store,
      view: this.#view,
      clock: this.#clock,
      timers: parts.timers,
      commit: (entry) => this.#commitEntry(entry),
      mark: (draft) => this.storeFromOrigin(draft) === null,
    });
    this.#publishing = new Publishing({
      stream: this,
      clock: this.#clock,
      visibility: this.#visibility,
      queue: this.#queue,
      expiry: this.#expiry,
      commit: (entry) => this.#commitEntry(entry),
    });
    this.#ingest = new Ingest(new MessageDraft(), this.#publishing);
    this.#direct = new DirectGet(this, this.#queue);
    this.#readTransforms(config);
    this.features = parts.makeFeatures?.(this) ?? noFeatures;
    this.#removal = removal;
    this.#apply = apply;
    this.#takeSchedules();
    store.onDurable = (): void => this.#onDurable();
    store.onFailed = (reason): void => this.#onFailed(reason);
    recoverInto(store, this.#view, apply.schedules);
    this.#retention.enforceAll();
  }

  get account(): string {
    return this.#parts.place.account;
  }

  get name(): string {
    return this.#parts.place.stream;
  }

  get config(): StreamConfig {
    return this.#view.config;
  }

  get createdNanos(): bigint {
    return this.#parts.createdNanos;
  }

  get outlet(): Outlet {
    return this.#parts.outlet;
  }

  get clock(): Clock {
    return this.#parts.clock;
  }

  get timers(): Timers {
    return this.#parts.timers;
  }

  get random(): Random {
    return this.#parts.random;
  }

  get log(): Log {
    return this.#parts.log;
  }

  get settings(): StreamSettings {
    return this.#settings;
  }

  get events(): StreamEvents {
    return this.#parts.events;
  }

  get budget(): StorageBudget {
    return this.#parts.budget;
  }

  get view(): StreamView {
    return this.#view;
  }

  get visibleSequence(): number {
    return this.#visibility.visibleSequence;
  }

  get failure(): string | null {
    return this.store.failure;
  }

  get listenerCount(): number {
    return this.#groups.listenerCount;
  }

  /** Publishes that are not answered yet. */
  get waitingMessages(): number {
    return this.#visibility.waitingMessages;
  }

  /** Message ids in the window of duplicates. */
  get rememberedIds(): number {
    return this.#view.duplicates.size;
  }

  // --- life

  /** Subscribes: messages and direct gets are taken from now on. Called after the consumers were recovered. */
  start(): void {
    if (this.#isRunning || this.#isClosed) {
      return;
    }
    this.#isRunning = true;
    this.#subscribe();
    this.#expiry.start();
    for (const life of this.features.lives) {
      life.start();
    }
  }

  /** Takes no messages any more; what is stored and written stays. May be started again. */
  stop(): void {
    if (!this.#isRunning) {
      return;
    }
    this.#isRunning = false;
    for (const life of this.features.lives) {
      life.stop();
    }
    this.#expiry.stop();
    this.#subscribe();
  }

  /** What was checked by stream-config-check.ts; the caller wrote it down. Enforces narrower limits at once. */
  update(config: StreamConfig): void {
    this.#commitEntry({ kind: "configure", config });
  }

  /** Settings of the server that a reload changed. */
  reconfigure(settings: StreamSettings): void {
    this.#settings = settings;
    this.#queue.setDomain(settings.domain);
  }

  /** After recovery of the consumers: removes what interest or work-queue retention would have removed. */
  reconcile(): void {
    if (this.config.retention !== "limits" && this.#groups.listenerCount > 0) {
      this.#removeUnneeded(1, null);
    }
  }

  /** Stops, and closes the store; what becomes durable by that is still answered. */
  async close(): Promise<void> {
    this.stop();
    this.#isClosed = true;
    await this.store.close();
    await Promise.all(this.features.lives.map((life) => life.close?.()));
    this.#queue.clear();
  }

  // --- listeners

  storedFor(listener: StreamListener): number {
    return this.#groups.storedFor(listener);
  }

  earliestFor(listener: StreamListener, from: number): number {
    return this.#groups.earliestFor(listener, from);
  }

  listen(listener: StreamListener): Disposable {
    this.#groups.add(listener, this.store.state.lastSequence);
    return { [Symbol.dispose]: (): void => this.#groups.remove(listener) };
  }

  setAwake(listener: StreamListener, isAwake: boolean): void {
    this.#groups.setAwake(listener, isAwake, this.visibleSequence);
  }

  acknowledged(listener: StreamListener, sequence: number): void {
    if (this.config.retention !== "limits" && this.#retention.isDone(sequence, listener)) {
      this.#acknowledged.sequence = sequence;
      this.#commitEntry(this.#acknowledged);
    }
  }

  retire(listener: StreamListener, from: number): void {
    if (this.config.retention === "interest") {
      this.#removeUnneeded(from, listener);
    }
  }

  // --- changes by request

  removeMessage(sequence: number, erases: boolean, onDone: OnStreamDone): boolean {
    const isFound =
      this.failure !== null || this.#commitEntry({ kind: "remove", sequence, erases }) > 0;
    if (isFound) {
      this.whenDurable(onDone);
    }
    return isFound;
  }

  purge(request: PurgeRequest, onDone: OnStreamDone): number {
    const removed = this.purgeNow(request);
    this.whenDurable(onDone);
    return removed;
  }

  // --- for features

  isWanted(subject: string): boolean {
    return this.#groups.isWanted(subject);
  }

  admit(draft: MessageDraft, view: StreamView): Admission {
    return this.#publishing.admit(draft, view);
  }

  commit(draft: MessageDraft): void {
    this.#publishing.commit(draft);
  }

  storeFromOrigin(draft: MessageDraft): ApiError | null {
    return this.#publishing.storeFromOrigin(draft);
  }

  skipTo(next: number): void {
    if (next > this.store.state.lastSequence + 1) {
      this.#commitEntry({ kind: "skip", next });
    }
  }

  purgeNow(request: PurgeRequest): number {
    const { filter, sequence, keep } = request;
    return this.#commitEntry({ kind: "purge", filter, sequence, keep });
  }

  reply(draft: MessageDraft, body: Uint8Array): void {
    this.#publishing.reply(draft, body);
  }

  replyError(draft: MessageDraft, error: ApiError): void {
    this.#publishing.replyError(draft, error);
  }

  whenDurable(onDone: OnStreamDone): void {
    const { failure, store } = this;
    if (failure !== null) {
      this.timers.endOfTurn(() => onDone(apiErrors.streamStoreFailed(failure)));
    } else if (store.durable >= store.written) {
      this.timers.endOfTurn(() => onDone(null));
    } else {
      this.#visibility.whenDurable(store.written, onDone);
    }
  }

  serveDirect(stream: string): Disposable {
    return this.#direct.serve(stream);
  }

  // --- what the store tells

  #commitEntry(entry: StreamEntry): number {
    return this.failure === null ? this.#committer.commit(entry) : 0;
  }

  #onDurable(): void {
    const { durable } = this.store;
    this.#queue.release(durable);
    if (this.#visibility.release(durable)) {
      this.#groups.wake(this.visibleSequence);
    }
    this.#visibility.releaseWaiting(durable);
  }

  #onFailed(reason: string): void {
    this.#queue.fail(reason);
    this.#visibility.fail(apiErrors.streamStoreFailed(reason));
    this.events.onFailed(reason);
  }

  #removeUnneeded(from: number, leaving: StreamListener | null): void {
    const others = this.#groups.listenerCount - (leaving === null ? 0 : 1);
    if (others === 0) {
      this.purgeNow({ filter: "", sequence: 0, keep: 0 });
      return;
    }
    for (const sequence of this.#retention.unneeded(from, leaving)) {
      this.#commitEntry({ kind: "remove", sequence, erases: false });
    }
  }

  // --- configuration

  #configured(former: StreamConfig, current: StreamConfig): void {
    this.#readTransforms(current);
    this.#takeSchedules();
    this.#expiry.configured();
    if (former.retention !== current.retention) {
      this.reconcile();
    }
    if (this.#isRunning) {
      this.#subscribe();
    }
    for (const life of this.features.lives) {
      life.configured(former, current);
    }
  }

  #readTransforms(config: StreamConfig): void {
    const { subjectTransform, republish, name } = config;
    const { random } = this.#parts;
    const parsed =
      subjectTransform === null
        ? null
        : SubjectTransform.parse(subjectTransform.src, subjectTransform.dest, random);
    this.#publishing.transform = parsed?.ok === true ? parsed.value : null;
    this.#publishing.republisher =
      republish === null ? null : new Republisher(name, republish, random);
  }

  /** To all that the configuration names while the stream runs, else to nothing. */
  #subscribe(): void {
    const { config, outlet } = this;
    this.#ingest.listenTo(outlet, this.#isRunning ? config.subjects : []);
    const isDirect = this.#isRunning && config.allowDirect;
    if (isDirect && this.#directSubscription === null) {
      this.#directSubscription = this.#direct.serve(this.name);
    } else if (!isDirect) {
      this.#directSubscription?.[Symbol.dispose]();
      this.#directSubscription = null;
    }
  }

  /** They hear of messages only where there may be schedules. */
  #takeSchedules(): void {
    const schedules = this.config.allowSchedules ? this.features.schedules : null;
    this.#removal.schedules = schedules;
    this.#apply.schedules = schedules;
  }
}
