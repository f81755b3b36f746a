// Where consumers start, how many messages they say are left, and what they still know after a restart.

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
const pendings = (messages: readonly Received[]): readonly number[] =>
  messages.map(({ pending }) => pending);

test("all: from the first message", () => {
  const rig = new ConsumerRig().store(3).start();
  expect(rig.consumer.status()).toMatchObject({
    pending: 3,
    delivered: { consumerSequence: 0, streamSequence: 0 },
  });
  expect(streams(fetched(rig, 9))).toEqual([1, 2, 3]);
});

test("new: only what comes from now on", () => {
  const rig = new ConsumerRig({ deliverPolicy: "new" }).store(3).start();
  expect(rig.consumer.status()).toMatchObject({
    pending: 0,
    delivered: { consumerSequence: 0, streamSequence: 3 },
    ackFloor: { consumerSequence: 0, streamSequence: 3 },
  });
  rig.store(2);
  expect(rig.consumer.status().pending).toBe(2);
  expect(streams(fetched(rig, 9))).toEqual([4, 5]);
});

test("last: the last message that the filter wants", () => {
  const rig = new ConsumerRig({ deliverPolicy: "last", filterSubject: "s.a" });
  rig.store(1, "s.a").store(1, "s.a").store(1, "s.b").start();
  expect(rig.consumer.status().pending).toBe(1);
  expect(streams(fetched(rig, 9))).toEqual([2]);
});

test("by start sequence, also one that is still to come", () => {
  const rig = new ConsumerRig({ deliverPolicy: "by_start_sequence", optStartSequence: 2n });
  expect(streams(fetched(rig.store(3).start(), 9))).toEqual([2, 3]);
  const later = new ConsumerRig({ deliverPolicy: "by_start_sequence", optStartSequence: 5n });
  later.store(3).start();
  expect(later.consumer.status().pending).toBe(0);
  expect(streams(fetched(later.store(3), 9))).toEqual([5, 6]);
});

test("by start time: the first message that is not older", () => {
  const rig = new ConsumerRig();
  rig.store(2);
  rig.time.advance(1000);
  const optStartTimeNanos = rig.time.wallNanos();
  rig.time.advance(1000);
  rig.store(2);
  rig.update({});
  const other = new ConsumerRig({ deliverPolicy: "by_start_time", optStartTimeNanos });
  other.store(2);
  other.time.advance(2000);
  other.store(2).start();
  expect(streams(fetched(other, 9))).toEqual([3, 4]);
});

test("last per subject: one of each, with how many are left, then all that is new", () => {
  const rig = new ConsumerRig({ deliverPolicy: "last_per_subject", filterSubject: "s.>" });
  for (const subject of ["s.a", "s.b", "s.a", "s.c", "s.b"]) {
    rig.store(1, subject);
  }
  rig.start();
  expect(rig.consumer.status().pending).toBe(3);
  rig.store(1, "s.a").store(1, "s.a");
  const messages = fetched(rig, 9);
  expect(streams(messages)).toEqual([3, 4, 5, 6, 7]);
  expect(pendings(messages)).toEqual([4, 3, 2, 1, 0]);
});

test("last per subject where a stream keeps one of each", () => {
  const rig = new ConsumerRig(
    { deliverPolicy: "last_per_subject", filterSubject: "s.>" },
    { maxMessagesPerSubject: 1 },
  );
  for (const subject of ["s.a", "s.b", "s.a", "s.c"]) {
    rig.store(1, subject);
  }
  rig.start();
  expect(pendings(fetched(rig, 2))).toEqual([2, 1]);
  rig.store(1, "s.c");
  expect(rig.consumer.status().pending).toBe(1);
  expect(streams(fetched(rig, 9))).toEqual([5]);
});

test("last per subject: what was overwritten before it was delivered counts no more", () => {
  const rig = new ConsumerRig(
    { deliverPolicy: "last_per_subject", filterSubject: "s.>" },
    { maxMessagesPerSubject: 2 },
  );
  for (const subject of ["s.a", "s.a", "s.b", "s.c"]) {
    rig.store(1, subject);
  }
  rig.start();
  expect(streams(fetched(rig, 1))).toEqual([2]);
  rig.store(2, "s.b");
  expect(rig.consumer.status().pending).toBe(3);
  expect(streams(fetched(rig, 9))).toEqual([4, 5, 6]);
});

