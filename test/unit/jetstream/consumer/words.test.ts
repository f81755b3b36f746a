// What consumers read and write as bytes: subjects and words of acknowledgements, requests, and their own state. Whatever
// the bytes are, reading them does not throw.

import { expect, test } from "bun:test";
import {
  AckNumbers,
  AckSubject,
  ackPattern,
  flowControlPrefix,
} from "../../../../src/jetstream/consumer/ack-subject.ts";
import { ackArgument, ackVerbOf, delayOf } from "../../../../src/jetstream/consumer/ack-verb.ts";
import { ConsumerLedger } from "../../../../src/jetstream/consumer/consumer-ledger.ts";
import {
  ChangeWriter,
  readSnapshot,
  replay,
  snapshotOf,
} from "../../../../src/jetstream/consumer/consumer-state.ts";
import { parsePullRequest } from "../../../../src/jetstream/consumer/pull-request.ts";
import { MessageView } from "../../../../src/jetstream/store/message-view.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const names = { stream: "S", consumer: "C", domain: "", accountHash: "HASH", namesDomain: false };

function random(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % bound;
  };
}

function written(subject: AckSubject, sequence: number, pending: number): string {
  const view = new MessageView();
  view.sequence = sequence;
  view.timeMicros = 1_795_390_340_000_001;
  view.restNanos = 7;
  subject.write(view, 3, 12_345_678_901, pending);
  return decoder.decode(subject.bytes.subarray(0, subject.length));
}

test("the subject of an acknowledgement has nine tokens", () => {
  const subject = new AckSubject(names);
  expect(written(subject, 42, 0)).toBe("$JS.ACK.S.C.3.42.12345678901.1795390340000001007.0");
  expect(written(subject, 99_999_999, 100_000_000)).toBe(
    "$JS.ACK.S.C.3.99999999.12345678901.1795390340000001007.100000000",
  );
  expect(written(subject, Number.MAX_SAFE_INTEGER, 10)).toContain(".9007199254740991.");
  expect(ackPattern(names)).toBe("$JS.ACK.S.C.*.*.*.*.*");
  expect(flowControlPrefix(names)).toBe("$JS.FC.S.C.");
});

test("whatever was written before, the numbers of this message stand there", () => {
  const subject = new AckSubject(names);
  const view = new MessageView();
  const below = random(7);
  let [sequence, consumer, micros, pending] = [1, 1, 1_795_390_340_000_000, 0];
  for (let round = 0; round < 20_000; round++) {
    const jumps = below(50) === 0;
    sequence = jumps ? 10 ** below(16) + below(200) : sequence + 1;
    consumer = jumps ? 10 ** below(16) + below(200) : consumer + below(3);
    micros += jumps ? below(300_000_000) : below(40);
    pending = jumps ? 10 ** below(7) + below(200) : Math.max(0, pending - 1);
    view.sequence = sequence;
    view.timeMicros = jumps && below(2) === 0 ? below(1000) : micros;
    view.restNanos = below(1000);
    const deliveries = below(20) === 0 ? below(200) : 1;
    subject.write(view, deliveries, consumer, pending);
    const time = view.timeNanos.toString().padStart(4, "0");
    expect(decoder.decode(subject.bytes.subarray(0, subject.length))).toBe(
      `$JS.ACK.S.C.${deliveries}.${sequence}.${consumer}.${time}.${pending}`,
    );
  }
});

test("the longer form names domain and account, and may go on", () => {
  const longer = { ...names, namesDomain: true };
  expect(written(new AckSubject(longer), 1, 0)).toStartWith("$JS.ACK._.HASH.S.C.3.1.");
  expect(ackPattern({ ...longer, domain: "hub" })).toBe("$JS.ACK.hub.HASH.S.C.*.*.*.*.>");
  expect(flowControlPrefix(longer)).toBe("$JS.FC._.HASH.S.C.");
});

test("numbers are read back, and what is none is refused", () => {
  const numbers = new AckNumbers();
  const read = (text: string): boolean => numbers.read(encoder.encode(text), 0, text.length);
  expect(read("3.42.7.1.0")).toBe(true);
  expect([numbers.deliveries, numbers.streamSequence, numbers.consumerSequence]).toEqual([
    3, 42, 7,
  ]);
  for (const text of [
    "",
    "1",
    "1.2",
    "1..3",
    "1.x.3",
    "1.0.3",
    "1.-2.3",
    "1.99999999999999999999.3",
  ]) {
    expect(read(text)).toBe(false);
  }
});

test("words are known by their beginning or as a whole", () => {
  const verb = (text: string): string => ackVerbOf(encoder.encode(text), 0, text.length);
  expect(["", "+ACK", "+OK"].map(verb)).toEqual(["ack", "ack", "ack"]);
  expect(["-NAK", "-NAK 5s", "-NAKx"].map(verb)).toEqual(["nak", "nak", "nak"]);
  expect(["+NXT", "+NXT 5", "+TERM", "+TERM why", "+WPI"].map(verb)).toEqual([
    "next",
    "next",
    "term",
    "term",
    "progress",
  ]);
  expect(["+ACK ", "+WPI ", "-NA", "+", "hello", "+O", "+TER"].map(verb)).toEqual(
    Array(7).fill("unknown"),
  );
  expect(ackArgument(encoder.encode("+TERM  why not "), "term")).toBe("why not");
});

