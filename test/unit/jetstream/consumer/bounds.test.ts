// Many of everything: waiting requests, receivers that are too full, consumers that do nothing.

import { expect, test } from "bun:test";
import { Consumer } from "../../../../src/jetstream/consumer/consumer.ts";
import type { ConsumerConfig } from "../../../../src/jetstream/consumer/consumer-config.ts";
import { InterestWatch } from "../../../../src/jetstream/consumer/interest-watch.ts";
import { TurnQueue } from "../../../../src/jetstream/consumer/turn-queue.ts";
import { FakeOutlet } from "../../../support/jetstream/fake-outlet.ts";
import { FakeStream } from "../../../support/jetstream/fake-stream.ts";
import { CountingRandom, KeptLog, ManualTime } from "../../broker/broker-rig.ts";
import { plainConfig } from "../stream/stream-rig.ts";
import { ConsumerRig, seconds } from "./consumer-rig.ts";

const second = 1_000_000_000;
const config = new ConsumerRig().settled({ maxWaiting: 10_000, maxAckPending: -1 });

class Small {
  readonly time: ManualTime = new ManualTime();
  readonly outlet: FakeOutlet = new FakeOutlet();
  readonly stream: FakeStream = new FakeStream(this.outlet, plainConfig);
  readonly turns: TurnQueue = new TurnQueue(() => this.time.endOfTurn(() => this.turns.run()));
  readonly consumer: Consumer;

  constructor(changes: Partial<ConsumerConfig> = {}) {
    const { time } = this;
    this.consumer = new Consumer({
      stream: this.stream,
      config: { ...config, ...changes },
      name: "C",
      createdNanos: 0n,
      journal: null,
      clock: time,
      timers: time,
      random: new CountingRandom(),
      log: new KeptLog(),
      turns: this.turns,
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
    this.consumer.start();
    this.consumer.whenDurable(() => undefined);
    time.turn();
  }

  pull(wish: Readonly<Record<string, unknown>>, reply: string): void {
    this.outlet.arrive("$JS.API.CONSUMER.MSG.NEXT.S.C", JSON.stringify(wish), reply);
  }

  add(count: number): void {
    for (let at = 0; at < count; at++) {
      this.stream.add("s.a", this.time.wallMillis() * 1000);
    }
    this.stream.show();
  }
}

test("ten thousand requests wait, each is served once, and all end when their time is over", () => {
  const small = new Small();
  let messages = 0;
  const statuses: Map<string, number> = new Map();
  for (let at = 0; at < 10_000; at++) {
    small.outlet.listen(`in.${at}`, ({ headers }) => {
      const status = headers.slice(0, headers.indexOf("\r\n"));
      messages += headers === "" ? 1 : 0;
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    });
    small.pull({ batch: 2, expires: 10 * second + at * 100_000 }, `in.${at}`);
  }
  small.outlet.listen("more", ({ headers }) => statuses.set(headers, 1));
  small.pull({ batch: 1, expires: second }, "more");
  expect(small.consumer.status().waiting).toBe(10_000);
  expect([...statuses.keys()]).toEqual(["NATS/1.0 409 Exceeded MaxWaiting\r\n\r\n"]);
  expect(small.time.armedCount).toBe(1);
  small.add(10_000);
  small.time.turn();
  expect(messages).toBe(10_000);
  small.time.advance(12_000);
  expect(statuses.get("NATS/1.0 408 Request Timeout")).toBe(10_000);
  expect(small.consumer.status()).toMatchObject({ waiting: 0, ackPending: 10_000 });
});

test("a turn of one consumer ends, and the next goes on", () => {
  const small = new Small();
  let messages = 0;
  small.outlet.listen("in", () => {
    messages++;
  });
  small.add(2000);
  small.pull({ batch: 2000, expires: second }, "in");
  expect(messages).toBe(512);
  small.turns.run();
  expect(messages).toBe(1024);
  small.time.turn();
  expect(messages).toBe(2000);
});

test("a receiver that is too full gets no more until it has room", () => {
  const small = new Small();
  let messages = 0;
  small.outlet.listen("in", () => {
    messages++;
    small.outlet.isFull = messages % 10 === 0;
  });
  small.add(25);
  small.pull({ batch: 100, expires: 60 * second }, "in");
  small.time.turn();
  expect(messages).toBe(10);
  small.outlet.makeRoom();
  small.time.turn();
  expect(messages).toBe(20);
  small.outlet.makeRoom();
  small.time.turn();
  expect(messages).toBe(25);
});

test("an idle consumer arms no timer and is not told of messages", () => {
  const small = new Small();
  small.add(10);
  expect(small.time.armedCount).toBe(0);
  expect(small.turns.isEmpty).toBe(true);
  expect(small.consumer.status().pending).toBe(10);
});

test("a stopped consumer leaves nothing behind", async () => {
  const small = new Small({
    deliverSubject: "to",
    maxWaiting: 0,
    idleHeartbeatNanos: seconds(1),
    flowControl: true,
    pauseUntilNanos: 1_900_000_000_000_000_000n,
    inactiveThresholdNanos: seconds(9),
  });
  small.outlet.listen("to", () => undefined);
  small.add(5);
  small.time.advance(3000);
  await small.consumer.stop();
  expect(small.time.armedCount).toBe(0);
  expect(small.outlet.arrive("$JS.API.CONSUMER.MSG.NEXT.S.C")).toBe(0);
  expect(small.outlet.arrive("$JS.ACK.S.C.1.1.1.1.1")).toBe(0);
});
