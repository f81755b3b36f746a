// A short run of sudden deaths under load; `bun test/faults/kill.ts --kills 200` is the long one.

import { expect, test } from "bun:test";
import { killOver } from "./kill-run.ts";

test("nothing that was promised is lost when the server is killed, again and again", async () => {
  const report = await killOver({
    kills: 8,
    seed: 3,
    limitMillis: 30_000,
    isSealed: false,
    stretch: 5,
    onRound: () => undefined,
  });
  expect(report.faults).toEqual([]);
  expect(report.complaints).toEqual([]);
  expect(report.counts["publishes acknowledged"]).toBeGreaterThan(20);
  expect(report.counts["drainings"]).toBeGreaterThan(0);
}, 60_000);
