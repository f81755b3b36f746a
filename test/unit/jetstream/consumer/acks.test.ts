// Acknowledgements: what each word does, and what becomes of messages that get none.

import { expect, test } from "bun:test";
import { ConsumerRig, type Received, seconds } from "./consumer-rig.ts";

const second = 1_000_000_000;
let fetches = 0;

function fetched(rig: ConsumerRig, count: number): readonly Received[] {
  fetches++;
  const inbox = rig.inbox(`fetch.${fetches}`);
  rig.pull(inbox, { batch: count, no_wait: true });
  return inbox.take().filter(({ status }) => status === "");
}

const streams = (messages: readonly Received[]): readonly number[] =>
  messages.map(({ stream }) => stream);

test("the floor follows acknowledgements without holes", () => {
  const rig = new ConsumerRig().start().store(4);
  const messages = fetched(rig, 4);
  rig.ack(messages[1], "+ACK");
  expect(rig.consumer.status()).toMatchObject({
    ackPending: 3,
    ackFloor: { consumerSequence: 0, streamSequence: 0 },
  });
  rig.ack(messages[0]);
  expect(rig.consumer.status().ackFloor).toMatchObject({ consumerSequence: 2, streamSequence: 2 });
  rig.ack(messages[3], "+OK");
  rig.ack(messages[2]);
  expect(rig.consumer.status()).toMatchObject({
    ackPending: 0,
    ackFloor: { consumerSequence: 4, streamSequence: 4 },
    delivered: { consumerSequence: 4, streamSequence: 4 },
  });
});

test("a message that is not acknowledged in time is delivered again", () => {
  const rig = new ConsumerRig({ ackWaitNanos: seconds(2) }).start().store(2);
  fetched(rig, 2);
  rig.time.advance(1900);
  expect(fetched(rig, 2)).toEqual([]);
  rig.time.advance(200);
  expect(rig.consumer.status()).toMatchObject({ ackPending: 2, redelivered: 0 });
  const again = fetched(rig, 2);
  expect(again).toMatchObject([
    { stream: 1, deliveries: 2, consumer: 3, pending: 0 },
    { stream: 2, deliveries: 2, consumer: 4 },
  ]);
  expect(rig.consumer.status()).toMatchObject({ ackPending: 2, redelivered: 2 });
  rig.ack(again[0]);
  rig.ack(again[1]);
  expect(rig.consumer.status()).toMatchObject({
    ackPending: 0,
    redelivered: 0,
    ackFloor: { consumerSequence: 4, streamSequence: 2 },
  });
});

test("what is due again comes before what is new", () => {
  const rig = new ConsumerRig({ ackWaitNanos: seconds(1) }).start().store(3);
  fetched(rig, 2);
  rig.time.advance(1100);
  expect(streams(fetched(rig, 3))).toEqual([1, 2, 3]);
});

test("-NAK delivers again at once, and says so", () => {
  const rig = new ConsumerRig().start().store(2);
  const [first] = fetched(rig, 1);
  rig.ack(first, "-NAK");
  expect(rig.advice.at(-1)).toMatchObject({
    subject: "$JS.EVENT.ADVISORY.CONSUMER.MSG_NAKED.S.C",
    type: "io.nats.jetstream.advisory.v1.nak",
    event: { stream: "S", consumer: "C", consumer_seq: 1, stream_seq: 1, deliveries: 1 },
  });
  expect(fetched(rig, 1)).toMatchObject([{ stream: 1, deliveries: 2 }]);
});

test.each([`-NAK {"delay": ${3 * second}}`, "-NAK 3s"])("%s delivers again later", (body) => {
  const rig = new ConsumerRig({ ackWaitNanos: seconds(1) }).start().store(1);
  const [first] = fetched(rig, 1);
  rig.ack(first, body);
  rig.time.advance(2900);
  expect(fetched(rig, 1)).toEqual([]);
  rig.time.advance(200);
  expect(fetched(rig, 1)).toMatchObject([{ stream: 1, deliveries: 2 }]);
});

test("a delay that is none is complained of, and the message comes at once", () => {
  const rig = new ConsumerRig().start().store(1);
  const [first] = fetched(rig, 1);
  rig.ack(first, "-NAK soon");
  expect(rig.log.lines.join()).toContain('bad NAK delay value: "soon"');
  expect(streams(fetched(rig, 1))).toEqual([1]);
});

