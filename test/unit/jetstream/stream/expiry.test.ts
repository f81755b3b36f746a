import { describe, expect, test } from "bun:test";
import { StreamRig, TestListener } from "./stream-rig.ts";

const second = 1_000_000_000n;

describe("max_age", () => {
  test("lets messages go when they are as old, also after a restart and an update", () => {
    const rig = new StreamRig({ maxAgeNanos: second });
    rig.publish("s.a");
    rig.time.advance(500);
    rig.publish("s.b");
    rig.time.advance(490);
    expect(rig.sequences).toEqual([1, 2]);
    rig.time.advance(50);
    expect(rig.sequences).toEqual([2]);
    rig.open({ maxAgeNanos: second });
    rig.time.advance(500);
    expect(rig.sequences).toEqual([]);
    rig.publish("s.c");
    rig.stream.update({ ...rig.stream.config, maxAgeNanos: 0n });
    rig.time.advance(5000);
    expect(rig.sequences).toEqual([3]);
    rig.stream.update({ ...rig.stream.config, maxAgeNanos: second });
    rig.time.advance(100);
    expect(rig.sequences).toEqual([]);
    expect(rig.store.state.firstSequence).toBe(4);
  });

  test("tells consumers", () => {
    const rig = new StreamRig({ maxAgeNanos: second });
    const listener = new TestListener();
    rig.stream.listen(listener);
    rig.publish("s.a");
    rig.time.advance(1100);
    expect(listener.heard).toEqual(["purged"]);
  });

  test("passes by messages that never expire", () => {
    const rig = new StreamRig({ maxAgeNanos: second, allowMessageTtl: true });
    rig.publish("s.a", "", { "Nats-TTL": "never" });
    rig.publish("s.b");
    rig.time.advance(1100);
    expect(rig.sequences).toEqual([1]);
    rig.publish("s.c");
    rig.time.advance(1100);
    expect(rig.sequences).toEqual([1]);
  });
});

describe("Nats-TTL", () => {
  test("lets a message go when its time is over", () => {
    const rig = new StreamRig({ allowMessageTtl: true });
    rig.publish("s.a", "", { "Nats-TTL": "2" });
    rig.publish("s.b", "", { "Nats-TTL": "1s" });
    rig.publish("s.c");
    rig.time.advance(1100);
    expect(rig.sequences).toEqual([1, 3]);
    rig.time.advance(1000);
    expect(rig.sequences).toEqual([3]);
  });

  test("is refused where it is not allowed, and where it is none", () => {
    const rig = new StreamRig();
    expect(rig.publish("s.a", "", { "Nats-TTL": "2" })).toContain("10166");
    expect(rig.publish("s.a", "", { "Nats-TTL": "soon" })).toContain("10165");
    const other = new StreamRig({ allowMessageTtl: true });
    expect(other.publish("s.a", "", { "Nats-TTL": "500ms" })).toContain("10165");
    expect(other.publish("s.a", "", { "Nats-TTL": "0" })).toContain("10165");
  });

  test("is at least as long as a marker lives", () => {
    const rig = new StreamRig({
      allowMessageTtl: true,
      allowRollup: true,
      subjectDeleteMarkerTtlNanos: 10n * second,
    });
    rig.publish("s.a", "", { "Nats-TTL": "2" });
    expect(rig.stored()[0]?.headers).toEqual({ "Nats-TTL": "10" });
    rig.time.advance(9000);
    expect(rig.sequences).toEqual([1]);
  });
});

describe("subject delete markers", () => {
  const marked = {
    maxAgeNanos: second,
    allowMessageTtl: true,
    allowRollup: true,
    subjectDeleteMarkerTtlNanos: 5n * second,
  };

  test("stand for the last message of a subject that grew too old, and go themselves", () => {
    const rig = new StreamRig(marked);
    rig.publish("s.a", "1");
    rig.publish("s.a", "2");
    rig.publish("s.b", "3");
    rig.time.advance(1100);
    expect(rig.stored()).toEqual(
      ["s.a", "s.b"].map((subject, index) => ({
        sequence: 4 + index,
        subject,
        headers: { "Nats-Marker-Reason": "MaxAge", "Nats-TTL": "5s", "Nats-Rollup": "sub" },
        body: "",
      })),
    );
    rig.time.advance(10_000);
    expect(rig.sequences).toEqual([]);
    expect(rig.store.state.lastSequence).toBe(5);
  });

  test("are not left by the purge of a key", () => {
    const rig = new StreamRig({ ...marked, maxAgeNanos: 0n });
    rig.publish("s.a", "", { "KV-Operation": "PURGE", "Nats-TTL": "5" });
    rig.publish("s.b", "", { "KV-Operation": "DEL", "Nats-TTL": "5" });
    rig.time.advance(5100);
    expect(rig.stored().map(({ subject }) => subject)).toEqual(["s.b"]);
  });

  test("that find no room let the message go all the same", () => {
    const rig = new StreamRig({ ...marked, maxMessageSize: 10 });
    rig.publish("s.a");
    rig.time.advance(1100);
    expect(rig.sequences).toEqual([]);
  });
});

test("a stream at rest has no timer", () => {
  const rig = new StreamRig({ maxAgeNanos: second, allowMessageTtl: true });
  expect(rig.time.armedCount).toBe(0);
  rig.publish("s.a", "", { "Nats-Msg-Id": "1" });
  expect(rig.time.armedCount).toBe(1);
  rig.time.advance(600_000);
  expect(rig.time.armedCount).toBe(0);
  rig.publish("s.a");
  rig.stream.stop();
  expect(rig.time.armedCount).toBe(0);
});
