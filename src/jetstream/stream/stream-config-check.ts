// Whether a stream may be what it is asked to be, and what it then is: defaults filled in, contradictions refused in the
// words that tools know. Pure: of the configuration and of what the account already has.

import { utf8Bytes } from "../../base/bytes.ts";
import { goDuration } from "../../base/go-time.ts";
import { accepted, type Result, refused } from "../../base/result.ts";
import { type ApiError, apiErrors } from "../api-error.ts";
import { largestJump } from "./rules/limits.ts";
import { originRefusal } from "./source-config-check.ts";
import {
  invalid,
  isValidAssetName,
  type OpenConfig,
  type StreamCheck,
  type StreamCheckContext,
} from "./stream-check.ts";
import type { StreamConfig } from "./stream-config.ts";
import { republishRefusal, subjectRefusal, transformRefusal } from "./stream-subject-check.ts";

const maxNameBytes = 255;
const maxDescriptionBytes = 4096;
const maxMetadataBytes = 128 * 1024;
const maxReplicas = 5;
const nanosPerSecond = 1_000_000_000n;
const leastNanos = 100_000_000n;
const defaultWindowNanos: bigint = 120n * nanosPerSecond;

/** In order; the first refusal counts. */
const checks: readonly StreamCheck[] = [
  nameRefusal,
  textRefusal,
  replicaRefusal,
  limitRefusal,
  sequenceRefusal,
  ageRefusal,
  windowRefusal,
  rollupRefusal,
  counterRefusal,
  discardRefusal,
  markerRefusal,
  scheduleRefusal,
  persistRefusal,
  originRefusal,
  subjectRefusal,
  bytesRefusal,
  transformRefusal,
  republishRefusal,
  placementRefusal,
];

/** Gives the configuration as it will be kept. */
export function checkStreamConfig(
  asked: StreamConfig,
  context: StreamCheckContext,
): Result<StreamConfig, ApiError> {
  const config: OpenConfig = { ...asked };
  for (const check of checks) {
    const refusal = check(config, context);
    if (refusal !== null) {
      return refused(refusal);
    }
  }
  return accepted(config);
}

/** Of a stream that is made on a server alone. */
export function checkNewStream(
  asked: StreamConfig,
  context: StreamCheckContext,
): Result<StreamConfig, ApiError> {
  const checked = checkStreamConfig(asked, context);
  return checked.ok && checked.value.replicas > 1
    ? refused(apiErrors.streamReplicasNotSupported)
    : checked;
}

function nameRefusal({ name }: OpenConfig): ApiError | null {
  if (!isValidAssetName(name)) {
    return invalid("stream name is required and can not contain '.', '*', '>', '\\', '/'");
  }
  return utf8Bytes(name).length > maxNameBytes
    ? invalid(`stream name is too long, maximum allowed is ${maxNameBytes}`)
    : null;
}

function textRefusal({ description, metadata }: OpenConfig): ApiError | null {
  if (utf8Bytes(description).length > maxDescriptionBytes) {
    return invalid(`stream description is too long, maximum allowed is ${maxDescriptionBytes}`);
  }
  const entries = Object.entries(metadata ?? {});
  const size = entries.reduce(
    (sum, [key, value]) => sum + utf8Bytes(key).length + utf8Bytes(value).length,
    0,
  );
  return size > maxMetadataBytes
    ? invalid(`stream metadata exceeds maximum size of ${maxMetadataBytes} bytes`)
    : null;
}

function replicaRefusal(config: OpenConfig): ApiError | null {
  if (config.replicas === 0) {
    config.replicas = 1;
  }
  if (config.replicas > maxReplicas) {
    return invalid(`maximum replicas is ${maxReplicas}`);
  }
  return config.replicas < 0 ? apiErrors.replicasCountCannotBeNegative : null;
}

const limits = [
  ["maxMessages", "max_msgs"],
  ["maxMessagesPerSubject", "max_msgs_per_subject"],
  ["maxBytes", "max_bytes"],
  ["maxMessageSize", "max_msg_size"],
  ["maxConsumers", "max_consumers"],
] as const;

/** 0 and whatever is negative is no limit: -1. */
function limitRefusal(config: OpenConfig, { isPedantic }: StreamCheckContext): ApiError | null {
  for (const [limit, name] of limits) {
    if (isPedantic && config[limit] < -1) {
      return apiErrors.pedantic(`${name} must be set to -1`);
    }
    if (config[limit] <= 0) {
      config[limit] = -1;
    }
  }
  return null;
}

function sequenceRefusal({ firstSequence }: OpenConfig): ApiError | null {
  return firstSequence > largestJump
    ? invalid(`first sequence above ${largestJump} is not supported`)
    : null;
}

function ageRefusal({ maxAgeNanos }: OpenConfig): ApiError | null {
  if (maxAgeNanos < 0n) {
    return invalid("max age can not be negative");
  }
  return maxAgeNanos !== 0n && maxAgeNanos < leastNanos
    ? invalid("max age needs to be >= 100ms")
    : null;
}

