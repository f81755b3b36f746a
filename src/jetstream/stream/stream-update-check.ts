// What of a stream may change, and what becomes of it: the new configuration as it will be kept, or why not. Pure.

import { accepted, type Result, refused } from "../../base/result.ts";
import { type ApiError, apiErrors } from "../api-error.ts";
import type { StreamSourceConfig } from "./source-config.ts";
import { invalid, type StreamCheckContext } from "./stream-check.ts";
import type { StreamConfig } from "./stream-config.ts";
import { checkStreamConfig, discardRefusal } from "./stream-config-check.ts";

const notUpdatable = "stream configuration update can not";

/** Limits of account and server are the caller's to check. */
export function checkStreamUpdate(
  former: StreamConfig,
  asked: StreamConfig,
  context: StreamCheckContext,
): Result<StreamConfig, ApiError> {
  const checked = checkStreamConfig(asked, context);
  if (!checked.ok) {
    return checked;
  }
  const config = checked.value;
  const refusal =
    kindRefusal(former, config) ??
    permissionRefusal(former, config) ??
    featureRefusal(former, config);
  if (refusal !== null) {
    return refused(refusal);
  }
  return accepted(config.sealed ? sealedConfig(config) : config);
}

function kindRefusal(former: StreamConfig, config: StreamConfig): ApiError | null {
  if (config.name !== former.name) {
    return invalid("stream configuration name must match original");
  }
  if (config.replicas > 1) {
    return apiErrors.streamReplicasNotSupported;
  }
  if (config.storage !== former.storage) {
    return invalid(`${notUpdatable} change storage type`);
  }
  const isOfQueue = former.retention === "workqueue" || config.retention === "workqueue";
  return config.retention !== former.retention && isOfQueue
    ? invalid(`${notUpdatable} change retention policy to/from workqueue`)
    : null;
}

/** What was forbidden stays so. */
function permissionRefusal(former: StreamConfig, config: StreamConfig): ApiError | null {
  if (former.sealed && !config.sealed) {
    return invalid(`${notUpdatable} unseal a sealed stream`);
  }
  if (former.denyDelete && !config.denyDelete) {
    return invalid(`${notUpdatable} cancel deny message deletes`);
  }
  return former.denyPurge && !config.denyPurge
    ? invalid(`${notUpdatable} cancel deny purge`)
    : null;
}

function featureRefusal(former: StreamConfig, config: StreamConfig): ApiError | null {
  // Without its origin a mirror becomes a stream of its own; another origin it cannot get.
  if (config.mirror !== null && !sameOrigin(config.mirror, former.mirror)) {
    return apiErrors.streamMirrorNotUpdatable;
  }
  const discard = discardRefusal(config);
  if (discard !== null) {
    return discard;
  }
  if (former.allowMessageTtl && !config.allowMessageTtl) {
    return invalid("message TTL status can not be disabled");
  }
  if (former.allowCounter !== config.allowCounter) {
    return invalid(`${notUpdatable} change message counter setting`);
  }
  if (former.allowSchedules && !config.allowSchedules) {
    return invalid("message schedules can not be disabled");
  }
  return former.persistMode === config.persistMode
    ? null
    : invalid(`${notUpdatable} change persist mode`);
}

function sameOrigin(one: StreamSourceConfig, other: StreamSourceConfig | null): boolean {
  return other !== null && textOf(one) === textOf(other);
}

/** In a fixed order of fields, whoever made it. */
function textOf(origin: StreamSourceConfig): string {
  const { external, consumer } = origin;
  return JSON.stringify([
    origin.name,
    String(origin.optStartSequence),
    String(origin.optStartTimeNanos),
    origin.filterSubject,
    origin.subjectTransforms.map(({ src, dest }) => [src, dest]),
    external === null ? null : [external.api, external.deliver],
    consumer === null ? null : [consumer.name, consumer.deliverSubject],
  ]);
}

/** Nothing leaves a sealed stream either. */
function sealedConfig(config: StreamConfig): StreamConfig {
  return {
    ...config,
    maxAgeNanos: 0n,
    discard: "new",
    denyDelete: true,
    denyPurge: true,
    allowRollup: false,
  };
}
