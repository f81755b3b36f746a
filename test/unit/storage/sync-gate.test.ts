import { expect, test } from "bun:test";
import { SyncGate } from "../../../src/storage/sync-gate.ts";

function rig(most: number) {
  let now = 0;
  const clock = { wallNanos: () => 0n, wallMillis: () => 0, monotonicMillis: () => now };
  const gate = new SyncGate(clock, most);
  const begun: number[] = [];
  return {
    gate,
    begun,
    enter: (number: number) => {
      gate.enter(() => begun.push(number));
    },
    pass: (millis: number) => {
      now += millis;
    },
  };
}

test("who comes when too many are in waits, and goes in as they came", () => {
  const { gate, begun, enter, pass } = rig(2);
  [1, 2, 3, 4, 5].forEach(enter);
  expect(begun).toEqual([1, 2]);
  expect(gate.waits).toMatchObject({ waiters: 3, waits: 0 });
  pass(10);
  gate.leave();
  expect(begun).toEqual([1, 2, 3]);
  pass(5);
  gate.leave();
  gate.leave();
  expect(begun).toEqual([1, 2, 3, 4, 5]);
  expect(gate.waits).toEqual({ waiters: 0, waits: 3, waitMillis: 40, maxWaitMillis: 15 });
});

test("when all have left, it is as new", () => {
  const { gate, begun, enter } = rig(1);
  [1, 2].forEach(enter);
  gate.leave();
  gate.leave();
  [3, 4].forEach(enter);
  expect(begun).toEqual([1, 2, 3]);
  expect(gate.waits.waiters).toBe(1);
});

test("a hundred thousand that leave as soon as they are in let each other in", () => {
  const { gate, enter } = rig(1);
  let passed = 0;
  enter(0);
  for (let count = 0; count < 100_000; count++) {
    gate.enter(() => {
      passed++;
      gate.leave();
    });
  }
  gate.leave();
  expect(passed).toBe(100_000);
});
