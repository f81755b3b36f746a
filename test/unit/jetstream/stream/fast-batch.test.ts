import { expect, test } from "bun:test";
import { parseFastBatchReply } from "../../../../src/jetstream/stream/fast-batch-reply.ts";
import type { Stream } from "../../../../src/jetstream/stream/stream.ts";
import type { StreamConfig } from "../../../../src/jetstream/stream/stream-config.ts";
import type { StreamSettings } from "../../../../src/jetstream/stream/stream-parts.ts";
import { FeatureRig, type Headers } from "./feature-rig.ts";

const operations = { start: 0, append: 1, commit: 2, endOfBatch: 3, ping: 4 } as const;

interface Sending {
  readonly id?: string;
  readonly flow?: number;
  readonly gaps?: "ok" | "fail";
  readonly headers?: Headers;
}

class FastRig extends FeatureRig {
  readonly stream: Stream;

  constructor(config: Partial<StreamConfig> = {}, settings: Partial<StreamSettings> = {}) {
    super();
    this.stream = this.open({ allowBatched: true, ...config }, settings);
  }

  /** One publish of a batch; the answers in order. */
  sendBatch(
    operation: keyof typeof operations,
    sequence: number,
    { id = "b", flow = 2, gaps = "fail", headers = {} }: Sending = {},
  ): readonly string[] {
    const reply = `inbox.${id}.${flow}.${gaps}.${sequence}.${operations[operation]}.$FI`;
    return this.publish("s.a", headers, `${id}${sequence}`, reply);
  }

  get bodies(): readonly string[] {
    return this.stored(this.stream).map(({ body }) => body);
  }
}

function refusalOf(answers: readonly string[]): number {
  return JSON.parse(answers[0] || "{}").error?.err_code ?? 0;
}

const ack = (sequence: number, messages: number): string =>
  `{"type":"ack","seq":${sequence},"msgs":${messages}}`;
const done = (sequence: number, count: number, id = "b"): string =>
  `{"stream":"S","seq":${sequence},"batch":"${id}","count":${count}}`;

test("the publisher hears how far it is stored, and in the end of the whole", () => {
  const rig = new FastRig();
  expect(rig.sendBatch("start", 1)).toEqual([ack(0, 2)]);
  expect(rig.sendBatch("append", 2)).toEqual([ack(2, 2)]);
  expect(rig.sendBatch("append", 3)).toEqual([]);
  expect(rig.sendBatch("append", 4)).toEqual([ack(4, 2)]);
  expect(rig.sendBatch("commit", 5)).toEqual([done(5, 5)]);
  expect(rig.bodies).toEqual(["b1", "b2", "b3", "b4", "b5"]);
  expect(rig.maker.batchTotals.fast).toBe(0);
});

test("an end of batch is not stored", () => {
  const rig = new FastRig();
  rig.sendBatch("start", 1);
  rig.sendBatch("append", 2);
  expect(rig.sendBatch("endOfBatch", 3)).toEqual([done(2, 2)]);
  expect(rig.bodies).toEqual(["b1", "b2"]);
});

test("a batch of one message is answered once", () => {
  const rig = new FastRig();
  expect(rig.sendBatch("commit", 1)).toEqual([done(1, 1)]);
});

test("a ping says again how far it is", () => {
  const rig = new FastRig();
  rig.sendBatch("start", 1, { flow: 10 });
  rig.sendBatch("append", 2, { flow: 10 });
  expect(rig.sendBatch("ping", 2, { flow: 10 })).toEqual([ack(0, 10)]);
});

test("a gap ends a batch that bears none, with what was stored before", () => {
  const rig = new FastRig();
  rig.sendBatch("start", 1);
  expect(rig.sendBatch("append", 4)).toEqual(['{"type":"gap","last_seq":2,"seq":4}', done(1, 1)]);
  expect(refusalOf(rig.sendBatch("append", 5))).toBe(10208);
  expect(rig.bodies).toEqual(["b1"]);
});

