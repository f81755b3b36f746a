// Pull consumers: requests, what they get, and what they are told when they get nothing.

import { expect, test } from "bun:test";
import { headerBlock } from "../../../../src/protocol/headers.ts";
import { ConsumerRig, seconds } from "./consumer-rig.ts";

const second = 1_000_000_000;

test("a request gets the next messages, with their numbers in the reply", () => {
  const rig = new ConsumerRig().start().store(3);
  const inbox = rig.inbox("in");
  rig.pull(inbox, "2");
  const [first, next] = inbox.take();
  expect(first).toMatchObject({
    subject: "s.1",
    body: "m1",
    stream: 1,
    consumer: 1,
    deliveries: 1,
    pending: 2,
  });
  expect(next).toMatchObject({ subject: "s.2", body: "m2", stream: 2, consumer: 2, pending: 1 });
  expect(first?.reply).toMatch(/^\$JS\.ACK\.S\.C\.1\.1\.1\.\d{19}\.2$/);
});

test("an empty request is for one message", () => {
  const rig = new ConsumerRig().start().store(2);
  const inbox = rig.inbox("in");
  rig.pull(inbox);
  expect(inbox.brief()).toEqual([1]);
  rig.pull(inbox, "{}");
  expect(inbox.brief()).toEqual([2]);
});

test("a request waits for messages to come", () => {
  const rig = new ConsumerRig().start();
  const inbox = rig.inbox("in");
  rig.pull(inbox, { batch: 3, expires: 5 * second });
  expect(inbox.brief()).toEqual([]);
  rig.store(2);
  expect(inbox.brief()).toEqual([1, 2]);
  rig.time.advance(5001);
  expect(inbox.take()).toMatchObject([
    {
      status: "408 Request Timeout",
      headers: { "Nats-Pending-Messages": "1", "Nats-Pending-Bytes": "0" },
    },
  ]);
});

test("who does not wait is told at once that there is nothing", () => {
  const rig = new ConsumerRig().start();
  const inbox = rig.inbox("in");
  rig.pull(inbox, { batch: 3, no_wait: true });
  expect(inbox.brief()).toEqual(["404 No Messages"]);
});

test("who does not wait gets what there is, then 404", () => {
  const rig = new ConsumerRig().start().store(2);
  const inbox = rig.inbox("in");
  rig.pull(inbox, { batch: 3, no_wait: true });
  expect(inbox.brief()).toEqual([1, 2, "404 No Messages"]);
});

test("who does not wait but expires waits for the first message only", () => {
  const rig = new ConsumerRig().start();
  const inbox = rig.inbox("in");
  rig.pull(inbox, { batch: 3, no_wait: true, expires: second });
  expect(inbox.brief()).toEqual([]);
  rig.store(1);
  expect(inbox.brief()).toEqual([1, "404 No Messages"]);
});

test("two waiting requests are served in turn", () => {
  const rig = new ConsumerRig().start();
  const [one, other] = [rig.inbox("one"), rig.inbox("other")];
  rig.pull(one, { batch: 2, expires: 9 * second });
  rig.pull(other, { batch: 2, expires: 9 * second });
  rig.store(4);
  expect(one.brief()).toEqual([1, 3]);
  expect(other.brief()).toEqual([2, 4]);
});

test("a request whose inbox is gone costs no message", () => {
  const rig = new ConsumerRig().start();
  const [gone, here] = [rig.inbox("gone"), rig.inbox("here")];
  rig.pull(gone, { batch: 5, expires: 9 * second });
  rig.pull(here, { batch: 5, expires: 9 * second });
  gone.close();
  rig.store(2);
  expect(here.brief()).toEqual([1, 2]);
  expect(rig.consumer.status()).toMatchObject({ ackPending: 2, waiting: 1 });
});

test("more requests than may wait are refused, unless they have heartbeats", () => {
  const rig = new ConsumerRig({ maxWaiting: 1 }).start();
  const inbox = rig.inbox("in");
  rig.pull(inbox, { batch: 1, expires: 9 * second });
  rig.pull(inbox, { batch: 1, expires: 9 * second });
  expect(inbox.brief()).toEqual(["409 Exceeded MaxWaiting"]);
  rig.pull(inbox, { batch: 1, expires: 9 * second, idle_heartbeat: second });
  expect(inbox.brief()).toEqual([]);
});

test("limits of requests are told with their numbers", () => {
  const rig = new ConsumerRig({
    maxRequestBatch: 10,
    maxRequestExpiresNanos: seconds(60),
    maxRequestMaxBytes: 1024,
  }).start();
  const inbox = rig.inbox("in");
  rig.pull(inbox, { batch: 11 });
  rig.pull(inbox, { batch: 1, expires: 61 * second });
  rig.pull(inbox, { batch: 1, max_bytes: 1025 });
  expect(inbox.brief()).toEqual([
    "409 Exceeded MaxRequestBatch of 10",
    "409 Exceeded MaxRequestExpires of 1m0s",
    "409 Exceeded MaxRequestMaxBytes of 1024",
  ]);
});

test("bad requests are told what is bad", () => {
  const rig = new ConsumerRig().start();
  const inbox = rig.inbox("in");
  rig.pull(inbox, { batch: 1, expires: second, idle_heartbeat: second });
  rig.pull(inbox, { batch: 1, min_pending: 5 });
  rig.pull(inbox, { batch: 1, id: "x" });
  rig.pull(inbox, { batch: 1, priority: 10 });
  expect(inbox.brief()).toEqual([
    "400 Bad Request - heartbeat value too large",
    "400 Bad Request - Not a Overflow Priority consumer",
    "400 Bad Request - Not a Pinned Client Priority consumer",
    "400 Bad Request - Priority must be between 0 and 9",
  ]);
  rig.pull(inbox, "{no json");
  expect(inbox.brief()[0]).toStartWith("400 Bad Request - ");
});

