// One stream: its parts, joined, and its life from start to close. It knows listeners, not consumers, and it knows no
// API. The only way it changes is apply.ts.

import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { Random } from "../../ports/random.ts";
import type { Timers } from "../../ports/timers.ts";
import type { ApiError } from "../api-error.ts";
import type { Outlet } from "../outlet.ts";
import type { MessageStore } from "../store/message-store.ts";
import type { MessageDraft } from "./message-draft.ts";
import type { OnStreamDone, PurgeRequest } from "./stream-access.ts";
import type { StreamConfig } from "./stream-config.ts";
import type { Admission, StreamCore, StreamFeatures } from "./stream-features.ts";
import type { StreamListener } from "./stream-listener.ts";
import type { StreamEvents, StreamParts, StreamSettings } from "./stream-parts.ts";
import type { StreamView } from "./stream-view.ts";

const notBuilt = "not built yet";

export class Stream implements StreamCore {
  readonly #parts: StreamParts;
  #config: StreamConfig;
  #settings: StreamSettings;

  /** Reads what is stored; takes no messages before start(). */
  constructor(parts: StreamParts) {
    this.#parts = parts;
    this.#config = parts.config;
    this.#settings = parts.settings;
  }

  get account(): string {
    return this.#parts.place.account;
  }

  get name(): string {
    return this.#config.name;
  }

  get config(): StreamConfig {
    return this.#config;
  }

  get createdNanos(): bigint {
    return this.#parts.createdNanos;
  }

  get store(): MessageStore {
    return this.#parts.store;
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

  get visibleSequence(): number {
    return 0;
  }

  get failure(): string | null {
    return this.#parts.store.failure;
  }

  get view(): StreamView {
    throw new Error(notBuilt);
  }

  /** Mirror and sources, for pages and the API. */
  get features(): StreamFeatures | null {
    return null;
  }

  get listenerCount(): number {
    return 0;
  }

  // --- life

  /** Subscribes: messages and direct gets are taken from now on. Called after the consumers were recovered. */
  start(): void {}

  /** Takes no messages any more; what is stored and written stays. May be started again. */
  stop(): void {}

  /** What was checked by stream-config-check.ts; the caller wrote it down. Enforces narrower limits at once. */
  update(config: StreamConfig): void {
    this.#config = config;
  }

  /** Settings of the server that a reload changed. */
  reconfigure(settings: StreamSettings): void {
    this.#settings = settings;
  }

  /** After recovery of the consumers: removes what interest or work-queue retention would have removed. */
  reconcile(): void {}

  /** Stops, answers what cannot become durable any more, and closes the store. */
  close(): Promise<void> {
    this.stop();
    return this.#parts.store.close();
  }

  // --- listeners

  storedFor(_listener: StreamListener): number {
    return 0;
  }

  listen(_listener: StreamListener): Disposable {
    throw new Error(notBuilt);
  }

  setAwake(_listener: StreamListener, _isAwake: boolean): void {}

  acknowledged(_listener: StreamListener, _sequence: number): void {}

  // --- changes by request

  removeMessage(_sequence: number, _erases: boolean, _onDone: OnStreamDone): boolean {
    return false;
  }

  purge(_request: PurgeRequest, _onDone: OnStreamDone): number {
    return 0;
  }

  // --- for features

  admit(_draft: MessageDraft, _view: StreamView): Admission {
    throw new Error(notBuilt);
  }

  commit(_draft: MessageDraft): void {}

  storeFromOrigin(_draft: MessageDraft): ApiError | null {
    return null;
  }

  skipTo(_next: number): void {}

  purgeNow(_request: PurgeRequest): number {
    return 0;
  }

  reply(_draft: MessageDraft, _body: Uint8Array): void {}

  replyError(_draft: MessageDraft, _error: ApiError): void {}

  whenDurable(_onDone: OnStreamDone): void {}
}
