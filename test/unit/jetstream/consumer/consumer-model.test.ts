// Random lives of pull consumers against the plain model: messages, requests, acknowledgements of every kind, time,
// removals, restarts from what was written. A failure names its seed: CONSUMER_SEED=n runs that one alone.

import { expect, test } from "bun:test";
import { Consumer } from "../../../../src/jetstream/consumer/consumer.ts";
import type { ConsumerConfig } from "../../../../src/jetstream/consumer/consumer-config.ts";
import {
  noConsumerLimits,
  withConsumerDefaults,
} from "../../../../src/jetstream/consumer/consumer-defaults.ts";
import { InterestWatch } from "../../../../src/jetstream/consumer/interest-watch.ts";
import { TurnQueue } from "../../../../src/jetstream/consumer/turn-queue.ts";
import { MemoryJournal } from "../../../../src/jetstream/store/memory-journal.ts";
import { FakeOutlet, type Heard } from "../../../support/jetstream/fake-outlet.ts";
import { FakeStream } from "../../../support/jetstream/fake-stream.ts";
import { CountingRandom, KeptLog, ManualTime } from "../../broker/broker-rig.ts";
import { plainConfig } from "../stream/stream-rig.ts";
import { ConsumerModel, type ModelRules } from "./consumer-model.ts";
import { askedConfig } from "./consumer-rig.ts";

/** More of them: CONSUMER_SEEDS. */
const seeds = Number(process.env["CONSUMER_SEEDS"] ?? 600);
const steps = 60;
const nanosPerMilli = 1_000_000;
const subjects = ["a", "b", "c"];

/** Small and good enough: mulberry32. */
class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  }

  isOneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }
}

function rulesBy(chance: Chance): ModelRules {
  const ackPolicy = chance.pick(["explicit", "explicit", "explicit", "all", "none"] as const);
  const backoffMillis = ackPolicy === "explicit" && chance.isOneIn(3) ? [700, 1900] : [];
  return {
    ackPolicy,
    waitMillis: backoffMillis[0] ?? 1500,
    backoffMillis,
    maxDeliver: backoffMillis.length > 0 ? 3 : chance.pick([-1, -1, 1, 2]),
    maxAckPending: ackPolicy === "none" ? 0 : chance.pick([1, 3, 8]),
    maxWaiting: chance.pick([1, 3, 10]),
    filter: chance.isOneIn(2) ? null : "b",
  };
}

function configBy(rules: ModelRules): ConsumerConfig {
  const filled = withConsumerDefaults(
    {
      ...askedConfig,
      ackPolicy: rules.ackPolicy,
      ackWaitNanos: BigInt(rules.waitMillis * nanosPerMilli),
      backoffNanos: rules.backoffMillis.map((millis) => BigInt(millis * nanosPerMilli)),
      maxDeliver: rules.maxDeliver,
      maxAckPending: rules.maxAckPending,
      maxWaiting: rules.maxWaiting,
      filterSubject: rules.filter ?? "",
    },
    plainConfig,
    noConsumerLimits,
    false,
  );
  if (!filled.ok) {
    throw new Error(filled.refusal.description);
  }
  return filled.value;
}

class Life {
  readonly #chance: Chance;
  readonly #time: ManualTime = new ManualTime();
  readonly #outlet: FakeOutlet = new FakeOutlet();
  readonly #stream: FakeStream = new FakeStream(this.#outlet, plainConfig);
  readonly #turns: TurnQueue;
  readonly #rules: ModelRules;
  readonly #model: ConsumerModel;
  readonly #told: string[] = [];
  /** Of deliveries: their replies. */
  readonly #replies: string[] = [];
  readonly done: string[] = [];
  #journal: MemoryJournal;
  #consumer: Consumer;

