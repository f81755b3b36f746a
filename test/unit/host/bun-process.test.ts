import { describe, expect, test } from "bun:test";
import { BunProcess } from "../../../src/host/bun-process.ts";

describe("the process", () => {
  test("knows its id, memory, cores and host", () => {
    const own = new BunProcess("midge");
    expect(own.pid).toBe(process.pid);
    expect(own.residentBytes()).toBeGreaterThan(1_000_000);
    expect(own.cores).toBeGreaterThan(0);
    expect(own.hostName.length).toBeGreaterThan(0);
  });

  test("is called as its owner says while it runs from source", () => {
    expect(new BunProcess("midge").executableName).toBe("midge");
  });

  test("measures processor time since the last question", () => {
    const own = new BunProcess();
    // The system counts processor time in ticks: work until one has passed, however fast this machine is.
    const bytes = new Uint8Array(1 << 20);
    let percent = 0;
    for (let round = 0; percent === 0 && round < 10_000; round++) {
      Bun.hash.xxHash64(bytes);
      bytes[round] = round;
      percent = own.cpuPercent();
    }
    expect(percent).toBeGreaterThan(0);
    expect(own.cpuPercent()).toBeLessThan(10_000);
  });

  test("reads its environment and finds no process of a name that nobody has", () => {
    const own = new BunProcess();
    expect(own.environment("PATH")).toContain("/");
    expect(own.environment("MIDGE_NOT_SET")).toBeUndefined();
    expect(own.othersNamed("no-such-program-anywhere") ?? []).toEqual([]);
  });
});
