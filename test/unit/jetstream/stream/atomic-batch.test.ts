import { expect, test } from "bun:test";
import { messageTag } from "../../../../src/jetstream/store/message-store.ts";
import { MessageView } from "../../../../src/jetstream/store/message-view.ts";
import type { Stream } from "../../../../src/jetstream/stream/stream.ts";
import type { StreamConfig } from "../../../../src/jetstream/stream/stream-config.ts";
import type { StreamSettings } from "../../../../src/jetstream/stream/stream-parts.ts";
import { FeatureRig, type Headers } from "./feature-rig.ts";

class BatchRig extends FeatureRig {
  readonly stream: Stream;

  constructor(config: Partial<StreamConfig> = {}, settings: Partial<StreamSettings> = {}) {
    super();
    this.stream = this.open({ allowAtomic: true, ...config }, settings);
  }

  /** One message of a batch; "" is the answer to one that is not the last. */
  add(id: string, sequence: number, more: Headers = {}, subject = "s.a"): readonly string[] {
    const headers = { "Nats-Batch-Id": id, "Nats-Batch-Sequence": String(sequence), ...more };
    return this.publish(subject, headers, `${id}${sequence}`);
  }

  commit(id: string, sequence: number, more: Headers = {}, subject = "s.a"): readonly string[] {
    return this.add(id, sequence, { "Nats-Batch-Commit": "1", ...more }, subject);
  }

  refusalOf(answers: readonly string[]): number {
    return JSON.parse(answers[0] || "{}").error?.err_code ?? 0;
  }

  get bodies(): readonly string[] {
    return this.stored(this.stream).map(({ body }) => body);
  }

  batches(changes: Partial<StreamSettings["batches"]>): StreamSettings["batches"] {
    return { ...this.stream.settings.batches, ...changes };
  }
}

const fewBatches = {
  maxInflightPerStream: 2,
  maxInflightTotal: 3,
  maxMessages: 3,
  timeoutMillis: 10_000,
};

test("nothing of a batch is stored before it is committed, then all of it", () => {
  const rig = new BatchRig();
  expect(rig.add("b", 1)).toEqual([""]);
  expect(rig.add("b", 2)).toEqual([""]);
  expect(rig.bodies).toEqual([]);
  expect(rig.commit("b", 3)).toEqual(['{"stream":"S","seq":3,"batch":"b","count":3}']);
  expect(rig.bodies).toEqual(["b1", "b2", "b3"]);
  expect(rig.stored(rig.stream)[2]?.headers).toEqual({
    "Nats-Batch-Id": "b",
    "Nats-Batch-Sequence": "3",
    "Nats-Batch-Commit": "1",
  });
});

test("an end of batch is not stored, and the last message bears the commit", () => {
  const rig = new BatchRig();
  rig.add("b", 1);
  rig.add("b", 2);
  const answers = rig.add("b", 3, { "Nats-Batch-Commit": "eob" });
  expect(answers).toEqual(['{"stream":"S","seq":2,"batch":"b","count":2}']);
  expect(rig.stored(rig.stream).map(({ headers }) => headers["Nats-Batch-Commit"])).toEqual([
    undefined,
    "1",
  ]);
});

test("a batch of one message, and batches side by side", () => {
  const rig = new BatchRig();
  rig.add("b", 1);
  expect(rig.commit("a", 1)).toEqual(['{"stream":"S","seq":1,"batch":"a","count":1}']);
  rig.publish("s.x", {}, "plain");
  expect(rig.commit("b", 2)).toEqual(['{"stream":"S","seq":4,"batch":"b","count":2}']);
  expect(rig.bodies).toEqual(["a1", "plain", "b1", "b2"]);
});

test("all messages of a batch but the last are tagged, so that a recovery can tell a half one", () => {
  const rig = new BatchRig();
  rig.add("b", 1);
  rig.add("b", 2);
  rig.commit("b", 3);
  const tagged: number[] = [];
  rig.stream.store.eachTagged(messageTag.batchGoesOn, 1, (message: MessageView) => {
    tagged.push(message.sequence);
    return true;
  });
  expect(tagged).toEqual([1, 2]);
  expect(rig.stream.store.read(3, new MessageView())).toBe(true);
});

test("a gap, and a batch that never began, are incomplete", () => {
  const rig = new BatchRig();
  expect(rig.refusalOf(rig.add("b", 2))).toBe(10176);
  rig.add("c", 1);
  expect(rig.refusalOf(rig.add("c", 3))).toBe(10176);
  expect(rig.refusalOf(rig.commit("c", 2))).toBe(10176);
  expect(rig.refusalOf(rig.add("d", 1, { "Nats-Batch-Commit": "eob" }))).toBe(10176);
  expect(rig.bodies).toEqual([]);
  expect(rig.abandoned).toEqual(["c incomplete", "d incomplete"]);
});

