// What a consumer is asked to be, as it stands in requests, answers and descriptions on disk: names, order and what is
// left out as clients of the reference know them. It checks types and nothing else; zeros stand for what was not said.

import { readableText } from "../../base/byte-text.ts";
import { goJson, omitEmpty, sortedMap } from "../../base/go-json.ts";
import { goTime } from "../../base/go-time.ts";
import { accepted, type Result, refused } from "../../base/result.ts";
import { exactInteger, exactNonZero } from "../exact-json.ts";
import {
  bits64,
  decodeRequest,
  durationNanos,
  flag,
  integer,
  type Kind,
  listOf,
  mapped,
  plainText,
  type Shape,
  type Strictness,
  shape,
  subjectText,
  textMap,
  timeNanos,
  word,
} from "../json-kinds.ts";
import type {
  AckPolicy,
  ConsumerConfig,
  DeliverPolicy,
  PriorityPolicy,
} from "./consumer-config.ts";

const deliverPolicies: Readonly<Record<string, DeliverPolicy>> = {
  all: "all",
  undefined: "all",
  last: "last",
  last_per_subject: "last_per_subject",
  new: "new",
  by_start_sequence: "by_start_sequence",
  by_start_time: "by_start_time",
};

const ackPolicies: Readonly<Record<string, AckPolicy>> = {
  none: "none",
  all: "all",
  explicit: "explicit",
  flow_control: "flow_control",
};

const priorityPolicies: Readonly<Record<string, PriorityPolicy>> = {
  none: "none",
  overflow: "overflow",
  pinned_client: "pinned_client",
  prioritized: "prioritized",
};

/** 1 January of the year 1: Go's time that is not set. Clients send it, and are shown it again. */
export const zeroTimeNanos: bigint = -62_135_596_800_000_000_000n;

const replays = { instant: "instant", original: "original" } as const;
const actions = { "": "", create: "create", update: "update" } as const;

const consumerFields = {
  durable_name: subjectText,
  name: subjectText,
  description: plainText,
  deliver_policy: word<DeliverPolicy>("all", deliverPolicies),
  opt_start_seq: bits64,
  opt_start_time: timeNanos,
  ack_policy: word<AckPolicy>("none", ackPolicies),
  ack_wait: durationNanos,
  max_deliver: integer,
  backoff: listOf(durationNanos),
  filter_subject: subjectText,
  filter_subjects: listOf(subjectText),
  replay_policy: word<"instant" | "original">("instant", replays),
  rate_limit_bps: bits64,
  sample_freq: plainText,
  max_waiting: integer,
  max_ack_pending: integer,
  flow_control: flag,
  headers_only: flag,
  max_batch: integer,
  max_expires: durationNanos,
  max_bytes: integer,
  deliver_subject: subjectText,
  deliver_group: subjectText,
  idle_heartbeat: durationNanos,
  inactive_threshold: durationNanos,
  num_replicas: integer,
  mem_storage: flag,
  direct: flag,
  sourcing: flag,
  metadata: textMap,
  pause_until: timeNanos,
  priority_groups: listOf(plainText),
  priority_policy: word<PriorityPolicy>(
    "none",
    priorityPolicies,
    (written) => `unknown priority policy: ${written}`,
  ),
  priority_timeout: durationNanos,
};

export const consumerConfigKind: Kind<ConsumerConfig> = mapped(
  shape("server.ConsumerConfig", consumerFields),
  consumerConfigOf,
);

const requestKind = shape("server.CreateConsumerRequest", {
  stream_name: subjectText,
  config: consumerConfigKind,
  action: word<"" | "create" | "update">(
    "",
    actions,
    (written) => `unknown consumer action: ${written}`,
  ),
  pedantic: flag,
});

const descriptionKind = shape("description", {
  name: subjectText,
  created: timeNanos,
  config: consumerConfigKind,
});

export interface ConsumerRequest {
  readonly stream: string;
  readonly config: ConsumerConfig;
  readonly action: "" | "create" | "update";
  readonly isPedantic: boolean;
}

/** A request to create or update; the refusal is the reason. */
export function decodeConsumerRequest(
  text: string,
  strictness: Strictness,
): Result<ConsumerRequest, string> {
  const decoded = decodeRequest(text, requestKind, strictness);
  if (!decoded.ok) {
    return decoded;
  }
  const { stream_name: stream, config, action, pedantic } = decoded.value;
  return accepted({ stream, config, action, isPedantic: pedantic });
}

export interface ConsumerDescription {
  /** Its configuration has none when it was given a random one. */
  readonly name: string;
  readonly config: ConsumerConfig;
  readonly createdNanos: bigint;
}

/** What is kept on disk. */
export function encodeConsumerDescription(description: ConsumerDescription): Uint8Array {
  const { name, config, createdNanos } = description;
  const record = {
    name: readableText(name),
    created: goTime(createdNanos),
    config: consumerConfigJson(config),
  };
  return new TextEncoder().encode(goJson(record));
}

