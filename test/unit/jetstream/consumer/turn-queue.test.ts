import { expect, test } from "bun:test";
import { TurnQueue } from "../../../../src/jetstream/consumer/turn-queue.ts";
import { ManualTime } from "../../broker/broker-rig.ts";

test("what is not urgent is done together, at the end of a later turn", () => {
  const time = new ManualTime();
  const done: string[] = [];
  const turns: TurnQueue = new TurnQueue(() => time.endOfTurn(() => turns.run()), time);
  turns.addLater(() => done.push("late"));
  turns.addLater(() => done.push("later"));
  turns.add(() => done.push("now"));
  time.turn();
  expect(done).toEqual(["now"]);
  time.advance(99);
  expect(done).toEqual(["now"]);
  time.advance(1);
  time.turn();
  expect(done).toEqual(["now", "late", "later"]);
  turns.addLater(() => done.push("again"));
  time.advance(100);
  time.turn();
  expect(done.at(-1)).toBe("again");
});
