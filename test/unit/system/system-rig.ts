// The system account on a plain fabric, with a clock and timers that stand still until moved, and a client that asks.

import { InternalClient } from "../../../src/broker/internal-client.ts";
import type { KeptMessage } from "../../../src/broker/message.ts";
import { Router } from "../../../src/broker/router.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import type { Random } from "../../../src/ports/random.ts";
import type { Timers } from "../../../src/ports/timers.ts";
import { AccountCounts } from "../../../src/system/account-counts.ts";
import { Stamps } from "../../../src/system/envelope.ts";
import { EventIds } from "../../../src/system/event-id.ts";
import { Replies } from "../../../src/system/replies.ts";
import type {
  AccountTraffic,
  InterestFacts,
  RequesterFacts,
  ServerIdentity,
  TrafficFacts,
} from "../../../src/system/server-facts.ts";
import { ServerStatistics } from "../../../src/system/statistics.ts";
import type { SystemChannel } from "../../../src/system/system-channel.ts";
import type { SystemView } from "../../../src/system/system-view.ts";
import { PlainFabric } from "../../reference/plain-fabric.ts";

const startNanos = 1_795_390_340_000_000_000n;
export const startText = "2026-11-22T23:32:20Z";

export class ManualTime implements Clock, Timers {
  #millis = 0;
  #due: { readonly at: number; readonly action: () => void }[] = [];

  wallMillis(): number {
    return Number(startNanos / 1_000_000n) + this.#millis;
  }

