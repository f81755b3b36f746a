// One consumer: its parts, joined, and its life from start to stop. It knows a stream by what stream-access.ts says of it.

import type { ApiError } from "../api-error.ts";
import { SubjectFilter } from "../store/subject-filter.ts";
import type { StreamListener } from "../stream/stream-listener.ts";
import type { ConsumerConfig } from "./consumer-config.ts";
import type { ConsumerParts } from "./consumer-parts.ts";
import type { ConsumerStatus } from "./consumer-status.ts";

const notBuilt = "not built yet";

/** Why a consumer goes: asked for, for nobody used it, or with its stream. */
export type DeleteReason = "asked" | "inactive" | "stream";

export class Consumer implements StreamListener {
  readonly name: string;
  readonly createdNanos: bigint;
  /** "" is online: what cannot be served is no Consumer. */
  readonly offlineReason = "";
  #config: ConsumerConfig;

  /** Reads what its journal has; hears and says nothing before start(). */
  constructor(parts: ConsumerParts) {
    this.name = parts.name;
    this.createdNanos = parts.createdNanos;
    this.#config = parts.config;
  }

  get config(): ConsumerConfig {
    return this.#config;
  }

  get filter(): SubjectFilter {
    return SubjectFilter.all;
  }

  /** Why nothing gets durable any more; null is well. */
  get failure(): string | null {
    return null;
  }

  // --- life

  /** Listens to the stream, to requests and acknowledgements. A new one chooses where it starts, and writes it down. */
  start(): void {}

  /** onDone when all that the consumer knows by now is durable: before a creation or a reset is answered. */
  whenDurable(_onDone: (failure: string | null) => void): void {}

  /** Hears and says nothing any more; waiting pulls are told of a shutdown when asked. What it knows is written. */
  stop(_tellsOfShutdown = false): Promise<void> {
    return Promise.resolve();
  }

  /** Stops; waiting pulls are told, and the advisory is sent. The caller removes its files. */
  delete(_reason: DeleteReason): Promise<void> {
    return Promise.resolve();
  }

  // --- by request

  /** What was checked by consumer-defaults.ts, consumer-config-check.ts and mayBecome(); the caller wrote it down. */
  update(config: ConsumerConfig): void {
    this.#config = config;
  }

  /** Why the consumer cannot be changed to this; null is it can. */
  mayBecome(_config: ConsumerConfig): ApiError | null {
    return null;
  }

  /** Whether somebody listens: for a push consumer that its deliver subject has receivers. */
  get isActive(): boolean {
    return false;
  }

  status(): ConsumerStatus {
    throw new Error(notBuilt);
  }

  /** The client that is pinned to this group is so no longer. False: there is no such group. */
  unpin(_group: string): boolean {
    return false;
  }

  /**
   * Starts again: from this sequence of the stream, 0 is behind the ack floor. A text says why it cannot; a number is
   * the sequence it starts from. onDone when it is durable.
   */
  reset(_sequence: bigint, onDone: (failure: string | null, startsFrom: number) => void): void {
    onDone(notBuilt, 0);
  }

  // --- what the stream tells

  onStored(_lastSequence: number): void {}

  onRemoved(_sequence: number, _subject: string): void {}

  onPurged(): void {}

  needs(_sequence: number): boolean {
    return true;
  }
}
