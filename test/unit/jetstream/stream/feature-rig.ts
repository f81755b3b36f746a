// A rig for the features of streams: real streams over memory stores, in one account of the plain fabric, with a client
// that publishes and hears its answers. Time passes by hand, and every turn ends with a commit.

import type { OutgoingMessage } from "../../../../src/base/outgoing-message.ts";
import { InternalClient } from "../../../../src/broker/internal-client.ts";
import type { KeptMessage } from "../../../../src/broker/message.ts";
import { Router } from "../../../../src/broker/router.ts";
import { BrokerOutlet } from "../../../../src/jetstream/broker-outlet.ts";
import { MemoryStores } from "../../../../src/jetstream/store/memory-stores.ts";
import { MessageView } from "../../../../src/jetstream/store/message-view.ts";
import { FeatureMaker } from "../../../../src/jetstream/stream/feature-maker.ts";
import { Stream } from "../../../../src/jetstream/stream/stream.ts";
import type { StreamConfig } from "../../../../src/jetstream/stream/stream-config.ts";
import {
  defaultStreamSettings,
  type StreamSettings,
} from "../../../../src/jetstream/stream/stream-parts.ts";
import { headerBlock, headerEntries } from "../../../../src/protocol/headers.ts";
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

export class FeatureRig {
  readonly time: ManualTime = new ManualTime();
  readonly client: InternalClient;
  readonly outlet: BrokerOutlet;
  readonly maker: FeatureMaker;
  /** Batches that were given up: id and reason. */
  readonly abandoned: string[] = [];
  readonly warnings: string[] = [];
  readonly #stores: MemoryStores;
  #inbox = 0;

  constructor() {
    const fabric = new PlainFabric(1);
    const random = new CountingRandom();
    const wantFlush = (): void => {};
    const whenRoom = (): void => {};
    const router = new Router(fabric);
    const road = { fabric, router, timers: this.time, random, wantFlush, whenRoom };
    const account = fabric.openAccount();
    this.client = new InternalClient(road, account);
    const inner = new InternalClient(road, account);
    this.outlet = new RoutingOutlet("A", inner, () => router.route());
    const wake = (): void => this.time.endOfTurn(() => this.#stores.commitTurn());
    this.#stores = new MemoryStores({ wake });
    this.maker = new FeatureMaker({
      hashOf: (name) => `#${name.length}`,
      openOrigins: (core) =>
        this.#stores.openOrigins({ account: core.account, stream: core.name }, "file"),
    });
  }

  /** A stream that runs. Opened a second time, it finds what it stored before. */
  open(config: Partial<StreamConfig>, settings: Partial<StreamSettings> = {}): Stream {
    const whole = { ...plainConfig, ...config };
    const place = { account: "A", stream: whole.name };
    const stream = new Stream({
      place,
      config: whole,
      createdNanos: this.time.wallNanos(),
      store: this.#stores.openMessages(place, {
        storage: whole.storage,
        compression: "none",
        firstSequence: whole.firstSequence,
        isAsync: false,
      }),
      outlet: this.outlet,
      clock: this.time,
      timers: this.time,
      random: new CountingRandom(),
      log: {
        isDebug: false,
        isTrace: false,
        notice: () => {},
        warn: (text) => this.warnings.push(text),
        error: (text) => this.warnings.push(text),
        fatal: () => {},
        debug: () => {},
        trace: () => {},
      },
      budget: { mayStore: () => null, changed: () => {} },
      events: {
        onFailed: () => {},
        onBatchAbandoned: (id, reason) => this.abandoned.push(`${id} ${reason}`),
      },
      settings: { ...defaultStreamSettings, ...settings },
      makeFeatures: (core) => this.maker.make(core),
    });
    stream.start();
    return stream;
  }

  /** Publishes, ends the turn, and gives what was answered: the texts, in order. */
  publish(subject: string, headers: Headers, body = "", reply = ""): readonly string[] {
    return this.send(subject, headers, body, reply).map((answer) => decoder.decode(answer.body));
  }

  send(subject: string, headers: Headers, body = "", reply = ""): readonly KeptMessage[] {
    const answers: KeptMessage[] = [];
    this.#inbox++;
    const to = reply === "" ? `inbox.${this.#inbox}` : reply;
    const subscription = this.client.subscribe(to, {
      deliver: (message) => answers.push(message.keep()),
    });
    const entries = Object.entries(headers);
    this.client.publish(subject, body, {
      reply: to,
      ...(entries.length > 0 ? { headers: headerBlock(entries) } : {}),
    });
    this.time.turn();
    subscription[Symbol.dispose]();
    return answers;
  }

  /** All that a stream holds. */
  stored(stream: Stream): readonly StoredMessage[] {
    const { firstSequence, lastSequence } = stream.store.state;
    const view = new MessageView();
    const messages: StoredMessage[] = [];
    for (let sequence = firstSequence; sequence <= lastSequence; sequence++) {
      if (stream.store.read(sequence, view)) {
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
}

/** What is delivered inside the test reaches its receivers at once, as the end of a turn would do it. */
class RoutingOutlet extends BrokerOutlet {
  readonly #route: () => void;

  constructor(account: string, client: InternalClient, route: () => void) {
    super(account, client);
    this.#route = route;
  }

  override deliver(message: OutgoingMessage): number {
    const receivers = super.deliver(message);
    this.#route();
    return receivers;
  }
}