  constructor(seed: number) {
    this.#chance = new Chance(seed);
    this.#turns = new TurnQueue(() => this.#time.endOfTurn(() => this.#turns.run()));
    this.#rules = rulesBy(this.#chance);
    this.#model = new ConsumerModel(this.#rules, this.#time.monotonicMillis());
    this.#outlet.listen("in", (heard) => this.#hear(heard));
    this.#journal = this.#open(null);
    this.#consumer = this.#start();
    this.done.push(JSON.stringify(this.#rules));
  }

  /** What differs from the model; null is nothing. */
  step(): string | null {
    const [name, act] = this.#chance.pick(this.#acts);
    this.done.push(`${name} ${act()}`);
    this.#time.turn();
    const { delivered, ackFloor, ...rest } = this.#consumer.status();
    const status = JSON.stringify({
      delivered: [delivered.consumerSequence, delivered.streamSequence],
      floor: [ackFloor.consumerSequence, ackFloor.streamSequence],
      ackPending: rest.ackPending,
      redelivered: rest.redelivered,
      pending: rest.pending,
      waiting: rest.waiting,
    });
    const told = this.#told.splice(0).join(", ");
    const expected = this.#model.told.splice(0).join(", ");
    const isSame = status === this.#model.status && told === expected;
    return isSame
      ? null
      : `${this.done.join("\n")}\nis:     ${status} ${told}\nshould: ${this.#model.status} ${expected}`;
  }

  readonly #acts: readonly (readonly [string, () => string])[] = [
    ["store", (): string => this.#store()],
    ["store", (): string => this.#store()],
    ["pull", (): string => this.#pull()],
    ["pull", (): string => this.#pull()],
    ["ack", (): string => this.#acknowledge()],
    ["ack", (): string => this.#acknowledge()],
    ["advance", (): string => this.#advance()],
    ["rare", (): string => this.#rare()],
  ];

  #store(): string {
    const stored = Array.from({ length: 1 + this.#chance.below(4) }, () =>
      this.#chance.pick(subjects),
    );
    for (const subject of stored) {
      this.#stream.add(subject, this.#time.wallMillis() * 1000);
      this.#model.store(subject);
    }
    this.#stream.show();
    this.#model.serve();
    return stored.join("");
  }

  #pull(): string {
    const batch = 1 + this.#chance.below(5);
    const noWait = this.#chance.isOneIn(3);
    // Never at the very moment in which something falls due.
    const expires = this.#chance.isOneIn(2) ? 0 : 300.25 + 100 * this.#chance.below(30);
    const wish = { batch, no_wait: noWait, expires: expires * nanosPerMilli };
    this.#outlet.arrive("$JS.API.CONSUMER.MSG.NEXT.S.C", JSON.stringify(wish), "in");
    this.#model.pull(batch, noWait, expires);
    return JSON.stringify(wish);
  }

  #acknowledge(): string {
    if (this.#replies.length === 0) {
      return "nothing";
    }
    const recent = this.#replies.slice(this.#chance.isOneIn(4) ? 0 : -8);
    const reply = this.#chance.pick(recent);
    const [, , , , , stream = 0, consumer = 0] = reply.split(".").map(Number);
    const verb = this.#chance.pick(["", "+ACK", "+ACK", "-NAK", "-NAK", "+WPI", "+TERM"]);
    const isLater = verb === "-NAK" && this.#chance.isOneIn(2);
    const delay = isLater ? 100 + this.#chance.below(40) * 100 : null;
    const body = delay === null ? verb : `-NAK {"delay": ${delay * nanosPerMilli}}`;
    this.#outlet.arrive(reply, body);
    this.#time.turn();
    if (this.#rules.ackPolicy !== "none") {
      if (verb === "-NAK") {
        this.#model.nak(stream, consumer, delay);
      } else if (verb === "+WPI") {
        this.#model.progress(stream);
      } else {
        this.#model.ack(stream, consumer);
      }
    }
    return `${body} ${stream}`;
  }

  #advance(): string {
    const millis = 10 + this.#chance.below(1500);
    this.#time.advance(millis);
    this.#model.advance(millis);
    return String(millis);
  }

  #rare(): string {
    switch (this.#chance.below(5)) {
      case 0:
        return this.#restart();
      case 1: {
        const last = this.#stream.store.state.lastSequence;
        const sequence = 1 + this.#chance.below(last + 1);
        this.#stream.remove(sequence);
        this.#model.remove(sequence);
        return `remove ${sequence}`;
      }
      default:
        return "nothing";
    }
  }

  #restart(): string {
    void this.#consumer.stop();
    this.#time.turn();
    this.#journal = this.#open(this.#journal.contents);
    this.#consumer = this.#start();
    this.#model.restart();
    // What fell due meanwhile.
    this.#time.advance(2);
    this.#model.advance(2);
    return "restart";
  }

  #open(recovered: MemoryJournal["contents"]): MemoryJournal {
    return new MemoryJournal({
      keeps: true,
      recovered,
      onWritten: (journal) => this.#time.endOfTurn(() => journal.settle()),
    });
  }

  #start(): Consumer {
    const time = this.#time;
    const consumer = new Consumer({
      stream: this.#stream,
      config: configBy(this.#rules),
      name: "C",
      createdNanos: 0n,
      journal: this.#journal,
      clock: time,
      timers: time,
      random: new CountingRandom(),
      log: new KeptLog(),
      turns: this.#turns,
      interests: new InterestWatch(time),
      settings: {
        domain: "",
        accountHash: "",
        namesDomainInAcks: false,
        maxPayload: 1024,
        apiLevel: 4,
      },
      events: { advise: () => undefined, onInactive: () => undefined, onFailed: () => undefined },
    });
    consumer.start();
    consumer.whenDurable(() => undefined);
    time.turn();
    return consumer;
  }

  #hear({ reply, headers }: Heard): void {
    if (headers === "") {
      const [, , , , deliveries, stream, consumer, , pending] = reply.split(".");
      this.#told.push(`${deliveries}.${stream}.${consumer}.${pending}`);
      this.#replies.push(reply);
      return;
    }
    const text = headers.slice("NATS/1.0 ".length, headers.indexOf("\r\n"));
    const left = /Nats-Pending-Messages: (\d+)/.exec(headers)?.[1];
    this.#told.push(left === undefined ? text : `${text} ${left}`);
  }
}

function differenceOf(seed: number): string | null {
  const life = new Life(seed);
  for (let step = 0; step < steps; step++) {
    const difference = life.step();
    if (difference !== null) {
      return `seed ${seed}, step ${step}\n${difference}`;
    }
  }
  return null;
}

test("a consumer lives as its model says", () => {
  const only = Number(process.env["CONSUMER_SEED"] ?? 0);
  const [first, last] = only > 0 ? [only, only] : [1, seeds];
  for (let seed = first; seed <= last; seed++) {
    expect(differenceOf(seed)).toBeNull();
  }
}, 120_000);
