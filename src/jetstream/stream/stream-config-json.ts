// What a stream is asked to be, as it stands in requests, answers and descriptions on disk: names, order and what is
// left out as clients of the reference know them. It checks types and nothing else; zeros stand for what was not said.

import { readableText } from "../../base/byte-text.ts";
import { goJson, omitEmpty, sortedMap } from "../../base/go-json.ts";
import { goTime } from "../../base/go-time.ts";
import { accepted, type Result, refused } from "../../base/result.ts";
import { exactInteger, exactNonZero } from "../exact-json.ts";
import {
  bits64,
  count,
  decodeRequest,
  durationNanos,
  flag,
  integer,
  type Kind,
  listOf,
  mapped,
  maybe,
  plainText,
  type Shape,
  type Strictness,
  shape,
  smallCount,
  subjectText,
  textMap,
  timeNanos,
  word,
} from "../json-kinds.ts";
import { sourceJson, sourceKind, transformJson, transformKind } from "./source-config-json.ts";
import type { Placement, StreamConfig } from "./stream-config.ts";

const largestSequence = BigInt(Number.MAX_SAFE_INTEGER);

/** The number a stream starts with must be one it can count on from. */
const firstSequence: Kind<number> = {
  zero: 0,
  typeName: bits64.typeName,
  read(value, place): number {
    const exact = bits64.read(value, place);
    if (exact > largestSequence) {
      place.refuse(`first_seq ${exact} is above the largest possible, ${largestSequence}`);
    }
    return Number(exact);
  },
};

const placementKind: Kind<Placement> = shape("server.Placement", {
  cluster: plainText,
  tags: listOf(plainText),
  preferred: plainText,
});

const discards = { old: "old", new: "new" } as const;

const streamFields = {
  name: subjectText,
  description: plainText,
  subjects: listOf(subjectText),
  retention: word("limits", { limits: "limits", interest: "interest", workqueue: "workqueue" }),
  max_consumers: integer,
  max_msgs: count,
  max_bytes: count,
  max_age: durationNanos,
  max_msgs_per_subject: count,
  max_msg_size: smallCount,
  discard: word("old", discards),
  storage: word("file", { file: "file", memory: "memory" }),
  num_replicas: integer,
  no_ack: flag,
  duplicate_window: durationNanos,
  placement: maybe(placementKind),
  mirror: maybe(sourceKind),
  sources: listOf(sourceKind, "[]*server.StreamSource"),
  compression: word("none", { none: "none", s2: "s2" }, () => "unknown compression algorithm"),
  first_seq: firstSequence,
  subject_transform: maybe(transformKind),
  republish: maybe(
    shape("server.RePublish", { src: subjectText, dest: subjectText, headers_only: flag }),
  ),
  allow_direct: flag,
  mirror_direct: flag,
  discard_new_per_subject: flag,
  sealed: flag,
  deny_delete: flag,
  deny_purge: flag,
  allow_rollup_hdrs: flag,
  consumer_limits: shape("server.StreamConsumerLimits", {
    inactive_threshold: durationNanos,
    max_ack_pending: integer,
  }),
  allow_msg_ttl: flag,
  subject_delete_marker_ttl: durationNanos,
  allow_msg_counter: flag,
  allow_atomic: flag,
  allow_msg_schedules: flag,
  persist_mode: word("default", { "": "default", default: "default", async: "async" }),
  allow_batched: flag,
  metadata: textMap,
};

type StreamRecord = Shape<typeof streamFields>;

export const streamConfigKind: Kind<StreamConfig> = mapped(
  shape("server.StreamConfig", streamFields),
  streamConfigOf,
);

const requestKind = shape("server.StreamConfigRequest", { ...streamFields, pedantic: flag });

const descriptionKind = shape("description", { created: timeNanos, config: streamConfigKind });

export interface StreamRequest {
  readonly config: StreamConfig;
  readonly isPedantic: boolean;
}

/** A request to create or update; the refusal is the reason. */
export function decodeStreamRequest(
  text: string,
  strictness: Strictness,
): Result<StreamRequest, string> {
  const decoded = decodeRequest(text, requestKind, strictness);
  return decoded.ok
    ? accepted({ config: streamConfigOf(decoded.value), isPedantic: decoded.value.pedantic })
    : decoded;
}

export interface StreamDescription {
  readonly config: StreamConfig;
  readonly createdNanos: bigint;
}

/** What is kept on disk. */
export function encodeStreamDescription({ config, createdNanos }: StreamDescription): Uint8Array {
  const description = { created: goTime(createdNanos), config: streamConfigJson(config) };
  return new TextEncoder().encode(goJson(description));
}

/** Fields that this server does not know refuse the whole: it could not keep what they promise. */
export function decodeStreamDescription(bytes: Uint8Array): Result<StreamDescription, string> {
  const text = new TextDecoder().decode(bytes);
  const decoded = decodeRequest(text, descriptionKind, { isStrict: true });
  if (!decoded.ok) {
    return decoded;
  }
  const { created, config } = decoded.value;
  return created === null || config.name === ""
    ? refused("the description of the stream is not complete")
    : accepted({ config, createdNanos: created });
}