test("a gap is told and borne where the publisher wishes so", () => {
  const rig = new FastRig();
  const sending = { gaps: "ok" } as const;
  rig.sendBatch("start", 1, sending);
  expect(rig.sendBatch("append", 4, sending)).toEqual([
    '{"type":"gap","last_seq":2,"seq":4}',
    ack(4, 2),
  ]);
  expect(rig.sendBatch("commit", 5, sending)).toEqual([done(3, 5)]);
  expect(rig.bodies).toEqual(["b1", "b4", "b5"]);
});

test("a ping finds a gap too", () => {
  const strict = new FastRig();
  strict.sendBatch("start", 1);
  expect(strict.sendBatch("ping", 3)).toEqual(['{"type":"gap","last_seq":2,"seq":4}', done(1, 1)]);
  const lax = new FastRig();
  lax.sendBatch("start", 1, { gaps: "ok" });
  expect(lax.sendBatch("ping", 3, { gaps: "ok" })).toEqual([
    '{"type":"gap","last_seq":2,"seq":4}',
    ack(2, 2),
  ]);
});

test("a message that comes again ends the batch", () => {
  const rig = new FastRig();
  rig.sendBatch("start", 1, { gaps: "ok" });
  rig.sendBatch("append", 2, { gaps: "ok" });
  expect(rig.sendBatch("append", 2, { gaps: "ok" })).toEqual([
    '{"type":"gap","last_seq":3,"seq":2}',
    done(2, 2),
  ]);
});

test("a refused message is told, and ends the batch unless gaps are borne", () => {
  const expected = { headers: { "Nats-Expected-Last-Sequence": "9" } };
  const strict = new FastRig();
  strict.sendBatch("start", 1);
  const answers = strict.sendBatch("append", 2, expected);
  expect(JSON.parse(answers[0] ?? "")).toEqual({
    type: "err",
    seq: 2,
    error: { code: 400, err_code: 10071, description: "wrong last sequence: 1" },
  });
  expect(answers[1]).toBe(done(1, 1));
  const lax = new FastRig();
  lax.sendBatch("start", 1, { gaps: "ok" });
  expect(lax.sendBatch("append", 2, { gaps: "ok", ...expected })).toHaveLength(1);
  expect(lax.sendBatch("commit", 3, { gaps: "ok" })).toEqual([done(2, 3)]);
  expect(lax.bodies).toEqual(["b1", "b3"]);
});

test("a batch whose first message is refused is answered as a plain publish", () => {
  const rig = new FastRig();
  const expected = { headers: { "Nats-Expected-Last-Sequence": "9" } };
  expect(refusalOf(rig.sendBatch("commit", 1, expected))).toBe(10071);
  rig.sendBatch("commit", 1, { headers: { "Nats-Msg-Id": "x" } });
  expect(rig.sendBatch("commit", 1, { headers: { "Nats-Msg-Id": "x" } })).toEqual([
    '{"stream":"S","seq":1,"duplicate": true,"batch":"b","count":1}',
  ]);
});

test("what is known already counts as stored", () => {
  const rig = new FastRig();
  const known = { headers: { "Nats-Msg-Id": "x" } };
  rig.sendBatch("start", 1, known);
  expect(rig.sendBatch("append", 2, known)).toEqual([ack(2, 2)]);
  expect(rig.sendBatch("commit", 3)).toEqual([done(2, 3)]);
  expect(rig.bodies).toEqual(["b1", "b3"]);
});

