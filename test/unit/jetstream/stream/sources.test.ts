import { expect, test } from "bun:test";
import type { StreamSourceConfig } from "../../../../src/jetstream/stream/source-config.ts";
import { SourceDelivery } from "../../../../src/jetstream/stream/source-delivery.ts";
import {
  parseSourceHeader,
  sourceHeader,
  sourceIndexName,
} from "../../../../src/jetstream/stream/source-header.ts";
import type { Stream } from "../../../../src/jetstream/stream/stream.ts";
import type { StreamConfig } from "../../../../src/jetstream/stream/stream-config.ts";
import { FeatureRig } from "./feature-rig.ts";
import { OriginTwin } from "./origin-twin.ts";

const origin: StreamSourceConfig = {
  name: "O",
  optStartSequence: 0n,
  optStartTimeNanos: null,
  filterSubject: "",
  subjectTransforms: [],
  external: null,
  consumer: null,
};

const hashOf = (name: string): string => `#${name.length}`;

class SourceRig extends FeatureRig {
  readonly origin: OriginTwin = new OriginTwin(this);
  stream: Stream;
  readonly #config: Partial<StreamConfig>;

  constructor(source: Partial<StreamSourceConfig> = {}, config: Partial<StreamConfig> = {}) {
    super();
    this.#config = { subjects: [], sources: [{ ...origin, ...source }], ...config };
    this.stream = this.open(this.#config);
    this.time.advance(200);
  }

  restart(changes: Partial<StreamConfig> = {}): void {
    this.stream.stop();
    this.time.turn();
    this.stream = this.open({ ...this.#config, ...changes });
    this.time.advance(200);
  }

  get headers(): readonly (string | undefined)[] {
    return this.stored(this.stream).map(({ headers }) => headers["Nats-Stream-Source"]);
  }

  get status() {
    return this.stream.features.origins?.sourceStatus() ?? [];
  }
}

test("messages get our own sequences, and say where they came from", () => {
  const rig = new SourceRig();
  expect(rig.origin.last.config).toMatchObject({
    name: "JS_SRC_#3",
    deliver_policy: "all",
    metadata: { "_nats.src.acc": "A", "_nats.src.stream": "S" },
  });
  rig.origin.deliver({ streamSequence: 7, consumerSequence: 1, subject: "o.x" });
  rig.origin.deliver({
    streamSequence: 9,
    consumerSequence: 2,
    headers: { "Nats-Stream-Source": "elsewhere 1 > > a", "Nats-Expected-Last-Sequence": "99" },
  });
  expect(rig.stored(rig.stream)).toEqual([
    { sequence: 1, subject: "o.x", headers: { "Nats-Stream-Source": "O 7 > > o.x" }, body: "m7" },
    { sequence: 2, subject: "o.a", headers: { "Nats-Stream-Source": "O 9 > > o.a" }, body: "m9" },
  ]);
});

test("the header has filter and destination of the source", () => {
  const rig = new SourceRig({ subjectTransforms: [{ src: "o.*", dest: "n.{{wildcard(1)}}" }] });
  expect(rig.origin.last.subject).toBe("$JS.API.CONSUMER.CREATE.O.JS_SRC_#3.o.*");
  rig.origin.deliver({ streamSequence: 7, consumerSequence: 1, subject: "o.x" });
  expect(rig.headers).toEqual(["O 7 o.* n.{{wildcard(1)}} o.x"]);
  expect(rig.stored(rig.stream)[0]?.subject).toBe("n.x");
});

test("after a restart it goes on behind the last message it has", () => {
  const rig = new SourceRig();
  rig.origin.deliver({ streamSequence: 7, consumerSequence: 1 });
  rig.restart();
  expect(rig.origin.last.config).toMatchObject({
    deliver_policy: "by_start_sequence",
    opt_start_seq: 8,
  });
});

test("it does so, too, when the messages are gone", () => {
  const rig = new SourceRig();
  rig.origin.deliver({ streamSequence: 7, consumerSequence: 1 });
  rig.time.advance(1500);
  rig.stream.purge({ filter: "", sequence: 0, keep: 0 }, () => {});
  rig.time.turn();
  rig.restart();
  expect(rig.origin.last.config["opt_start_seq"]).toBe(8);
});

test("what it knows when it is closed is not forgotten", async () => {
  const rig = new SourceRig();
  rig.origin.deliver({ streamSequence: 7, consumerSequence: 1 });
  rig.stream.purge({ filter: "", sequence: 0, keep: 0 }, () => {});
  rig.time.turn();
  await rig.stream.close();
  rig.open({ subjects: [], sources: [origin] });
  rig.time.advance(200);
  expect(rig.origin.last.config["opt_start_seq"]).toBe(8);
});

test("headers of former years say enough, when they are all there is", () => {
  const rig = new FeatureRig();
  const twin = new OriginTwin(rig);
  // A mirror stores headers as they come.
  const mirror = rig.open({ subjects: [], mirror: origin });
  rig.time.advance(200);
  const header = "$JS.ACK.O.c.1.33.1.1700000000123456789.0";
  twin.deliver({
    streamSequence: 1,
    consumerSequence: 1,
    headers: { "Nats-Stream-Source": header },
  });
  twin.deliver({ streamSequence: 2, consumerSequence: 2 });
  mirror.stop();
  rig.open({ subjects: [], sources: [origin, { ...origin, name: "P" }] });
  rig.time.advance(200);
  const starts = twin.requests.map(({ stream, config }) => [stream, config["opt_start_seq"]]);
  expect(starts.slice(1)).toEqual([
    ["O", 34],
    ["P", undefined],
  ]);
});

test("sources of the same stream are told apart", () => {
  const rig = new SourceRig(
    {},
    {
      sources: [
        { ...origin, filterSubject: "o.a" },
        { ...origin, filterSubject: "o.bb" },
      ],
    },
  );
  const names = rig.origin.requests.map(({ config }) => config["name"]);
  expect(new Set(names).size).toBe(2);
  expect(rig.status.map(({ filterSubject }) => filterSubject)).toEqual(["o.a", "o.bb"]);
});

test("a source that comes is followed, one that goes is let go, one that stays is left alone", () => {
  const rig = new SourceRig();
  rig.origin.deliver({ streamSequence: 7, consumerSequence: 1 });
  const { consumerName } = rig.origin;
  rig.stream.update({ ...rig.stream.config, sources: [origin, { ...origin, name: "P" }] });
  rig.time.advance(200);
  expect(rig.origin.requests.map(({ stream }) => stream)).toEqual(["O", "P"]);
  rig.stream.update({ ...rig.stream.config, sources: [{ ...origin, name: "P" }] });
  rig.time.advance(200);
  expect(rig.origin.last.subject).toBe(`$JS.API.CONSUMER.DELETE.O.${consumerName}`);
  expect(rig.status.map(({ name }) => name)).toEqual(["P"]);
  rig.stream.update({ ...rig.stream.config, sources: [origin] });
  rig.time.advance(200);
  expect(rig.origin.last.config["opt_start_seq"]).toBe(8);
});

test("what is known by its id is passed over", () => {
  const rig = new SourceRig();
  const headers = { "Nats-Msg-Id": "id" };
  rig.origin.deliver({ streamSequence: 1, consumerSequence: 1, headers });
  rig.origin.deliver({ streamSequence: 2, consumerSequence: 2, headers });
  rig.origin.deliver({ streamSequence: 3, consumerSequence: 3 });
  expect(rig.stored(rig.stream).map(({ body }) => body)).toEqual(["m1", "m3"]);
});

test("a full stream asks again for what it could not take", () => {
  const rig = new SourceRig({}, { maxMessages: 1, discard: "new" });
  rig.origin.deliver({ streamSequence: 1, consumerSequence: 1 });
  rig.origin.deliver({ streamSequence: 2, consumerSequence: 2 });
  expect(rig.warnings).toEqual([]);
  rig.stream.purge({ filter: "", sequence: 0, keep: 0 }, () => {});
  rig.time.advance(1500);
  expect(rig.origin.last.config["opt_start_seq"]).toBe(2);
  rig.origin.deliver({ streamSequence: 2, consumerSequence: 1 });
  expect(rig.stored(rig.stream).map(({ body }) => body)).toEqual(["m2"]);
});

test("a message that never fits is asked for again later and later", () => {
  const rig = new SourceRig({}, { maxMessageSize: 40 });
  const counts: number[] = [];
  for (let second = 0; second < 20; second++) {
    rig.origin.deliver({ streamSequence: 1, consumerSequence: 1, body: "x".repeat(50) });
    rig.time.advance(1000);
    counts.push(rig.origin.requests.length);
  }
  expect(counts.at(-1)).toBeLessThan(8);
  expect(rig.warnings[0]).toContain("could not take message 1 of its source O");
});

test("counters of several origins add up, each origin's total once", () => {
  const rig = new SourceRig({}, { allowCounter: true, subjects: ["o.>"] });
  const total = (value: number): { body: string; headers: { "Nats-Incr": string } } => ({
    body: `{"val":"${value}"}`,
    headers: { "Nats-Incr": "1" },
  });
  rig.origin.deliver({ streamSequence: 1, consumerSequence: 1, ...total(5) });
  rig.publish("o.a", { "Nats-Incr": "100" });
  // Totals between were lost at the origin.
  rig.origin.deliver({ streamSequence: 4, consumerSequence: 2, ...total(8) });
  const last = rig.stored(rig.stream).at(-1);
  expect(last?.body).toBe('{"val":"108"}');
  expect(last?.headers).toEqual({
    "Nats-Stream-Source": "O 4 > > o.a",
    "Nats-Incr": "3",
    "Nats-Counter-Sources": '{"O":{"o.a":"8"}}',
  });
});

test("index names say what makes a source", () => {
  const name = (changes: Partial<StreamSourceConfig>): string =>
    sourceIndexName({ ...origin, ...changes }, hashOf);
  expect(name({})).toBe("O > >");
  expect(name({ filterSubject: "a" })).toBe("O a >");
  expect(name({ external: { api: "a.b", deliver: "" } })).toBe("O:#3 > >");
  expect(name({ consumer: { name: "cc", deliverSubject: "x" } })).toBe("O:C=#2 > >");
  const subjectTransforms = [
    { src: "a", dest: "b" },
    { src: "", dest: "" },
  ];
  expect(name({ subjectTransforms })).toBe("O a\f> b\f>");
});

test("the header is written and read back in all its forms", () => {
  const text = sourceHeader("O a >", 12, "a");
  expect(text).toBe("O 12 a > a");
  const place = { stream: "O", indexName: "O a >", sequence: 12 };
  expect(parseSourceHeader(text)).toEqual(place);
  expect(parseSourceHeader(`${text} identity`)).toEqual(place);
  expect(parseSourceHeader("O 12 a >")).toEqual(place);
  expect(parseSourceHeader("O 12")).toEqual({ stream: "O", indexName: "", sequence: 12 });
  const short = "$JS.ACK.O.c.1.12.3.1700000000123456789.0";
  const long = "$JS.ACK.dom.hash.O.c.1.12.3.1700000000123456789.0.more";
  for (const reply of [short, long]) {
    expect(parseSourceHeader(reply)).toEqual({ stream: "O", indexName: "", sequence: 12 });
  }
  expect(parseSourceHeader("O 12 a")).toBeNull();
  expect(parseSourceHeader("$JS.ACK.O.c")).toBeNull();
});

test("a delivery is read from its reply, in both forms", () => {
  const delivery = new SourceDelivery();
  const read = (text: string): boolean => {
    const bytes = new TextEncoder().encode(`xx${text}yy`);
    return delivery.read(bytes, 2, text.length);
  };
  expect(read("$JS.ACK.O.con.2.12.3.1700000000123456789.5")).toBe(true);
  expect(delivery).toMatchObject({
    deliveries: 2,
    streamSequence: 12,
    consumerSequence: 3,
    timeMicros: 1_700_000_000_123_456,
    restNanos: 789,
    pending: 5,
  });
  expect(delivery.isOf("con")).toBe(true);
  expect(delivery.isOf("cot")).toBe(false);
  expect(delivery.isOf("co")).toBe(false);
  expect(read("$JS.ACK.dom.hash.O.con.1.12.3.1700000000123456789.5.token")).toBe(true);
  expect(delivery.isOf("con")).toBe(true);
  expect(delivery.pending).toBe(5);
  for (const text of [
    "",
    "$JS.ACK.O.con.2",
    "$JS.NAK.O.con.2.12.3.17.5",
    "$JS.ACK.O.c.1.x.3.1.0",
  ]) {
    expect([text, read(text)]).toEqual([text, false]);
  }
});
