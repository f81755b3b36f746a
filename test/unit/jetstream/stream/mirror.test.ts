import { expect, test } from "bun:test";
import { MessageView } from "../../../../src/jetstream/store/message-view.ts";
import type { StreamSourceConfig } from "../../../../src/jetstream/stream/source-config.ts";
import type { Stream } from "../../../../src/jetstream/stream/stream.ts";
import { headerEntries } from "../../../../src/protocol/headers.ts";
import { FeatureRig, type plainConfig } from "./feature-rig.ts";
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

class MirrorRig extends FeatureRig {
  readonly origin: OriginTwin;
  readonly stream: Stream;

  constructor(
    source: Partial<StreamSourceConfig> = {},
    before = (_origin: OriginTwin): void => {},
  ) {
    super();
    this.origin = new OriginTwin(this);
    before(this.origin);
    this.stream = this.open(this.config(source));
    this.time.advance(200);
  }

  config(source: Partial<StreamSourceConfig> = {}): Partial<typeof plainConfig> {
    return { name: "M", subjects: [], mirror: { ...origin, ...source }, duplicateWindowNanos: 0n };
  }

  get sequences(): readonly number[] {
    return this.stored(this.stream).map(({ sequence }) => sequence);
  }

  get status() {
    return this.stream.features.origins?.mirrorStatus();
  }
}

test("a mirror asks its origin for a consumer of its own", () => {
  const rig = new MirrorRig();
  expect(rig.origin.requests).toHaveLength(1);
  expect(rig.origin.last.subject).toBe("$JS.API.CONSUMER.CREATE.O");
  expect(rig.origin.last.config).toMatchObject({
    name: "JS_MIRROR_#3",
    deliver_policy: "all",
    ack_policy: "none",
    ack_wait: 79200000000000,
    max_deliver: 1,
    flow_control: true,
    idle_heartbeat: 1000000000,
    inactive_threshold: 10000000000,
    direct: true,
    sourcing: true,
    metadata: { "_nats.mirror.acc": "A", "_nats.mirror.stream": "M" },
  });
  expect(rig.origin.deliverSubject).toMatch(/^\$JS\.M\.[0-9A-Za-z]{14}$/);
});

test("messages keep their sequence, time, subject, headers and body", () => {
  const rig = new MirrorRig();
  rig.origin.deliver({
    streamSequence: 1,
    consumerSequence: 1,
    subject: "o.x",
    headers: { "Nats-Msg-Id": "id", "Nats-Expected-Stream": "O", "Nats-Batch-Id": "b", X: "1" },
  });
  const view = new MessageView();
  expect(rig.stream.store.read(1, view)).toBe(true);
  expect(view.timeNanos).toBe(1_700_000_000_123_456_789n);
  expect(rig.stored(rig.stream)).toEqual([
    { sequence: 1, subject: "o.x", headers: { "Nats-Msg-Id": "id", X: "1" }, body: "m1" },
  ]);
});

test("what the origin lacks is lacking here", () => {
  const rig = new MirrorRig();
  rig.origin.deliver({ streamSequence: 3, consumerSequence: 1 });
  rig.origin.deliver({ streamSequence: 7, consumerSequence: 2 });
  expect(rig.sequences).toEqual([3, 7]);
  expect(rig.stream.store.state.lastSequence).toBe(7);
  expect(rig.origin.requests).toHaveLength(1);
});

test("an origin that begins far up is followed from there", () => {
  const rig = new MirrorRig({}, (twin) => {
    twin.deliveredSequence = 1_000_000;
  });
  rig.origin.deliver({ streamSequence: 1_000_001, consumerSequence: 1 });
  expect(rig.sequences).toEqual([1_000_001]);
});

test("a missed delivery is asked for again, from behind what is stored", () => {
  const rig = new MirrorRig();
  rig.origin.deliver({ streamSequence: 1, consumerSequence: 1 });
  rig.origin.deliver({ streamSequence: 3, consumerSequence: 3 });
  expect(rig.sequences).toEqual([1]);
  rig.time.advance(1200);
  expect(rig.origin.last.config).toMatchObject({
    deliver_policy: "by_start_sequence",
    opt_start_seq: 2,
  });
  rig.origin.deliver({ streamSequence: 2, consumerSequence: 1 });
  rig.origin.deliver({ streamSequence: 3, consumerSequence: 2 });
  expect(rig.sequences).toEqual([1, 2, 3]);
});

