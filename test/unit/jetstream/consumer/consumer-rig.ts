// A rig for one consumer: over a real stream in memory (stream-rig.ts), with clients that ask, hear and acknowledge.
// Time passes by hand; what the consumer wrote down survives a restart.

import type { PassingMessage } from "../../../../src/broker/message.ts";
import { Consumer } from "../../../../src/jetstream/consumer/consumer.ts";
import type { ConsumerConfig } from "../../../../src/jetstream/consumer/consumer-config.ts";
import { checkConsumerConfig } from "../../../../src/jetstream/consumer/consumer-config-check.ts";
import {
  noConsumerLimits,
  withConsumerDefaults,
} from "../../../../src/jetstream/consumer/consumer-defaults.ts";
import { InterestWatch } from "../../../../src/jetstream/consumer/interest-watch.ts";
import { TurnQueue } from "../../../../src/jetstream/consumer/turn-queue.ts";
import { MemoryJournal } from "../../../../src/jetstream/store/memory-journal.ts";
import type { StreamConfig } from "../../../../src/jetstream/stream/stream-config.ts";
import { headerEntries, statusOf } from "../../../../src/protocol/headers.ts";
import { CountingRandom, KeptLog } from "../../broker/broker-rig.ts";
import { type Headers, StreamRig } from "../stream/stream-rig.ts";

const decoder = new TextDecoder();

export const askedConfig: ConsumerConfig = {
  durable: "C",
  name: "C",
  description: "",
  deliverPolicy: "all",
  optStartSequence: 0n,
  optStartTimeNanos: null,
  ackPolicy: "explicit",
  ackWaitNanos: 0n,
  maxDeliver: 0,
  backoffNanos: [],
  filterSubject: "",
  filterSubjects: [],
  replay: "instant",
  rateLimitBitsPerSecond: 0n,
  sampleFrequency: "",
  maxWaiting: 0,
  maxAckPending: 0,
  flowControl: false,
  headersOnly: false,
  maxRequestBatch: 0,
  maxRequestExpiresNanos: 0n,
  maxRequestMaxBytes: 0,
  deliverSubject: "",
  deliverGroup: "",
  idleHeartbeatNanos: 0n,
  inactiveThresholdNanos: 0n,
  replicas: 0,
  memoryStorage: false,
  direct: false,
  sourcing: false,
  metadata: null,
  pauseUntilNanos: null,
  priorityGroups: [],
  priorityPolicy: "none",
  priorityTimeoutNanos: 0n,
};

export const seconds = (count: number): bigint => BigInt(Math.round(count * 1e9));

/** What a client is given: a message, or a status. */
export interface Received {
  /** "" is a message. */
  readonly status: string;
  readonly subject: string;
  readonly body: string;
  readonly reply: string;
  readonly headers: Headers;
  /** Of a message, from its reply. */
  readonly deliveries: number;
  readonly stream: number;
  readonly consumer: number;
  readonly pending: number;
}

export interface Advice {
  readonly subject: string;
  readonly type: string;
  readonly event: Readonly<Record<string, unknown>>;
}

export class ConsumerRig {
  readonly rig: StreamRig;
  readonly turns: TurnQueue;
  readonly interests: InterestWatch;
  readonly advice: Advice[] = [];
  readonly log: KeptLog = new KeptLog();
  readonly failures: string[] = [];
  inactive = 0;
  /** What was written is not durable by itself while set. */
  isHolding = false;
  journal: MemoryJournal;
  consumer: Consumer;
  #config: ConsumerConfig;
  readonly #random: CountingRandom = new CountingRandom();

  constructor(config: Partial<ConsumerConfig> = {}, stream: Partial<StreamConfig> = {}) {
    this.rig = new StreamRig(stream);
    const { time } = this.rig;
    this.turns = new TurnQueue(() => time.endOfTurn(() => this.turns.run()));
    this.interests = new InterestWatch(time);
    this.#config = this.settled(config);
    this.journal = this.#open(null);
    this.consumer = this.#make();
  }

  get time(): StreamRig["time"] {
    return this.rig.time;
  }

  get advised(): readonly string[] {
    return this.advice.map(({ subject }) => subject);
  }

  /** With defaults; it must be one that is allowed. */
  settled(config: Partial<ConsumerConfig>): ConsumerConfig {
    const stream = this.rig.stream.config;
    const filled = withConsumerDefaults(
      { ...askedConfig, ...config },
      stream,
      noConsumerLimits,
      false,
    );
    if (!filled.ok) {
      throw new Error(filled.refusal.description);
    }
    const refusal = checkConsumerConfig(filled.value, stream, noConsumerLimits, false);
    if (refusal !== null) {
      throw new Error(refusal.description);
    }
    return filled.value;
  }

  start(): this {
    this.consumer.start();
    this.consumer.whenDurable(() => undefined);
    this.time.turn();
    return this;
  }

