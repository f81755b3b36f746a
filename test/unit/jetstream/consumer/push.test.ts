// Push consumers: active while somebody listens, held back by flow control, heard of when it is quiet.

import { expect, test } from "bun:test";
import { headerBlock } from "../../../../src/protocol/headers.ts";
import { ConsumerRig, seconds } from "./consumer-rig.ts";

const push = { deliverSubject: "to", ackPolicy: "none", maxAckPending: 0 } as const;

test("whoever listens gets all messages, and new ones as they come", () => {
  const rig = new ConsumerRig(push);
  const inbox = rig.inbox("to");
  rig.store(2).start();
  expect(inbox.brief()).toEqual([1, 2]);
  rig.store(2);
  expect(inbox.brief()).toEqual([3, 4]);
});

test("without listeners nothing is delivered, until there is one", () => {
  const rig = new ConsumerRig(push).start().store(2);
  expect(rig.consumer.status()).toMatchObject({ isPushBound: false, pending: 2 });
  const inbox = rig.inbox("to");
  rig.time.advance(60);
  expect(inbox.brief()).toEqual([1, 2]);
  expect(rig.consumer.status().isPushBound).toBe(true);
});

test("a message nobody heard is not lost", () => {
  const rig = new ConsumerRig(push).start();
  const inbox = rig.inbox("to");
  rig.time.advance(60);
  inbox.close();
  rig.store(2);
  expect(rig.consumer.status()).toMatchObject({ isPushBound: false, pending: 2 });
  inbox.open();
  rig.time.advance(60);
  expect(inbox.brief()).toEqual([1, 2]);
});

test("a deliver group gives each message to one member", () => {
  const rig = new ConsumerRig({ ...push, deliverGroup: "q" });
  const [one, other] = [rig.inbox("to"), rig.inbox("to")];
  for (const inbox of [one, other]) {
    inbox.close();
    inbox.open("q");
  }
  rig.start().store(6);
  const all = [...one.brief(), ...other.brief()].sort();
  expect(all).toEqual([1, 2, 3, 4, 5, 6]);
});

test.each([
  ["", "*", "", false],
  ["", ">", "", false],
  ["", "to", "q", false],
  ["", "to", "", true],
  ["q", "to", "", false],
  ["q", "to", "other", false],
  ["q", "*", "q", false],
  ["q", "to", "q", true],
])(
  "in group '%s', a subscriber to %s in group '%s' counts: %p",
  (deliverGroup, subject, group, isListener) => {
    const rig = new ConsumerRig({ ...push, deliverGroup }).start().store(2);
    const inbox = rig.inbox(subject);
    inbox.close();
    inbox.open(group);
    rig.time.advance(60);
    expect(rig.consumer.status()).toMatchObject({
      isPushBound: isListener,
      pending: isListener ? 0 : 2,
    });
    expect(inbox.brief()).toEqual(isListener ? [1, 2] : []);
  },
);

test("a request to a push consumer is told what it is", () => {
  const rig = new ConsumerRig(push).start();
  const inbox = rig.inbox("in");
  rig.pull(inbox, "1");
  expect(inbox.brief()).toEqual(["409 Consumer is push based"]);
});

test("heartbeats come when it is quiet, with the last sequences", () => {
  const rig = new ConsumerRig({ ...push, idleHeartbeatNanos: seconds(1) });
  const inbox = rig.inbox("to");
  rig.start().store(2);
  rig.time.advance(900);
  expect(inbox.brief()).toEqual([1, 2]);
  rig.time.advance(200);
  expect(inbox.take()).toMatchObject([
    {
      status: "100 Idle Heartbeat",
      reply: "",
      headers: { "Nats-Last-Consumer": "2", "Nats-Last-Stream": "2" },
    },
  ]);
  rig.time.advance(1000);
  expect(inbox.take()).toHaveLength(1);
});