test("+WPI begins the wait anew", () => {
  const rig = new ConsumerRig({ ackWaitNanos: seconds(1) }).start().store(1);
  const [first] = fetched(rig, 1);
  rig.time.advance(800);
  rig.ack(first, "+WPI");
  rig.time.advance(800);
  expect(fetched(rig, 1)).toEqual([]);
  rig.time.advance(300);
  expect(streams(fetched(rig, 1))).toEqual([1]);
});

test("+TERM is never delivered again, and says why", () => {
  const rig = new ConsumerRig({ ackWaitNanos: seconds(1) }).start().store(1);
  const [first] = fetched(rig, 1);
  rig.ack(first, "+TERM  no good ");
  expect(rig.advice.at(-1)).toMatchObject({
    subject: "$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.S.C",
    type: "io.nats.jetstream.advisory.v1.terminated",
    event: { consumer_seq: 1, stream_seq: 1, deliveries: 1, reason: "no good" },
  });
  rig.time.advance(2000);
  expect(fetched(rig, 1)).toEqual([]);
  expect(rig.consumer.status().ackPending).toBe(0);
});

test("+NXT acknowledges and asks for more", () => {
  const rig = new ConsumerRig().start().store(4);
  const inbox = rig.inbox("in");
  const [first] = fetched(rig, 1);
  rig.ack(first, '+NXT {"batch": 2}', inbox);
  expect(inbox.brief()).toEqual([2, 3]);
  expect(rig.consumer.status().ackPending).toBe(2);
});

test("an acknowledgement that asks is answered when it is durable", () => {
  const rig = new ConsumerRig().start().store(1);
  const inbox = rig.inbox("in");
  const [first] = fetched(rig, 1);
  rig.isHolding = true;
  rig.ack(first, "+ACK", inbox);
  expect(inbox.take()).toEqual([]);
  rig.settle();
  expect(inbox.take()).toMatchObject([{ body: "", status: "" }]);
});

test("an acknowledgement of what was never delivered is not answered", () => {
  const rig = new ConsumerRig().start().store(1);
  const inbox = rig.inbox("in");
  rig.say("$JS.ACK.S.C.1.1.1.1.0", "", inbox);
  rig.say("$JS.ACK.S.C.1.99.1.1.0", "", inbox);
  rig.say("$JS.ACK.S.C.x.y.z.1.0", "", inbox);
  rig.time.turn();
  expect(inbox.take()).toEqual([]);
  expect(rig.log.lines.join()).toContain("ACK sequence 99 past last stream sequence of 1");
});

test("ack all acknowledges all before it", () => {
  const rig = new ConsumerRig({ ackPolicy: "all" }).start().store(5);
  const messages = fetched(rig, 5);
  rig.ack(messages[2]);
  expect(rig.consumer.status()).toMatchObject({
    ackPending: 2,
    ackFloor: { consumerSequence: 3, streamSequence: 3 },
  });
  rig.ack(messages[0]);
  expect(rig.consumer.status().ackFloor).toMatchObject({ streamSequence: 3 });
});

test("without acknowledgements nothing is waited for", () => {
  const rig = new ConsumerRig({ ackPolicy: "none" }).start().store(3);
  fetched(rig, 2);
  expect(rig.consumer.status()).toMatchObject({
    ackPending: 0,
    pending: 1,
    ackFloor: { consumerSequence: 2, streamSequence: 2 },
  });
});

test("as often as max_deliver says, then an advisory and no more", () => {
  const rig = new ConsumerRig({ ackWaitNanos: seconds(1), maxDeliver: 2 }).start().store(2);
  fetched(rig, 1);
  rig.time.advance(1100);
  expect(streams(fetched(rig, 1))).toEqual([1]);
  rig.time.advance(1100);
  expect(rig.advice.at(-1)).toMatchObject({
    subject: "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.S.C",
    type: "io.nats.jetstream.advisory.v1.max_deliver",
    event: { stream_seq: 1, deliveries: 2 },
  });
  expect(streams(fetched(rig, 5))).toEqual([2]);
  expect(rig.consumer.status()).toMatchObject({ ackPending: 1, redelivered: 1 });
});

test("a message may still be acknowledged after its last delivery", () => {
  const rig = new ConsumerRig(
    { ackWaitNanos: seconds(1), maxDeliver: 1 },
    { retention: "workqueue" },
  )
    .start()
    .store(1);
  const [first] = fetched(rig, 1);
  rig.time.advance(1100);
  expect(rig.rig.sequences).toEqual([1]);
  rig.ack(first);
  expect(rig.rig.sequences).toEqual([]);
});

