import { expect, test } from "bun:test";
import { ConsumerLedger } from "../../../../src/jetstream/consumer/consumer-ledger.ts";
import { StateKeeper } from "../../../../src/jetstream/consumer/state-keeper.ts";
import { MemoryJournal } from "../../../../src/jetstream/store/memory-journal.ts";

class Stage {
  now = 1000;
  readonly wallMillis = 0;
  readonly resume = 0;
  removedTicket = 0;
  streamDurable = 0;
  readonly ledger: ConsumerLedger = new ConsumerLedger();
  readonly journal: MemoryJournal = new MemoryJournal({
    keeps: true,
    recovered: null,
    onWritten: () => undefined,
  });
  readonly later: (() => void)[] = [];
  readonly keeper: StateKeeper = new StateKeeper(this.journal, this);

  constructor() {
    this.keeper.recover(() => undefined);
    this.keeper.rewrite();
  }

  get written(): number {
    return this.journal.contents?.changes.length ?? 0;
  }

  onJournalFailed(): void {
    // None does.
  }

  writeLater(action: () => void): void {
    this.later.push(action);
  }

  /** One message, and the end of its turn. */
  turn(sequence: number): void {
    this.ledger.deliver(sequence, this.now);
    this.keeper.settle();
  }

  fire(): void {
    this.now += 100;
    for (const action of this.later.splice(0)) {
      action();
    }
  }
}

test("after a rest a change is written at the end of its turn, the next ones a little later together", () => {
  const stage = new Stage();
  stage.turn(1);
  expect([stage.written, stage.later.length]).toEqual([1, 0]);
  stage.turn(2);
  stage.turn(3);
  expect([stage.written, stage.later.length]).toEqual([1, 1]);
  stage.fire();
  expect([stage.written, stage.later.length]).toEqual([2, 0]);
  stage.now += 100;
  stage.turn(4);
  expect(stage.written).toBe(3);
});

test("who waits until a change is durable does not wait for others", () => {
  const stage = new Stage();
  stage.turn(1);
  stage.turn(2);
  const failures: (string | null)[] = [];
  stage.keeper.whenDurable((failure) => failures.push(failure));
  expect(stage.written).toBe(2);
  stage.journal.settle();
  expect(failures).toEqual([null]);
  stage.fire();
  expect(stage.written).toBe(2);
});

test("many changes do not wait, and what waits is written when the consumer stops", async () => {
  const stage = new Stage();
  stage.turn(1);
  for (let sequence = 1000; stage.written < 2 && sequence < 60_000_000; sequence += 1000) {
    stage.turn(sequence);
  }
  expect(stage.written).toBe(2);
  stage.turn(70_000_000);
  expect(stage.written).toBe(2);
  await stage.keeper.close();
  expect(stage.written).toBe(3);
});

test("a message that is gone is written down when that is durable", () => {
  const stage = new Stage();
  stage.turn(1);
  stage.ledger.dropRemoved(stage.ledger.pending.find(1), 7);
  stage.now += 100;
  stage.keeper.flush();
  expect(stage.written).toBe(1);
  stage.streamDurable = 7;
  stage.keeper.flush();
  expect(stage.written).toBe(2);
});

test("what is put off is not written when the consumer has stopped meanwhile", async () => {
  const stage = new Stage();
  stage.turn(1);
  stage.turn(2);
  stage.turn(3);
  stage.ledger.dropRemoved(stage.ledger.pending.first(), 1);
  await stage.keeper.close();
  const { written } = stage;
  expect(stage.later.length).toBe(1);
  stage.streamDurable = 1;
  stage.fire();
  expect(stage.written).toBe(written);
});

test("a snapshot waits until messages that it leaves out are gone for good", () => {
  const stage = new Stage();
  const longest = (): number => {
    let most = 0;
    for (let sequence = 1; sequence <= 30_000; sequence++) {
      stage.ledger.deliver(stage.ledger.deliveredStream + 1_000_000, stage.now);
      stage.ledger.acknowledge(stage.ledger.deliveredStream);
      stage.keeper.flush();
      most = Math.max(most, stage.written);
    }
    return most;
  };
  stage.removedTicket = 1;
  expect(longest() + longest() + longest()).toBe(180_000);
  stage.streamDurable = 1;
  longest();
  expect(stage.written).toBeLessThan(90_000);
});
