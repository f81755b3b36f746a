import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { DeadlineQueue } from "../../../src/base/deadline-queue.ts";

function filled(entries: readonly (readonly [number, number])[]): {
  queue: DeadlineQueue;
  alive: Set<number>;
} {
  const alive = new Set<number>();
  const queue = new DeadlineQueue((id) => alive.has(id));
  for (const [id, deadline] of entries) {
    alive.add(id);
    queue.add(id, deadline);
  }
  return { queue, alive };
}

describe("a queue of deadlines", () => {
  test("gives what is due, the earliest first, and keeps it until it does not count", () => {
    const { queue, alive } = filled([
      [1, 30],
      [2, 10],
      [3, 20],
      [4, 10],
    ]);
    expect(queue.next()).toBe(10);
    expect(queue.due(9, 10)).toEqual([]);
    expect(queue.due(20, 10)).toEqual([2, 4, 3]);
    expect(queue.due(20, 2)).toEqual([2, 4]);
    alive.delete(2);
    alive.delete(4);
    expect(queue.due(100, 10)).toEqual([3, 1]);
    alive.clear();
    expect(queue.next()).toBe(0);
    expect(queue.due(100, 10)).toEqual([]);
  });

  test("agrees with sorting, whatever is added and dropped", () => {
    const entry = fc.record({ deadline: fc.integer({ min: 1, max: 50 }), dies: fc.boolean() });
    fc.assert(
      fc.property(
        fc.array(entry, { maxLength: 200 }),
        fc.integer({ min: 0, max: 60 }),
        (all, now) => {
          const entries = all.map(({ deadline }, id) => [id, deadline] as const);
          const { queue, alive } = filled(entries);
          for (const [id, { dies }] of all.entries()) {
            if (dies) {
              alive.delete(id);
              queue.noteDead();
            }
          }
          const expected = entries
            .filter(([id, deadline]) => alive.has(id) && deadline <= now)
            .sort(([one, first], [other, second]) => first - second || one - other)
            .map(([id]) => id);
          expect(queue.due(now, 1000)).toEqual(expected);
          const again = new DeadlineQueue((id) => alive.has(id));
          expect(again.load(queue.dump())).toBe(true);
          expect(again.due(now, 1000)).toEqual(expected);
        },
      ),
      { numRuns: 200 },
    );
  });

  test("forgets dead entries before they are due", () => {
    const entries = Array.from({ length: 10_000 }, (_, id) => [id, 1_000_000 - id] as const);
    const { queue, alive } = filled(entries);
    for (let id = 0; id < 9_990; id++) {
      alive.delete(id);
      queue.noteDead();
    }
    expect(queue.size).toBeLessThan(2_000);
    expect(queue.memoryBytes).toBeLessThan(70_000);
    expect(queue.due(2_000_000, 3)).toEqual([9_999, 9_998, 9_997]);
  });

  test("finds the one that counts behind many that do not", () => {
    const entries = Array.from({ length: 500 }, (_, id) => [id, id + 1] as const);
    const { queue, alive } = filled(entries);
    alive.clear();
    alive.add(499);
    expect(queue.next()).toBe(500);
    expect(queue.due(500, 5)).toEqual([499]);
    expect(queue.size).toBe(1);
  });

  test("bytes that are no dump are refused", () => {
    expect(filled([]).queue.load(new Uint8Array(15))).toBe(false);
  });
});
