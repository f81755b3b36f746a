import { expect, test } from "bun:test";
import { type Committed, GroupCommit } from "../../../src/storage/group-commit.ts";
import { SimulatedTime } from "../../simulation/host/simulated-time.ts";

class Written implements Committed {
  flushes = 0;
  syncs = 0;

  flush(): void {
    this.flushes++;
  }

  syncWritten(): void {
    this.syncs++;
  }
}

test("the end of a turn is asked for once, and flushes everybody who changed", () => {
  let wakes = 0;
  const group = new GroupCommit(new SimulatedTime(), 100, () => {
    wakes++;
  });
  const [first, second] = [new Written(), new Written()];
  group.mark(first);
  group.mark(second);
  expect(wakes).toBe(1);
  group.commitTurn();
  group.commitTurn();
  expect([first.flushes, second.flushes]).toEqual([1, 1]);
  group.mark(first);
  expect(wakes).toBe(2);
});

test("who marks himself while others are flushed is flushed with the next turn", () => {
  const group = new GroupCommit(new SimulatedTime(), 100, () => undefined);
  const late = new Written();
  group.mark({ flush: () => group.mark(late), syncWritten: () => undefined });
  group.commitTurn();
  expect(late.flushes).toBe(0);
  group.commitTurn();
  expect(late.flushes).toBe(1);
});

test("what is written without a sync is synced once an interval, all of it at once", async () => {
  const time = new SimulatedTime();
  const group = new GroupCommit(time, 100, () => undefined);
  const [first, second, gone] = [new Written(), new Written(), new Written()];
  group.syncLater(first);
  group.syncLater(gone);
  await time.advance(60);
  group.syncLater(second);
  group.syncLater(first);
  group.forget(gone);
  expect(first.syncs).toBe(0);
  await time.advance(40);
  expect([first.syncs, second.syncs, gone.syncs]).toEqual([1, 1, 0]);
  await time.advance(500);
  expect(first.syncs).toBe(1);
  group.syncLater(first);
  group.close();
  await time.advance(500);
  expect(first.syncs).toBe(1);
});

test("who has enough for a sync of its own is flushed when the call that brought it is over", async () => {
  const group = new GroupCommit(new SimulatedTime(), 1000, () => undefined);
  const committed = new Written();
  group.mark(committed);
  group.soon(committed);
  expect(committed.flushes).toBe(0);
  await Promise.resolve();
  expect(committed.flushes).toBe(1);
  group.commitTurn();
  expect(committed.flushes).toBe(2);
});
