// Times and durations as Go writes them, read back: the other direction of go-time.ts. It knows no clock and no zone.

const nanosPerSecond = 1_000_000_000n;
const secondsPerDay = 86_400;
/** Days of one Gregorian cycle of 400 years, and from its start (a 1 March) to 1 January 1970. */
const daysPerCycle = 146_097;
const daysBeforeEpoch = 719_468;
const maxDuration = (1n << 63n) - 1n;
const timeForm =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(?:Z|([+-])(\d{2}):(\d{2}))$/;
const durationPart = /^(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/;

const unitNanos: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: nanosPerSecond,
  m: 60n * nanosPerSecond,
  h: 3_600n * nanosPerSecond,
};

/** RFC 3339 to nanoseconds since 1970 (below 0 before it); null when it is no such time. */
export function parseGoTime(text: string): bigint | null {
  const found = timeForm.exec(text);
  if (found === null) {
    return null;
  }
  const part = (index: number): number => Number(found[index] ?? 0);
  const [year, month, day] = [part(1), part(2), part(3)];
  const [hour, minute, second] = [part(4), part(5), part(6)];
  const [zoneHours, zoneMinutes] = [part(9), part(10)];
  const isValid =
    month >= 1 && month <= 12 && day >= 1 && day <= daysOfMonth(year, month) && hour < 24;
  if (!isValid || minute >= 60 || second >= 60 || zoneHours > 24 || zoneMinutes >= 60) {
    return null;
  }
  const zone = (zoneHours * 60 + zoneMinutes) * 60 * (found[8] === "-" ? -1 : 1);
  const seconds =
    daysSinceEpoch(year, month, day) * secondsPerDay + hour * 3600 + minute * 60 + second - zone;
  const fraction = (found[7] ?? "").slice(0, 9).padEnd(9, "0");
  return BigInt(seconds) * nanosPerSecond + BigInt(fraction);
}

/** "1h2m3.5s", "-2ms", "0" to nanoseconds; null when it is no duration or longer than 63 bits. */
export function parseGoDuration(text: string): bigint | null {
  const isNegative = text.startsWith("-");
  let rest = isNegative || text.startsWith("+") ? text.slice(1) : text;
  if (rest === "0") {
    return 0n;
  }
  if (rest === "") {
    return null;
  }
  let sum = 0n;
  while (rest !== "") {
    const found = durationPart.exec(rest);
    const [whole = "", decimals = "", unit = ""] = found?.slice(1) ?? [];
    if (found === null || (whole === "" && decimals === "")) {
      return null;
    }
    const nanos = unitNanos[unit] ?? 0n;
    sum += BigInt(whole) * nanos + (BigInt(decimals) * nanos) / 10n ** BigInt(decimals.length);
    rest = rest.slice(found[0].length);
  }
  return sum > maxDuration ? null : sum * (isNegative ? -1n : 1n);
}

export function daysOfMonth(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2
    ? isLeap
      ? 29
      : 28
    : month === 4 || month === 6 || month === 9 || month === 11
      ? 30
      : 31;
}

/** Of a civil date of the Gregorian calendar; years are counted from March so that the leap day comes last. */
export function daysSinceEpoch(year: number, month: number, day: number): number {
  const fromMarch = month > 2 ? year : year - 1;
  const cycle = Math.floor(fromMarch / 400);
  const ofCycle = fromMarch - cycle * 400;
  const ofYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const leaps = Math.floor(ofCycle / 4) - Math.floor(ofCycle / 100);
  return cycle * daysPerCycle + ofCycle * 365 + leaps + ofYear - daysBeforeEpoch;
}
