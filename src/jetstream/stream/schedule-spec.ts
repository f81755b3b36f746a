// What a message says about its schedule, as its headers have it: when it fires, and whether again. Pure: the time is
// passed in.

import { goTime } from "../../base/go-time.ts";
import { daysSinceEpoch, parseGoDuration, parseGoTime } from "../../base/parse-go-time.ts";
import { type Cron, nextCronSecond, parseCron } from "./cron.ts";
import { ScheduleZone } from "./schedule-zone.ts";

const nanosPerSecond = 1_000_000_000n;
const secondsPerDay = 86_400;

export type ScheduleSpec =
  | { readonly kind: "at"; readonly nanos: bigint }
  | { readonly kind: "every"; readonly intervalNanos: bigint }
  | { readonly kind: "cron"; readonly cron: Cron; readonly zone: ScheduleZone };

/** `zone` null is not given; @at and @every bear none. Null: it is no schedule. */
export function parseSchedule(text: string, zone: ScheduleZone | null): ScheduleSpec | null {
  if (text.startsWith("@at ")) {
    const nanos = zone === null ? parseGoTime(tidied(text.slice(4))) : null;
    return nanos === null ? null : { kind: "at", nanos };
  }
  if (text.startsWith("@every ")) {
    const intervalNanos = zone === null ? parseGoDuration(text.slice(7)) : null;
    return intervalNanos === null || intervalNanos < nanosPerSecond
      ? null
      : { kind: "every", intervalNanos };
  }
  const cron = parseCron(text);
  return cron === null ? null : { kind: "cron", cron, zone: zone ?? ScheduleZone.utc };
}

/**
 * When it fires next, if it fired (or was stored) at `lastNanos`. Ticks missed up to now are left out, so that it fires
 * once for all of them. Null: never.
 */
export function nextFiring(spec: ScheduleSpec, lastNanos: bigint, nowNanos: bigint): bigint | null {
  if (spec.kind === "at") {
    return spec.nanos;
  }
  const next = following(spec, lastNanos);
  return next !== null && next < nowNanos ? following(spec, wholeSecond(nowNanos)) : next;
}

/** RFC 3339 as its zone shows it, which is what messages say of their next firing. */
export function firingText(spec: ScheduleSpec, nanos: bigint): string {
  const zone = spec.kind === "cron" ? spec.zone : ScheduleZone.utc;
  const second = Number(nanos / nanosPerSecond);
  const { year, month, day, hour, minute, second: ofMinute } = zone.localTime(second);
  const wall =
    daysSinceEpoch(year, month, day) * secondsPerDay + hour * 3600 + minute * 60 + ofMinute;
  const offset = Math.trunc((wall - second) / 60);
  const shown = goTime(nanos + BigInt(wall - second) * nanosPerSecond);
  if (zone === ScheduleZone.utc || offset === 0) {
    return shown;
  }
  const ahead = Math.abs(offset);
  const clock = `${two(Math.floor(ahead / 60))}:${two(ahead % 60)}`;
  return `${shown.slice(0, -1)}${offset < 0 ? "-" : "+"}${clock}`;
}

function following(spec: ScheduleSpec & { kind: "every" | "cron" }, nanos: bigint): bigint | null {
  if (spec.kind === "every") {
    return wholeSecond(nanos) + spec.intervalNanos;
  }
  const second = nextCronSecond(spec.cron, Number(nanos / nanosPerSecond), spec.zone);
  return second === null ? null : BigInt(second) * nanosPerSecond;
}

/** The nearest; half a second goes up. */
function wholeSecond(nanos: bigint): bigint {
  return ((nanos + nanosPerSecond / 2n) / nanosPerSecond) * nanosPerSecond;
}

/** An hour of one digit, and a comma before the fraction, are borne too. */
function tidied(time: string): string {
  return time.replace(/T(\d):/, "T0$1:").replace(",", ".");
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
