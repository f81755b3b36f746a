// The zone's offset for log lines. The engine's own answer loads its whole time zone data first, which costs more than
// all else at start; most servers run in zones without summer time, and there the system's zone file says it all.

import { readFileSync } from "node:fs";

/** The last line of a zone file (POSIX TZ) of a zone that never changes: a name and hours west of Greenwich. */
const fixedZone: RegExp = /^(?:[A-Za-z]{3,}|<[-+0-9A-Za-z]+>)([-+]?)(\d{1,2})(?::(\d\d))?$/;

/** Minutes east of UTC that a zone file's last line stands for, null when they change over the year. */
export function fixedOffset(lastLine: string): number | null {
  const match = fixedZone.exec(lastLine);
  if (match === null) {
    return null;
  }
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0);
  return match[1] === "-" || minutes === 0 ? minutes : -minutes;
}

function offsetOfZoneFile(): number | null {
  const zone = process.env["TZ"];
  if (zone !== undefined && zone !== "" && !/^[A-Za-z][-+\w/]*$/.test(zone)) {
    return null;
  }
  const path = zone === undefined ? "/etc/localtime" : `/usr/share/zoneinfo/${zone || "UTC"}`;
  try {
    const lines = readFileSync(path, "latin1").split("\n");
    return fixedOffset(lines.at(-2) ?? "");
  } catch {
    return null;
  }
}

let known: number | null | undefined;

/** Minutes to add to UTC. */
export function localOffsetMinutes(wallMillis: number): number {
  if (known === undefined) {
    known = offsetOfZoneFile();
  }
  return known ?? 0 - new Date(wallMillis).getTimezoneOffset();
}
