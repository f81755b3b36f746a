// Which configurations a consumer may have, for itself and on its stream. Defaults are filled in before; the texts are
// matched by clients. It knows no other consumer: those rules stand in work-queue-check.ts.

import { goDuration } from "../../base/go-time.ts";
import { isSubset } from "../../subjects/overlap.ts";
import { hasWildcard, isValidSubject } from "../../subjects/subject.ts";
import { type ApiError, apiErrors } from "../api-error.ts";
import type { StreamConfig } from "../stream/stream-config.ts";
import type { ConsumerConfig } from "./consumer-config.ts";
import { type ConsumerLimits, flowControlHeartbeatNanos } from "./consumer-defaults.ts";

const nanosPerMilli = 1_000_000n;
const leastHeartbeatNanos = 100n * nanosPerMilli;
const maxNameBytes = 255;
const maxDescriptionBytes = 4 * 1024;
const maxMetadataBytes = 128 * 1024;
const assetName = /^[^ \t\r\n\f.*>\\/]+$/;
const groupName = /^[a-zA-Z0-9/_=-]{1,16}$/;
const wholeNumber = /^[+-]?\d+$/;

const encoder: TextEncoder = new TextEncoder();

/** Null is fine. `isRecovering`: it was accepted once, by this server or another. */
export function checkConsumerConfig(
  config: ConsumerConfig,
  stream: StreamConfig,
  limits: ConsumerLimits,
  isRecovering: boolean,
): ApiError | null {
  return (
    checkNames(config) ??
    checkReplicas(config, stream, isRecovering) ??
    checkWaits(config) ??
    checkFlowControlPolicy(config) ??
    checkBackoffLength(config) ??
    checkDescription(config) ??
    (config.deliverSubject === ""
      ? checkPull(config, stream, limits)
      : checkPush(config, stream)) ??
    checkLimits(config, stream, limits) ??
    checkDirect(config) ??
    checkFilters(config) ??
    checkStart(config) ??
    checkSampling(config) ??
    checkNamesMatch(config) ??
    checkMetadata(config) ??
    checkPriority(config) ??
    checkPlacement(stream)
  );
}

/** The filters it has, of either form; empty is all. */
export function filtersOf(config: ConsumerConfig): readonly string[] {
  return config.filterSubject === ""
    ? config.filterSubjects
    : [...config.filterSubjects, config.filterSubject];
}

function checkNames(config: ConsumerConfig): ApiError | null {
  if (config.name !== "" && !assetName.test(config.name)) {
    return apiErrors.streamInvalidConfig("consumer name can not contain '.', '*', '>', '\\', '/'");
  }
  if (config.durable !== "" && !assetName.test(config.durable)) {
    return apiErrors.streamInvalidConfig(
      "consumer durable name can not contain '.', '*', '>', '\\', '/'",
    );
  }
  return encoder.encode(config.durable).length > maxNameBytes
    ? apiErrors.consumerNameTooLong(maxNameBytes)
    : null;
}

function checkReplicas(
  config: ConsumerConfig,
  stream: StreamConfig,
  isRecovering: boolean,
): ApiError | null {
  if (config.replicas > 0 && config.replicas > stream.replicas) {
    return apiErrors.consumerReplicasExceedsStream;
  }
  if (config.replicas < 0) {
    return apiErrors.replicasCountCannotBeNegative;
  }
  const differs = config.replicas !== 0 && config.replicas !== stream.replicas;
  return stream.retention !== "limits" && !isRecovering && differs
    ? apiErrors.consumerReplicasShouldMatchStream
    : null;
}

function checkWaits(config: ConsumerConfig): ApiError | null {
  if (config.backoffNanos.some((wait) => wait < 0n)) {
    return apiErrors.consumerBackOffNegative;
  }
  return config.ackWaitNanos < 0n ? apiErrors.consumerAckWaitNegative : null;
}

function checkFlowControlPolicy(config: ConsumerConfig): ApiError | null {
  if (config.ackPolicy !== "flow_control") {
    return null;
  }
  if (config.deliverSubject === "") {
    return apiErrors.consumerAckFcRequiresPush;
  }
  if (!config.flowControl) {
    return apiErrors.consumerAckFcRequiresFc;
  }
  if (config.idleHeartbeatNanos !== flowControlHeartbeatNanos) {
    return apiErrors.streamInvalidConfig("flow control ack policy heartbeat needs to be 1s");
  }
  if (config.maxAckPending <= 0) {
    return apiErrors.consumerAckFcRequiresMaxAckPending;
  }
  if (config.ackWaitNanos !== 0n || config.backoffNanos.length > 0) {
    return apiErrors.consumerAckFcRequiresNoAckWait;
  }
  return config.maxDeliver > 0 ? apiErrors.consumerAckFcRequiresNoMaxDeliver : null;
}

