// Groups of clients that share a pull consumer: helpers, the pinned one, and the most important first.

import { expect, test } from "bun:test";
import { ConsumerRig, seconds } from "./consumer-rig.ts";

const second = 1_000_000_000;
const expires = 60 * second;

test("overflow: a helper gets messages only when enough waits", () => {
  const rig = new ConsumerRig({ priorityGroups: ["g"], priorityPolicy: "overflow" }).start();
  const helper = rig.inbox("helper");
  rig.pull(helper, { batch: 10, expires, group: "g", min_pending: 3 });
  rig.store(2);
  expect(helper.brief()).toEqual([]);
  rig.store(1);
  expect(helper.brief()).toEqual([1]);
  rig.store(1);
  expect(helper.brief()).toEqual([2]);
});

test("overflow: or when enough is unacknowledged", () => {
  const rig = new ConsumerRig({ priorityGroups: ["g"], priorityPolicy: "overflow" }).start();
  const [helper, main] = [rig.inbox("helper"), rig.inbox("main")];
  rig.pull(helper, { batch: 10, expires, group: "g", min_ack_pending: 2 });
  rig.pull(main, { batch: 2, expires, group: "g" });
  rig.store(3);
  expect(main.brief()).toEqual([1, 2]);
  expect(helper.brief()).toEqual([3]);
});

test("a group is named, and is one of the consumer's", () => {
  const rig = new ConsumerRig({ priorityGroups: ["g"], priorityPolicy: "overflow" }).start();
  const inbox = rig.inbox("in");
  rig.pull(inbox, { batch: 1 });
  rig.pull(inbox, { batch: 1, group: "other" });
  expect(inbox.brief()).toEqual([
    "400 Bad Request - Priority Group missing",
    "400 Bad Request - Invalid Priority Group",
  ]);
});

test("prioritized: the lower number first, equals in turn", () => {
  const rig = new ConsumerRig({ priorityGroups: ["g"], priorityPolicy: "prioritized" }).start();
  const [low, high, equal] = [rig.inbox("low"), rig.inbox("high"), rig.inbox("equal")];
  rig.pull(low, { batch: 9, expires, group: "g", priority: 5 });
  rig.pull(high, { batch: 2, expires, group: "g", priority: 1 });
  rig.pull(equal, { batch: 2, expires, group: "g", priority: 1 });
  rig.store(6);
  expect(high.brief()).toEqual([1, 3]);
  expect(equal.brief()).toEqual([2, 4]);
  expect(low.brief()).toEqual([5, 6]);
});

test("prioritized: of requests that come together, the more important one is served first", () => {
  const rig = new ConsumerRig({ priorityGroups: ["g"], priorityPolicy: "prioritized" }).start();
  const [low, high] = [rig.inbox("low"), rig.inbox("high")];
  rig.store(3);
  rig.ask(low, { batch: 2, expires, group: "g", priority: 1 });
  rig.ask(high, { batch: 2, expires, group: "g", priority: 0 });
  rig.time.turn();
  expect(high.brief()).toEqual([1, 2]);
  expect(low.brief()).toEqual([3]);
});

test("pinned: one client gets all, until it is silent for too long", () => {
  const rig = new ConsumerRig({
    priorityGroups: ["g"],
    priorityPolicy: "pinned_client",
    priorityTimeoutNanos: seconds(10),
  }).start();
  const [one, other] = [rig.inbox("one"), rig.inbox("other")];
  rig.pull(one, { batch: 2, expires, group: "g" });
  rig.pull(other, { batch: 9, expires, group: "g" });
  rig.store(3);
  const messages = one.take();
  const pin = messages[0]?.headers["Nats-Pin-Id"] ?? "";
  expect(pin).toMatch(/^\w{22}$/);
  expect(messages.map(({ stream, headers }) => [stream, headers["Nats-Pin-Id"]])).toEqual([
    [1, pin],
    [2, pin],
  ]);
  expect(other.brief()).toEqual([]);
  expect(rig.consumer.status().priorityGroups).toMatchObject([{ group: "g", pinnedClientId: pin }]);
  rig.pull(one, { batch: 1, expires, group: "g", id: pin });
  expect(one.brief()).toEqual([3]);
  rig.pull(one, { batch: 1, expires, group: "g", id: "wrong" });
  expect(one.brief()).toEqual(["423 Nats-Pin-Id mismatch"]);
  rig.time.advance(10_100);
  rig.store(1);
  expect(other.brief()).toEqual([4]);
  expect(rig.advised.filter((subject) => subject.includes("PINNED"))).toEqual([
    "$JS.EVENT.ADVISORY.CONSUMER.PINNED.S.C",
    "$JS.EVENT.ADVISORY.CONSUMER.UNPINNED.S.C",
    "$JS.EVENT.ADVISORY.CONSUMER.PINNED.S.C",
  ]);
});

test("pinned: an administrator may unpin; the old pin is wrong then", () => {
  const rig = new ConsumerRig({ priorityGroups: ["g"], priorityPolicy: "pinned_client" }).start();
  const [one, other] = [rig.inbox("one"), rig.inbox("other")];
  rig.pull(one, { batch: 1, expires, group: "g" });
  rig.store(1);
  const pin = one.take()[0]?.headers["Nats-Pin-Id"] ?? "";
  rig.pull(one, { batch: 1, expires, group: "g", id: pin });
  rig.pull(other, { batch: 1, expires, group: "g" });
  expect(rig.consumer.unpin("g")).toBe(true);
  expect(rig.consumer.unpin("none")).toBe(false);
  expect(rig.advice.at(-1)).toMatchObject({
    type: "io.nats.jetstream.advisory.v1.consumer_group_unpinned",
    event: { account: "A", group: "g", reason: "admin" },
  });
  rig.store(1);
  expect(one.brief()).toEqual(["423 Nats-Wrong-Pin-Id"]);
  expect(other.brief()).toEqual([2]);
});