test("what comes again, from another consumer, or redelivered, is left alone", () => {
  const rig = new MirrorRig();
  rig.origin.deliver({ streamSequence: 1, consumerSequence: 1, consumer: "former" });
  rig.origin.deliver({ streamSequence: 1, consumerSequence: 1, deliveries: 2 });
  expect(rig.sequences).toEqual([]);
  rig.origin.deliver({ streamSequence: 2, consumerSequence: 1 });
  rig.origin.deliver({ streamSequence: 1, consumerSequence: 2 });
  rig.origin.deliver({ streamSequence: 3, consumerSequence: 3 });
  expect(rig.sequences).toEqual([2, 3]);
  expect(rig.origin.requests).toHaveLength(1);
});

test("a heartbeat that knows of more than came makes it begin again", () => {
  const rig = new MirrorRig();
  rig.origin.deliver({ streamSequence: 1, consumerSequence: 1 });
  rig.origin.heartbeat(1, 1);
  rig.time.advance(1500);
  expect(rig.origin.requests).toHaveLength(1);
  rig.origin.heartbeat(2, 2);
  rig.time.advance(1500);
  expect(rig.origin.requests).toHaveLength(2);
});

test("silence makes it begin again, heartbeats do not", () => {
  const rig = new MirrorRig();
  for (let second = 0; second < 30; second++) {
    rig.time.advance(1000);
    rig.origin.heartbeat(0, 0);
  }
  expect(rig.origin.requests).toHaveLength(1);
  rig.time.advance(25_000);
  expect(rig.origin.requests.length).toBeGreaterThan(1);
});

test("flow control is answered when what came is durable, with how far it is", () => {
  const rig = new MirrorRig();
  rig.origin.deliver({ streamSequence: 5, consumerSequence: 1 });
  rig.origin.flowControl();
  rig.origin.heartbeat(1, 5, { "Nats-Consumer-Stalled": "flow" });
  const expected = [
    ["Nats-Last-Consumer", "1"],
    ["Nats-Last-Stream", "5"],
  ];
  expect(rig.origin.flow.map(({ headers }) => headerEntries(headers))).toEqual([
    expected as never,
    expected as never,
  ]);
});

test("a refusal is reported, and asked about again later and later", () => {
  const refusal = { code: 404, err_code: 10059, description: "stream not found" };
  const rig = new MirrorRig({}, (twin) => {
    twin.refusals.push(refusal, refusal, refusal);
  });
  expect(rig.status).toMatchObject({
    name: "O",
    lag: 0,
    activeNanos: null,
    error: { code: 404, errCode: 10059, description: "stream not found" },
  });
  rig.time.advance(1100);
  expect(rig.origin.requests).toHaveLength(2);
  rig.time.advance(1100);
  expect(rig.origin.requests).toHaveLength(2);
  rig.time.advance(1000);
  expect(rig.origin.requests).toHaveLength(3);
  rig.time.advance(5000);
  expect(rig.origin.requests).toHaveLength(4);
  expect(rig.status?.error).toBeNull();
});

test("a server of former years is asked in its own words", () => {
  const rig = new MirrorRig({}, (twin) => {
    twin.refusals.push({ code: 400, err_code: 10025, description: "invalid JSON" });
  });
  expect(rig.origin.requests).toHaveLength(2);
  expect(rig.origin.last.config["sourcing"]).toBeUndefined();
  expect(rig.origin.last.config["name"]).toStartWith("JS_MIRROR_#3_");
});

test("lag and time are those of the last message", () => {
  const rig = new MirrorRig();
  rig.origin.deliver({ streamSequence: 1, consumerSequence: 1, pending: 12 });
  rig.time.advance(500);
  expect(rig.status).toMatchObject({ lag: 11, activeNanos: 500_000_000n, error: null });
  rig.origin.deliver({ streamSequence: 2, consumerSequence: 2, pending: 0 });
  expect(rig.status?.lag).toBe(0);
});

test("where it begins is as configured, as long as it has nothing", () => {
  const sequence = new MirrorRig({ optStartSequence: 18_446_744_073_709_551_615n });
  expect(sequence.origin.last.config["deliver_policy"]).toBe("by_start_sequence");
  const time = new MirrorRig({ optStartTimeNanos: 1_700_000_000_123_456_789n });
  expect(time.origin.last.config).toMatchObject({
    deliver_policy: "by_start_time",
    opt_start_time: "2023-11-14T22:13:20.123456789Z",
  });
  time.origin.deliver({ streamSequence: 9, consumerSequence: 1 });
  time.stream.stop();
  time.open(time.config({ optStartTimeNanos: 1n }));
  time.time.advance(200);
  expect(time.origin.last.config).toMatchObject({
    deliver_policy: "by_start_sequence",
    opt_start_seq: 10,
  });
});