export function checkBackoffLength(config: ConsumerConfig): ApiError | null {
  const { length } = config.backoffNanos;
  return length > 0 && config.maxDeliver !== -1 && length > config.maxDeliver
    ? apiErrors.consumerMaxDeliverBackoff
    : null;
}

function checkDescription(config: ConsumerConfig): ApiError | null {
  return encoder.encode(config.description).length > maxDescriptionBytes
    ? apiErrors.consumerDescriptionTooLong(maxDescriptionBytes)
    : null;
}

function checkPush(config: ConsumerConfig, stream: StreamConfig): ApiError | null {
  if (hasWildcard(config.deliverSubject)) {
    return apiErrors.consumerDeliverToWildcards;
  }
  if (!isValidSubject(config.deliverSubject)) {
    return apiErrors.consumerInvalidDeliverSubject;
  }
  if (stream.subjects.some((subject) => isSubset(config.deliverSubject, subject))) {
    return apiErrors.consumerDeliverCycle;
  }
  if (config.maxWaiting !== 0) {
    return apiErrors.consumerPushMaxWaiting;
  }
  if (config.maxAckPending > 0 && config.ackPolicy === "none") {
    return apiErrors.consumerMaxPendingAckPolicyRequired;
  }
  return config.idleHeartbeatNanos > 0n && config.idleHeartbeatNanos < leastHeartbeatNanos
    ? apiErrors.consumerSmallHeartbeat
    : null;
}

function checkPull(
  config: ConsumerConfig,
  stream: StreamConfig,
  limits: ConsumerLimits,
): ApiError | null {
  if (config.ackPolicy === "none" && stream.retention === "workqueue") {
    return apiErrors.consumerPullRequiresAck;
  }
  if (config.rateLimitBitsPerSecond > 0n) {
    return apiErrors.consumerPullWithRateLimit;
  }
  if (config.maxWaiting < 0) {
    return apiErrors.consumerMaxWaitingNegative;
  }
  if (config.idleHeartbeatNanos > 0n) {
    return apiErrors.consumerHbRequiresPush;
  }
  if (config.flowControl) {
    return apiErrors.consumerFcRequiresPush;
  }
  if (config.maxRequestBatch < 0) {
    return apiErrors.consumerMaxRequestBatchNegative;
  }
  if (config.maxRequestExpiresNanos !== 0n && config.maxRequestExpiresNanos < nanosPerMilli) {
    return apiErrors.consumerMaxRequestExpiresTooSmall;
  }
  const { serverMaxRequestBatch } = limits;
  return serverMaxRequestBatch > 0 && config.maxRequestBatch > serverMaxRequestBatch
    ? apiErrors.consumerMaxRequestBatchExceeded(serverMaxRequestBatch)
    : null;
}

function checkLimits(
  config: ConsumerConfig,
  stream: StreamConfig,
  limits: ConsumerLimits,
): ApiError | null {
  const { maxAckPending, inactiveThresholdNanos } = stream.consumerLimits;
  const exceeded = [limits.serverMaxAckPending, limits.accountMaxAckPending, maxAckPending].find(
    (limit) => limit > 0 && config.maxAckPending > limit,
  );
  if (exceeded !== undefined) {
    return apiErrors.consumerMaxPendingAckExcess(exceeded);
  }
  return inactiveThresholdNanos > 0n && config.inactiveThresholdNanos > inactiveThresholdNanos
    ? apiErrors.consumerInactiveThresholdExcess(goDuration(Number(inactiveThresholdNanos)))
    : null;
}

function checkDirect(config: ConsumerConfig): ApiError | null {
  if (!config.direct) {
    return null;
  }
  if (config.deliverSubject === "") {
    return apiErrors.consumerDirectRequiresPush;
  }
  return config.durable === "" ? null : apiErrors.consumerDirectRequiresEphemeral;
}

