import { beforeEach, expect, test } from "bun:test";
import { byteTextOf } from "../../../src/base/byte-text.ts";
import { type SubszOptions, subsz } from "../../../src/monitor/pages/subsz.ts";
import type { InterestFacts } from "../../../src/system/server-facts.ts";
import { FakeView, nowText, subscriptionOf } from "./fake-view.ts";

const plain: SubszOptions = { subscriptions: false, offset: 0, limit: 0, account: "", test: "" };
let view: FakeView;

beforeEach(() => {
  view = new FakeView();
  view.addAccount("$G", { subscriptions: 1 });
  view.addAccount("A", { subscriptions: 3 });
  view.figures = {
    subscriptions: 4,
    cachedSubjects: 2,
    inserts: 6,
    removes: 2,
    matches: 8,
    cacheHits: 2,
    maxFanout: 3,
    averageFanout: 1.5,
  };
  const inside: InterestFacts = { ...subscriptionOf("$SYS.X", "9"), account: "A", connectionId: 0 };
  view.interests.set("$G", [{ ...subscriptionOf("foo", "1"), account: "$G", connectionId: 4 }]);
  view.interests.set("A", [
    inside,
    { ...subscriptionOf("foo", "2", "q"), delivered: 7, max: 9, account: "A", connectionId: 5 },
    { ...subscriptionOf("bar", "3"), account: "B", connectionId: 6 },
  ]);
});

function pageOf(options: Partial<SubszOptions>): Record<string, unknown> {
  const result = subsz(view, { ...plain, ...options });
  expect(result.ok).toBe(true);
  return result.ok ? JSON.parse(JSON.stringify(result.value)) : {};
}

const whole = {
  server_id: "NID",
  now: nowText,
  num_subscriptions: 4,
  num_cache: 2,
  num_inserts: 6,
  num_removes: 2,
  num_matches: 8,
  cache_hit_rate: 0.25,
  max_fanout: 3,
  avg_fanout: 1.5,
  total: 0,
  offset: 0,
  limit: 1024,
};
const global = { account: "$G", account_tag: "$G", subject: "foo", sid: "1", msgs: 0, cid: 4 };
const inside = { account: "A", account_tag: "A", subject: "$SYS.X", sid: "9", msgs: 0, cid: 0 };
const queued = {
  account: "A",
  account_tag: "A",
  subject: "foo",
  qgroup: "q",
  sid: "2",
  msgs: 7,
  max: 9,
  cid: 5,
};
const foreign = { account: "B", account_tag: "B", subject: "bar", sid: "3", msgs: 0, cid: 6 };

test("without the list only the figures are shown", () => {
  expect(pageOf({})).toEqual(whole);
});

test("the list tells whose each subscription is", () => {
  expect(pageOf({ subscriptions: true })).toEqual({
    ...whole,
    total: 4,
    subscriptions_list: [global, inside, queued, foreign],
  });
});

test("offset and limit cut the list", () => {
  expect(pageOf({ subscriptions: true, offset: 1, limit: 2 })).toEqual({
    ...whole,
    total: 4,
    offset: 1,
    limit: 2,
    subscriptions_list: [inside, queued],
  });
});

test("an empty cut leaves the list out", () => {
  expect(pageOf({ subscriptions: true, offset: 9 })).toEqual({ ...whole, total: 4, offset: 9 });
});

test("a test subject keeps those it would reach", () => {
  expect(pageOf({ subscriptions: true, test: "foo" })).toEqual({
    ...whole,
    total: 2,
    subscriptions_list: [global, queued],
  });
});

test("one account alone, and none for an unknown one", () => {
  const none = {
    ...whole,
    num_subscriptions: 0,
    num_cache: 0,
    num_inserts: 0,
    num_removes: 0,
    num_matches: 0,
    cache_hit_rate: 0,
    max_fanout: 0,
    avg_fanout: 0,
  };
  expect(pageOf({ subscriptions: true, account: "A" })).toEqual({
    ...none,
    num_subscriptions: 3,
    total: 3,
    subscriptions_list: [inside, queued, foreign],
  });
  expect(pageOf({ subscriptions: true, account: "nobody" })).toEqual(none);
});

test("texts beyond ASCII are read as UTF-8", () => {
  view.interests.set("A", [
    { ...subscriptionOf(byteTextOf("über"), "1", byteTextOf("ä")), account: "A", connectionId: 1 },
  ]);
  expect(pageOf({ subscriptions: true, account: "A", test: "über" })).toMatchObject({
    subscriptions_list: [{ subject: "über", qgroup: "ä" }],
  });
});

test("a test subject must be one that can be published to", () => {
  expect(subsz(view, { ...plain, test: "foo.*" })).toEqual({
    ok: false,
    refusal: "invalid test subject, must be valid publish subject: foo.*",
  });
});
