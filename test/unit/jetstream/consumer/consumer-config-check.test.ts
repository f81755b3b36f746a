// Which consumers may be made, what they get where nothing was said, and what may change: each refusal with the number
// that clients switch on.

import { expect, test } from "bun:test";
import type { ConsumerConfig } from "../../../../src/jetstream/consumer/consumer-config.ts";
import { checkConsumerConfig } from "../../../../src/jetstream/consumer/consumer-config-check.ts";
import {
  noConsumerLimits,
  withConsumerDefaults,
} from "../../../../src/jetstream/consumer/consumer-defaults.ts";
import {
  checkConsumerUpdate,
  sameConsumerConfig,
} from "../../../../src/jetstream/consumer/consumer-update-check.ts";
import {
  checkChangedOnWorkQueue,
  checkNewOnWorkQueue,
} from "../../../../src/jetstream/consumer/work-queue-check.ts";
import type { StreamConfig } from "../../../../src/jetstream/stream/stream-config.ts";
import { plainConfig } from "../stream/stream-rig.ts";
import { askedConfig, seconds } from "./consumer-rig.ts";

type Changes = Partial<ConsumerConfig>;

const limits = { serverMaxAckPending: 500, serverMaxRequestBatch: 50, accountMaxAckPending: 400 };

function filled(changes: Changes, stream: Partial<StreamConfig> = {}): ConsumerConfig {
  const result = withConsumerDefaults(
    { ...askedConfig, ...changes },
    { ...plainConfig, ...stream },
    noConsumerLimits,
    false,
  );
  if (!result.ok) {
    throw new Error(result.refusal.description);
  }
  return result.value;
}

/** 0 is fine. */
function refusal(changes: Changes, stream: Partial<StreamConfig> = {}): number {
  const whole = { ...plainConfig, ...stream };
  const config = filled(changes, stream);
  return checkConsumerConfig(config, whole, noConsumerLimits, false)?.errCode ?? 0;
}

const push = { deliverSubject: "to", maxWaiting: 0 } as const;

test.each<readonly [number, Changes, Partial<StreamConfig>?]>([
  [0, {}],
  [10052, { name: "a.b" }],
  [10052, { durable: "a b" }],
  [10102, { durable: "x".repeat(256), name: "x".repeat(256) }],
  [10126, { replicas: 3 }],
  [10133, { replicas: -1 }],
  [10134, { replicas: 1 }, { replicas: 3, retention: "interest" }],
  [10184, { backoffNanos: [-1n] }],
  [10183, { ackWaitNanos: -1n }],
  [10218, { ackPolicy: "flow_control" }],
  [10220, { ...push, ackPolicy: "flow_control", maxAckPending: -1 }],
  [10221, { ...push, ackPolicy: "flow_control", ackWaitNanos: seconds(1) }],
  [10222, { ...push, ackPolicy: "flow_control", maxDeliver: 2 }],
  [10116, { backoffNanos: [1n, 2n], maxDeliver: 1 }],
  [10107, { description: "x".repeat(4097) }],
  [10079, { ...push, deliverSubject: "to.*" }],
  [10112, { ...push, deliverSubject: "to..x" }],
  [10081, { ...push, deliverSubject: "s.a" }],
  [10080, { ...push, maxWaiting: 5 }],
  [10082, { ...push, ackPolicy: "none", maxAckPending: 5 }],
  [10083, { ...push, idleHeartbeatNanos: 1n }],
  [10084, { ackPolicy: "none" }, { retention: "workqueue" }],
  [10086, { rateLimitBitsPerSecond: 1n }],
  [10088, { idleHeartbeatNanos: seconds(1) }],
  [10089, { flowControl: true }],
  [10108, { ...push, flowControl: true }],
  [10115, { maxRequestExpiresNanos: 10n }],
  [
    10121,
    { maxAckPending: 51 },
    { consumerLimits: { maxAckPending: 50, inactiveThresholdNanos: 0n } },
  ],
  [
    10153,
    { inactiveThresholdNanos: seconds(2) },
    { consumerLimits: { maxAckPending: 0, inactiveThresholdNanos: seconds(1) } },
  ],
  [10090, { direct: true, durable: "" }],
  [10091, { ...push, direct: true }],
  [10136, { filterSubject: "s.a", filterSubjects: ["s.b"] }],
  [10139, { filterSubjects: ["s.a", ""] }],
  [10138, { filterSubjects: ["s.a", "s.>"] }],
  [10052, { filterSubject: "s..a" }],
  [10094, { optStartSequence: 1n }],
  [10094, { deliverPolicy: "new", optStartTimeNanos: 1n }],
  [10094, { deliverPolicy: "last_per_subject" }],
  [10094, { deliverPolicy: "by_start_sequence" }],
  [10094, { deliverPolicy: "by_start_time" }],
  [10094, { deliverPolicy: "by_start_time", optStartTimeNanos: 1n, optStartSequence: 1n }],
  [10095, { sampleFrequency: "often" }],
  [10095, { sampleFrequency: "-5%" }],
  [10132, { durable: "a", name: "b" }],
  [10135, { metadata: { key: "x".repeat(128 * 1024) } }],
  [10178, { ...push, priorityPolicy: "overflow", priorityGroups: ["g"] }],
  [10159, { priorityPolicy: "overflow" }],
  [10161, { priorityPolicy: "overflow", priorityGroups: [""] }],
  [10162, { priorityPolicy: "overflow", priorityGroups: ["a b"] }],
  [10196, { priorityGroups: ["g"] }],
  [10197, { priorityTimeoutNanos: seconds(1) }],
])("refused with %d", (errCode, changes, stream = {}) => {
  expect(refusal(changes, stream)).toBe(errCode);
});

