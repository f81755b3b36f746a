import { expect, test } from "bun:test";
import { goTime } from "../../../../src/base/go-time.ts";
import { parseGoTime } from "../../../../src/base/parse-go-time.ts";
import {
  firingText,
  nextFiring,
  parseSchedule,
  type ScheduleSpec,
} from "../../../../src/jetstream/stream/schedule-spec.ts";
import { ScheduleZone } from "../../../../src/jetstream/stream/schedule-zone.ts";

function spec(text: string, zone?: string): ScheduleSpec {
  const parsed = parseSchedule(text, zone === undefined ? null : ScheduleZone.named(zone));
  if (parsed === null) {
    throw new Error(`${text} was refused`);
  }
  return parsed;
}

function firing(text: string, last: string, now: string): string | null {
  const next = nextFiring(spec(text), parseGoTime(last) ?? 0n, parseGoTime(now) ?? 0n);
  return next === null ? null : goTime(next);
}

test("@at fires at its time, even when that has passed", () => {
  const text = "@at 2024-04-25T10:00:00.25+02:00";
  expect(firing(text, "2030-01-01T00:00:00Z", "2030-01-01T00:00:00Z")).toBe(
    "2024-04-25T08:00:00.25Z",
  );
  expect(firing("@at 2024-04-25T8:00:00,5Z", "2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z")).toBe(
    "2024-04-25T08:00:00.5Z",
  );
});

test("@every fires on whole seconds, an interval behind the last time", () => {
  expect(firing("@every 10s", "2024-04-25T10:00:00.499Z", "2024-04-25T10:00:00.6Z")).toBe(
    "2024-04-25T10:00:10Z",
  );
  expect(firing("@every 1h30m", "2024-04-25T10:00:00.5Z", "2024-04-25T10:00:00.6Z")).toBe(
    "2024-04-25T11:30:01Z",
  );
});

test("missed ticks are left out", () => {
  expect(firing("@every 10s", "2024-04-25T10:00:00Z", "2024-04-25T12:00:03.2Z")).toBe(
    "2024-04-25T12:00:13Z",
  );
  expect(firing("0 0 * * * *", "2024-04-25T10:00:00Z", "2024-04-25T12:00:03.2Z")).toBe(
    "2024-04-25T13:00:00Z",
  );
});

test("an expression that names nothing has no firing", () => {
  expect(firing("0 0 0 30 2 *", "2024-04-25T10:00:00Z", "2024-04-25T10:00:00Z")).toBeNull();
});

test("intervals below a second, zones where they do not belong, and nonsense are refused", () => {
  const utc = ScheduleZone.utc;
  for (const text of [
    "@every 999ms",
    "@every -5s",
    "@every",
    "@at tomorrow",
    "@at",
    "hourly",
    "",
  ]) {
    expect([text, parseSchedule(text, null)]).toEqual([text, null]);
  }
  expect(parseSchedule("@every 5s", utc)).toBeNull();
  expect(parseSchedule("@at 2024-04-25T10:00:00Z", utc)).toBeNull();
  expect(parseSchedule("@hourly", utc)).not.toBeNull();
});

test("the next firing is written as the zone shows it", () => {
  const nanos = parseGoTime("2024-07-01T07:00:00Z") ?? 0n;
  expect(firingText(spec("@hourly"), nanos)).toBe("2024-07-01T07:00:00Z");
  expect(firingText(spec("@hourly", "Europe/Amsterdam"), nanos)).toBe("2024-07-01T09:00:00+02:00");
  expect(firingText(spec("@hourly", "America/St_Johns"), nanos)).toBe("2024-07-01T04:30:00-02:30");
});