test("what is wrong by itself is refused for its reason", () => {
  const rig = new BatchRig();
  const off = new FeatureRig();
  off.open({});
  const asked = { "Nats-Batch-Id": "b", "Nats-Batch-Sequence": "1" };
  expect(rig.refusalOf(off.publish("s.a", asked))).toBe(10174);
  expect(rig.refusalOf(rig.publish("s.a", { "Nats-Batch-Id": "b" }))).toBe(10175);
  expect(rig.refusalOf(rig.add("b", Number.NaN))).toBe(10175);
  expect(rig.refusalOf(rig.add("b".repeat(65), 1))).toBe(10179);
  expect(rig.refusalOf(rig.add("b", 1, { "Nats-Batch-Commit": "yes" }))).toBe(10200);
  expect(rig.refusalOf(rig.add("b", 1, { "Nats-Required-Api-Level": "99" }))).toBe(10185);
  expect(rig.abandoned).toEqual(["b unsupported"]);
  const sealed = new BatchRig({ sealed: true });
  expect(rig.refusalOf(sealed.add("b", 1))).toBe(10109);
  const small = new BatchRig({ maxMessageSize: 10 });
  expect(rig.refusalOf(small.add("b", 1))).toBe(10054);
});

test("an API level that we serve is asked for and not stored", () => {
  const rig = new BatchRig();
  rig.commit("b", 1, { "Nats-Required-Api-Level": "2" });
  expect(rig.stored(rig.stream)[0]?.headers["Nats-Required-Api-Level"]).toBeUndefined();
});

test("batches have a largest size", () => {
  const rig = new BatchRig({}, { batches: fewBatches });
  for (const sequence of [1, 2, 3]) {
    rig.add("b", sequence);
  }
  expect(rig.add("b", 4)[0]).toContain("atomic publish batch is too large: 3");
  expect(rig.refusalOf(rig.add("c", 5))).toBe(10199);
  expect(rig.refusalOf(rig.add("c", 4, { "Nats-Batch-Commit": "eob" }))).toBe(10176);
  for (const sequence of [1, 2, 3]) {
    rig.add("d", sequence);
  }
  expect(rig.refusalOf(rig.add("d", 4, { "Nats-Batch-Commit": "eob" }))).toBe(0);
  expect(rig.abandoned).toEqual(["b large"]);
});

test("a stream and a server bear so many open batches", () => {
  const rig = new BatchRig({}, { batches: fewBatches });
  rig.open({ name: "T", subjects: ["t.>"], allowAtomic: true }, { batches: fewBatches });
  rig.add("a", 1);
  rig.add("b", 1);
  expect(rig.refusalOf(rig.add("c", 1))).toBe(10210);
  rig.add("a", 1, {}, "t.a");
  expect(rig.refusalOf(rig.add("b", 1, {}, "t.a"))).toBe(10210);
  rig.commit("a", 2);
  expect(rig.refusalOf(rig.add("b", 1, {}, "t.a"))).toBe(0);
});

test("what is kept aside is bounded", () => {
  const rig = new BatchRig({}, { maxBufferedBytes: 200 });
  const long = { "X-Long": "x".repeat(60) };
  expect(rig.refusalOf(rig.add("a", 1, long))).toBe(0);
  expect(rig.refusalOf(rig.add("a", 2, long))).toBe(10167);
  expect(rig.abandoned).toEqual(["a large"]);
  expect(rig.refusalOf(rig.add("b", 1, long))).toBe(0);
});

test("an idle batch is given up, one that goes on is not", () => {
  const rig = new BatchRig();
  rig.add("a", 1);
  rig.add("b", 1);
  rig.time.advance(6000);
  rig.add("b", 2);
  rig.time.advance(5000);
  expect(rig.abandoned).toEqual(["a timeout"]);
  expect(rig.refusalOf(rig.commit("a", 2))).toBe(10176);
  expect(rig.refusalOf(rig.commit("b", 3))).toBe(0);
  rig.time.advance(60_000);
  expect(rig.abandoned).toEqual(["a timeout"]);
  expect(rig.time.armedCount).toBe(0);
});

test("one refused message refuses all", () => {
  const rig = new BatchRig({
    maxMessagesPerSubject: 1,
    discard: "new",
    discardNewPerSubject: true,
  });
  rig.add("b", 1);
  expect(rig.refusalOf(rig.commit("b", 2))).toBe(10077);
  expect(rig.bodies).toEqual([]);
});

test("a batch does not fill a stream above its limits", () => {
  const rig = new BatchRig({ maxMessages: 2, discard: "new" });
  rig.publish("s.x", {}, "x");
  rig.add("b", 1);
  expect(rig.refusalOf(rig.commit("b", 2))).toBe(10077);
  expect(rig.bodies).toEqual(["x"]);
});