test("flow control waits for its answer, tells of the stall, and opens the window", () => {
  const rig = new ConsumerRig({ ...push, flowControl: true, idleHeartbeatNanos: seconds(1) });
  const inbox = rig.inbox("to");
  rig.start();
  const body = "x".repeat(300_000);
  const published = (): void => {
    for (let at = 0; at < 10; at++) {
      rig.rig.publish("s.a", body);
    }
  };
  published();
  const first = inbox.take();
  const asked = first.filter(({ status }) => status !== "");
  expect(asked).toMatchObject([{ status: "100 FlowControl Request" }]);
  expect(asked[0]?.reply).toMatch(/^\$JS\.FC\.S\.C\.\w{4}$/);
  // The window of 2 MiB is exceeded by the eighth message.
  expect(first.filter(({ status }) => status === "")).toHaveLength(7);
  rig.time.advance(1100);
  expect(inbox.take()).toMatchObject([
    {
      status: "100 Idle Heartbeat",
      headers: { "Nats-Consumer-Stalled": asked[0]?.reply ?? "?" },
    },
  ]);
  rig.say(asked[0]?.reply ?? "", "");
  rig.time.turn();
  expect(inbox.take().filter(({ status }) => status === "")).toHaveLength(3);
});

test("an ephemeral consumer nobody listens to goes", () => {
  const rig = new ConsumerRig({ ...push, durable: "" }).start();
  rig.time.advance(4900);
  expect(rig.inactive).toBe(0);
  rig.time.advance(200);
  expect(rig.inactive).toBe(1);
});

test("an ephemeral consumer somebody listens to stays, until they leave", () => {
  const rig = new ConsumerRig({ ...push, durable: "" });
  const inbox = rig.inbox("to");
  rig.start();
  rig.time.advance(60_000);
  expect(rig.inactive).toBe(0);
  inbox.close();
  rig.time.advance(11_000);
  expect(rig.inactive).toBe(1);
});

test("by flow control a client acknowledges what it has", () => {
  const rig = new ConsumerRig({
    deliverSubject: "to",
    ackPolicy: "flow_control",
    maxAckPending: 3,
  });
  const inbox = rig.inbox("to");
  rig.store(5).start();
  const received = inbox.take();
  expect(received.map(({ status, stream }) => status || stream)).toEqual([
    1,
    2,
    3,
    "100 FlowControl Request",
  ]);
  expect(rig.consumer.status().ackPending).toBe(3);
  rig.rig.client.publish(received[3]?.reply ?? "", "", {
    headers: headerBlock([
      ["Nats-Last-Consumer", "2"],
      ["Nats-Last-Stream", "2"],
    ]),
  });
  rig.time.turn();
  expect(inbox.brief()).toEqual([4, 5, "100 FlowControl Request"]);
  expect(rig.consumer.status().ackFloor).toMatchObject({ consumerSequence: 2, streamSequence: 2 });
});

test("a rate is kept", () => {
  const rig = new ConsumerRig(
    { ...push, rateLimitBitsPerSecond: 8_000n },
    { maxMessageSize: 1000 },
  );
  const inbox = rig.inbox("to");
  const size = 1000;
  for (let at = 0; at < 5; at++) {
    rig.rig.publish("s.a", "x".repeat(size - 40));
  }
  rig.start();
  expect(inbox.brief()).toEqual([1]);
  rig.time.advance(1100);
  expect(inbox.brief()).toEqual([2]);
  rig.time.advance(2100);
  expect(inbox.brief()).toEqual([3, 4]);
});

test("old times are replayed, new messages come at once", () => {
  const rig = new ConsumerRig({ ...push, replay: "original" });
  const inbox = rig.inbox("to");
  rig.store(1);
  rig.time.advance(500);
  rig.store(1);
  rig.time.advance(2000);
  rig.store(1);
  rig.start();
  expect(inbox.brief()).toEqual([1]);
  rig.time.advance(400);
  expect(inbox.brief()).toEqual([]);
  rig.time.advance(200);
  expect(inbox.brief()).toEqual([2]);
  rig.time.advance(2000);
  expect(inbox.brief()).toEqual([3]);
  rig.time.advance(1000);
  rig.store(1);
  expect(inbox.brief()).toEqual([4]);
});

test("another deliver subject gets what the former one did not acknowledge", () => {
  const rig = new ConsumerRig({ deliverSubject: "to" });
  const [former, next] = [rig.inbox("to"), rig.inbox("next")];
  rig.store(2).start();
  expect(former.brief()).toEqual([1, 2]);
  former.close();
  rig.time.advance(100);
  rig.update({ deliverSubject: "next" });
  expect(next.take()).toMatchObject([
    { stream: 1, deliveries: 2 },
    { stream: 2, deliveries: 2 },
  ]);
});