test("limits of server and account count, the lower one first where nothing was said", () => {
  const result = withConsumerDefaults(askedConfig, plainConfig, limits, false);
  expect(result.ok ? result.value : null).toMatchObject({
    maxAckPending: 400,
    maxRequestBatch: 50,
  });
  const check = (changes: Changes): number | undefined =>
    checkConsumerConfig({ ...filled({}), ...changes }, plainConfig, limits, false)?.errCode;
  expect(check({ maxAckPending: 501 })).toBe(10121);
  expect(check({ maxAckPending: 401 })).toBe(10121);
  expect(check({ maxAckPending: 5, maxRequestBatch: 51 })).toBe(10125);
});

test("where nothing was said, this is so", () => {
  expect(filled({})).toMatchObject({
    ackWaitNanos: seconds(30),
    maxDeliver: -1,
    maxWaiting: 512,
    maxAckPending: 1000,
    inactiveThresholdNanos: 0n,
  });
  expect(filled({ durable: "", backoffNanos: [seconds(3)] })).toMatchObject({
    inactiveThresholdNanos: seconds(5),
    ackWaitNanos: seconds(3),
  });
  expect(filled({ ...push, ackPolicy: "none" })).toMatchObject({
    ackWaitNanos: 0n,
    maxWaiting: 0,
    maxAckPending: 0,
  });
  expect(filled({ ...push, ackPolicy: "flow_control" })).toMatchObject({
    flowControl: true,
    idleHeartbeatNanos: seconds(1),
  });
  const pinned = { priorityPolicy: "pinned_client", priorityGroups: ["g"] } as const;
  expect(filled(pinned).priorityTimeoutNanos).toBe(seconds(120));
  const consumerLimits = { maxAckPending: 7, inactiveThresholdNanos: seconds(9) };
  expect(filled({}, { consumerLimits })).toMatchObject({
    maxAckPending: 7,
    inactiveThresholdNanos: seconds(9),
  });
});

