import { expect, test } from "bun:test";
import { sourcesIn, sourcesText, totalOf } from "../../../../src/jetstream/stream/counter.ts";
import { FeatureRig } from "./feature-rig.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function counterRig(): FeatureRig {
  const rig = new FeatureRig();
  rig.open({ allowCounter: true });
  return rig;
}

test("increments add up, and the acknowledgement has the total", () => {
  const rig = new FeatureRig();
  const stream = rig.open({ allowCounter: true });
  expect(rig.publish("s.a", { "Nats-Incr": "1" })).toEqual(['{"stream":"S","seq":1,"val":"1"}']);
  expect(rig.publish("s.a", { "Nats-Incr": "+41" })).toEqual(['{"stream":"S","seq":2,"val":"42"}']);
  expect(rig.publish("s.a", { "Nats-Incr": "-50" })).toEqual(['{"stream":"S","seq":3,"val":"-8"}']);
  expect(rig.publish("s.b", { "Nats-Incr": "0" })).toEqual(['{"stream":"S","seq":4,"val":"0"}']);
  expect(rig.stored(stream).map(({ body }) => body)).toEqual([
    '{"val":"1"}',
    '{"val":"42"}',
    '{"val":"-8"}',
    '{"val":"0"}',
  ]);
  expect(rig.stored(stream)[1]?.headers).toEqual({ "Nats-Incr": "+41" });
});

test("totals are of any size", () => {
  const rig = counterRig();
  rig.publish("s.a", { "Nats-Incr": "9".repeat(60) });
  expect(rig.publish("s.a", { "Nats-Incr": "1" })).toEqual([
    `{"stream":"S","seq":2,"val":"1${"0".repeat(60)}"}`,
  ]);
});

function errorOf(answers: readonly string[]): number {
  return JSON.parse(answers[0] ?? "{}").error?.err_code ?? 0;
}

test("what cannot be an increment is refused, each for its reason", () => {
  const rig = counterRig();
  expect(errorOf(rig.publish("s.a", {}))).toBe(10169);
  expect(errorOf(rig.publish("s.a", { "X-Other": "1" }))).toBe(10169);
  expect(errorOf(rig.publish("s.a", { "Nats-Incr": "1" }, "body"))).toBe(10170);
  for (const text of ["", "one", "1.5", "0x10", "1 2", "--1"]) {
    const expected = text === "" ? 10169 : 10171;
    expect([text, errorOf(rig.publish("s.a", { "Nats-Incr": text }))]).toEqual([text, expected]);
  }
  for (const header of [
    "Nats-Rollup",
    "Nats-Expected-Stream",
    "Nats-Expected-Last-Msg-Id",
    "Nats-Expected-Last-Sequence",
    "Nats-Expected-Last-Subject-Sequence",
    "Nats-Expected-Last-Subject-Sequence-Subject",
  ]) {
    expect([header, errorOf(rig.publish("s.a", { "Nats-Incr": "1", [header]: "1" }))]).toEqual([
      header,
      10171,
    ]);
  }
});

test("a stream without counters takes no increments, and other messages as ever", () => {
  const rig = new FeatureRig();
  rig.open({});
  expect(errorOf(rig.publish("s.a", { "Nats-Incr": "1" }))).toBe(10168);
  expect(rig.publish("s.a", {}, "x")).toEqual(['{"stream":"S","seq":1}']);
});

test("a counter that is none any more is broken", () => {
  const rig = new FeatureRig();
  const plain = rig.open({});
  rig.publish("s.a", {}, "hello");
  plain.stop();
  rig.open({ allowCounter: true });
  expect(errorOf(rig.publish("s.a", { "Nats-Incr": "1" }))).toBe(10172);
});

test("a total that would exceed the payload limit is refused", () => {
  const rig = new FeatureRig();
  rig.open({ allowCounter: true }, { maxPayload: 100 });
  expect(errorOf(rig.publish("s.a", { "Nats-Incr": "9".repeat(60) }))).toBe(10054);
});

test("totals are read in the forms that JSON allows", () => {
  expect(totalOf(bytes('{"val":"-7"}'))).toBe(-7n);
  expect(totalOf(bytes('{ "val" : "7" }'))).toBe(7n);
  expect(totalOf(bytes("{}"))).toBe(0n);
  expect(totalOf(bytes('{"val":7}'))).toBeNull();
  expect(totalOf(bytes("7"))).toBeNull();
  expect(totalOf(bytes("{"))).toBeNull();
});

test("what sources had is written in order and read back", () => {
  const text = '{"A":{"a":"1","b":"2"},"B":{"10":"3","9":"4"}}';
  const sources = sourcesIn(bytes('{"B":{"9":"4","10":"3"},"A":{"b":"2","a":"1"}}'));
  expect(sources && sourcesText(sources)).toBe(text);
  expect(sourcesIn(bytes('{"A":{"a":1}}'))).toBeNull();
  expect(sourcesIn(bytes('{"A":[]}'))?.size ?? null).toBeNull();
  expect(sourcesIn(null)?.size).toBe(0);
});
