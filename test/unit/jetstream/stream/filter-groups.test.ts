import { describe, expect, test } from "bun:test";
import {
  FilterGroups,
  rememberedSubjects,
} from "../../../../src/jetstream/stream/filter-groups.ts";
import { matches } from "../../../../src/subjects/overlap.ts";
import { TestListener } from "./stream-rig.ts";

describe("groups of listeners", () => {
  test("are one per distinct filter, whatever the order of its patterns", () => {
    const groups = new FilterGroups();
    const listeners = [
      new TestListener(),
      new TestListener(">"),
      new TestListener("a", "b.*"),
      new TestListener("b.*", "a"),
    ];
    for (const listener of listeners) {
      groups.add(listener);
    }
    expect([groups.listenerCount, groups.groupCount]).toEqual([4, 2]);
    for (const listener of listeners) {
      groups.remove(listener);
    }
    expect([groups.listenerCount, groups.groupCount]).toEqual([0, 0]);
  });

  test("count for a listener what was stored since it came", () => {
    const groups = new FilterGroups();
    const early = new TestListener("a.*");
    const late = new TestListener("a.*");
    groups.add(early);
    groups.stored("a.x", 1);
    groups.add(late);
    groups.stored("a.y", 2);
    groups.stored("b", 3);
    expect([groups.storedFor(early), groups.storedFor(late)]).toEqual([2, 1]);
    groups.remove(early);
    expect(groups.storedFor(early)).toBe(0);
    expect(groups.storedFor(late)).toBe(1);
  });

  test("know without a search where the next message may be, of their last two", () => {
    const groups = new FilterGroups();
    const listener = new TestListener("a.*", "c");
    groups.add(listener, 4);
    expect(groups.earliestFor(listener, 5)).toBe(Number.POSITIVE_INFINITY);
    expect(groups.earliestFor(listener, 3)).toBe(3);
    groups.stored("a.x", 5);
    groups.stored("b", 6);
    groups.stored("c", 7);
    groups.stored("b", 8);
    expect([3, 5, 6, 7].map((from) => groups.earliestFor(listener, from))).toEqual([3, 5, 7, 7]);
    expect(groups.earliestFor(listener, 8)).toBe(Number.POSITIVE_INFINITY);
    expect(groups.earliestFor(new TestListener(), 8)).toBe(8);
  });

  test("wake each awake listener once, and bear that it comes, goes and sleeps meanwhile", () => {
    const groups = new FilterGroups();
    const sleeping = new TestListener();
    const other = new TestListener();
    class Restless extends TestListener {
      override onStored(lastSequence: number): void {
        super.onStored(lastSequence);
        groups.setAwake(this, false, lastSequence);
        groups.remove(sleeping);
      }
    }
    const restless = new Restless();
    for (const listener of [sleeping, restless, other]) {
      groups.add(listener);
    }
    groups.setAwake(restless, true, 0);
    groups.setAwake(other, true, 0);
    groups.stored("a", 1);
    groups.stored("a", 2);
    groups.wake(2);
    groups.stored("a", 3);
    groups.wake(3);
    expect(restless.heard).toEqual(["stored 2"]);
    expect(other.heard).toEqual(["stored 2", "stored 3"]);
    expect(sleeping.heard).toEqual([]);
    expect(groups.listenerCount).toBe(2);
  });

  test("wake a listener for what was under way when it came", () => {
    const groups = new FilterGroups();
    const listener = new TestListener();
    groups.add(listener, 5);
    groups.setAwake(listener, true, 3);
    groups.wake(4);
    expect(listener.heard).toEqual([]);
    groups.wake(5);
    expect(listener.heard).toEqual(["stored 5"]);
    const late = new TestListener("a");
    groups.add(late, 5);
    groups.setAwake(late, true, 5);
    groups.wake(5);
    expect(late.heard).toEqual([]);
  });

  test("wake nobody for what is not visible yet, and later for it", () => {
    const groups = new FilterGroups();
    const listener = new TestListener("a");
    groups.add(listener);
    groups.setAwake(listener, true, 0);
    groups.stored("a", 5);
    groups.wake(4);
    expect(listener.heard).toEqual([]);
    groups.wake(5);
    expect(listener.heard).toEqual(["stored 5"]);
  });

  test("match as their patterns do, while they come and go", () => {
    const groups = new FilterGroups();
    const patterns = ["a", "a.*", "a.>", "*.b", "a.b.c", ">", "*.*.c", "b"];
    const subjects = ["a", "b", "a.b", "a.b.c", "c.b", "x.y.c", "x"];
    const here = new Map<string, TestListener>();
    let seed = 7;
    for (let step = 0; step < 2000; step++) {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
      const pattern = patterns[(seed >> 8) % patterns.length] ?? "";
      const known = here.get(pattern);
      if (known === undefined) {
        const listener = new TestListener(pattern);
        here.set(pattern, listener);
        groups.add(listener);
      } else {
        here.delete(pattern);
        groups.remove(known);
      }
      const subject = subjects[(seed >> 4) % subjects.length] ?? "";
      const found = groups.matching(subject).flatMap(({ listeners }) => listeners);
      const wanted = [...here].filter(([each]) => matches(each, subject)).map(([, each]) => each);
      expect(new Set(found)).toEqual(new Set(wanted));
      expect(found).toHaveLength(wanted.length);
      expect(groups.isWanted(subject)).toBe(wanted.length > 0);
    }
  });

  test("that a purge touches are those that share a subject with it", () => {
    const groups = new FilterGroups();
    const listeners = ["a.*", "b.c", "d"].map((pattern) => new TestListener(pattern));
    for (const listener of listeners) {
      groups.add(listener);
    }
    const touched = (pattern: string): readonly string[] =>
      [...groups.touching(pattern)].map(({ filter }) => filter.patterns.join());
    expect(touched("")).toEqual(["a.*", "b.c", "d"]);
    expect(touched("*.c")).toEqual(["a.*", "b.c"]);
    expect(touched("b.c")).toEqual(["b.c"]);
    expect(touched("e.>")).toEqual([]);
  });

  test("are found by more subjects than are remembered", () => {
    const groups = new FilterGroups();
    const listener = new TestListener("a.*");
    groups.add(listener);
    const count = rememberedSubjects * 3;
    for (let at = 0; at < count; at++) {
      groups.stored(`a.${at}`, at + 1);
      groups.stored("b", at + 1);
    }
    expect(groups.storedFor(listener)).toBe(count);
  });
});
