// A stage for the API: one account whose engine is plain maps, an outlet that remembers what it was told, a clock that
// stands still, and turns that end when the test says so.

import type { OutgoingMessage } from "../../../../src/base/outgoing-message.ts";
import type { InternalPublishOptions } from "../../../../src/broker/internal-client.ts";
import { PassingMessage } from "../../../../src/broker/message.ts";
import type { Subscriber } from "../../../../src/broker/subscriber.ts";
import type {
  AccountUsage,
  ApiAccount,
  ApiConsumer,
  ApiContext,
  ApiStream,
  OnApiDone,
  OnConsumer,
  OnStream,
  SourceStatus,
} from "../../../../src/jetstream/api/api-context.ts";
import { ApiCounts } from "../../../../src/jetstream/api/api-counts.ts";
import { ApiRouter } from "../../../../src/jetstream/api/api-router.ts";
import { type ApiError, apiErrors } from "../../../../src/jetstream/api-error.ts";
import type { ConsumerConfig } from "../../../../src/jetstream/consumer/consumer-config.ts";
import type { ConsumerStatus } from "../../../../src/jetstream/consumer/consumer-status.ts";
import type { Outlet } from "../../../../src/jetstream/outlet.ts";
import type { StreamAccess } from "../../../../src/jetstream/stream/stream-access.ts";
import type { StreamConfig } from "../../../../src/jetstream/stream/stream-config.ts";
import type { Log } from "../../../../src/ports/log.ts";
import { matches } from "../../../../src/subjects/overlap.ts";

export const nowNanos = 1_700_000_000_123_456_789n;

const encoder = new TextEncoder();

/** One message as a receiver inside is given it. */
export function passing(
  subject: string,
  body: Uint8Array,
  reply = "",
  headers = "",
): PassingMessage {
  const parts = [subject, reply].map((text) => Uint8Array.from(text, (at) => at.charCodeAt(0)));
  const bytes = Buffer.concat([...parts, encoder.encode(headers), body]);
  const [subjectLength = 0, replyLength = 0] = parts.map((part) => part.length);
  const headerLength = encoder.encode(headers).length;
  const headerStart = subjectLength + replyLength;
  const rows = {
    count: 1,
    bytes,
    receiver: () => 0,
    subscription: () => 0,
    origin: () => 0,
    account: () => 0,
    subjectStart: () => 0,
    subjectLength: () => subjectLength,
    replyStart: () => subjectLength,
    replyLength: () => replyLength,
    headerStart: () => headerStart,
    headerLength: () => headerLength,
    bodyStart: () => headerStart + headerLength,
    bodyLength: () => body.length,
    shownStart: () => 0,
    shownLength: () => 0,
  };
  return new PassingMessage(rows as unknown as ConstructorParameters<typeof PassingMessage>[0]);
}

export class StageOutlet implements Outlet {
  readonly account: string;
  readonly published: { readonly subject: string; readonly body: string }[] = [];
  readonly interest: Set<string> = new Set();
  readonly #subscribers: Map<Subscriber, string> = new Map();

  constructor(account: string) {
    this.account = account;
  }

  publish(subject: string, body: Uint8Array | string, _options?: InternalPublishOptions): number {
    const text = typeof body === "string" ? body : new TextDecoder().decode(body);
    this.published.push({ subject, body: text });
    return 1;
  }

  deliver(_message: OutgoingMessage): number {
    return 0;
  }