test("message ids count within the batch and before it", () => {
  const rig = new BatchRig();
  rig.publish("s.a", { "Nats-Msg-Id": "known" }, "x");
  rig.add("a", 1, { "Nats-Msg-Id": "one" });
  expect(rig.refusalOf(rig.commit("a", 2, { "Nats-Msg-Id": "one" }))).toBe(10201);
  rig.add("b", 1, { "Nats-Msg-Id": "known" });
  expect(rig.refusalOf(rig.commit("b", 2))).toBe(10201);
  rig.add("c", 1, { "Nats-Msg-Id": "one" });
  expect(rig.refusalOf(rig.commit("c", 2, { "Nats-Msg-Id": "two" }))).toBe(0);
  expect(rig.publish("s.a", { "Nats-Msg-Id": "two" })).toEqual([
    '{"stream":"S","seq":3,"duplicate": true}',
  ]);
});

test("only the first message of a batch may expect a last sequence", () => {
  const rig = new BatchRig();
  rig.publish("s.a", {}, "x");
  rig.add("a", 1, { "Nats-Expected-Last-Sequence": "1" });
  expect(rig.refusalOf(rig.commit("a", 2))).toBe(0);
  rig.add("b", 1, { "Nats-Expected-Last-Sequence": "1" });
  expect(rig.commit("b", 2)[0]).toContain("wrong last sequence: 3");
  rig.add("c", 1);
  expect(rig.refusalOf(rig.commit("c", 2, { "Nats-Expected-Last-Sequence": "4" }))).toBe(10164);
  rig.add("d", 1);
  expect(rig.commit("d", 2, { "Nats-Expected-Last-Sequence": "3" })[0]).toContain(
    "wrong last sequence: 4",
  );
});

test("a subject that the batch wrote cannot be expected any more", () => {
  const rig = new BatchRig();
  rig.publish("s.a", {}, "x");
  const first = { "Nats-Expected-Last-Subject-Sequence": "1" };
  rig.add("a", 1, first);
  expect(rig.refusalOf(rig.commit("a", 2, first))).toBe(10164);
  rig.add("b", 1, first);
  const other = { ...first, "Nats-Expected-Last-Subject-Sequence-Subject": "s.a" };
  expect(rig.refusalOf(rig.commit("b", 2, other, "s.b"))).toBe(10164);
  rig.add("c", 1, { "Nats-Expected-Last-Subject-Sequence": "0" }, "s.b");
  expect(rig.refusalOf(rig.commit("c", 2, first))).toBe(0);
});

test("an expected last message id is not for batches", () => {
  const rig = new BatchRig();
  rig.add("a", 1, { "Nats-Expected-Last-Msg-Id": "x" });
  expect(rig.commit("a", 2)[0]).toContain(
    "atomic publish unsupported header used: Nats-Expected-Last-Msg-Id",
  );
});

test("rollups stand where they take nothing of the batch away", () => {
  const rig = new BatchRig({ allowRollup: true });
  rig.publish("s.a", {}, "old");
  rig.add("a", 1);
  expect(rig.commit("a", 2, { "Nats-Rollup": "sub" })[0]).toContain("batch rollup sub invalid");
  rig.add("b", 1, {}, "s.b");
  expect(rig.commit("b", 2, { "Nats-Rollup": "all" })[0]).toContain("batch rollup all invalid");
  rig.add("c", 1, {}, "s.b");
  expect(rig.refusalOf(rig.commit("c", 2, { "Nats-Rollup": "sub" }))).toBe(0);
  expect(rig.bodies).toEqual(["c1", "c2"]);
});

test("counters add up within a batch", () => {
  const rig = new BatchRig({ allowCounter: true });
  const add = (id: string, sequence: number, more: Headers): readonly string[] =>
    rig.publish("s.a", {
      "Nats-Batch-Id": id,
      "Nats-Batch-Sequence": String(sequence),
      "Nats-Incr": "5",
      ...more,
    });
  rig.publish("s.a", { "Nats-Incr": "1" });
  add("a", 1, {});
  add("a", 2, {});
  expect(add("a", 3, { "Nats-Batch-Commit": "1" })).toEqual([
    '{"stream":"S","seq":4,"batch":"a","count":3}',
  ]);
  expect(rig.bodies).toEqual(['{"val":"1"}', '{"val":"6"}', '{"val":"11"}', '{"val":"16"}']);
});

test("a batch is stored under the subjects that the stream gives", () => {
  const rig = new BatchRig({ subjectTransform: { src: "s.*", dest: "t.{{wildcard(1)}}" } });
  rig.add("a", 1, {}, "s.x");
  rig.commit("a", 2, {}, "s.y");
  expect(rig.stored(rig.stream).map(({ subject }) => subject)).toEqual(["t.x", "t.y"]);
});

test("a stream that stops forgets its batches", () => {
  const rig = new BatchRig();
  rig.add("a", 1);
  rig.stream.stop();
  rig.stream.start();
  expect(rig.refusalOf(rig.commit("a", 2))).toBe(10176);
  expect(rig.maker.batchTotals.atomic).toBe(0);
});
