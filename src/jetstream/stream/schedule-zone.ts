// What a wall clock shows in a time zone, and the other way round. The rules of zones are those of the JavaScript
// engine; no clock is read here.

import { daysSinceEpoch } from "../../base/parse-go-time.ts";

const secondsPerDay = 86_400;
/** Making a formatter costs as much as a hundred uses of it. */
const zonesKept = 64;
const ianaName = /^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/;
const numbers = /\d+/g;

export interface LocalTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

export class ScheduleZone {
  static readonly utc: ScheduleZone = new ScheduleZone(null);
  static readonly #kept: Map<string, ScheduleZone> = new Map();
  /** Null is UTC. */
  readonly #format: Intl.DateTimeFormat | null;

  private constructor(format: Intl.DateTimeFormat | null) {
    this.#format = format;
  }

  /** By its IANA name as it is written there; null when there is no such zone. */
  static named(name: string): ScheduleZone | null {
    if (name === "UTC") {
      return ScheduleZone.utc;
    }
    const kept = ScheduleZone.#kept.get(name);
    if (kept !== undefined) {
      return kept;
    }
    const format = formatOf(name);
    if (format === null) {
      return null;
    }
    const zone = new ScheduleZone(format);
    if (ScheduleZone.#kept.size >= zonesKept) {
      ScheduleZone.#kept.clear();
    }
    ScheduleZone.#kept.set(name, zone);
    return zone;
  }

  /** Of an instant in seconds since 1970. */
  localTime(instant: number): LocalTime {
    return this.#format === null ? civilTime(instant) : shownBy(this.#format, instant);
  }

  /** Midnight of a day, as an instant; where a clock skips midnight, an instant at most some hours off. */
  instantOf(year: number, month: number, day: number): number {
    const wall = daysSinceEpoch(year, month, day) * secondsPerDay;
    const guess = wall - this.#offsetAt(wall);
    return wall - this.#offsetAt(guess);
  }

  /** Seconds that the wall clock is ahead of UTC. */
  #offsetAt(instant: number): number {
    const { year, month, day, hour, minute, second } = this.localTime(instant);
    const wall = daysSinceEpoch(year, month, day) * secondsPerDay;
    return wall + hour * 3600 + minute * 60 + second - instant;
  }
}

/** 0 is Sunday. */
export function weekdayOf(year: number, month: number, day: number): number {
  return (((daysSinceEpoch(year, month, day) + 4) % 7) + 7) % 7;
}

function formatOf(name: string): Intl.DateTimeFormat | null {
  if (!ianaName.test(name)) {
    return null;
  }
  try {
    const format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    // The engine takes a name in any case; zone names are files to others, so the case counts.
    const shown = format.resolvedOptions().timeZone;
    return shown !== name && shown.toLowerCase() === name.toLowerCase() ? null : format;
  } catch {
    return null;
  }
}

/** The format writes month/day/year, hour:minute:second. */
function shownBy(format: Intl.DateTimeFormat, instant: number): LocalTime {
  const [month, day, year, hour, minute, second] = (
    format.format(instant * 1000).match(numbers) ?? []
  ).map(Number);
  return {
    year: year ?? 0,
    month: month ?? 1,
    day: day ?? 1,
    hour: hour ?? 0,
    minute: minute ?? 0,
    second: second ?? 0,
  };
}

/** The same for UTC, without a formatter. */
function civilTime(instant: number): LocalTime {
  const days = Math.floor(instant / secondsPerDay);
  const ofDay = instant - days * secondsPerDay;
  let year = 1970 + Math.floor(days / 365.2425);
  while (daysSinceEpoch(year, 1, 1) > days) {
    year--;
  }
  while (daysSinceEpoch(year + 1, 1, 1) <= days) {
    year++;
  }
  let month = 12;
  while (daysSinceEpoch(year, month, 1) > days) {
    month--;
  }
  return {
    year,
    month,
    day: days - daysSinceEpoch(year, month, 1) + 1,
    hour: Math.floor(ofDay / 3600),
    minute: Math.floor(ofDay / 60) % 60,
    second: ofDay % 60,
  };
}