/** Fields that this server does not know refuse the whole: it could not keep what they promise. */
export function decodeConsumerDescription(bytes: Uint8Array): Result<ConsumerDescription, string> {
  const text = new TextDecoder().decode(bytes);
  const decoded = decodeRequest(text, descriptionKind, { isStrict: true });
  if (!decoded.ok) {
    return decoded;
  }
  const { name, created, config } = decoded.value;
  return created === null || name === ""
    ? refused("the description of the consumer is not complete")
    : accepted({ name, config, createdNanos: created });
}

function consumerConfigOf(record: Shape<typeof consumerFields>): ConsumerConfig {
  return {
    durable: record.durable_name,
    name: record.name,
    description: record.description,
    deliverPolicy: record.deliver_policy,
    optStartSequence: record.opt_start_seq,
    optStartTimeNanos: record.opt_start_time,
    ackPolicy: record.ack_policy,
    ackWaitNanos: record.ack_wait,
    maxDeliver: record.max_deliver,
    backoffNanos: record.backoff,
    filterSubject: record.filter_subject,
    filterSubjects: record.filter_subjects,
    replay: record.replay_policy,
    rateLimitBitsPerSecond: record.rate_limit_bps,
    sampleFrequency: record.sample_freq,
    maxWaiting: record.max_waiting,
    maxAckPending: record.max_ack_pending,
    flowControl: record.flow_control,
    headersOnly: record.headers_only,
    maxRequestBatch: record.max_batch,
    maxRequestExpiresNanos: record.max_expires,
    maxRequestMaxBytes: record.max_bytes,
    deliverSubject: record.deliver_subject,
    deliverGroup: record.deliver_group,
    idleHeartbeatNanos: record.idle_heartbeat,
    inactiveThresholdNanos: record.inactive_threshold,
    replicas: record.num_replicas,
    memoryStorage: record.mem_storage,
    direct: record.direct,
    sourcing: record.sourcing,
    metadata: record.metadata,
    pauseUntilNanos: record.pause_until,
    priorityGroups: record.priority_groups,
    priorityPolicy: record.priority_policy,
    priorityTimeoutNanos: record.priority_timeout,
  };
}

/** For goJson. */
export function consumerConfigJson(config: ConsumerConfig): object {
  const { optStartTimeNanos: start } = config;
  return {
    durable_name: omitEmpty(readableText(config.durable)),
    name: omitEmpty(readableText(config.name)),
    description: omitEmpty(config.description),
    deliver_policy: config.deliverPolicy,
    opt_start_seq: exactNonZero(config.optStartSequence),
    opt_start_time: start === null ? undefined : goTime(start),
    ack_policy: config.ackPolicy,
    ack_wait: exactNonZero(config.ackWaitNanos),
    max_deliver: omitEmpty(config.maxDeliver),
    backoff: omitEmpty(config.backoffNanos.map(exactInteger)),
    filter_subject: omitEmpty(readableText(config.filterSubject)),
    filter_subjects: omitEmpty(config.filterSubjects.map(readableText)),
    replay_policy: config.replay,
    rate_limit_bps: exactNonZero(config.rateLimitBitsPerSecond),
    sample_freq: omitEmpty(config.sampleFrequency),
    max_waiting: omitEmpty(config.maxWaiting),
    max_ack_pending: omitEmpty(config.maxAckPending),
    flow_control: omitEmpty(config.flowControl),
    headers_only: omitEmpty(config.headersOnly),
    ...laterFields(config),
  };
}

function laterFields(config: ConsumerConfig): object {
  const { pauseUntilNanos: pauseUntil, priorityPolicy: policy, metadata } = config;
  return {
    max_batch: omitEmpty(config.maxRequestBatch),
    max_expires: exactNonZero(config.maxRequestExpiresNanos),
    max_bytes: omitEmpty(config.maxRequestMaxBytes),
    deliver_subject: omitEmpty(readableText(config.deliverSubject)),
    deliver_group: omitEmpty(readableText(config.deliverGroup)),
    idle_heartbeat: exactNonZero(config.idleHeartbeatNanos),
    inactive_threshold: exactNonZero(config.inactiveThresholdNanos),
    num_replicas: config.replicas,
    mem_storage: omitEmpty(config.memoryStorage),
    direct: omitEmpty(config.direct),
    sourcing: omitEmpty(config.sourcing),
    metadata: metadata === null ? undefined : omitEmpty(sortedMap(metadata)),
    pause_until: pauseUntil === null ? undefined : goTime(pauseUntil),
    priority_groups: omitEmpty(config.priorityGroups),
    priority_policy: policy === "none" ? undefined : policy,
    priority_timeout: exactNonZero(config.priorityTimeoutNanos),
  };
}