test.each<readonly [string, Changes]>([
  ["max_deliver must be set to -1", { maxDeliver: -2 }],
  ["max_waiting must not be negative", { maxWaiting: -1 }],
  ["max_ack_pending must be set to -1", { maxAckPending: -2 }],
  ["max_batch must not be negative", { maxRequestBatch: -1 }],
  ["max_expires must not be negative", { maxRequestExpiresNanos: -1n }],
  ["max_bytes must not be negative", { maxRequestMaxBytes: -1 }],
  ["idle_heartbeat must not be negative", { idleHeartbeatNanos: -1n }],
  ["inactive_threshold must not be negative", { inactiveThresholdNanos: -1n }],
  ["priority_timeout must not be negative", { priorityTimeoutNanos: -1n }],
  ["first backoff value has to equal batch AckWait", { backoffNanos: [seconds(1)] }],
  ["max_request_batch must be set if it's JetStream limits are set", {}],
])("a pedantic server says: %s", (complaint, changes) => {
  const result = withConsumerDefaults({ ...askedConfig, ...changes }, plainConfig, limits, true);
  expect(result.ok ? null : result.refusal).toMatchObject({
    errCode: 10157,
    description: `pedantic mode: ${complaint}`,
  });
});

test.each<readonly [string | number, Changes]>([
  ["deliver policy can not be updated", { deliverPolicy: "new" }],
  ["storage type can not be updated", { memoryStorage: true }],
  ["start sequence can not be updated", { optStartSequence: 1n }],
  ["start time can not be updated", { optStartTimeNanos: 1n }],
  ["ack policy can not be updated", { ackPolicy: "all" }],
  ["replay policy can not be updated", { replay: "original" }],
  ["heart beats can not be updated", { idleHeartbeatNanos: 1n }],
  ["flow control can not be updated", { flowControl: true }],
  ["can not update pull consumer to push based", { deliverSubject: "to" }],
  ["max waiting can not be updated", { maxWaiting: 7 }],
  [10116, { maxDeliver: 1, backoffNanos: [1n, 2n] }],
  [0, { filterSubject: "s.a", maxAckPending: 5, description: "other", metadata: { a: "b" } }],
])("a change: %s", (expected, changes) => {
  const old = filled({});
  const found = checkConsumerUpdate(old, { ...old, ...changes }, false);
  if (typeof expected === "string") {
    expect(found).toMatchObject({ errCode: 10012, description: expected });
  } else {
    expect(found?.errCode ?? 0).toBe(expected);
  }
});

test("a deliver subject changes only while nobody listens", () => {
  const old = filled(push);
  const next = { ...old, deliverSubject: "other" };
  expect(checkConsumerUpdate(old, next, true)?.errCode).toBe(10013);
  expect(checkConsumerUpdate(old, next, false)).toBeNull();
  expect(checkConsumerUpdate(old, { ...old, deliverSubject: "" }, false)?.description).toBe(
    "can not update push consumer to pull based",
  );
});

test("the same configuration is the same, whatever the order of its metadata", () => {
  const old = filled({ metadata: { a: "1", b: "2" } });
  expect(sameConsumerConfig(old, { ...old, metadata: { b: "2", a: "1" } })).toBe(true);
  expect(sameConsumerConfig(old, { ...old, metadata: { b: "2" } })).toBe(false);
  expect(sameConsumerConfig(filled({}), filled({ metadata: {} }))).toBe(true);
});

test("a work queue has one consumer for each message", () => {
  const a = { name: "A", config: filled({ filterSubject: "s.a" }) };
  const code = (changes: Changes, others = [a]): number =>
    checkNewOnWorkQueue(filled(changes), others)?.errCode ?? 0;
  expect(code({ ackPolicy: "all" })).toBe(10098);
  expect(code({ deliverPolicy: "new" })).toBe(10101);
  expect(code({})).toBe(10099);
  expect(code({ filterSubject: "s.*" })).toBe(10100);
  expect(code({ filterSubject: "s.b" })).toBe(0);
  expect(code({}, [])).toBe(0);
  expect(code({ filterSubject: "s.a" }, [{ ...a, config: { ...a.config, direct: true } }])).toBe(0);
  const whole = { name: "B", config: filled({}) };
  expect(checkChangedOnWorkQueue("A", filled({ filterSubject: "s.c" }), [a])).toBeNull();
  expect(checkChangedOnWorkQueue("A", filled({ filterSubject: "s.c" }), [a, whole])?.errCode).toBe(
    10100,
  );
});
