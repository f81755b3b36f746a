import { expect, test } from "bun:test";
import { Ring } from "../../../src/base/ring.ts";

test("a ring gives items in the order they came", () => {
  const ring = new Ring<number>(3);
  expect([ring.add(1), ring.add(2)]).toEqual([undefined, undefined]);
  expect([...ring]).toEqual([1, 2]);
  expect([ring.take(), ring.take(), ring.take()]).toEqual([1, 2, undefined]);
});

test("a full ring drops the oldest and says which", () => {
  const ring = new Ring<number>(2);
  ring.add(1);
  ring.add(2);
  expect(ring.add(3)).toBe(1);
  expect(ring.add(4)).toBe(2);
  expect([...ring]).toEqual([3, 4]);
  expect(ring.size).toBe(2);
});

test("a ring goes on correctly after items were taken in between", () => {
  const ring = new Ring<number>(3);
  for (let value = 0; value < 20; value++) {
    ring.add(value);
    if (value % 3 === 0) {
      ring.take();
    }
  }
  expect([...ring]).toEqual([17, 18, 19]);
  ring.clear();
  expect([ring.size, ring.take()]).toEqual([0, undefined]);
});