function windowRefusal(config: OpenConfig, context: StreamCheckContext): ApiError | null {
  const limit = context.duplicateWindowLimitNanos;
  const refusal = defaultWindowRefusal(config, context);
  if (refusal !== null) {
    return refusal;
  }
  const window = config.duplicateWindowNanos;
  if (window < 0n) {
    return invalid("duplicates window can not be negative");
  }
  if (config.maxAgeNanos !== 0n && window > config.maxAgeNanos) {
    return invalid("duplicates window can not be larger then max age");
  }
  if (limit > 0n && window > limit) {
    const most = goDuration(Number(limit));
    return invalid(`duplicates window can not be larger then server limit of ${most}`);
  }
  return window > 0n && window < leastNanos
    ? invalid("duplicates window needs to be >= 100ms")
    : null;
}

/** Two minutes, or less where the server or the age of messages wants less. */
function defaultWindowRefusal(
  config: OpenConfig,
  { isPedantic, duplicateWindowLimitNanos: limit }: StreamCheckContext,
): ApiError | null {
  const hasOrigin = config.mirror !== null || config.sources.length > 0;
  if (config.duplicateWindowNanos !== 0n || hasOrigin) {
    return null;
  }
  const isLimited = limit > 0n && defaultWindowNanos > limit;
  if (isLimited && isPedantic) {
    return apiErrors.pedantic("duplicate window limits are higher than current limits");
  }
  const window = isLimited ? limit : defaultWindowNanos;
  const isAged = config.maxAgeNanos !== 0n && config.maxAgeNanos < window;
  if (isAged && isPedantic) {
    return apiErrors.pedantic("duplicate window cannot be bigger than max age");
  }
  config.duplicateWindowNanos = isAged ? config.maxAgeNanos : window;
  return null;
}

function rollupRefusal(config: OpenConfig): ApiError | null {
  return config.denyPurge && config.allowRollup
    ? invalid("roll-ups require the purge permission")
    : null;
}

function counterRefusal(config: OpenConfig): ApiError | null {
  if (!config.allowCounter) {
    return null;
  }
  if (config.discard === "new") {
    return invalid("counter stream cannot use discard new");
  }
  if (config.allowMessageTtl) {
    return invalid("counter stream cannot use message TTLs");
  }
  if (config.allowSchedules) {
    return invalid("counter stream cannot use message schedules");
  }
  return config.retention === "limits"
    ? null
    : invalid("counter stream can only use limits retention");
}

export function discardRefusal(config: OpenConfig): ApiError | null {
  if (!config.discardNewPerSubject) {
    return null;
  }
  if (config.discard !== "new") {
    return invalid("discard new per subject requires discard new policy to be set");
  }
  return config.maxMessagesPerSubject <= 0
    ? invalid("discard new per subject requires max msgs per subject > 0")
    : null;
}

/** Markers are messages that expire and that replace those before them. */
function markerRefusal(config: OpenConfig, { isPedantic }: StreamCheckContext): ApiError | null {
  const ttl = config.subjectDeleteMarkerTtlNanos;
  if (ttl <= 0n) {
    return ttl === 0n ? null : invalid("subject delete marker TTL must not be negative");
  }
  if (ttl < nanosPerSecond) {
    return invalid("subject delete marker TTL must be at least 1 second");
  }
  if (!config.allowMessageTtl) {
    if (isPedantic) {
      return invalid("subject delete marker cannot be set if message TTLs are disabled");
    }
    config.allowMessageTtl = true;
  }
  return rollupsAllowed(config, isPedantic, "subject delete marker");
}

function scheduleRefusal(config: OpenConfig, { isPedantic }: StreamCheckContext): ApiError | null {
  if (!config.allowSchedules) {
    return null;
  }
  if (config.discard === "new") {
    return invalid("message scheduling cannot use discard new");
  }
  return rollupsAllowed(config, isPedantic, "message scheduling");
}

function rollupsAllowed(config: OpenConfig, isPedantic: boolean, what: string): ApiError | null {
  if (!config.allowRollup) {
    if (isPedantic) {
      return invalid(`${what} cannot be set if roll-ups are disabled`);
    }
    config.allowRollup = true;
    config.denyPurge = false;
  }
  return null;
}

function persistRefusal(config: OpenConfig): ApiError | null {
  if (config.persistMode !== "async") {
    return null;
  }
  if (config.storage !== "file") {
    return invalid("async persist mode is only supported on file storage");
  }
  if (config.replicas > 1) {
    return invalid("async persist mode is not supported on replicated streams");
  }
  return config.allowAtomic
    ? invalid("async persist mode is not supported with atomic batch publish")
    : null;
}

function bytesRefusal(config: OpenConfig, context: StreamCheckContext): ApiError | null {
  if (context.maxBytesRequired && config.maxBytes <= 0) {
    return apiErrors.streamMaxBytesRequired;
  }
  const most = context.maxStreamBytes(config.storage);
  return most > 0 && config.maxBytes > most ? apiErrors.streamMaxStreamBytesExceeded : null;
}

function placementRefusal(config: OpenConfig): ApiError | null {
  const { placement } = config;
  if (placement === null) {
    return null;
  }
  if (placement.preferred !== "") {
    return invalid("preferred server not permitted in placement");
  }
  if (placement.cluster === "" && placement.tags.length === 0) {
    config.placement = null;
  }
  return null;
}
