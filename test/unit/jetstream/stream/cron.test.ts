import { expect, test } from "bun:test";
import { goTime } from "../../../../src/base/go-time.ts";
import { parseGoTime } from "../../../../src/base/parse-go-time.ts";
import { nextCronSecond, parseCron } from "../../../../src/jetstream/stream/cron.ts";
import { ScheduleZone } from "../../../../src/jetstream/stream/schedule-zone.ts";

function next(expression: string, after: string, zoneName = "UTC"): string | null {
  const cron = parseCron(expression);
  const zone = ScheduleZone.named(zoneName);
  if (cron === null || zone === null) {
    throw new Error(`${expression} in ${zoneName} was refused`);
  }
  const second = nextCronSecond(cron, Number((parseGoTime(after) ?? 0n) / 1_000_000_000n), zone);
  return second === null ? null : goTime(BigInt(second) * 1_000_000_000n);
}

test.each([
  ["* * * * * *", "2024-04-25T10:00:00Z", "2024-04-25T10:00:01Z"],
  ["0 * * * * *", "2024-04-25T10:00:00Z", "2024-04-25T10:01:00Z"],
  ["*/15 * * * * *", "2024-04-25T10:00:50Z", "2024-04-25T10:01:00Z"],
  ["5/20 * * * * *", "2024-04-25T10:00:05Z", "2024-04-25T10:00:25Z"],
  ["0 30 9-17 * * mon-fri", "2024-04-26T17:30:00Z", "2024-04-29T09:30:00Z"],
  ["0 0 0 29 2 ?", "2024-03-01T00:00:00Z", "2028-02-29T00:00:00Z"],
  ["0 0 0 31 * *", "2024-04-01T00:00:00Z", "2024-05-31T00:00:00Z"],
  ["59 59 23 31 12 *", "2024-12-31T23:59:59Z", "2025-12-31T23:59:59Z"],
  ["0 0 12 1,15 JAN,Jul *", "2024-01-15T12:00:00Z", "2024-07-01T12:00:00Z"],
])("%s behind %s is %s", (expression, after, expected) => {
  expect(next(expression, after)).toBe(expected);
});

test("a day of the month and a weekday, both named, are alternatives", () => {
  expect(next("0 0 0 13 * fri", "2024-04-25T00:00:00Z")).toBe("2024-04-26T00:00:00Z");
  expect(next("0 0 0 13 * fri", "2024-05-10T00:00:00Z")).toBe("2024-05-13T00:00:00Z");
});

test("a star with a step leaves the field closed", () => {
  expect(next("0 0 0 */30 * fri", "2024-04-25T00:00:00Z")).toBe("2024-04-26T00:00:00Z");
  expect(next("0 0 0 */1 * fri", "2024-04-26T00:00:00Z")).toBe("2024-05-03T00:00:00Z");
});

test("the shorthands stand for their expressions", () => {
  const after = "2024-04-25T10:20:30Z";
  expect(next("@yearly", after)).toBe("2025-01-01T00:00:00Z");
  expect(next("@annually", after)).toBe("2025-01-01T00:00:00Z");
  expect(next("@monthly", after)).toBe("2024-05-01T00:00:00Z");
  expect(next("@weekly", after)).toBe("2024-04-28T00:00:00Z");
  expect(next("@daily", after)).toBe("2024-04-26T00:00:00Z");
  expect(next("@midnight", after)).toBe("2024-04-26T00:00:00Z");
  expect(next("@hourly", after)).toBe("2024-04-25T11:00:00Z");
});

test("hours are those of the zone", () => {
  expect(next("0 0 9 * * *", "2024-07-01T00:00:00Z", "Europe/Amsterdam")).toBe(
    "2024-07-01T07:00:00Z",
  );
  expect(next("0 0 9 * * *", "2024-12-01T00:00:00Z", "Europe/Amsterdam")).toBe(
    "2024-12-01T08:00:00Z",
  );
  expect(next("0 0 0 * * mon", "2024-07-06T00:00:00Z", "Asia/Kolkata")).toBe(
    "2024-07-07T18:30:00Z",
  );
});

test("an hour that a clock skips comes on no day, or on the next", () => {
  expect(next("0 30 2 * * *", "2024-03-30T12:00:00Z", "Europe/Amsterdam")).toBe(
    "2024-04-01T00:30:00Z",
  );
});

test("an hour that comes twice is met twice", () => {
  const first = next("0 30 2 * * *", "2024-10-26T12:00:00Z", "Europe/Amsterdam");
  expect(first).toBe("2024-10-27T00:30:00Z");
  expect(next("0 30 2 * * *", first ?? "", "Europe/Amsterdam")).toBe("2024-10-27T01:30:00Z");
  expect(next("0 30 2 * * *", "2024-10-27T01:30:00Z", "Europe/Amsterdam")).toBe(
    "2024-10-28T01:30:00Z",
  );
});

test("a day that begins at one o'clock still comes", () => {
  expect(next("0 30 1 8 9 *", "2024-09-01T00:00:00Z", "America/Santiago")).toBe(
    "2024-09-08T04:30:00Z",
  );
});

test("what names nothing within five years is null", () => {
  expect(next("0 0 0 30 2 *", "2024-01-01T00:00:00Z")).toBeNull();
  expect(next(", * * * * *", "2024-01-01T00:00:00Z")).toBeNull();
});

test.each([
  "",
  "* * * * *",
  "* * * * * * *",
  "60 * * * * *",
  "* * 24 * * *",
  "* * * 0 * *",
  "* * * * 13 *",
  "* * * * * 7",
  "5-1 * * * * *",
  "1-2-3 * * * * *",
  "*/0 * * * * *",
  "1/2/3 * * * * *",
  "a * * * * *",
  "-1 * * * * *",
  "@every",
  "@sometimes",
])("%p is no expression", (expression) => {
  expect(parseCron(expression)).toBeNull();
});

test("zones go by their own names only", () => {
  for (const name of ["Local", "Nope/Zone", "europe/amsterdam", "+01:00", "", "../etc"]) {
    expect(ScheduleZone.named(name)).toBeNull();
  }
  for (const name of ["US/Eastern", "Asia/Calcutta", "Etc/GMT+5", "GMT"]) {
    expect(ScheduleZone.named(name)).not.toBeNull();
  }
});

test("what a wall shows in UTC agrees with the calendar", () => {
  for (const text of ["1970-01-01T00:00:00Z", "2000-02-29T23:59:59Z", "2099-12-31T12:34:56Z"]) {
    const instant = Number((parseGoTime(text) ?? 0n) / 1_000_000_000n);
    const { year, month, day, hour, minute, second } = ScheduleZone.utc.localTime(instant);
    const shown = [year, month, day, hour, minute, second].map(String);
    expect(shown).toEqual((text.match(/\d+/g) ?? []).map((part) => String(Number(part))));
  }
});
