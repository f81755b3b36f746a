// A rig for one stream: over a store in memory that becomes durable when the test says so, in one account of the plain
// fabric, with a client that publishes and hears its answers. Time passes by hand.

import type { OutgoingMessage } from "../../../../src/base/outgoing-message.ts";
import { InternalClient } from "../../../../src/broker/internal-client.ts";
import type { KeptMessage } from "../../../../src/broker/message.ts";
import { Router } from "../../../../src/broker/router.ts";
import type { ApiError } from "../../../../src/jetstream/api-error.ts";
import { BrokerOutlet } from "../../../../src/jetstream/broker-outlet.ts";
import { MemoryStore } from "../../../../src/jetstream/store/memory-store.ts";
import { MessageView } from "../../../../src/jetstream/store/message-view.ts";
import { SubjectFilter } from "../../../../src/jetstream/store/subject-filter.ts";
import { Stream } from "../../../../src/jetstream/stream/stream.ts";
import type { StreamConfig } from "../../../../src/jetstream/stream/stream-config.ts";
import type { StreamListener } from "../../../../src/jetstream/stream/stream-listener.ts";
import {
  defaultStreamSettings,
  type StreamSettings,
} from "../../../../src/jetstream/stream/stream-parts.ts";
import { headerBlock, headerEntries, statusOf } from "../../../../src/protocol/headers.ts";
import { PlainFabric } from "../../../reference/plain-fabric.ts";
import { CountingRandom, ManualTime } from "../../broker/broker-rig.ts";

const decoder = new TextDecoder();

export type Headers = Readonly<Record<string, string>>;

export interface StoredMessage {
  readonly sequence: number;
  readonly subject: string;
  readonly headers: Headers;
  readonly body: string;
}

export interface Answer {
  readonly status: string;
  readonly headers: Headers;
  readonly body: string;
}

export const plainConfig: StreamConfig = {
  name: "S",
  description: "",
  subjects: ["s.>"],
  retention: "limits",
  maxConsumers: -1,
  maxMessages: -1,
  maxBytes: -1,
  maxAgeNanos: 0n,
  maxMessagesPerSubject: -1,
  maxMessageSize: -1,
  discard: "old",
  discardNewPerSubject: false,
  storage: "file",
  replicas: 1,
  noAck: false,
  duplicateWindowNanos: 120_000_000_000n,
  placement: null,
  mirror: null,
  sources: [],
  compression: "none",
  firstSequence: 0,
  subjectTransform: null,
  republish: null,
  allowDirect: false,
  mirrorDirect: false,
  sealed: false,
  denyDelete: false,
  denyPurge: false,
  allowRollup: false,
  consumerLimits: { inactiveThresholdNanos: 0n, maxAckPending: 0 },
  allowMessageTtl: false,
  subjectDeleteMarkerTtlNanos: 0n,
  allowCounter: false,
  allowAtomic: false,
  allowBatched: false,
  allowSchedules: false,
  persistMode: "default",
  metadata: null,
};

/** A store in memory that can break. */
export class BreakableStore extends MemoryStore {
  override failure: string | null = null;

  break(reason: string): void {
    this.failure = reason;
    this.onFailed(reason);
  }
}

export class StreamRig {
  readonly time: ManualTime = new ManualTime();
  readonly client: InternalClient;
  readonly outlet: BrokerOutlet;
  readonly store: BreakableStore;
  readonly failures: string[] = [];
  /** What the budget was told: messages, bytes. */
  readonly usage: { messages: number; bytes: number } = { messages: 0, bytes: 0 };
  /** Answers every publish, when set. */
  overBudget: ApiError | null = null;
  /** While set, nothing becomes durable. */
  isHolding = false;
  readonly settings: StreamSettings;
  stream: Stream;
  readonly #router: Router;
  #inbox = 0;