function checkFilters(config: ConsumerConfig): ApiError | null {
  if (config.filterSubject !== "" && config.filterSubjects.length > 0) {
    return apiErrors.consumerDuplicateFilterSubjects;
  }
  if (config.filterSubjects.includes("")) {
    return apiErrors.consumerEmptyFilter;
  }
  const filters = filtersOf(config);
  for (const [place, filter] of filters.entries()) {
    if (!isValidSubject(filter)) {
      return apiErrors.streamInvalidConfig("invalid subject");
    }
    if (filters.some((other, otherPlace) => place !== otherPlace && isSubset(filter, other))) {
      return apiErrors.consumerOverlappingSubjectFilters;
    }
  }
  return null;
}

interface StartRule {
  readonly policy: string;
  readonly wants: "nothing" | "sequence" | "time" | "filter";
}

const startRules: Readonly<Record<ConsumerConfig["deliverPolicy"], StartRule>> = {
  all: { policy: "all", wants: "nothing" },
  last: { policy: "last", wants: "nothing" },
  last_per_subject: { policy: "last per subject", wants: "filter" },
  new: { policy: "new", wants: "nothing" },
  by_start_sequence: { policy: "by start sequence", wants: "sequence" },
  by_start_time: { policy: "by start time", wants: "time" },
};

function checkStart(config: ConsumerConfig): ApiError | null {
  const { policy, wants } = startRules[config.deliverPolicy];
  const isAlsoSet = (what: string): ApiError =>
    apiErrors.consumerInvalidPolicy(
      `consumer delivery policy is deliver ${policy}, but optional start ${what} is also set`,
    );
  const isNotSet = (what: string): ApiError =>
    apiErrors.consumerInvalidPolicy(
      `consumer delivery policy is deliver ${policy}, but optional ${what} is not set`,
    );
  const hasSequence = config.optStartSequence > 0n;
  const hasTime = config.optStartTimeNanos !== null;
  if (wants === "time") {
    if (!hasTime) {
      return isNotSet("start time");
    }
    return hasSequence ? isAlsoSet("start sequence") : null;
  }
  if (wants === "sequence" && !hasSequence) {
    return isNotSet("start sequence");
  }
  if (wants !== "sequence" && hasSequence) {
    return isAlsoSet("sequence");
  }
  if (hasTime) {
    return isAlsoSet("time");
  }
  return wants === "filter" && filtersOf(config).length === 0 ? isNotSet("filter subject") : null;
}

function checkSampling(config: ConsumerConfig): ApiError | null {
  if (config.sampleFrequency !== "") {
    const text = config.sampleFrequency.replace(/%$/, "");
    if (!wholeNumber.test(text)) {
      return apiErrors.consumerInvalidSampling(
        `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`,
      );
    }
    if (Number(text) < 0) {
      return apiErrors.consumerInvalidSampling("<nil>");
    }
  }
  return config.flowControl && config.idleHeartbeatNanos === 0n
    ? apiErrors.consumerWithFlowControlNeedsHeartbeats
    : null;
}

function checkNamesMatch(config: ConsumerConfig): ApiError | null {
  return config.durable !== "" && config.name !== "" && config.name !== config.durable
    ? apiErrors.consumerCreateDurableAndNameMismatch
    : null;
}

function checkMetadata(config: ConsumerConfig): ApiError | null {
  let bytes = 0;
  for (const [key, value] of Object.entries(config.metadata ?? {})) {
    bytes += encoder.encode(key).length + encoder.encode(value).length;
  }
  return bytes > maxMetadataBytes
    ? apiErrors.consumerMetadataLength(`${maxMetadataBytes / 1024}KB`)
    : null;
}

function checkPriority(config: ConsumerConfig): ApiError | null {
  const { priorityGroups } = config;
  if (config.priorityPolicy === "none") {
    if (priorityGroups.length > 0) {
      return apiErrors.consumerPriorityGroupWithPolicyNone;
    }
    return config.priorityTimeoutNanos > 0n
      ? apiErrors.consumerPinnedTtlWithoutPriorityPolicyNone
      : null;
  }
  if (config.deliverSubject !== "") {
    return apiErrors.consumerPushWithPriorityGroup;
  }
  if (priorityGroups.length === 0) {
    return apiErrors.consumerPriorityPolicyWithoutGroup;
  }
  for (const group of priorityGroups) {
    if (group === "") {
      return apiErrors.consumerEmptyGroupName;
    }
    if (!groupName.test(group)) {
      return apiErrors.consumerInvalidGroupName;
    }
  }
  return null;
}

function checkPlacement(stream: StreamConfig): ApiError | null {
  return (stream.placement?.preferred ?? "") === ""
    ? null
    : apiErrors.streamInvalidConfig("preferred server not permitted in placement");
}
