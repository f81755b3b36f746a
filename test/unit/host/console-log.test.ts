import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BunDisk } from "../../../src/host/bun-disk.ts";
import { ConsoleLog } from "../../../src/host/console-log.ts";
import type { LogSettings } from "../../../src/ports/log.ts";

const settings: LogSettings = {
  isDebug: false,
  isTrace: false,
  logTime: true,
  logTimeUtc: true,
  file: null,
  sizeLimit: 0,
  maxFiles: 0,
};

/** 2026-11-22 21:45:52.349810123 UTC, a second later on each call of `tick`. */
class SteppedClock {
  nanos = 1_795_383_952_349_810_123n;
  wallMillis(): number {
    return Number(this.nanos / 1_000_000n);
  }
  wallNanos(): bigint {
    return this.nanos;
  }
  monotonicMillis(): number {
    return 0;
  }
}

const disk = new BunDisk();
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "midge-log-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function logTo(out: string[], isColored = false): { log: ConsoleLog; clock: SteppedClock } {
  const clock = new SteppedClock();
  const write = (text: string): void => {
    out.push(text);
  };
  return { log: new ConsoleLog({ clock, disk, pid: 42, write, isColored }), clock };
}

describe("the log", () => {
  test("writes lines as NATS servers do", () => {
    const out: string[] = [];
    const { log } = logTo(out);
    log.configure(settings);
    log.notice("Server is ready");
    expect(out).toEqual(["[42] 2026/11/22 21:45:52.349810 [INF] Server is ready\n"]);
  });

  test("has a label for every level", () => {
    const out: string[] = [];
    const { log } = logTo(out);
    log.configure({ ...settings, logTime: false, isDebug: true, isTrace: true });
    log.notice("a");
    log.warn("b");
    log.error("c");
    log.fatal("d");
    log.debug("e");
    log.trace("f");
    expect(out).toEqual([
      "[42] [INF] a\n",
      "[42] [WRN] b\n",
      "[42] [ERR] c\n",
      "[42] [FTL] d\n",
      "[42] [DBG] e\n",
      "[42] [TRC] f\n",
    ]);
  });

  test("leaves out debug and trace lines until they are switched on, also later", () => {
    const out: string[] = [];
    const { log } = logTo(out);
    log.configure({ ...settings, logTime: false });
    log.debug("unseen");
    log.trace("unseen");
    expect([log.isDebug, log.isTrace]).toEqual([false, false]);
    log.configure({ ...settings, logTime: false, isDebug: true });
    log.debug("seen");
    log.trace("unseen");
    expect([log.isDebug, log.isTrace]).toEqual([true, false]);
    expect(out).toEqual(["[42] [DBG] seen\n"]);
  });

  test("shows local time unless UTC is asked for", () => {
    const out: string[] = [];
    const { log, clock } = logTo(out);
    log.configure({ ...settings, logTimeUtc: false });
    log.notice("x");
    const local = new Date(clock.wallMillis());
    const time = [local.getHours(), local.getMinutes()].map((part) =>
      String(part).padStart(2, "0"),
    );
    expect(out[0]).toContain(` ${time.join(":")}:52.349810 `);
  });

  test("keeps the microseconds in six digits when the second goes on", () => {
    const out: string[] = [];
    const { log, clock } = logTo(out);
    log.configure(settings);
    clock.nanos += 1_000_000_000n - 349_809_000n;
    log.notice("x");
    expect(out).toEqual(["[42] 2026/11/22 21:45:53.000001 [INF] x\n"]);
  });

  test("is colored on a terminal", () => {
    const out: string[] = [];
    const { log } = logTo(out, true);
    log.configure({ ...settings, logTime: false });
    log.warn("x");
    expect(out).toEqual(["[42] [\x1b[0;93mWRN\x1b[0m] x\n"]);
  });

  test("goes to a file and nowhere else, without colors", () => {
    const out: string[] = [];
    const { log } = logTo(out, true);
    const file = join(folder, "a.log");
    log.configure({ ...settings, logTime: false, file });
    log.notice("one");
    expect(disk.readText(file)).toBe("[42] [INF] one\n");
    expect(out).toEqual([]);
  });

  test("opens its file anew after it was moved", () => {
    const { log } = logTo([]);
    const file = join(folder, "a.log");
    expect(log.reopen()).toBe(false);
    log.configure({ ...settings, logTime: false, file });
    log.notice("before");
    disk.rename(file, `${file}.1`);
    log.notice("still the old file");
    expect(log.reopen()).toBe(true);
    log.notice("after");
    expect(disk.readText(file)).toBe("[42] [INF] after\n");
    expect(disk.readText(`${file}.1`)).toContain("still the old file");
  });

  test("keeps its old place when the new file cannot be opened", () => {
    const out: string[] = [];
    const { log } = logTo(out);
    log.configure({ ...settings, logTime: false });
    const file = join(folder, "no", "such", "a.log");
    expect(() => log.configure({ ...settings, file })).toThrow(
      `open ${file}: no such file or directory`,
    );
    log.notice("x");
    expect(out).toEqual(["[42] [INF] x\n"]);
  });

  test("sets a file aside that grew too large and tells so in the new one", () => {
    const { log } = logTo([]);
    const file = join(folder, "a.log");
    log.configure({ ...settings, logTime: false, file, sizeLimit: 40 });
    log.notice("short");
    expect(disk.list(folder)).toEqual(["a.log"]);
    log.notice("a line that is longer than what is left");
    const [current, backup = ""] = disk.list(folder);
    expect(current).toBe("a.log");
    expect(backup).toMatch(/^a\.log\.2026\.11\.2[123]\.\d\d\.\d\d\.52\.349810123$/);
    expect(disk.readText(join(folder, backup))).toContain("longer than what is left");
    expect(disk.readText(file)).toBe(
      `[42] [INF] Rotated log, backup saved as "${join(folder, backup)}"\n`,
    );
  });

  test("keeps as many files as it was told, the current one counted", () => {
    const { log, clock } = logTo([]);
    const file = join(folder, "a.log");
    disk.writeText(join(folder, "a.log.other"), "not a backup");
    log.configure({ ...settings, logTime: false, file, sizeLimit: 200, maxFiles: 3 });
    for (let round = 0; round < 5; round++) {
      clock.nanos += 1_000_000_000n;
      log.notice("x".repeat(200));
    }
    const backups = disk.list(folder).filter((name) => /\d$/.test(name));
    expect(backups.length).toBe(2);
    expect(disk.exists(join(folder, "a.log.other"))).toBe(true);
    expect(disk.readText(file)).toContain("Purged log file");
  });

  test("sets a file aside at once that is too large from the start", () => {
    const { log } = logTo([]);
    const file = join(folder, "a.log");
    disk.writeText(file, "x".repeat(100));
    log.configure({ ...settings, logTime: false, file, sizeLimit: 50 });
    expect(disk.list(folder).length).toBe(2);
  });
});
