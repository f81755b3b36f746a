import { expect, test } from "bun:test";
import {
  DuplicateWindow,
  maxRememberedIds,
} from "../../../../src/jetstream/stream/duplicate-window.ts";

function knownSince(window: DuplicateWindow, id: string, since: number): number {
  const found = window.find(id);
  return found > 0 && window.foundMicros >= since ? found : 0;
}

test("an id is known with its sequence from the time on that is asked for", () => {
  const window = new DuplicateWindow();
  window.add("a", 7, 1000);
  expect(knownSince(window, "a", 1000)).toBe(7);
  expect(knownSince(window, "a", 1001)).toBe(0);
  expect(knownSince(window, "b", 0)).toBe(0);
});

test("the last of several of an id counts", () => {
  const window = new DuplicateWindow();
  window.add("a", 1, 10);
  window.add("a", 2, 20);
  expect(knownSince(window, "a", 0)).toBe(2);
});

test("what is forgotten takes no memory once all is forgotten", () => {
  const window = new DuplicateWindow();
  for (let at = 0; at < 100; at++) {
    window.add(`id-${at}`, at + 1, at);
  }
  window.forgetBefore(60);
  expect([window.size, window.oldestMicros]).toEqual([40, 60]);
  expect([knownSince(window, "id-59", 0), knownSince(window, "id-60", 0)]).toEqual([0, 61]);
  window.forgetBefore(1000);
  expect([window.size, window.memoryBytes, window.oldestMicros]).toEqual([0, 0, 0]);
  window.add("again", 1, 2000);
  expect(knownSince(window, "again", 0)).toBe(1);
});

test("it answers as a plain map would, while entries come and go", () => {
  const window = new DuplicateWindow();
  const plain = new Map<string, { readonly sequence: number; readonly time: number }>();
  let seed = 12_345;
  const below = (bound: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return seed % bound;
  };
  for (let time = 1; time <= 20_000; time++) {
    const id = `m${below(3000)}`;
    const since = time - 1500;
    const known = plain.get(id);
    const expected = known !== undefined && known.time >= since ? known.sequence : 0;
    expect(knownSince(window, id, since)).toBe(expected);
    if (expected === 0) {
      window.add(id, time, time);
      plain.set(id, { sequence: time, time });
    }
    if (time % 700 === 0) {
      window.forgetBefore(since);
    }
  }
  expect(window.size).toBeLessThan(3001);
});

test("no more than a named number is remembered", () => {
  expect(maxRememberedIds).toBe(8_388_608);
});
