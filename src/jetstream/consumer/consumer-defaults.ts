// What a consumer gets where its configuration says nothing, or nonsense that has only one reading. In pedantic mode
// the server changes nothing: it refuses.

import { accepted, type Result, refused } from "../../base/result.ts";
import { type ApiError, apiErrors } from "../api-error.ts";
import type { StreamConfig } from "../stream/stream-config.ts";
import type { ConsumerConfig } from "./consumer-config.ts";

/** Limits of the server and the account; 0 or below is none. */
export interface ConsumerLimits {
  readonly serverMaxAckPending: number;
  readonly serverMaxRequestBatch: number;
  readonly accountMaxAckPending: number;
}

export const noConsumerLimits: ConsumerLimits = {
  serverMaxAckPending: 0,
  serverMaxRequestBatch: 0,
  accountMaxAckPending: 0,
};

const nanosPerSecond = 1_000_000_000n;
const defaultAckWaitNanos = 30n * nanosPerSecond;
const defaultPinnedNanos = 120n * nanosPerSecond;
const defaultMaxAckPending = 1000;
const defaultMaxWaiting = 512;
/** Of a consumer that is acknowledged by flow control. */
export const flowControlHeartbeatNanos: bigint = nanosPerSecond;
/** How long an ephemeral consumer lives unused when nothing is said. */
export const ephemeralThresholdNanos: bigint = 5n * nanosPerSecond;

type Draft = { -readonly [Key in keyof ConsumerConfig]: ConsumerConfig[Key] };

export function withConsumerDefaults(
  config: ConsumerConfig,
  stream: StreamConfig,
  limits: ConsumerLimits,
  isPedantic: boolean,
): Result<ConsumerConfig, ApiError> {
  const draft: Draft = { ...config };
  const complaint =
    correctNegatives(draft) ??
    correctAckWait(draft) ??
    inheritLimits(draft, stream) ??
    fillLimits(draft, limits);
  if (isPedantic && complaint !== null) {
    return refused(apiErrors.pedantic(complaint));
  }
  if (!isPedantic) {
    // The first complaint ended the chain: what stands behind it is done now. Each step may be done twice.
    correctNegatives(draft);
    correctAckWait(draft);
    inheritLimits(draft, stream);
    fillLimits(draft, limits);
  }
  if (draft.priorityPolicy === "pinned_client" && draft.priorityTimeoutNanos === 0n) {
    draft.priorityTimeoutNanos = defaultPinnedNanos;
  }
  if (draft.ackPolicy === "flow_control" && !isPedantic) {
    draft.flowControl = true;
    draft.idleHeartbeatNanos = flowControlHeartbeatNanos;
  }
  if (draft.durable === "" && draft.inactiveThresholdNanos <= 0n) {
    draft.inactiveThresholdNanos = ephemeralThresholdNanos;
  }
  return accepted(draft);
}

/** Gives the first thing a pedantic server complains of. */
function correctNegatives(draft: Draft): string | null {
  let complaint: string | null = null;
  const complain = (text: string): void => {
    complaint ??= text;
  };
  if (draft.maxDeliver < -1) {
    complain("max_deliver must be set to -1");
  }
  if (draft.maxDeliver === 0 || draft.maxDeliver < -1) {
    draft.maxDeliver = -1;
  }
  if (draft.maxWaiting < 0) {
    complain("max_waiting must not be negative");
    draft.maxWaiting = 0;
  }
  if (draft.maxAckPending < -1) {
    complain("max_ack_pending must be set to -1");
    draft.maxAckPending = -1;
  }
  if (draft.maxRequestBatch < 0) {
    complain("max_batch must not be negative");
    draft.maxRequestBatch = 0;
  }
  if (draft.maxRequestExpiresNanos < 0n) {
    complain("max_expires must not be negative");
    draft.maxRequestExpiresNanos = 0n;
  }
  if (draft.maxRequestMaxBytes < 0) {
    complain("max_bytes must not be negative");
    draft.maxRequestMaxBytes = 0;
  }
  if (draft.idleHeartbeatNanos < 0n) {
    complain("idle_heartbeat must not be negative");
    draft.idleHeartbeatNanos = 0n;
  }
  if (draft.inactiveThresholdNanos < 0n) {
    complain("inactive_threshold must not be negative");
    draft.inactiveThresholdNanos = 0n;
  }
  if (draft.priorityTimeoutNanos < 0n) {
    complain("priority_timeout must not be negative");
    draft.priorityTimeoutNanos = 0n;
  }
  return complaint;
}

function correctAckWait(draft: Draft): string | null {
  const isAcknowledged = draft.ackPolicy === "explicit" || draft.ackPolicy === "all";
  if (draft.deliverSubject === "" && draft.maxWaiting === 0) {
    draft.maxWaiting = defaultMaxWaiting;
  }
  if (draft.ackWaitNanos === 0n && isAcknowledged) {
    draft.ackWaitNanos = defaultAckWaitNanos;
  }
  const [first] = draft.backoffNanos;
  if (first === undefined || first === draft.ackWaitNanos) {
    return null;
  }
  draft.ackWaitNanos = first;
  return "first backoff value has to equal batch AckWait";
}

function inheritLimits(draft: Draft, stream: StreamConfig): string | null {
  const { maxAckPending, inactiveThresholdNanos } = stream.consumerLimits;
  let complaint: string | null = null;
  if (draft.maxAckPending === 0) {
    if (maxAckPending > 0) {
      complaint = "max_ack_pending must be set if it's configured in stream limits";
    }
    draft.maxAckPending = maxAckPending;
  }
  if (draft.inactiveThresholdNanos === 0n) {
    if (inactiveThresholdNanos > 0n) {
      complaint ??= "inactive_threshold must be set if it's configured in stream limits";
    }
    draft.inactiveThresholdNanos = inactiveThresholdNanos;
  }
  return complaint;
}

function fillLimits(draft: Draft, limits: ConsumerLimits): string | null {
  if (draft.maxAckPending === 0 && draft.ackPolicy !== "none") {
    draft.maxAckPending = [limits.serverMaxAckPending, limits.accountMaxAckPending]
      .filter((limit) => limit > 0)
      .reduce((least, limit) => Math.min(least, limit), defaultMaxAckPending);
  }
  if (
    draft.deliverSubject === "" &&
    draft.maxRequestBatch === 0 &&
    limits.serverMaxRequestBatch > 0
  ) {
    draft.maxRequestBatch = limits.serverMaxRequestBatch;
    return "max_request_batch must be set if it's JetStream limits are set";
  }
  return null;
}