test("filters go to the origin, subjects are rewritten here", () => {
  const one = new MirrorRig({ filterSubject: "o.a" });
  expect(one.origin.last.subject).toBe("$JS.API.CONSUMER.CREATE.O.JS_MIRROR_#3.o.a");
  expect(one.origin.last.config["filter_subject"]).toBe("o.a");
  const several = new MirrorRig({
    subjectTransforms: [
      { src: "o.*", dest: "x.{{wildcard(1)}}" },
      { src: "p.>", dest: "" },
    ],
  });
  expect(several.origin.last.subject).toBe("$JS.API.CONSUMER.CREATE.O");
  expect(several.origin.last.config["filter_subjects"]).toEqual(["o.*", "p.>"]);
  several.origin.deliver({ streamSequence: 1, consumerSequence: 1, subject: "o.a" });
  several.origin.deliver({ streamSequence: 2, consumerSequence: 2, subject: "p.a" });
  expect(several.stored(several.stream).map(({ subject }) => subject)).toEqual(["x.a", "p.a"]);
});

test("another account's origin is asked under its prefixes", () => {
  const rig = new FeatureRig();
  const twin = new OriginTwin(rig, "there.API");
  rig.open({
    name: "M",
    subjects: [],
    mirror: { ...origin, external: { api: "there.API", deliver: "mine" } },
  });
  rig.time.advance(200);
  expect(twin.last.subject).toBe("there.API.CONSUMER.CREATE.O");
  expect(twin.deliverSubject).toStartWith("mine.M.");
});

test("a consumer that stands already is reset, and must acknowledge by flow control", () => {
  const consumer = { name: "C", deliverSubject: "to.me" };
  const wrong = new MirrorRig({ consumer });
  expect(wrong.origin.last.subject).toBe("$JS.API.CONSUMER.RESET.O.C");
  expect(wrong.status?.error?.errCode).toBe(10214);
  const right = new MirrorRig({ consumer }, (twin) => {
    twin.ackPolicy = "flow_control";
  });
  expect(right.status?.error).toBeNull();
  expect(right.outlet.hasInterest("to.me")).toBe(true);
  right.stream.stop();
  expect(right.outlet.hasInterest("to.me")).toBe(false);
});

test("a promoted mirror lets its origin go and takes publishes", () => {
  const rig = new MirrorRig();
  rig.origin.deliver({ streamSequence: 4, consumerSequence: 1 });
  const { consumerName } = rig.origin;
  rig.stream.update({ ...rig.stream.config, mirror: null, subjects: ["o.>"] });
  rig.time.turn();
  expect(rig.origin.last.subject).toBe(`$JS.API.CONSUMER.DELETE.O.${consumerName}`);
  expect(rig.publish("o.a", {}, "own")).toEqual(['{"stream":"M","seq":5}']);
  expect(rig.status).toBeNull();
});

test("a stopped mirror leaves no timers and no subscriptions", () => {
  const rig = new MirrorRig();
  const { deliverSubject } = rig.origin;
  rig.stream.stop();
  rig.time.advance(100_000);
  expect(rig.outlet.hasInterest(deliverSubject)).toBe(false);
  expect(rig.time.armedCount).toBe(0);
  expect(rig.origin.requests).toHaveLength(1);
});

test("a mirror that has nearly all answers direct gets in its origin's place", () => {
  const rig = new FeatureRig();
  const twin = new OriginTwin(rig);
  twin.pending = 30;
  const config = { name: "M", subjects: [], mirror: origin, mirrorDirect: true };
  const stream = rig.open({ ...config, duplicateWindowNanos: 0n });
  rig.time.advance(200);
  const get = (): readonly string[] => {
    twin.requests.length = 1;
    return rig.publish("$JS.API.DIRECT.GET.O", {}, '{"seq":5}');
  };
  twin.deliver({ streamSequence: 5, consumerSequence: 1, pending: 10 });
  expect(get()).toEqual([]);
  twin.deliver({ streamSequence: 6, consumerSequence: 2, pending: 9 });
  expect(get()).toEqual(["m5"]);
  stream.update({ ...stream.config, mirrorDirect: false });
  expect(get()).toEqual([]);
});