test("a higher API level than is served is refused", () => {
  const rig = new ConsumerRig().start().store(2);
  const inbox = rig.inbox("in");
  rig.pull(inbox, "1", headerBlock([["Nats-Required-Api-Level", "5"]]));
  rig.pull(inbox, "1", headerBlock([["Nats-Required-Api-Level", "4"]]));
  expect(inbox.brief()).toEqual(["412 Required Api Level", 1]);
});

test("max_bytes ends a request before the message that is too large", () => {
  const rig = new ConsumerRig().start().store(1);
  const inbox = rig.inbox("in");
  rig.pull(inbox, { batch: 5, max_bytes: 10 });
  expect(inbox.take()).toMatchObject([
    {
      status: "409 Message Size Exceeds MaxBytes",
      headers: { "Nats-Pending-Messages": "5", "Nats-Pending-Bytes": "10" },
    },
  ]);
  rig.pull(inbox, { batch: 1, max_bytes: 1000 });
  const [message, status] = inbox.take();
  expect(message?.stream).toBe(1);
  expect(status?.status).toBe("409 Batch Completed");
  const size = "s.1".length + "m1".length + (message?.reply.length ?? 0);
  expect(status?.headers).toEqual({
    "Nats-Pending-Messages": "0",
    "Nats-Pending-Bytes": String(1000 - size),
  });
});

test("a waiting request is sent heartbeats", () => {
  const rig = new ConsumerRig().start();
  const inbox = rig.inbox("in");
  rig.pull(inbox, { batch: 2, expires: 10 * second, idle_heartbeat: second });
  rig.time.advance(2500);
  expect(inbox.take()).toMatchObject([
    {
      status: "100 Idle Heartbeat",
      headers: { "Nats-Last-Consumer": "0", "Nats-Last-Stream": "0" },
    },
    { status: "100 Idle Heartbeat" },
  ]);
});

test("no more than max_ack_pending messages are on the way", () => {
  const rig = new ConsumerRig({ maxAckPending: 2 }).start().store(5);
  const inbox = rig.inbox("in");
  rig.pull(inbox, { batch: 5, expires: 60 * second });
  const messages = inbox.take();
  expect(messages.map(({ stream }) => stream)).toEqual([1, 2]);
  rig.ack(messages[1]);
  expect(inbox.brief()).toEqual([3]);
  rig.ack(messages[0]);
  expect(inbox.brief()).toEqual([4]);
});

test("requests that would wait for others' messages are refused when they may not wait", () => {
  const rig = new ConsumerRig({ maxAckPending: 1 }).start().store(3);
  const [one, other] = [rig.inbox("one"), rig.inbox("other")];
  rig.pull(one, { batch: 10, expires: 60 * second });
  rig.pull(other, { batch: 1, no_wait: true });
  expect(other.brief()).toEqual(["408 Requests Pending"]);
});

test("deleting a consumer ends its requests", async () => {
  const rig = new ConsumerRig().start();
  const inbox = rig.inbox("in");
  rig.pull(inbox, { batch: 5, expires: 60 * second });
  await rig.consumer.delete("asked");
  expect(inbox.brief()).toEqual(["409 Consumer Deleted"]);
  expect(rig.advised).toEqual([
    "$JS.EVENT.ADVISORY.CONSUMER.CREATED.S.C",
    "$JS.EVENT.ADVISORY.CONSUMER.DELETED.S.C",
  ]);
});

test("stopping the server ends requests with what they lack", async () => {
  const rig = new ConsumerRig().start();
  const inbox = rig.inbox("in");
  rig.pull(inbox, { batch: 5, expires: 60 * second });
  await rig.consumer.stop(true);
  expect(inbox.take()).toMatchObject([
    { status: "409 Server Shutdown", headers: { "Nats-Pending-Messages": "5" } },
  ]);
});

test("headers only: the body is left out and its size told", () => {
  const rig = new ConsumerRig({ headersOnly: true }).start();
  rig.rig.publish("s.a", "body", { Key: "value" });
  rig.rig.publish("s.b", "bod");
  const inbox = rig.inbox("in");
  rig.pull(inbox, "2");
  expect(inbox.take()).toMatchObject([
    { body: "", headers: { Key: "value", "Nats-Msg-Size": "4" } },
    { body: "", headers: { "Nats-Msg-Size": "3" } },
  ]);
});

test("a paused consumer delivers nothing until its time", () => {
  const rig = new ConsumerRig();
  rig.start().store(1);
  const inbox = rig.inbox("in");
  rig.update({ pauseUntilNanos: rig.time.wallNanos() + seconds(10) });
  expect(rig.advice.at(-1)).toMatchObject({
    subject: "$JS.EVENT.ADVISORY.CONSUMER.PAUSE.S.C",
    event: { paused: true },
  });
  rig.pull(inbox, { batch: 1, expires: 60 * second });
  expect(inbox.brief()).toEqual([]);
  expect(rig.consumer.status().pauseRemainingNanos).toBe(seconds(10));
  rig.time.advance(10_100);
  expect(inbox.brief()).toEqual([1]);
  expect(rig.advice.at(-1)?.event).toMatchObject({ paused: false });
});

test("that a consumer is made to rest is told like any rest", () => {
  const until = new ConsumerRig().time.wallNanos() + seconds(10);
  expect(new ConsumerRig({ pauseUntilNanos: until }).start().advised).toEqual([
    "$JS.EVENT.ADVISORY.CONSUMER.CREATED.S.C",
    "$JS.EVENT.ADVISORY.CONSUMER.PAUSE.S.C",
  ]);
  expect(new ConsumerRig().start().advised).toHaveLength(1);
});
