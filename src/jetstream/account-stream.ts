// One stream as its account hosts it: the stream itself, or what stands for one that cannot be served, and its
// consumers.

import { AccountConsumers, type ConsumersParts } from "./account-consumers.ts";
import type { ApiConsumer, ApiStream, SourceStatus } from "./api/api-context.ts";
import type { Stream } from "./stream/stream.ts";
import type { StreamAccess } from "./stream/stream-access.ts";
import type { StreamBudget } from "./tenancy.ts";

export class AccountStream implements ApiStream {
  readonly access: StreamAccess;
  /** Null: it is offline. */
  readonly stream: Stream | null;
  readonly hosted: AccountConsumers;
  readonly budget: StreamBudget;
  /** Taken in the account's index of subjects. */
  takenSubjects: readonly string[] = [];
  #offlineReason: string;

  constructor(
    access: StreamAccess,
    stream: Stream | null,
    budget: StreamBudget,
    parts: Omit<ConsumersParts, "stream">,
    offlineReason: string,
  ) {
    this.access = access;
    this.stream = stream;
    this.budget = budget;
    this.hosted = new AccountConsumers({ ...parts, stream: access });
    this.#offlineReason = offlineReason;
  }

  get name(): string {
    return this.access.name;
  }

  get offlineReason(): string {
    return this.#offlineReason;
  }

  /** Why it cannot acknowledge; null is well. */
  get failure(): string | null {
    return this.stream?.failure ?? null;
  }

  /** It cannot be served whole: nothing more is served. */
  takeOffline(reason: string): void {
    this.#offlineReason = reason;
    this.stream?.stop();
  }

  start(): void {
    if (this.#offlineReason === "") {
      this.stream?.start();
    }
  }

  mirrorStatus(): SourceStatus | null {
    return this.stream?.features?.origins?.mirrorStatus() ?? null;
  }

  sourceStatus(): readonly SourceStatus[] {
    return this.stream?.features?.origins?.sourceStatus() ?? [];
  }

  whenDurable(onDone: () => void): void {
    const { store } = this.access;
    if (this.stream === null || store.durable >= store.written) {
      onDone();
    } else {
      this.stream.whenDurable(() => onDone());
    }
  }

  consumer(name: string): ApiConsumer | null {
    return this.hosted.find(name);
  }

  consumers(): Iterable<ApiConsumer> {
    return this.hosted.shown();
  }

  get consumerCount(): number {
    return this.hosted.shownCount;
  }

  /** The server stops: what was written stays. */
  async close(tellsOfShutdown: boolean): Promise<void> {
    this.stream?.stop();
    await this.hosted.stop(tellsOfShutdown);
    await this.stream?.close();
  }
}