  constructor(config: Partial<StreamConfig> = {}, settings: Partial<StreamSettings> = {}) {
    const fabric = new PlainFabric(1);
    this.#router = new Router(fabric);
    const road = {
      fabric,
      router: this.#router,
      timers: this.time,
      random: new CountingRandom(),
      wantFlush: (): void => {},
      whenRoom: (): void => {},
    };
    const account = fabric.openAccount();
    this.client = new InternalClient(road, account);
    this.outlet = new RoutingOutlet(new InternalClient(road, account), this.#router);
    const whole = { ...plainConfig, ...config };
    this.store = new BreakableStore({
      firstSequence: whole.firstSequence,
      cost: whole.storage,
      onWritten: () => this.time.endOfTurn(() => this.#settle()),
    });
    this.settings = { ...defaultStreamSettings, ...settings };
    this.stream = this.open(whole);
  }

  /** Another stream over what is stored: as after a restart. */
  open(config: Partial<StreamConfig>): Stream {
    this.stream?.stop();
    const whole = { ...plainConfig, ...config };
    this.stream = new Stream({
      place: { account: "A", stream: whole.name },
      config: whole,
      createdNanos: this.time.wallNanos(),
      store: this.store,
      outlet: this.outlet,
      clock: this.time,
      timers: this.time,
      random: new CountingRandom(),
      log: silentLog,
      budget: {
        mayStore: () => this.overBudget,
        changed: (messages, bytes) => {
          this.usage.messages += messages;
          this.usage.bytes += bytes;
        },
      },
      events: {
        onFailed: (reason) => this.failures.push(reason),
        onBatchAbandoned: () => {},
      },
      settings: this.settings,
    });
    this.stream.start();
    return this.stream;
  }

  /** What was written is durable from now on. */
  release(): void {
    this.isHolding = false;
    this.#settle();
    this.time.turn();
  }

  /** Publishes, ends the turn, and gives what was answered. */
  send(subject: string, body = "", headers: Headers = {}): readonly Answer[] {
    const heard = this.ask(subject, body, headers);
    this.time.turn();
    return heard;
  }

  /** The answer's text; "" when there is none. */
  publish(subject: string, body = "", headers: Headers = {}): string {
    return this.send(subject, body, headers)[0]?.body ?? "";
  }

  /** Publishes; the answers come into the list when they come. */
  ask(subject: string, body = "", headers: Headers = {}): readonly Answer[] {
    const heard: Answer[] = [];
    this.#inbox++;
    const to = `inbox.${this.#inbox}`;
    this.client.subscribe(to, {
      deliver: (message) => heard.push(answerOf(message.keep())),
    });
    const entries = Object.entries(headers);
    this.client.publish(subject, body, {
      reply: to,
      ...(entries.length > 0 ? { headers: headerBlock(entries) } : {}),
    });
    return heard;
  }

  /** All that is published on the subject from now on. */
  listen(subject: string): readonly KeptMessage[] {
    const heard: KeptMessage[] = [];
    this.client.subscribe(subject, { deliver: (message) => heard.push(message.keep()) });
    return heard;
  }

  /** All that the stream holds. */
  stored(): readonly StoredMessage[] {
    const { firstSequence, lastSequence } = this.store.state;
    const view = new MessageView();
    const messages: StoredMessage[] = [];
    for (let sequence = firstSequence; sequence <= lastSequence; sequence++) {
      if (this.store.read(sequence, view)) {
        messages.push({
          sequence,
          subject: view.subject,
          headers: Object.fromEntries(headerEntries(view.headers)),
          body: decoder.decode(view.body),
        });
      }
    }
    return messages;
  }

  get sequences(): readonly number[] {
    return this.stored().map(({ sequence }) => sequence);
  }

  #settle(): void {
    if (!this.isHolding) {
      this.store.settle();
    }
  }
}

/** A consumer that writes down what it hears. */
export class TestListener implements StreamListener {
  readonly filter: SubjectFilter;
  readonly heard: string[] = [];
  readonly needed: Set<number> = new Set();
  needsAll = true;

  constructor(...patterns: readonly string[]) {
    this.filter = new SubjectFilter(patterns);
  }

  onStored(lastSequence: number): void {
    this.heard.push(`stored ${lastSequence}`);
  }

  onRemoved(sequence: number, subject: string): void {
    this.heard.push(`removed ${sequence} ${subject}`);
  }

  onPurged(): void {
    this.heard.push("purged");
  }

  needs(sequence: number): boolean {
    return this.needsAll || this.needed.has(sequence);
  }
}

const silentLog = {
  isDebug: false,
  isTrace: false,
  notice: (): void => {},
  warn: (): void => {},
  error: (): void => {},
  fatal: (): void => {},
  debug: (): void => {},
  trace: (): void => {},
};

function answerOf(message: KeptMessage): Answer {
  const { code, description } = statusOf(message.headers);
  return {
    status: code === 0 ? "" : `${code} ${description}`,
    headers: Object.fromEntries(headerEntries(message.headers)),
    body: decoder.decode(message.body),
  };
}

/** What is delivered inside the test reaches its receivers at once, as the end of a turn would do it. */
class RoutingOutlet extends BrokerOutlet {
  readonly #router: Router;

  constructor(client: InternalClient, router: Router) {
    super("A", client);
    this.#router = router;
  }

  override deliver(message: OutgoingMessage): number {
    const receivers = super.deliver(message);
    this.#router.route();
    return receivers;
  }
}