test("backoff waits longer each time", () => {
  const rig = new ConsumerRig({
    backoffNanos: [seconds(1), seconds(3)],
    maxDeliver: 4,
  })
    .start()
    .store(1);
  const inbox = rig.inbox("in");
  rig.pull(inbox, { batch: 9, expires: 60 * second });
  const at: number[] = [];
  const began = rig.time.monotonicMillis();
  for (let step = 0; step < 100; step++) {
    rig.time.advance(100);
    for (const { deliveries } of inbox.take()) {
      at.push(deliveries, Math.round((rig.time.monotonicMillis() - began) / 100) / 10);
    }
  }
  expect(at).toEqual([1, 0.1, 2, 1.1, 3, 4.1, 4, 7.1]);
});

test("some acknowledgements are sampled, or all, or none", () => {
  const samples = (sampleFrequency: string): number => {
    const rig = new ConsumerRig({ sampleFrequency }).start().store(40);
    for (const message of fetched(rig, 40)) {
      rig.ack(message);
    }
    return rig.advised.filter((subject) => subject === "$JS.EVENT.METRIC.CONSUMER.ACK.S.C").length;
  };
  expect(samples("")).toBe(0);
  expect(samples("100%")).toBe(40);
  // The rig's random numbers count up from 1.
  expect(samples("20")).toBe(18);
});

test("a message that is removed from the stream waits for nothing any more", () => {
  const rig = new ConsumerRig({ ackWaitNanos: seconds(1) }).start().store(3);
  fetched(rig, 2);
  rig.rig.stream.removeMessage(1, false, () => undefined);
  expect(rig.advice.at(-1)?.event).toMatchObject({
    stream_seq: 1,
    reason: "Unacknowledged message was deleted",
  });
  expect(rig.consumer.status()).toMatchObject({ ackPending: 1, pending: 1 });
  rig.rig.stream.removeMessage(3, false, () => undefined);
  expect(rig.consumer.status()).toMatchObject({ ackPending: 1, pending: 0 });
});

test("a purge leaves nothing to wait for", () => {
  const rig = new ConsumerRig().start().store(30);
  fetched(rig, 5);
  rig.rig.stream.purge({ filter: "", sequence: 0, keep: 0 }, () => undefined);
  rig.time.turn();
  expect(rig.consumer.status()).toMatchObject({
    ackPending: 0,
    pending: 0,
    ackFloor: { consumerSequence: 5, streamSequence: 30 },
  });
  rig.store(1);
  expect(streams(fetched(rig, 5))).toEqual([31]);
});

test("a purge of some subjects leaves the others", () => {
  const rig = new ConsumerRig().start();
  for (let round = 0; round < 20; round++) {
    rig.store(1, "s.a").store(1, "s.b");
  }
  expect(fetched(rig, 10)).toHaveLength(10);
  rig.rig.stream.purge({ filter: "s.a", sequence: 0, keep: 0 }, () => undefined);
  rig.time.turn();
  expect(rig.consumer.status()).toMatchObject({ ackPending: 5, pending: 15 });
  expect(streams(fetched(rig, 2))).toEqual([12, 14]);
});

test("a purge of few messages tells nobody of each, and moves who stood before them", () => {
  const rig = new ConsumerRig().start().store(3, "s.a").store(1, "s.b");
  fetched(rig, 1);
  const told = rig.advice.length;
  rig.rig.stream.purge({ filter: "s.a", sequence: 0, keep: 1 }, () => undefined);
  rig.time.turn();
  expect(rig.advice).toHaveLength(told);
  expect(rig.consumer.status()).toMatchObject({
    ackPending: 0,
    pending: 2,
    delivered: { consumerSequence: 1, streamSequence: 2 },
    ackFloor: { consumerSequence: 1, streamSequence: 2 },
  });
  expect(streams(fetched(rig, 5))).toEqual([3, 4]);
});

test("a purge beyond the last message moves who has nothing to get", () => {
  const rig = new ConsumerRig().start();
  rig.rig.stream.purge({ filter: "", sequence: 5, keep: 0 }, () => undefined);
  rig.time.turn();
  expect(rig.consumer.status()).toMatchObject({
    pending: 0,
    delivered: { consumerSequence: 0, streamSequence: 4 },
    ackFloor: { consumerSequence: 0, streamSequence: 4 },
  });
  expect(streams(fetched(rig.store(1), 5))).toEqual([5]);
});