test("last per subject goes on where it was after a restart", async () => {
  const rig = new ConsumerRig({ deliverPolicy: "last_per_subject", filterSubject: "s.>" });
  for (const subject of ["s.a", "s.b", "s.a", "s.a", "s.c", "s.c"]) {
    rig.store(1, subject);
  }
  rig.start();
  expect(streams(fetched(rig, 1))).toEqual([2]);
  await rig.restart();
  expect(rig.consumer.status().pending).toBe(2);
  expect(streams(fetched(rig, 9))).toEqual([4, 6]);
});

test("several filters are one consumer's", () => {
  const rig = new ConsumerRig({ filterSubjects: ["s.a", "s.c.*"] });
  for (const subject of ["s.a", "s.b", "s.c.1", "s.c", "s.a"]) {
    rig.store(1, subject);
  }
  rig.start();
  expect(rig.consumer.status().pending).toBe(3);
  const messages = fetched(rig, 9);
  expect(streams(messages)).toEqual([1, 3, 5]);
  expect(pendings(messages)).toEqual([2, 1, 0]);
});

test("another filter counts and delivers anew from where it stands", () => {
  const rig = new ConsumerRig({ filterSubject: "s.a" });
  for (const subject of ["s.a", "s.b", "s.a", "s.b", "s.b"]) {
    rig.store(1, subject);
  }
  rig.start();
  expect(streams(fetched(rig, 1))).toEqual([1]);
  rig.update({ filterSubject: "s.b" });
  expect(rig.consumer.status().pending).toBe(3);
  rig.store(1, "s.b");
  expect(rig.consumer.status().pending).toBe(4);
  expect(streams(fetched(rig, 9))).toEqual([2, 4, 5, 6]);
});

test("how many are left stays exact while messages come and go", () => {
  const rig = new ConsumerRig({}, { maxMessages: 5 }).start();
  rig.store(4);
  expect(rig.consumer.status().pending).toBe(4);
  rig.store(4);
  expect(rig.consumer.status().pending).toBe(5);
  expect(pendings(fetched(rig, 2))).toEqual([4, 3]);
  rig.rig.stream.removeMessage(7, false, () => undefined);
  expect(rig.consumer.status().pending).toBe(2);
  expect(streams(fetched(rig, 9))).toEqual([6, 8]);
  expect(rig.consumer.status().pending).toBe(0);
});

test("nothing is delivered before it is durable", () => {
  const rig = new ConsumerRig().start();
  const inbox = rig.inbox("in");
  rig.pull(inbox, { batch: 5, expires: 60 * second });
  rig.rig.isHolding = true;
  rig.store(2);
  expect(inbox.brief()).toEqual([]);
  rig.rig.release();
  expect(inbox.brief()).toEqual([1, 2]);
});

test.each(["stop", "crash"])("after a %s all is known that was written", async (how) => {
  const rig = new ConsumerRig({ ackWaitNanos: seconds(10) }).start().store(6);
  const messages = fetched(rig, 5);
  rig.ack(messages[1]);
  rig.ack(messages[0]);
  rig.ack(messages[3]);
  rig.ack(messages[2], "-NAK");
  expect(streams(fetched(rig, 1))).toEqual([3]);
  const before = rig.consumer.status();
  expect(before).toMatchObject({ ackPending: 2, redelivered: 1, pending: 1 });
  if (how === "stop") {
    await rig.restart();
  } else {
    rig.crash();
  }
  expect(rig.consumer.status()).toMatchObject({
    ackPending: 2,
    redelivered: 1,
    pending: 1,
    delivered: { consumerSequence: 6, streamSequence: 5 },
    ackFloor: { consumerSequence: 2, streamSequence: 2 },
  });
  rig.time.advance(10_100);
  expect(fetched(rig, 9)).toMatchObject([
    { stream: 3, deliveries: 3, consumer: 7 },
    { stream: 5, deliveries: 2, consumer: 8 },
    { stream: 6, deliveries: 1, consumer: 9 },
  ]);
});

