// Whether a stream may be as it is asked for, in this account and on this server: limits, the rules of streams, subjects
// and consumers that are there. It changes nothing.

import { goJson } from "../base/go-json.ts";
import { type Result, refused } from "../base/result.ts";
import type { AccountStream } from "./account-stream.ts";
import { type ApiError, apiErrors } from "./api-error.ts";
import type { StreamCheckContext } from "./stream/stream-check.ts";
import type { Storage, StreamConfig } from "./stream/stream-config.ts";
import { checkNewStream } from "./stream/stream-config-check.ts";
import { streamConfigJson } from "./stream/stream-config-json.ts";
import { checkStreamUpdate } from "./stream/stream-update-check.ts";
import type { AccountResources } from "./tenancy.ts";

export interface StreamChecks {
  readonly resources: AccountResources;
  readonly context: StreamCheckContext;
  readonly streamCount: number;
  /** What the account's streams reserved, but for the one named so. */
  reserved(storage: Storage, butFor: string): number;
  /** Whether another stream has one of the subjects. */
  overlaps(hosted: AccountStream, subjects: readonly string[]): boolean;
}

/** Limits first, as they need no more than was said. */
export function checkedNew(
  checks: StreamChecks,
  wanted: StreamConfig,
  isThere: boolean,
): Result<StreamConfig, ApiError> {
  const { resources, context, streamCount } = checks;
  const { maxStreams } = resources.limits;
  if (maxStreams > 0 && !isThere && streamCount >= maxStreams) {
    return refused(apiErrors.maximumStreamsLimit);
  }
  const reserved = checks.reserved(wanted.storage, wanted.name);
  const refusal = isThere ? null : resources.refusalOf(wanted, reserved);
  if (refusal !== null) {
    return refused(refusal);
  }
  const checked = checkNewStream(wanted, context);
  if (!checked.ok || isThere) {
    return checked;
  }
  const tooMuch = resources.refusalOf(checked.value, reserved);
  return tooMuch === null ? checked : refused(tooMuch);
}

export function checkedUpdate(
  checks: StreamChecks,
  hosted: AccountStream,
  wanted: StreamConfig,
): Result<StreamConfig, ApiError> {
  const { config: former } = hosted.access;
  const checked = checkStreamUpdate(former, wanted, checks.context);
  if (!checked.ok) {
    return checked;
  }
  const config = checked.value;
  const others = checks.reserved(config.storage, config.name);
  const refusal =
    checks.resources.refusalOfUpdate(config, former, others) ??
    consumersAgainst(hosted, config) ??
    (checks.overlaps(hosted, config.subjects) ? apiErrors.streamSubjectOverlap : null);
  return refusal === null ? checked : refused(refusal);
}

export function sameStreamConfig(one: StreamConfig, other: StreamConfig): boolean {
  return goJson(streamConfigJson(one)) === goJson(streamConfigJson(other));
}

/** Narrower limits for consumers must hold for those that are there. */
function consumersAgainst(hosted: AccountStream, config: StreamConfig): ApiError | null {
  const { inactiveThresholdNanos: threshold, maxAckPending } = config.consumerLimits;
  const former = hosted.access.config.consumerLimits;
  const isChanged =
    (threshold > 0n && threshold !== former.inactiveThresholdNanos) ||
    (maxAckPending > 0 && maxAckPending !== former.maxAckPending);
  if (!isChanged) {
    return null;
  }
  const names: string[] = [];
  for (const consumer of hosted.hosted.all) {
    const isIdleTooLong = threshold > 0n && consumer.config.inactiveThresholdNanos > threshold;
    const isWaitingTooMany = maxAckPending > 0 && consumer.config.maxAckPending > maxAckPending;
    if (isIdleTooLong || isWaitingTooMany) {
      names.push(consumer.name);
    }
  }
  return names.length === 0
    ? null
    : apiErrors.streamUpdate(`change to limits violates consumers: ${names.join(", ")}`);
}
