import { expect, test } from "bun:test";
import { goTime } from "../../../../src/base/go-time.ts";
import type { Stream } from "../../../../src/jetstream/stream/stream.ts";
import type { StreamConfig } from "../../../../src/jetstream/stream/stream-config.ts";
import { FeatureRig, type Headers, type StoredMessage } from "./feature-rig.ts";

class ScheduleRig extends FeatureRig {
  stream: Stream;
  readonly #config: Partial<StreamConfig>;

  constructor(config: Partial<StreamConfig> = {}) {
    super();
    this.#config = { allowSchedules: true, allowRollup: true, allowMessageTtl: true, ...config };
    this.stream = this.open(this.#config);
  }

  restart(): void {
    this.stream.stop();
    this.stream = this.open(this.#config);
  }

  schedule(text: string, more: Headers = {}, body = "tick"): readonly string[] {
    const headers = { "Nats-Schedule": text, "Nats-Schedule-Target": "s.target", ...more };
    return this.publish("s.schedule", headers, body);
  }

  /** In so many milliseconds, as headers say it. */
  at(millis: number): string {
    return `@at ${goTime(this.time.wallNanos() + BigInt(millis) * 1_000_000n)}`;
  }

  get fired(): readonly StoredMessage[] {
    return this.stored(this.stream).filter(({ subject }) => subject === "s.target");
  }

  get waiting(): readonly StoredMessage[] {
    return this.stored(this.stream).filter(({ subject }) => subject === "s.schedule");
  }
}

function refusalOf(answers: readonly string[]): number {
  return JSON.parse(answers[0] || "{}").error?.err_code ?? 0;
}

test("a message comes at its time, and the schedule goes", () => {
  const rig = new ScheduleRig();
  const headers = { "X-Own": "1", "Nats-Msg-Id": "id", "Nats-Schedule-TTL": "5m" };
  expect(refusalOf(rig.schedule(rig.at(2000), headers))).toBe(0);
  rig.time.advance(1999);
  expect(rig.fired).toEqual([]);
  rig.time.advance(2);
  expect(rig.fired).toEqual([
    {
      sequence: 2,
      subject: "s.target",
      body: "tick",
      headers: {
        "X-Own": "1",
        "Nats-Scheduler": "s.schedule",
        "Nats-Schedule-Next": "purge",
        "Nats-TTL": "5m",
      },
    },
  ]);
  expect(rig.waiting).toEqual([]);
  rig.time.advance(100_000);
  expect(rig.fired).toHaveLength(1);
});

test("a schedule is stored with a rollup of its subject: the last one counts", () => {
  const rig = new ScheduleRig();
  rig.schedule(rig.at(1000), {}, "first");
  rig.schedule(rig.at(3000), {}, "second");
  expect(rig.waiting.map(({ headers }) => headers["Nats-Rollup"])).toEqual(["sub"]);
  rig.time.advance(10_000);
  expect(rig.fired.map(({ body }) => body)).toEqual(["second"]);
});

test("what is due already fires at once", () => {
  const rig = new ScheduleRig();
  rig.schedule("@at 2001-01-01T00:00:00Z");
  rig.time.advance(10);
  expect(rig.fired).toHaveLength(1);
});

test("an interval fires again and again, and says when next", () => {
  const rig = new ScheduleRig();
  rig.schedule("@every 2s", { "Nats-Schedule-Rollup": "sub" });
  rig.time.advance(2000);
  const [first] = rig.fired;
  const next = rig.time.wallNanos() + 2_000_000_000n;
  expect(first?.headers).toEqual({
    "Nats-Scheduler": "s.schedule",
    "Nats-Schedule-Next": goTime(next),
    "Nats-Rollup": "sub",
  });
  rig.time.advance(2000);
  expect(rig.fired.map(({ sequence }) => sequence)).toEqual([3]);
  expect(rig.waiting).toHaveLength(1);
});

test("an expression fires at its seconds, in its zone", () => {
  const rig = new ScheduleRig();
  rig.schedule("*/30 * * * * *", { "Nats-Schedule-Time-Zone": "Asia/Kolkata" });
  rig.time.advance(60_000);
  expect(rig.fired).toHaveLength(2);
  expect(rig.fired[0]?.headers["Nats-Schedule-Next"]).toEndWith("+05:30");
});

test("a source lends its last message, headers and all", () => {
  const rig = new ScheduleRig();
  rig.schedule("@every 1s", { "Nats-Schedule-Source": "s.source" }, "own");
  rig.time.advance(1000);
  rig.publish("s.source", { "X-Source": "1", "Nats-TTL": "1h" }, "lent");
  rig.time.advance(1000);
  expect(rig.fired.map(({ body }) => body)).toEqual(["own", "lent"]);
  expect(rig.fired[1]?.headers["X-Source"]).toBe("1");
  expect(rig.fired[1]?.headers["Nats-TTL"]).toBeUndefined();
});

test("another message on the subject ends the schedule, with headers or without", () => {
  for (const headers of [{}, { "X-Other": "1" }] as const) {
    const rig = new ScheduleRig();
    rig.schedule("@every 1s");
    rig.publish("s.schedule", headers, "other");
    rig.time.advance(5000);
    expect(rig.fired).toEqual([]);
  }
});

test("a removed or purged schedule fires no more", () => {
  const rig = new ScheduleRig();
  rig.schedule("@every 1s");
  rig.stream.removeMessage(1, false, () => {});
  rig.time.advance(5000);
  expect(rig.fired).toEqual([]);
  rig.schedule("@every 1s");
  rig.stream.purge({ filter: "", sequence: 0, keep: 0 }, () => {});
  rig.time.advance(60_000);
  expect(rig.fired).toEqual([]);
  rig.stream.stop();
  expect(rig.time.armedCount).toBe(0);
});

test("a client ends a schedule by its subject", () => {
  const rig = new ScheduleRig();
  rig.schedule("@every 1s");
  const ends = { "Nats-Schedule-Next": "purge", "Nats-Scheduler": "s.schedule" };
  expect(refusalOf(rig.publish("s.other", ends))).toBe(0);
  expect(rig.waiting).toEqual([]);
  rig.time.advance(5000);
  expect(rig.fired).toEqual([]);
});

test("schedules go on after a restart, where they were", () => {
  const rig = new ScheduleRig();
  rig.schedule("@every 10s");
  rig.publish("s.other", {}, "x");
  rig.time.advance(13_000);
  expect(rig.fired).toHaveLength(1);
  rig.restart();
  rig.time.advance(6_000);
  expect(rig.fired).toHaveLength(1);
  rig.time.advance(1_500);
  expect(rig.fired).toHaveLength(2);
});

test("what was due while nobody was there fires once", () => {
  const rig = new ScheduleRig();
  rig.schedule("@every 2s", {}, "every");
  rig.publish(
    "s.once",
    { "Nats-Schedule": rig.at(5000), "Nats-Schedule-Target": "s.target" },
    "at",
  );
  rig.time.advance(2000);
  rig.stream.stop();
  rig.time.advance(20_000);
  rig.restart();
  rig.time.advance(100);
  expect(rig.fired.map(({ body }) => body).sort()).toEqual(["at", "every", "every"]);
});

test("a stopped stream fires nothing", () => {
  const rig = new ScheduleRig();
  rig.schedule("@every 1s");
  rig.stream.stop();
  rig.time.advance(10_000);
  expect(rig.fired).toEqual([]);
});

test.each([
  [10188, "s.schedule", { "Nats-Schedule": "@every 1s" }, { allowSchedules: false }],
  [10188, "s.schedule", { "Nats-Schedule": "nonsense" }, { allowSchedules: false }],
  [10189, "s.schedule", { "Nats-Schedule": "@every 1ms" }, {}],
  [10189, "s.schedule", { "Nats-Schedule": "0 0 0 30 2 *" }, {}],
  [10190, "s.schedule", { "Nats-Schedule-Target": "s.schedule" }, {}],
  [10190, "s.schedule", { "Nats-Schedule-Target": "s.*" }, {}],
  [10190, "s.schedule", { "Nats-Schedule-Target": "" }, {}],
  [10190, "s.schedule", { "Nats-Schedule-Target": "elsewhere" }, {}],
  [10191, "s.schedule", { "Nats-Schedule-TTL": "1ms" }, {}],
  [10166, "s.schedule", { "Nats-Schedule-TTL": "1s" }, { allowMessageTtl: false }],
  [10192, "s.schedule", { "Nats-Schedule-Rollup": "all" }, {}],
  [10192, "s.schedule", { "Nats-Rollup": "all" }, {}],
  [10203, "s.schedule", { "Nats-Schedule-Source": "s.target" }, {}],
  [10203, "s.schedule", { "Nats-Schedule-Source": "s.schedule" }, {}],
  [10203, "s.schedule", { "Nats-Schedule-Source": "s.>" }, {}],
  [10203, "s.schedule", { "Nats-Schedule-Source": "elsewhere" }, {}],
  [10223, "s.schedule", { "Nats-Schedule-Time-Zone": "Mars/Olympus" }, {}],
  [10189, "s.schedule", { "Nats-Schedule-Time-Zone": "UTC" }, {}],
])("%d for %s with %p", (code, subject, more, config) => {
  const rig = new ScheduleRig(config);
  const headers = { "Nats-Schedule": "@every 1s", "Nats-Schedule-Target": "s.target", ...more };
  expect(refusalOf(rig.publish(subject, headers))).toBe(code);
  expect(rig.stored(rig.stream)).toEqual([]);
});

test.each([
  [{ "Nats-Scheduler": "s.schedule" }],
  [{ "Nats-Schedule-Next": "purge" }],
  [{ "Nats-Schedule-Next": "later", "Nats-Scheduler": "s.schedule" }],
  [{ "Nats-Schedule-Next": "purge", "Nats-Scheduler": "s.x" }],
  [{ "Nats-Schedule-Next": "purge", "Nats-Scheduler": "s.*" }],
  [{ "Nats-Schedule-Next": "purge", "Nats-Scheduler": "s.plain" }],
])("nobody but the server schedules with %p", (headers) => {
  const rig = new ScheduleRig();
  rig.publish("s.plain", {}, "no schedule");
  expect(refusalOf(rig.publish("s.x", headers))).toBe(10212);
});

test("schedules of a batch count from its commit", () => {
  const rig = new ScheduleRig({ allowAtomic: true });
  const add = (sequence: number, more: Headers): readonly string[] =>
    rig.publish(`s.${sequence}`, {
      "Nats-Batch-Id": "b",
      "Nats-Batch-Sequence": String(sequence),
      "Nats-Schedule": "@every 1s",
      "Nats-Schedule-Target": "s.target",
      ...more,
    });
  add(1, {});
  rig.time.advance(3000);
  expect(rig.fired).toEqual([]);
  expect(refusalOf(add(2, { "Nats-Batch-Commit": "1" }))).toBe(0);
  rig.time.advance(1000);
  expect(rig.fired).toHaveLength(2);
});