  subscribe(subject: string, subscriber: Subscriber): Disposable {
    const own: Subscriber = { deliver: (message) => subscriber.deliver(message) };
    this.#subscribers.set(own, subject);
    return { [Symbol.dispose]: (): void => void this.#subscribers.delete(own) };
  }

  request(): Disposable {
    return { [Symbol.dispose]: (): void => undefined };
  }

  hasInterest(subject: string): boolean {
    return this.interest.has(subject);
  }

  hasListener(subject: string): boolean {
    return this.hasInterest(subject);
  }

  mustWait(): boolean {
    return false;
  }

  /** Gives how many heard it. */
  arrive(message: PassingMessage): number {
    const receivers = [...this.#subscribers].filter(([, own]) => matches(own, message.subject));
    for (const [subscriber] of receivers) {
      subscriber.deliver(message);
    }
    return receivers.length;
  }
}

const noStatus: ConsumerStatus = {
  delivered: { consumerSequence: 0, streamSequence: 0, lastActiveNanos: null },
  ackFloor: { consumerSequence: 0, streamSequence: 0, lastActiveNanos: null },
  ackPending: 0,
  redelivered: 0,
  waiting: 0,
  pending: 0,
  isPushBound: false,
  pauseRemainingNanos: 0n,
  priorityGroups: [],
};

export class StageConsumer implements ApiConsumer {
  readonly name: string;
  readonly createdNanos: bigint = nowNanos;
  config: ConsumerConfig;
  offlineReason = "";
  current: ConsumerStatus = noStatus;

  constructor(config: ConsumerConfig) {
    this.name = config.name === "" ? "abcdefgh" : config.name;
    this.config = config;
  }

  status(): ConsumerStatus {
    return this.current;
  }

  backup(): never {
    throw new Error("nothing is backed up on this stage");
  }

  unpin(group: string): boolean {
    return this.config.priorityGroups.includes(group);
  }

  reset(sequence: bigint, onDone: (failure: string | null, startsFrom: number) => void): void {
    if (sequence > 100n) {
      onDone("too far", 0);
    } else {
      onDone(null, Number(sequence));
    }
  }
}

const emptyState = {
  messages: 0,
  bytes: 0,
  firstSequence: 1,
  lastSequence: 0,
  firstTimeMicros: 0,
  firstRestNanos: 0,
  lastTimeMicros: 0,
  lastRestNanos: 0,
  subjects: 0,
  deleted: 0,
};

export class StageStream implements ApiStream {
  readonly all: Map<string, StageConsumer> = new Map();
  readonly access: StreamAccess;
  offlineReason = "";
  mirror: SourceStatus | null = null;
  /** How many messages the next purge finds, and whether it is durable at once. */
  purges = { count: 0, isDurable: true };
  onPurged: (() => void) | null = null;
  subjects: readonly (readonly [string, number])[] = [];

  constructor(account: string, config: StreamConfig) {
    this.access = {
      account,
      name: config.name,
      config,
      createdNanos: nowNanos,
      visibleSequence: 0,
      store: {
        state: emptyState,
        lost: null,
        read: () => false,
        next: () => false,
        previous: () => false,
        sequenceAt: () => 1,
        eachGap: (visit: (first: number, last: number) => boolean) => visit(3, 5) && visit(9, 9),
        eachSubject: (
          _filter: unknown,
          visit: (subject: string, totals: { messages: number }) => void,
        ) => {
          for (const [subject, messages] of this.subjects) {
            visit(subject, { messages });
          }
        },
      },
      removeMessage: (sequence: number, _erases: boolean, onDone: OnApiDone) => {
        if (sequence !== 1) {
          return false;
        }
        onDone(null);
        return true;
      },
      purge: (_request: unknown, onDone: OnApiDone) => {
        if (this.purges.isDurable) {
          onDone(null);
        } else {
          this.onPurged = (): void => onDone(null);
        }
        return this.purges.count;
      },
    } as unknown as StreamAccess;
  }

  /** Whom to call when what is stored has become durable; null: it is. */
  waiting: (() => void)[] | null = null;

  whenDurable(onDone: () => void): void {
    if (this.waiting === null) {
      onDone();
    } else {
      this.waiting.push(onDone);
    }
  }

  mirrorStatus(): SourceStatus | null {
    return this.mirror;
  }

  sourceStatus(): readonly SourceStatus[] {
    return [];
  }

  consumer(name: string): ApiConsumer | null {
    return this.all.get(name) ?? null;
  }

  consumers(): Iterable<ApiConsumer> {
    return this.all.values();
  }

  get consumerCount(): number {
    return this.all.size;
  }
}

export class StageAccount implements ApiAccount {
  readonly name: string;
  readonly outlet: StageOutlet;
  readonly counts: ApiCounts = new ApiCounts();
  readonly all: Map<string, StageStream> = new Map();
  isSystem = false;
  isEnabled = true;
  /** What creations are refused with. */
  refusal: ApiError | null = null;

  constructor(name: string) {
    this.name = name;
    this.outlet = new StageOutlet(name);
  }

  usage(): AccountUsage {
    const limits = {
      maxMemory: -1,
      maxStorage: -1,
      maxStreams: -1,
      maxConsumers: -1,
      maxAckPending: -1,
      memoryMaxStreamBytes: -1,
      storageMaxStreamBytes: -1,
      maxBytesRequired: false,
    };
    return {
      memory: 0,
      storage: 0,
      reservedMemory: 0,
      reservedStorage: 0,
      streams: this.all.size,
      consumers: 0,
      limits,
      tiers: {},
    };
  }

  stream(name: string): StageStream | null {
    return this.all.get(name) ?? null;
  }

  streams(): Iterable<StageStream> {
    return this.all.values();
  }

  createStream(config: StreamConfig, _isPedantic: boolean, onDone: OnStream): void {
    if (this.refusal !== null) {
      onDone(this.refusal, null);
      return;
    }
    const stream = new StageStream(this.name, config);
    this.all.set(config.name, stream);
    onDone(null, stream);
  }

  updateStream(_stream: ApiStream, config: StreamConfig, _: boolean, onDone: OnStream): void {
    this.createStream(config, false, onDone);
  }

  restoreStream(): void {
    throw new Error("nothing is restored on this stage");
  }

  deleteStream(stream: ApiStream, onDone: OnApiDone): void {
    this.all.delete(stream.access.name);
    onDone(null);
  }

  createConsumer(
    stream: ApiStream,
    config: ConsumerConfig,
    action: string,
    _isPedantic: boolean,
    onDone: OnConsumer,
  ): void {
    if (action === "update" && stream.consumer(config.name) === null) {
      onDone(apiErrors.consumerDoesNotExist, null);
      return;
    }
    const consumer = new StageConsumer(config);
    this.all.get(stream.access.name)?.all.set(consumer.name, consumer);
    onDone(null, consumer);
  }

  pauseConsumer(
    _stream: ApiStream,
    consumer: ApiConsumer,
    config: ConsumerConfig,
    onDone: OnApiDone,
  ): void {
    if (consumer instanceof StageConsumer) {
      consumer.config = config;
    }
    onDone(null);
  }

  deleteConsumer(stream: ApiStream, consumer: ApiConsumer, onDone: OnApiDone): void {
    this.all.get(stream.access.name)?.all.delete(consumer.name);
    onDone(null);
  }
}

export class Stage {
  readonly account: StageAccount = new StageAccount("A");
  readonly system: StageAccount = new StageAccount("$SYS");
  readonly warnings: string[] = [];
  readonly router: ApiRouter;
  settings = { isStrict: true, domain: "", requestQueueLimit: 10, infoQueueLimit: 10 };
  monotonicMillis = 0;
  #endings: (() => void)[] = [];
  #timers: (() => void)[] = [];

  constructor(domain = "") {
    this.system.isSystem = true;
    this.system.isEnabled = false;
    this.settings.domain = domain;
    this.router = new ApiRouter(this.#context());
    this.router.open(this.account);
    this.router.open(this.system);
  }

  /** The answer to one request; null: none (yet). Throws when nobody listens. */
  ask(
    subject: string,
    body: string | Uint8Array = "",
    headers = "",
  ): Record<string, unknown> | null {
    return this.askAs(this.account, subject, body, headers);
  }

  askAs(
    account: StageAccount,
    subject: string,
    body: string | Uint8Array = "",
    headers = "",
  ): Record<string, unknown> | null {
    const bytes = typeof body === "string" ? encoder.encode(body) : body;
    const heard = account.outlet.arrive(passing(subject, bytes, "inbox", headers));
    if (heard !== 1) {
      throw new Error(`${heard} receivers of ${subject}`);
    }
    return this.takeAnswer(account);
  }

  takeAnswer(account: StageAccount = this.account): Record<string, unknown> | null {
    const { published } = account.outlet;
    const at = published.findIndex(({ subject }) => subject === "inbox");
    const [answer] = at < 0 ? [] : published.splice(at, 1);
    return answer === undefined ? null : JSON.parse(answer.body);
  }

  errCode(subject: string, body: string | Uint8Array = "", headers = ""): number {
    const error = this.ask(subject, body, headers)?.["error"] as { err_code: number } | undefined;
    return error?.err_code ?? 0;
  }

  endTurn(): void {
    const endings = this.#endings;
    this.#endings = [];
    for (const ending of endings) {
      ending();
    }
  }

  fireTimers(): void {
    const timers = this.#timers;
    this.#timers = [];
    for (const timer of timers) {
      timer();
    }
  }

  #context(): ApiContext {
    const stage = this;
    const log = { notice: () => undefined, warn: (text: string) => stage.warnings.push(text) };
    return {
      serverName: "S1",
      serverId: "SID",
      version: "2.14.0",
      apiLevel: 4,
      get domain() {
        return stage.settings.domain;
      },
      get isStrict() {
        return stage.settings.isStrict;
      },
      get requestQueueLimit() {
        return stage.settings.requestQueueLimit;
      },
      get infoQueueLimit() {
        return stage.settings.infoQueueLimit;
      },
      clock: {
        wallMillis: () => Number(nowNanos / 1_000_000n),
        wallNanos: () => nowNanos,
        monotonicMillis: () => stage.monotonicMillis,
      },
      timers: {
        after: (_millis, action) => {
          stage.#timers.push(action);
          return { [Symbol.dispose]: () => undefined };
        },
        every: () => ({ [Symbol.dispose]: () => undefined }),
        endOfTurn: (action) => void stage.#endings.push(action),
      },
      log: log as unknown as Log,
      counts: new ApiCounts(),
      systemOutlet: this.system.outlet,
      newId: () => "0123456789ABCDEFGHIJKL",
      account: (name) => [this.account, this.system].find((each) => each.name === name) ?? null,
      requester: () => null,
    };
  }
}