  /** Stores as many messages: "s.1", "s.2"... unless a subject is given. */
  store(count: number, subject = ""): this {
    for (let at = 1; at <= count; at++) {
      const last = this.rig.store.state.lastSequence;
      this.rig.ask(subject === "" ? `s.${last + 1}` : subject, `m${last + 1}`);
      this.time.turn();
    }
    return this;
  }

  /** Whoever listens on a subject. */
  inbox(subject: string): Inbox {
    return new Inbox(this, subject);
  }

  /** Asks for messages; the answers come to the inbox. */
  pull(
    inbox: Inbox,
    wish: string | Readonly<Record<string, unknown>> = "",
    headers?: Uint8Array,
  ): void {
    this.ask(inbox, wish, headers);
    this.time.turn();
  }

  /** The same, and the turn goes on. */
  ask(inbox: Inbox, wish: string | Readonly<Record<string, unknown>>, headers?: Uint8Array): void {
    const body = typeof wish === "string" ? wish : JSON.stringify(wish);
    const { stream } = this.rig;
    this.rig.client.publish(
      `$JS.API.CONSUMER.MSG.NEXT.${stream.name}.${this.consumer.name}`,
      body,
      { reply: inbox.subject, ...(headers === undefined ? {} : { headers }) },
    );
  }

  /** Acknowledges; the answer, if one is asked for, comes to the inbox. */
  ack(message: Received | undefined, body = "", inbox: Inbox | null = null): void {
    this.say(message?.reply ?? "", body, inbox);
    this.time.turn();
  }

  say(subject: string, body: string, inbox: Inbox | null = null): void {
    this.rig.client.publish(subject, body, inbox === null ? {} : { reply: inbox.subject });
  }

  update(config: Partial<ConsumerConfig>): void {
    this.#config = this.settled(config);
    this.consumer.update(this.#config);
    this.time.turn();
  }

  /** Stops in good order, and starts again from what was written. */
  async restart(): Promise<void> {
    await this.consumer.stop();
    this.#reopen();
  }

  /** The process is gone: what was not written at the end of a turn is lost. */
  crash(): void {
    const { consumer } = this;
    const contents = this.journal.contents;
    void consumer.stop();
    this.journal = this.#open(contents);
    this.consumer = this.#make();
    this.start();
  }

  settle(): void {
    this.isHolding = false;
    this.journal.settle();
    this.time.turn();
  }

  #reopen(): void {
    this.journal = this.#open(this.journal.contents);
    this.consumer = this.#make();
    this.start();
  }

  #open(recovered: MemoryJournal["contents"]): MemoryJournal {
    return new MemoryJournal({
      keeps: true,
      recovered,
      onWritten: (journal) =>
        this.time.endOfTurn(() => {
          if (!this.isHolding) {
            journal.settle();
          }
        }),
    });
  }

  #make(): Consumer {
    const { time } = this;
    return new Consumer({
      stream: this.rig.stream,
      config: this.#config,
      name: this.#config.name,
      createdNanos: time.wallNanos(),
      journal: this.journal,
      clock: time,
      timers: time,
      random: this.#random,
      log: this.log,
      turns: this.turns,
      interests: this.interests,
      settings: {
        domain: "",
        accountHash: "ACCTHASH",
        namesDomainInAcks: false,
        maxPayload: 1024 * 1024,
        apiLevel: 4,
      },
      events: {
        advise: (subject, type, event) => this.advice.push({ subject, type, event }),
        onInactive: () => {
          this.inactive++;
        },
        onFailed: (reason) => this.failures.push(reason),
      },
    });
  }
}

export class Inbox {
  readonly subject: string;
  readonly all: Received[] = [];
  readonly #rig: ConsumerRig;
  #subscription: Disposable | null = null;

  constructor(rig: ConsumerRig, subject: string) {
    this.#rig = rig;
    this.subject = subject;
    this.open();
  }

  open(queue = ""): void {
    this.#subscription ??= this.#rig.rig.client.subscribe(
      this.subject,
      { deliver: (message) => this.all.push(receivedOf(message)) },
      queue,
    );
  }

  close(): void {
    this.#subscription?.[Symbol.dispose]();
    this.#subscription = null;
  }

  /** What came since the last call. */
  take(): readonly Received[] {
    return this.all.splice(0);
  }

  /** Sequences in the stream of the messages that came, and the statuses. */
  brief(): readonly (number | string)[] {
    return this.take().map(({ stream, status }) => (status === "" ? stream : status));
  }
}

function receivedOf(message: PassingMessage): Received {
  const { code, description } = statusOf(message.headers);
  const { reply } = message;
  const numbers = reply.startsWith("$JS.ACK.") ? reply.split(".").slice(-5).map(Number) : [];
  const [deliveries = 0, stream = 0, consumer = 0, , pending = 0] = numbers;
  return {
    status: code === 0 ? "" : `${code} ${description}`,
    subject: message.shownSubject,
    body: decoder.decode(message.body),
    reply,
    headers: Object.fromEntries(headerEntries(message.headers)),
    deliveries,
    stream,
    consumer,
    pending,
  };
}