function streamConfigOf(record: StreamRecord): StreamConfig {
  const { republish, consumer_limits: limits } = record;
  return {
    name: record.name,
    description: record.description,
    subjects: record.subjects,
    retention: record.retention,
    maxConsumers: record.max_consumers,
    maxMessages: record.max_msgs,
    maxBytes: record.max_bytes,
    maxAgeNanos: record.max_age,
    maxMessagesPerSubject: record.max_msgs_per_subject,
    maxMessageSize: record.max_msg_size,
    discard: record.discard,
    discardNewPerSubject: record.discard_new_per_subject,
    storage: record.storage,
    replicas: record.num_replicas,
    noAck: record.no_ack,
    duplicateWindowNanos: record.duplicate_window,
    placement: record.placement,
    mirror: record.mirror,
    sources: record.sources,
    compression: record.compression,
    firstSequence: record.first_seq,
    subjectTransform: record.subject_transform,
    republish:
      republish === null
        ? null
        : { src: republish.src, dest: republish.dest, headersOnly: republish.headers_only },
    allowDirect: record.allow_direct,
    mirrorDirect: record.mirror_direct,
    sealed: record.sealed,
    denyDelete: record.deny_delete,
    denyPurge: record.deny_purge,
    allowRollup: record.allow_rollup_hdrs,
    consumerLimits: {
      inactiveThresholdNanos: limits.inactive_threshold,
      maxAckPending: limits.max_ack_pending,
    },
    allowMessageTtl: record.allow_msg_ttl,
    subjectDeleteMarkerTtlNanos: record.subject_delete_marker_ttl,
    allowCounter: record.allow_msg_counter,
    allowAtomic: record.allow_atomic,
    allowBatched: record.allow_batched,
    allowSchedules: record.allow_msg_schedules,
    persistMode: record.persist_mode,
    metadata: record.metadata,
  };
}

/** For goJson. */
export function streamConfigJson(config: StreamConfig): object {
  return {
    name: readableText(config.name),
    description: omitEmpty(config.description),
    subjects: omitEmpty(config.subjects.map(readableText)),
    retention: config.retention,
    max_consumers: config.maxConsumers,
    max_msgs: config.maxMessages,
    max_bytes: config.maxBytes,
    max_age: exactInteger(config.maxAgeNanos),
    max_msgs_per_subject: config.maxMessagesPerSubject,
    max_msg_size: omitEmpty(config.maxMessageSize),
    discard: config.discard,
    storage: config.storage,
    num_replicas: config.replicas,
    no_ack: omitEmpty(config.noAck),
    duplicate_window: exactNonZero(config.duplicateWindowNanos),
    placement: config.placement === null ? undefined : placementJson(config.placement),
    mirror: config.mirror === null ? undefined : sourceJson(config.mirror),
    sources: omitEmpty(config.sources.map(sourceJson)),
    compression: config.compression,
    first_seq: omitEmpty(config.firstSequence),
    ...laterFields(config),
  };
}

function laterFields(config: StreamConfig): object {
  const { republish, subjectTransform: transform, consumerLimits: limits } = config;
  return {
    subject_transform: transform === null ? undefined : transformJson(transform),
    republish:
      republish === null
        ? undefined
        : {
            src: omitEmpty(readableText(republish.src)),
            dest: readableText(republish.dest),
            headers_only: omitEmpty(republish.headersOnly),
          },
    allow_direct: config.allowDirect,
    mirror_direct: config.mirrorDirect,
    discard_new_per_subject: omitEmpty(config.discardNewPerSubject),
    sealed: config.sealed,
    deny_delete: config.denyDelete,
    deny_purge: config.denyPurge,
    allow_rollup_hdrs: config.allowRollup,
    consumer_limits: {
      inactive_threshold: exactNonZero(limits.inactiveThresholdNanos),
      max_ack_pending: omitEmpty(limits.maxAckPending),
    },
    allow_msg_ttl: config.allowMessageTtl,
    subject_delete_marker_ttl: exactNonZero(config.subjectDeleteMarkerTtlNanos),
    allow_msg_counter: omitEmpty(config.allowCounter),
    allow_atomic: omitEmpty(config.allowAtomic),
    allow_msg_schedules: omitEmpty(config.allowSchedules),
    persist_mode: config.persistMode === "default" ? undefined : config.persistMode,
    allow_batched: omitEmpty(config.allowBatched),
    metadata: config.metadata === null ? undefined : omitEmpty(sortedMap(config.metadata)),
  };
}

export function placementJson(placement: Placement): object {
  return {
    cluster: omitEmpty(placement.cluster),
    tags: omitEmpty(placement.tags),
    preferred: omitEmpty(placement.preferred),
  };
}
