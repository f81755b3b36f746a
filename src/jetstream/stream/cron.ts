// Six-field cron expressions: which seconds of a calendar they name, and the next of them. It knows no clock; what a
// wall shows at an instant it asks a zone.

import { daysOfMonth } from "../../base/parse-go-time.ts";
import { type LocalTime, type ScheduleZone, weekdayOf } from "./schedule-zone.ts";

interface FieldRange {
  readonly min: number;
  readonly max: number;
  readonly names: readonly string[];
}

interface CronField {
  readonly values: ReadonlySet<number>;
  /** Written with a star, or a question mark, and no step above 1. */
  readonly isOpen: boolean;
}

export interface Cron {
  readonly second: CronField;
  readonly minute: CronField;
  readonly hour: CronField;
  readonly dayOfMonth: CronField;
  readonly month: CronField;
  readonly weekday: CronField;
}

const secondRange: FieldRange = { min: 0, max: 59, names: [] };
const hourRange: FieldRange = { min: 0, max: 23, names: [] };
const dayRange: FieldRange = { min: 1, max: 31, names: [] };
const monthNames = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const monthRange: FieldRange = { min: 1, max: 12, names: monthNames };
const weekdayRange: FieldRange = {
  min: 0,
  max: 6,
  names: "sun mon tue wed thu fri sat".split(" "),
};
const numberForm = /^[+-]?\d+$/;

/** An expression that names nothing within so many years is refused. */
const yearsAhead = 5;

const shorthands: Readonly<Record<string, string>> = {
  "@yearly": "0 0 0 1 1 *",
  "@annually": "0 0 0 1 1 *",
  "@monthly": "0 0 0 1 * *",
  "@weekly": "0 0 0 * * 0",
  "@daily": "0 0 0 * * *",
  "@midnight": "0 0 0 * * *",
  "@hourly": "0 0 * * * *",
};

/** Null when it is none. */
export function parseCron(text: string): Cron | null {
  const fields = (shorthands[text] ?? text).split(/\s+/).filter((field) => field !== "");
  const ranges = [secondRange, secondRange, hourRange, dayRange, monthRange, weekdayRange];
  if (fields.length !== ranges.length) {
    return null;
  }
  const [second, minute, hour, dayOfMonth, month, weekday] = ranges.map((range, position) =>
    parseField(fields[position] ?? "", range),
  );
  if (!second || !minute || !hour || !dayOfMonth || !month || !weekday) {
    return null;
  }
  return { second, minute, hour, dayOfMonth, month, weekday };
}

/** The first second behind `after` (seconds since 1970) that the expression names; null when there is none in years. */
export function nextCronSecond(cron: Cron, after: number, zone: ScheduleZone): number | null {
  if ([cron.second, cron.minute, cron.hour].some((field) => field.values.size === 0)) {
    return null;
  }
  const from = after + 1;
  const start = zone.localTime(from);
  let { year, month, day } = start;
  for (let isFirst = true; year <= start.year + yearsAhead; isFirst = false) {
    if (!cron.month.values.has(month)) {
      day = daysOfMonth(year, month);
    } else if (namesDay(cron, year, month, day)) {
      const found = nextOfDay(cron, isFirst ? from : startOfDay(year, month, day, zone), zone);
      if (found !== null) {
        return found;
      }
    }
    day++;
    if (day > daysOfMonth(year, month)) {
      day = 1;
      month++;
    }
    if (month > 12) {
      month = 1;
      year++;
    }
  }
  return null;
}

/** Both the day of the month and the weekday must fit when one of them is open; else either is enough. */
function namesDay(cron: Cron, year: number, month: number, day: number): boolean {
  const fitsMonth = cron.dayOfMonth.values.has(day);
  const fitsWeek = cron.weekday.values.has(weekdayOf(year, month, day));
  return cron.dayOfMonth.isOpen || cron.weekday.isOpen
    ? fitsMonth && fitsWeek
    : fitsMonth || fitsWeek;
}

/** The day's first instant: where a clock is put forward at midnight, that is not 0:00. */
function startOfDay(year: number, month: number, day: number, zone: ScheduleZone): number {
  let at = zone.instantOf(year, month, day);
  while (zone.localTime(at).day !== day) {
    at += 3600;
  }
  return at;
}

/** Walks from that instant by hours, minutes and seconds as they pass, up to the end of its day. */
function nextOfDay(cron: Cron, from: number, zone: ScheduleZone): number | null {
  const { day } = zone.localTime(from);
  let at = from;
  for (let local: LocalTime = zone.localTime(at); local.day === day; local = zone.localTime(at)) {
    if (!cron.hour.values.has(local.hour)) {
      at += 3600 - local.minute * 60 - local.second;
    } else if (!cron.minute.values.has(local.minute)) {
      at += 60 - local.second;
    } else if (!cron.second.values.has(local.second)) {
      at += 1;
    } else {
      return at;
    }
  }
  return null;
}

/** A list of ranges. Empty entries of the list count for nothing. */
function parseField(text: string, range: FieldRange): CronField | null {
  const values: Set<number> = new Set();
  let isOpen = false;
  for (const entry of text.split(",")) {
    if (entry === "") {
      continue;
    }
    const part = parseRange(entry, range);
    if (part === null) {
      return null;
    }
    isOpen ||= part.isOpen;
    for (let value = part.first; value <= part.last; value += part.step) {
      values.add(value);
    }
  }
  return { values, isOpen };
}

interface RangePart {
  readonly first: number;
  readonly last: number;
  readonly step: number;
  readonly isOpen: boolean;
}

/** `*`, `7`, `mon-fri`, each perhaps with `/step`; `7/step` reaches up to the largest. */
function parseRange(text: string, range: FieldRange): RangePart | null {
  const [span = "", stepText, ...moreSteps] = text.split("/");
  const [low = "", high, ...moreBounds] = span.split("-");
  const isStar = low === "*" || low === "?";
  const step = stepText === undefined ? 1 : numberOf(stepText, []);
  const first = isStar ? range.min : numberOf(low, range.names, range.min);
  let last = isStar
    ? range.max
    : high === undefined
      ? first
      : numberOf(high, range.names, range.min);
  if (high === undefined && stepText !== undefined) {
    last = range.max;
  }
  if (moreSteps.length > 0 || (!isStar && moreBounds.length > 0)) {
    return null;
  }
  if (first === null || last === null || step === null || step === 0) {
    return null;
  }
  const isWithin = first >= range.min && last <= range.max && first <= last;
  return isWithin ? { first, last, step, isOpen: isStar && step === 1 } : null;
}

function numberOf(text: string, names: readonly string[], firstOfNames = 0): number | null {
  const named = names.indexOf(text.toLowerCase());
  if (named !== -1) {
    return named + firstOfNames;
  }
  const value = numberForm.test(text) ? Number(text) : -1;
  return value >= 0 ? value : null;
}
