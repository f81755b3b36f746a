import { expect, test } from "bun:test";
import { DeadlineWheel } from "../../../src/broker/deadline-wheel.ts";
import { ManualTime } from "./broker-rig.ts";

interface Item {
  readonly name: string;
  dueTick: number;
}

function item(name: string): Item {
  return { name, dueTick: 0 };
}

function openWheel(onDue: (one: Item) => void): {
  readonly time: ManualTime;
  readonly wheel: DeadlineWheel<Item>;
} {
  const time = new ManualTime();
  return { time, wheel: new DeadlineWheel<Item>(time, time, 25, onDue) };
}

test("items fall due in their order, never early and at most a tick late", () => {
  const due: string[] = [];
  const { time, wheel } = openWheel((one) => due.push(`${one.name}@${time.monotonicMillis()}`));
  const start = time.monotonicMillis();
  wheel.set(item("b"), start + 110);
  wheel.set(item("a"), start + 60);
  wheel.set(item("c"), start + 60_000);
  time.advance(59);
  expect(due).toEqual([]);
  time.advance(100);
  expect(due).toEqual([`a@${start + 75}`, `b@${start + 125}`]);
  time.advance(60_000);
  expect(due).toHaveLength(3);
  expect(time.armedCount).toBe(0);
});

test("a later deadline replaces an earlier one, and an earlier one a later one", () => {
  const due: string[] = [];
  const { time, wheel } = openWheel((one) => due.push(one.name));
  const start = time.monotonicMillis();
  const [early, late] = [item("early"), item("late")];
  wheel.set(early, start + 50);
  wheel.set(late, start + 5000);
  wheel.set(early, start + 500);
  wheel.set(late, start + 100);
  time.advance(200);
  expect(due).toEqual(["late"]);
  time.advance(400);
  expect(due).toEqual(["late", "early"]);
});

test("what is cleared does not fall due, not even from within", () => {
  const due: string[] = [];
  const [one, other] = [item("one"), item("other")];
  const { time, wheel } = openWheel((fallen) => {
    due.push(fallen.name);
    wheel.clear(fallen === one ? other : one);
  });
  const at = time.monotonicMillis() + 50;
  wheel.set(one, at);
  wheel.set(other, at);
  time.advance(1000);
  expect(due).toEqual(["one"]);
});

test("an item may set itself again when it falls due", () => {
  let count = 0;
  const { time, wheel } = openWheel((one) => {
    count += 1;
    wheel.set(one, time.monotonicMillis() + 100);
  });
  wheel.set(item("again"), time.monotonicMillis() + 100);
  time.advance(1010);
  expect(count).toBe(10);
  wheel.stop();
  time.advance(1000);
  expect(count).toBe(10);
});