test("what came after a purge that took nothing from it is known after a crash", () => {
  const rig = new ConsumerRig({ ackWaitNanos: seconds(10) }).start().store(4);
  for (const message of fetched(rig, 2)) {
    rig.ack(message);
  }
  // Delivered and acknowledged up to 2; 3 and 4 go without having been seen.
  rig.rig.stream.purge({ filter: "", sequence: 0, keep: 0 }, () => undefined);
  rig.store(4);
  const messages = fetched(rig, 3);
  expect(streams(messages)).toEqual([5, 6, 7]);
  rig.ack(messages[0]);
  rig.ack(messages[1], "-NAK");
  rig.ack(messages[2]);
  rig.crash();
  expect(rig.consumer.status()).toMatchObject({
    ackPending: 1,
    pending: 1,
    delivered: { consumerSequence: 5, streamSequence: 7 },
    ackFloor: { consumerSequence: 3, streamSequence: 5 },
  });
  expect(rig.log.lines).toEqual([]);
  rig.time.advance(10_100);
  expect(streams(fetched(rig, 2))).toEqual([6, 8]);
});

test("a purge is not written down by who may be durable before it", () => {
  const rig = new ConsumerRig({ ackWaitNanos: seconds(10) }).start().store(8);
  const [first] = fetched(rig, 4);
  rig.ack(first);
  const before = JSON.stringify(rig.journal.contents);
  rig.rig.stream.purge({ filter: "", sequence: 3, keep: 0 }, () => undefined);
  rig.time.turn();
  expect(rig.consumer.status()).toMatchObject({ ackPending: 2, pending: 4 });
  rig.rig.stream.purge({ filter: "", sequence: 0, keep: 0 }, () => undefined);
  rig.time.turn();
  expect(rig.consumer.status()).toMatchObject({ ackPending: 0, pending: 0 });
  expect(JSON.stringify(rig.journal.contents)).toBe(before);
  rig.crash();
  expect(rig.consumer.status()).toMatchObject({
    ackPending: 0,
    pending: 0,
    ackFloor: { streamSequence: 8 },
  });
});

test("a message that is gone is not written down by who may be durable before that", () => {
  const rig = new ConsumerRig({ ackWaitNanos: seconds(10) }).start().store(6);
  const [first] = fetched(rig, 4);
  const before = JSON.stringify(rig.journal.contents);
  rig.rig.stream.removeMessage(2, false, () => undefined);
  rig.time.turn();
  expect(rig.consumer.status()).toMatchObject({ ackPending: 3, pending: 2 });
  expect(JSON.stringify(rig.journal.contents)).toBe(before);
  rig.ack(first);
  rig.time.advance(1000);
  expect(rig.consumer.status()).toMatchObject({ ackPending: 2, ackFloor: { streamSequence: 2 } });
  rig.crash();
  expect(rig.consumer.status()).toMatchObject({
    ackPending: 2,
    pending: 2,
    ackFloor: { consumerSequence: 2, streamSequence: 2 },
  });
});

test("waits go on through a restart", async () => {
  const rig = new ConsumerRig({ ackWaitNanos: seconds(10) }).start().store(1);
  fetched(rig, 1);
  rig.time.advance(6000);
  await rig.restart();
  rig.time.advance(3900);
  expect(fetched(rig, 1)).toEqual([]);
  rig.time.advance(300);
  expect(streams(fetched(rig, 1))).toEqual([1]);
});

test("a new consumer's start is written before anything is delivered", () => {
  const rig = new ConsumerRig({ deliverPolicy: "new" }).store(3).start();
  rig.store(2);
  rig.crash();
  expect(streams(fetched(rig, 9))).toEqual([4, 5]);
});

test("a stream that lost its end is followed back", () => {
  const rig = new ConsumerRig().start().store(5);
  fetched(rig, 4);
  const shorter = new ConsumerRig().store(2);
  shorter.journal.replace(rig.journal.contents?.snapshot ?? new Uint8Array(0));
  for (const change of rig.journal.contents?.changes ?? []) {
    shorter.journal.append(change);
  }
  shorter.crash();
  expect(shorter.log.lines.join()).toContain("delivered sequence 4 past last stream sequence of 2");
  expect(shorter.consumer.status().delivered).toMatchObject({ streamSequence: 2 });
  shorter.store(1);
  expect(streams(fetched(shorter, 9))).toEqual([3]);
});

