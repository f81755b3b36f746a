// Whether a publish may schedule a message, or end a schedule (ADR-51): the checks of its headers. Pure but for asking
// what the stream holds.

import { parseGoDuration } from "../../base/parse-go-time.ts";
import { collide } from "../../subjects/overlap.ts";
import { hasWildcard, isValidSubject } from "../../subjects/subject.ts";
import { type ApiError, apiErrors } from "../api-error.ts";
import { type NatsHeaders, natsHeader } from "./nats-headers.ts";
import { nextFiring, parseSchedule, type ScheduleSpec } from "./schedule-spec.ts";
import { ScheduleZone } from "./schedule-zone.ts";
import type { StreamConfig } from "./stream-config.ts";

export const endsSchedule = "purge";
const nanosPerSecond = 1_000_000_000n;
const wholeSeconds = /^\d+$/;

/** A schedule, "none", or what is wrong with it. */
export type ScheduleReading = ScheduleSpec | "none" | ApiError;

export function isSpec(reading: ScheduleReading): reading is ScheduleSpec {
  return typeof reading === "object" && "kind" in reading;
}

/** What the headers say of a schedule, whatever the stream allows. */
export function readSchedule(headers: NatsHeaders): ScheduleReading {
  let zone: ScheduleZone | null = null;
  if (headers.has(natsHeader.scheduleTimeZone)) {
    zone = ScheduleZone.named(headers.text(natsHeader.scheduleTimeZone));
    if (zone === null) {
      return apiErrors.messageSchedulesTimeZoneInvalid;
    }
  }
  const text = headers.text(natsHeader.schedule);
  if (text === "") {
    return "none";
  }
  return parseSchedule(text, zone) ?? apiErrors.messageSchedulesPatternInvalid;
}

/** Of a message with a schedule: null when the stream takes it. `subject` is its own. */
export function scheduleRefusal(
  headers: NatsHeaders,
  spec: ScheduleSpec,
  subject: string,
  config: StreamConfig,
  nowNanos: bigint,
): ApiError | null {
  if (nextFiring(spec, nowNanos, nowNanos) === null) {
    return config.allowSchedules
      ? apiErrors.messageSchedulesPatternInvalid
      : apiErrors.messageSchedulesDisabled;
  }
  if (!config.allowSchedules) {
    return apiErrors.messageSchedulesDisabled;
  }
  const ttl = headers.text(natsHeader.scheduleTtl);
  if (ttl !== "" && !isTtl(ttl)) {
    return apiErrors.messageSchedulesTtlInvalid;
  }
  if (!isRollupOfSubject(headers.text(natsHeader.scheduleRollup))) {
    return apiErrors.messageSchedulesRollupInvalid;
  }
  if (ttl !== "" && !config.allowMessageTtl) {
    return apiErrors.messageTtlDisabled;
  }
  const target = headers.text(natsHeader.scheduleTarget);
  const source = headers.text(natsHeader.scheduleSource);
  if (!isPublishable(target) || target === subject) {
    return apiErrors.messageSchedulesTargetInvalid;
  }
  if (source !== "" && (source === target || source === subject || !isPublishable(source))) {
    return apiErrors.messageSchedulesSourceInvalid;
  }
  if (!isWithin(config, target)) {
    return apiErrors.messageSchedulesTargetInvalid;
  }
  if (source !== "" && !isWithin(config, source)) {
    return apiErrors.messageSchedulesSourceInvalid;
  }
  return isRollupOfSubject(headers.text(natsHeader.rollup))
    ? null
    : apiErrors.messageSchedulesRollupInvalid;
}

/**
 * Of a message from a client that names a scheduler: it may only end that schedule. `holdsOther` says whether the
 * subject's last message is no schedule.
 */
export function schedulerRefusal(
  headers: NatsHeaders,
  subject: string,
  config: StreamConfig,
  holdsOther: (subject: string) => boolean,
): ApiError | null {
  const scheduler = headers.text(natsHeader.scheduler);
  const next = headers.text(natsHeader.scheduleNext);
  if (next === "") {
    return scheduler === "" ? null : apiErrors.messageSchedulesSchedulerInvalid;
  }
  if (next !== endsSchedule || scheduler === subject || !isPublishable(scheduler)) {
    return apiErrors.messageSchedulesSchedulerInvalid;
  }
  if (!config.allowSchedules) {
    return apiErrors.messageSchedulesDisabled;
  }
  return holdsOther(scheduler) ? apiErrors.messageSchedulesSchedulerInvalid : null;
}

/** "never", a duration of a second at least, or whole seconds. */
export function isTtl(text: string): boolean {
  if (text.toLowerCase() === "never") {
    return true;
  }
  const duration = parseGoDuration(text);
  return duration === null ? wholeSeconds.test(text) : duration >= nanosPerSecond;
}

function isRollupOfSubject(text: string): boolean {
  return text === "" || text === "sub";
}

function isPublishable(subject: string): boolean {
  return isValidSubject(subject) && !hasWildcard(subject);
}

function isWithin(config: StreamConfig, subject: string): boolean {
  return config.subjects.some((pattern) => collide(pattern, subject));
}