test("what is wrong by itself is refused for its reason", () => {
  const off = new FeatureRig();
  off.open({});
  const rig = new FastRig();
  const reply = "inbox.b.1.ok.1.0.$FI";
  expect(refusalOf(off.publish("s.a", {}, "x", reply))).toBe(10205);
  expect(refusalOf(rig.publish("s.a", {}, "x", "inbox.b.1.maybe.1.0.$FI"))).toBe(10206);
  expect(refusalOf(rig.sendBatch("start", 1, { id: "b".repeat(65) }))).toBe(10207);
  expect(refusalOf(rig.sendBatch("append", 2))).toBe(10208);
  const level = { headers: { "Nats-Required-Api-Level": "99" } };
  expect(refusalOf(rig.sendBatch("start", 1, level))).toBe(10185);
  expect(refusalOf(new FastRig({ sealed: true }).sendBatch("start", 1))).toBe(10109);
  expect(rig.bodies).toEqual([]);
});

test("a stream and a server bear so many open batches", () => {
  const fastBatches = { maxInflightPerStream: 2, maxInflightTotal: 2 };
  const rig = new FastRig({}, { fastBatches });
  rig.sendBatch("start", 1, { id: "a" });
  rig.sendBatch("start", 1, { id: "b" });
  expect(refusalOf(rig.sendBatch("start", 1, { id: "c" }))).toBe(10211);
  rig.sendBatch("endOfBatch", 2, { id: "a" });
  expect(rig.sendBatch("start", 1, { id: "c" })).toEqual([ack(0, 1), ack(1, 2)]);
});

test("publishers side by side share what is allowed to be under way", () => {
  const rig = new FastRig();
  expect(rig.sendBatch("start", 1, { id: "a", flow: 1000 })).toEqual([ack(0, 500)]);
  expect(rig.sendBatch("start", 1, { id: "b", flow: 1000 })).toEqual([ack(0, 1), ack(1, 2)]);
  rig.sendBatch("append", 2, { id: "b", flow: 1000 });
  expect(rig.sendBatch("append", 3, { id: "b", flow: 1000 })).toEqual([ack(3, 4)]);
});

test("behind a service import the publisher's reply stands in its request information", () => {
  const rig = new FastRig();
  const info = '{"acc":"B","reply":"in.b.2.fail.1.2.$FI"}';
  const answers = rig.publish("s.a", { "Nats-Request-Info": info }, "x", "_R_.one.two");
  expect(answers).toEqual([done(1, 1)]);
  expect(rig.stored(rig.stream)[0]?.headers).toEqual({});
});

test("an idle batch is forgotten", () => {
  const rig = new FastRig();
  rig.sendBatch("start", 1);
  rig.time.advance(10_001);
  expect(refusalOf(rig.sendBatch("append", 2))).toBe(10208);
  expect(rig.maker.batchTotals.fast).toBe(0);
});

test.each([
  ["p.id.10.ok.1.0.$FI", { id: "id", flow: 10, allowsGaps: true, sequence: 1, operation: "start" }],
  [
    "p.q.id.x.fail.7.1.$FI",
    { id: "id", flow: 10, allowsGaps: false, sequence: 7, operation: "append" },
  ],
  [
    "p.id.99999.ok.1.2.$FI",
    { id: "id", flow: 65535, allowsGaps: true, sequence: 1, operation: "commit" },
  ],
  [
    "p.id.0.ok.2.3.$FI",
    { id: "id", flow: 10, allowsGaps: true, sequence: 2, operation: "endOfBatch" },
  ],
  ["p.id.1.ok.5.4.$FI", { id: "id", flow: 1, allowsGaps: true, sequence: 5, operation: "ping" }],
])("%s is read", (reply, expected) => {
  expect(parseFastBatchReply(reply)).toEqual(expected as never);
});

test.each([
  "id.10.ok.1.0.$FI",
  "p.id.10.ok.2.0.$FI",
  "p.id.10.ok.1.1.$FI",
  "p.id.10.ok.1.3.$FI",
  "p.id.10.ok.0.4.$FI",
  "p.id.10.ok.1.5.$FI",
  "p.id.10.yes.1.0.$FI",
  "p.id.10.ok.x.0.$FI",
  "p.id.10.ok.18446744073709551615.4.$FI",
  ".$FI",
])("%s is refused", (reply) => {
  expect(parseFastBatchReply(reply)).toBeNull();
});