test("a delay is JSON or a duration", () => {
  expect(delayOf('{"delay": 1500000000}')).toBe(1500);
  expect(delayOf('{"Delay": 1000000}')).toBe(1);
  expect(delayOf("{}")).toBe(0);
  expect(delayOf("1m0.5s")).toBe(60_500);
  for (const text of ['{"delay": "x"}', "{", "soon", "5"]) {
    expect(delayOf(text)).toBeNull();
  }
});

test("requests are numbers, JSON, or for one message", () => {
  const batch = (text: string): number | string => {
    const parsed = parsePullRequest(text);
    return parsed.ok ? parsed.value.batch : parsed.refusal;
  };
  expect(["", " ", "5", "x", "-1", "{}", '{"batch": 7}', '{"BATCH": 8}'].map(batch)).toEqual([
    1, 1, 5, 1, -1, 0, 7, 8,
  ]);
  expect(batch('{"batch": "x"}')).toBe(
    "json: cannot unmarshal string into Go struct field .batch of type int",
  );
  expect(batch("{")).toBe("unexpected end of JSON input");
});

test("whatever is said in an acknowledgement or a request, nothing throws", () => {
  const below = random(11);
  const numbers = new AckNumbers();
  const seeds = [
    "$JS.ACK.S.C.1.2.3.4.5",
    '-NAK {"delay": 5}',
    '{"batch":1,"expires":5}',
    "+TERM x",
  ];
  for (let round = 0; round < 20_000; round++) {
    const bytes = encoder.encode(seeds[below(seeds.length)]).slice();
    for (let flips = 1 + below(4); flips > 0; flips--) {
      bytes[below(bytes.length)] = below(256);
    }
    const cut = bytes.subarray(0, below(bytes.length + 1));
    numbers.read(cut, Math.min(12, cut.length), cut.length);
    const verb = ackVerbOf(cut, 0, cut.length);
    delayOf(ackArgument(cut, verb));
    parsePullRequest(decoder.decode(cut));
  }
  expect(numbers).toBeDefined();
});

const clock = { now: 5000, wallMillis: 1_795_390_340_000, streamDurable: 0 };

/** A ledger that has seen everything; its changes since the snapshot. */
function lived(): { ledger: ConsumerLedger; snapshot: Uint8Array; changes: Uint8Array } {
  const ledger = new ConsumerLedger();
  ledger.startAt(1);
  const writer = new ChangeWriter(ledger, clock);
  ledger.recorder = writer;
  for (let sequence = 1; sequence <= 40; sequence += 1 + (sequence % 3)) {
    ledger.deliver(sequence, 4000 + sequence);
  }
  ledger.redeliver(ledger.pending.find(3), 4100);
  ledger.exceed(ledger.pending.find(4));
  const snapshot = snapshotOf(ledger, clock, 17).slice();
  writer.drop();
  ledger.deliver(500, 4900);
  ledger.acknowledge(1);
  ledger.waitFrom(ledger.pending.find(3), 9000);
  ledger.redeliver(ledger.pending.find(500), 4950);
  ledger.exceed(ledger.pending.find(7));
  ledger.forget(4);
  return { ledger, snapshot, changes: writer.take().slice() };
}

function described({ pending, exceeded, ...ledger }: ConsumerLedger): unknown {
  const waiting: number[][] = [];
  for (let index = pending.first(); index !== -1; index = pending.after(index)) {
    waiting.push([
      pending.sequence(index),
      pending.consumerSequence(index),
      pending.deliveries(index),
      Math.round(pending.time(index) / 100),
    ]);
  }
  const { deliveredConsumer, deliveredStream, floorConsumer, floorStream } = ledger;
  return {
    numbers: [deliveredConsumer, deliveredStream, floorConsumer, floorStream],
    exceeded: [...exceeded],
    waiting,
  };
}

test("a ledger comes back from its snapshot and the changes since", () => {
  const { ledger, snapshot, changes } = lived();
  const other = new ConsumerLedger();
  expect(readSnapshot(other, snapshot, clock)).toBe(17);
  expect(replay(other, changes, clock)).toBe(true);
  expect(described(other)).toEqual(described(ledger));
});

test("time goes on while nobody lives", () => {
  const { snapshot, changes } = lived();
  const other = new ConsumerLedger();
  const later = { now: 100, wallMillis: clock.wallMillis + 60_000 };
  readSnapshot(other, snapshot, later);
  replay(other, changes, later);
  const index = other.pending.find(15);
  expect(Math.abs(other.pending.time(index) - (100 - 60_000 - (5000 - 4015)))).toBeLessThan(60);
});

test("a clock that was set back makes no wait longer than it was", () => {
  const { snapshot } = lived();
  const other = new ConsumerLedger();
  const earlier = { now: 5000, wallMillis: clock.wallMillis - 3_600_000 };
  readSnapshot(other, snapshot, earlier);
  expect(other.pending.time(other.pending.find(15))).toBeLessThanOrEqual(5000);
});

test("damaged bytes are told of, and nothing throws", () => {
  const { snapshot, changes } = lived();
  const below = random(5);
  let refused = 0;
  for (let round = 0; round < 5000; round++) {
    const [damaged, log] = [snapshot.slice(), changes.slice()];
    damaged[below(damaged.length)] = below(256);
    log[below(log.length)] = below(256);
    const ledger = new ConsumerLedger();
    const cut = damaged.subarray(0, below(4) === 0 ? below(damaged.length) : damaged.length);
    const isRead = readSnapshot(ledger, cut, clock) !== null;
    const isReplayed = isRead && replay(ledger, log, clock);
    refused += isReplayed ? 0 : 1;
  }
  expect(refused).toBeGreaterThan(100);
});