test("a state that makes no sense is told of, and the consumer starts anew", () => {
  const rig = new ConsumerRig().start().store(2);
  fetched(rig, 1);
  rig.journal.replace(new Uint8Array([7, 7, 7]));
  rig.crash();
  expect(rig.log.lines.join()).toContain("its state cannot be read");
  expect(streams(fetched(rig, 9))).toEqual([1, 2]);
});

test("a reset goes back, or behind the floor", () => {
  const rig = new ConsumerRig().start().store(4);
  const messages = fetched(rig, 3);
  rig.ack(messages[0]);
  const starts: (number | string)[] = [];
  const note = (failure: string | null, start: number): void => {
    starts.push(failure ?? start);
  };
  rig.consumer.reset(0n, note);
  rig.time.turn();
  expect(streams(fetched(rig, 9))).toEqual([2, 3, 4]);
  rig.consumer.reset(1n, note);
  rig.time.turn();
  expect(fetched(rig, 9)).toMatchObject([{ stream: 1, consumer: 1, deliveries: 1 }, {}, {}, {}]);
  expect(starts).toEqual([2, 1]);
  rig.consumer.reset(3n, note);
  rig.time.turn();
  rig.crash();
  expect(streams(fetched(rig, 9))).toEqual([3, 4]);
});

test("a reset before the start, or where the start was no number, is refused", () => {
  const refusals: (string | null)[] = [];
  const note = (failure: string | null): void => {
    refusals.push(failure);
  };
  const bySequence = { deliverPolicy: "by_start_sequence", optStartSequence: 3n } as const;
  new ConsumerRig(bySequence).start().consumer.reset(2n, note);
  new ConsumerRig({ deliverPolicy: "new" }).start().consumer.reset(2n, note);
  const early = new ConsumerRig().store(1);
  early.time.advance(1000);
  const optStartTimeNanos = early.time.wallNanos();
  const byTime = new ConsumerRig({ deliverPolicy: "by_start_time", optStartTimeNanos });
  byTime.store(1);
  byTime.time.advance(2000);
  byTime.store(1).start().consumer.reset(1n, note);
  expect(refusals).toEqual(["below start seq", "not allowed", "below start time"]);
});

test("an interest stream keeps what is not acknowledged", async () => {
  const rig = new ConsumerRig({}, { retention: "interest" }).start().store(3);
  const messages = fetched(rig, 2);
  rig.ack(messages[0]);
  expect(rig.rig.sequences).toEqual([2, 3]);
  await rig.consumer.delete("asked");
  expect(rig.rig.sequences).toEqual([]);
});

test("a journal that fails is told of, and answers stay away", () => {
  const rig = new ConsumerRig().start().store(1);
  const [message] = fetched(rig, 1);
  const inbox = rig.inbox("in");
  rig.isHolding = true;
  rig.ack(message, "", inbox);
  rig.journal.onFailed("disk full");
  rig.settle();
  expect(inbox.take()).toEqual([]);
  expect(rig.failures).toEqual(["disk full"]);
  expect(rig.consumer.failure).toBe("disk full");
});

test("who waits for a sequence that is still to come does not count what comes before it", () => {
  const ahead = { deliverPolicy: "by_start_sequence", optStartSequence: 3n } as const;
  const rig = new ConsumerRig(ahead).start();
  const pending = (): number => rig.consumer.status().pending;
  rig.store(2);
  expect(pending()).toBe(0);
  rig.store(2);
  expect(pending()).toBe(2);
  const inbox = rig.inbox("in");
  rig.pull(inbox, "2");
  expect(inbox.take()).toMatchObject([
    { stream: 3, pending: 1 },
    { stream: 4, pending: 0 },
  ]);
  const waiting = new ConsumerRig(ahead).start();
  const other = waiting.inbox("in");
  waiting.pull(other, "1");
  waiting.store(4);
  expect(other.take()).toMatchObject([{ stream: 3, pending: 0 }]);
  expect(waiting.consumer.status().pending).toBe(1);
});