  wallNanos(): bigint {
    return startNanos + BigInt(this.#millis) * 1_000_000n;
  }

  monotonicMillis(): number {
    return this.#millis;
  }

  after(millis: number, action: () => void): Disposable {
    const timer = { at: this.#millis + millis, action };
    this.#due.push(timer);
    return {
      [Symbol.dispose]: (): void => {
        this.#due = this.#due.filter((other) => other !== timer);
      },
    };
  }

  every(): Disposable {
    throw new Error("nothing here asks for a repeated call");
  }

  endOfTurn(action: () => void): void {
    action();
  }

  get pending(): number {
    return this.#due.length;
  }

  /** Runs what falls due on the way, in order. */
  advance(millis: number): void {
    const end = this.#millis + millis;
    for (;;) {
      const next = this.#due.toSorted((first, second) => first.at - second.at)[0];
      if (!next || next.at > end) {
        break;
      }
      this.#due = this.#due.filter((other) => other !== next);
      this.#millis = next.at;
      next.action();
    }
    this.#millis = end;
  }
}

/** Zero, one, two...: names made of it repeat from run to run. */
class CountingRandom implements Random {
  #next = 0;

  bytes(length: number): Uint8Array {
    return new Uint8Array(length);
  }

  below(bound: number): number {
    this.#next += 1;
    return this.#next % bound;
  }
}

export const identity: ServerIdentity = {
  id: "NID",
  name: "ears",
  host: "127.0.0.1",
  version: "2.14.0",
  cluster: "",
  domain: "",
  tags: ["a:b", "c:d"],
  metadata: { zone: "z1", rack: "r1" },
  featureFlags: {},
};

export const idle: TrafficFacts = {
  connections: 3,
  totalConnections: 5,
  activeAccounts: 2,
  subscriptions: 7,
  received: { messages: 10, bytes: 100 },
  sent: { messages: 20, bytes: 200 },
  slowConsumers: 0,
  staleConnections: 0,
  stalledClients: 0,
};

export function trafficOf(name: string, connections: number): AccountTraffic {
  return {
    name,
    connections,
    subscriptions: 4,
    received: { messages: 1, bytes: 2 },
    sent: { messages: 3, bytes: 4 },
    slowConsumers: 0,
  };
}

export class FakeSystemView implements SystemView {
  jetStreamFigures(): null {
    return null;
  }

  readonly startNanos: bigint = startNanos;
  current: ServerIdentity = identity;
  now: TrafficFacts = idle;
  readonly accounts: Map<string, AccountTraffic> = new Map();
  requesterFacts: RequesterFacts | undefined;
  readonly byConnection: Map<number, RequesterFacts> = new Map();
  interest: readonly InterestFacts[] = [];
  asked: string[] = [];

  identity(): ServerIdentity {
    return this.current;
  }

  process(): { residentBytes: number; cores: number; cpuPercent: number } {
    return { residentBytes: 1000, cores: 2, cpuPercent: 1.5 };
  }

  traffic(): TrafficFacts {
    return this.now;
  }

  accountTraffic(name: string): AccountTraffic | undefined {
    return this.accounts.get(name);
  }

  requester(): RequesterFacts | undefined {
    return this.requesterFacts;
  }

  requesterOf(connection: number): RequesterFacts | undefined {
    return this.byConnection.get(connection);
  }

  matching(account: string, subject: string): readonly InterestFacts[] {
    this.asked.push(`${account} ${subject}`);
    return this.interest;
  }

  interestIn(account: string): readonly InterestFacts[] {
    this.asked.push(`all of ${account}`);
    return this.interest;
  }
}

export interface Heard {
  readonly subject: string;
  readonly body: EventBody;
}

export interface EventBody {
  readonly id?: unknown;
  readonly client?: unknown;
  readonly server?: unknown;
  readonly [key: string]: unknown;
}

const decoder = new TextDecoder();

export class SystemRig {
  readonly time: ManualTime = new ManualTime();
  readonly view: FakeSystemView = new FakeSystemView();
  readonly channel: SystemChannel;
  readonly stamps: Stamps;
  readonly ids: EventIds;
  readonly replies: Replies;
  readonly counts: AccountCounts;
  readonly statistics: ServerStatistics;
  /** Publishes and subscribes in the system account, as an operator's connection would. */
  readonly operator: InternalClient;

  constructor() {
    const fabric = new PlainFabric(1);
    const random = new CountingRandom();
    const { time, view } = this;
    const road = {
      fabric,
      router: new Router(fabric),
      timers: time,
      random,
      wantFlush: (): void => undefined,
      whenRoom: (): void => undefined,
    };
    const account = fabric.openAccount();
    const client = new InternalClient(road, account);
    this.operator = new InternalClient(road, account);
    this.channel = {
      publish: (subject, body, options): void => {
        client.publish(subject, body, options);
      },
      subscribe: (subject, subscriber): Disposable => client.subscribe(subject, subscriber),
      hasInterest: (subject): boolean => fabric.hasInterest(account, subject),
    };
    this.stamps = new Stamps(view, time);
    this.ids = new EventIds(random);
    this.replies = new Replies(this.channel, this.stamps, {
      gzip: (bytes): Uint8Array => Bun.gzipSync(new Uint8Array(bytes)),
    });
    const common = { channel: this.channel, stamps: this.stamps, view, clock: time, timers: time };
    this.counts = new AccountCounts({ ...common, ids: this.ids });
    this.statistics = new ServerStatistics({ ...common, replies: this.replies });
  }

  /** Everything that comes on a subject from now on. */
  hear(subject: string): Heard[] {
    const heard: Heard[] = [];
    this.operator.subscribe(subject, {
      deliver: (message): void => {
        heard.push({ subject: message.subject, body: JSON.parse(message.bodyText()) });
      },
    });
    return heard;
  }

  /** The answer, or null when none comes. */
  ask(subject: string, body: string | object = "", headers?: Uint8Array): KeptMessage | null {
    const answers: KeptMessage[] = [];
    const inbox = this.operator.subscribe("inbox", {
      deliver: (message): void => {
        answers.push(message.keep());
      },
    });
    const text = typeof body === "string" ? body : JSON.stringify(body);
    this.operator.publish(subject, text, {
      reply: "inbox",
      ...(headers ? { headers } : {}),
    });
    inbox[Symbol.dispose]();
    return answers[0] ?? null;
  }

  /** The answer's JSON, or null when none comes. */
  askJson(subject: string, body: string | object = ""): Record<string, unknown> | null {
    const answer = this.ask(subject, body);
    return answer ? JSON.parse(decoder.decode(answer.body)) : null;
  }
}

/** The `server` part as it stands in what the server says, at the time the clock was made. */
export function stampOf(seq: number): Record<string, unknown> {
  return {
    name: "ears",
    host: "127.0.0.1",
    id: "NID",
    ver: "2.14.0",
    tags: ["a:b", "c:d"],
    metadata: { rack: "r1", zone: "z1" },
    jetstream: false,
    flags: 0,
    seq,
    time: startText,
  };
}
