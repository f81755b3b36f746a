// Log lines as NATS servers write them, to stderr or a file: `[pid] 2026/11/22 21:45:52.349810 [INF] text`.

import { writeSync } from "node:fs";
import { isatty } from "node:tty";
import type { Clock } from "../ports/clock.ts";
import type { Disk } from "../ports/disk.ts";
import type { AdjustableLog, LogSettings } from "../ports/log.ts";
import { localOffsetMinutes } from "./local-time.ts";
import { LogFile, type RotationNotes } from "./log-file.ts";

type Level = "INF" | "DBG" | "WRN" | "ERR" | "FTL" | "TRC";

const colors: Readonly<Record<Level, string>> = {
  INF: "32",
  DBG: "36",
  WRN: "0;93",
  ERR: "31",
  FTL: "31",
  TRC: "33",
};

const standardError = 2;

export interface ConsoleLogParts {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly pid: number;
  /** Where lines go without a file; stderr unless a test listens. */
  readonly write?: (text: string) => void;
  readonly isColored?: boolean;
}

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

/** A reader that went away or does not read must not stop the server: such a line is lost. */
function writeToStandardError(text: string): void {
  try {
    writeSync(standardError, text);
  } catch {
    return;
  }
}

export class ConsoleLog implements AdjustableLog, RotationNotes {
  readonly #clock: Clock;
  readonly #disk: Disk;
  readonly #prefix: string;
  readonly #writeOut: (text: string) => void;
  readonly #isColored: boolean;
  #settings: LogSettings = {
    isDebug: false,
    isTrace: false,
    logTime: true,
    logTimeUtc: false,
    file: null,
    sizeLimit: 0,
    maxFiles: 0,
  };
  #file: LogFile | null = null;
  /** Most lines of a busy log share their second with the one before. */
  #second = -1;
  #secondText = "";

  constructor(parts: ConsoleLogParts) {
    this.#clock = parts.clock;
    this.#disk = parts.disk;
    this.#prefix = `[${parts.pid}] `;
    this.#writeOut = parts.write ?? writeToStandardError;
    this.#isColored = parts.isColored ?? (parts.write === undefined && isatty(standardError));
  }

  get isDebug(): boolean {
    return this.#settings.isDebug;
  }

  get isTrace(): boolean {
    return this.#settings.isTrace;
  }

  configure(settings: LogSettings): void {
    const { file } = settings;
    if (file !== (this.#file?.path ?? null)) {
      const opened = file === null ? null : new LogFile(file, this.#disk, this.#clock, this);
      this.#file?.[Symbol.dispose]();
      this.#file = opened;
    }
    this.#settings = settings;
    this.#second = -1;
    this.#file?.limit(settings.sizeLimit, settings.maxFiles);
    if (this.#file?.isTooLarge === true) {
      this.notice("Rotating logfile...");
    }
  }

  reopen(): boolean {
    this.#file?.reopen();
    return this.#file !== null;
  }

  notice(text: string): void {
    this.#write("INF", text);
  }

  warn(text: string): void {
    this.#write("WRN", text);
  }

  error(text: string): void {
    this.#write("ERR", text);
  }

  fatal(text: string): void {
    this.#write("FTL", text);
  }

  debug(text: string): void {
    if (this.#settings.isDebug) {
      this.#write("DBG", text);
    }
  }

  trace(text: string): void {
    if (this.#settings.isTrace) {
      this.#write("TRC", text);
    }
  }

  rotated(backup: string): string {
    return this.#line("INF", `Rotated log, backup saved as ${JSON.stringify(backup)}`);
  }

  purged(name: string): string {
    return this.#line("INF", `Purged log file ${JSON.stringify(name)}`);
  }

  purgeFailed(name: string, reason: string): string {
    const what = `Unable to remove backup log file ${JSON.stringify(name)} (${reason})`;
    return this.#line("ERR", `${what}, will attempt next rotation`);
  }

  #write(level: Level, text: string): void {
    const line = this.#line(level, text);
    if (this.#file === null) {
      this.#writeOut(line);
    } else {
      this.#file.write(line);
    }
  }

  #line(level: Level, text: string): string {
    const colored = this.#isColored && this.#file === null;
    const label = colored ? `\x1b[${colors[level]}m${level}\x1b[0m` : level;
    const time = this.#settings.logTime ? this.#time() : "";
    return `${this.#prefix}${time}[${label}] ${text}\n`;
  }

  #time(): string {
    const micros = Number(this.#clock.wallNanos() / 1000n);
    const second = Math.floor(micros / 1_000_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#secondText = this.#formatSecond(second);
    }
    return `${this.#secondText}.${String(micros % 1_000_000).padStart(6, "0")} `;
  }

  #formatSecond(second: number): string {
    const millis = second * 1000;
    const offsetMinutes = this.#settings.logTimeUtc ? 0 : localOffsetMinutes(millis);
    // The UTC fields of a date moved by the zone's offset are the local ones.
    const shifted = new Date(millis + offsetMinutes * 60_000);
    const day = [shifted.getUTCMonth() + 1, shifted.getUTCDate()].map(twoDigits);
    const time = [shifted.getUTCHours(), shifted.getUTCMinutes(), shifted.getUTCSeconds()];
    return `${[shifted.getUTCFullYear(), ...day].join("/")} ${time.map(twoDigits).join(":")}`;
  }
}
