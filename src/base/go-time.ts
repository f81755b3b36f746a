// Times and durations in the notation of Go, which tools that read our JSON expect. It knows no clock and no time zone.

const nanosPerSecond = 1_000_000_000n;
const secondsPerDay = 86_400n;
/** Days of one Gregorian cycle of 400 years, and from its start (a 1 March) to 1 January 1970. */
const daysPerCycle = 146_097;
const daysBeforeEpoch = 719_468;

/** RFC 3339 in UTC with as many decimals as it takes. */
export function goTime(nanos: bigint): string {
  const second = floorDivide(nanos, nanosPerSecond);
  const fraction = Number(nanos - second * nanosPerSecond);
  const day = floorDivide(second, secondsPerDay);
  const ofDay = Number(second - day * secondsPerDay);
  const time = [Math.floor(ofDay / 3600), Math.floor(ofDay / 60) % 60, ofDay % 60];
  const clock = time.map((part) => pad(part, 2)).join(":");
  return `${civilDate(Number(day))}T${clock}${decimals(fraction, 9)}Z`;
}

/** "1h2m3.5s", "354µs", "0s". */
export function goDuration(nanos: number): string {
  const sign = nanos < 0 ? "-" : "";
  const length = Math.abs(Math.trunc(nanos));
  if (length === 0) {
    return "0s";
  }
  if (length < 1000) {
    return `${sign}${length}ns`;
  }
  if (length < 1_000_000) {
    return `${sign}${Math.floor(length / 1000)}${decimals(length % 1000, 3)}µs`;
  }
  if (length < 1_000_000_000) {
    return `${sign}${Math.floor(length / 1_000_000)}${decimals(length % 1_000_000, 6)}ms`;
  }
  const seconds = Math.floor(length / 1_000_000_000);
  const rest = `${seconds % 60}${decimals(length % 1_000_000_000, 9)}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) {
    return sign + rest;
  }
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${sign}${minutes}m${rest}` : `${sign}${hours}h${minutes % 60}m${rest}`;
}

/** How long something has been up: whole seconds, with days and years. "3d4h5m6s", "0s". */
export function goUptime(nanos: bigint): string {
  const seconds = nanos > 0n ? Number(nanos / nanosPerSecond) : 0;
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  const years = Math.floor(days / 365);
  const parts: readonly (readonly [number, string])[] = [
    [years, `${years}y`],
    [days, `${days % 365}d`],
    [hours, `${hours % 24}h`],
    [minutes, `${minutes % 60}m`],
  ];
  const leading = parts.filter(([total]) => total > 0).map(([, text]) => text);
  return `${leading.join("")}${seconds % 60}s`;
}

/** "." and the digits without trailing zeros, or nothing. */
function decimals(value: number, width: number): string {
  const digits = pad(value, width).replace(/0+$/, "");
  return digits === "" ? "" : `.${digits}`;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, "0");
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}

/** Days since 1970 to "YYYY-MM-DD", counting years from March so that the leap day comes last. */
function civilDate(day: number): string {
  const shifted = day + daysBeforeEpoch;
  const cycle = Math.floor(shifted / daysPerCycle);
  const ofCycle = shifted - cycle * daysPerCycle;
  const leaps =
    Math.floor(ofCycle / 1460) - Math.floor(ofCycle / 36_524) + Math.floor(ofCycle / 146_096);
  const yearOfCycle = Math.floor((ofCycle - leaps) / 365);
  const ofYear =
    ofCycle - (365 * yearOfCycle + Math.floor(yearOfCycle / 4) - Math.floor(yearOfCycle / 100));
  const monthFromMarch = Math.floor((5 * ofYear + 2) / 153);
  const dayOfMonth = ofYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfCycle + cycle * 400 + (month <= 2 ? 1 : 0);
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(dayOfMonth, 2)}`;
}
