// What waits for acknowledgements: the columns, the order in which it falls due, and how much memory it takes.

import { expect, test } from "bun:test";
import { Pending } from "../../../../src/jetstream/consumer/pending.ts";
import { Redelivery } from "../../../../src/jetstream/consumer/redelivery.ts";

const million = 1_000_000;

function sequencesOf(pending: Pending): readonly number[] {
  const found: number[] = [];
  for (let index = pending.first(); index !== -1; index = pending.after(index)) {
    found.push(pending.sequence(index));
  }
  return found;
}

test("entries are found by their sequence, in order, whatever goes between them", () => {
  const pending = new Pending();
  const model: Map<number, number> = new Map();
  let sequence = 0;
  let state = 7;
  const below = (bound: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 1;
    return (state >>> 8) % bound;
  };
  for (let step = 0; step < 20_000; step++) {
    if (below(2) === 0 || model.size === 0) {
      sequence += 1 + below(3);
      pending.add(sequence, step, step);
      model.set(sequence, step);
    } else {
      const wanted = 1 + below(sequence);
      const index = pending.find(wanted);
      expect(index !== -1 ? pending.consumerSequence(index) : undefined).toBe(model.get(wanted));
      if (index !== -1) {
        pending.remove(index);
        model.delete(wanted);
      }
    }
    expect(pending.size).toBe(model.size);
  }
  expect(sequencesOf(pending)).toEqual([...model.keys()]);
});

test("a sequence that comes late finds its place", () => {
  const pending = new Pending();
  for (const sequence of [5, 9, 7, 1]) {
    pending.add(sequence, sequence, 0);
  }
  expect(sequencesOf(pending)).toEqual([1, 5, 7, 9]);
  expect(pending.firstFrom(6)).toBe(pending.find(7));
  expect(pending.firstFrom(10)).toBe(-1);
});

test("one that stays does not keep room for all that came after it", () => {
  const pending = new Pending();
  pending.add(1, 1, 0);
  for (let sequence = 2; sequence < 200_000; sequence++) {
    pending.add(sequence, sequence, 0);
    pending.remove(pending.find(sequence));
  }
  expect(pending.memoryBytes).toBeLessThan(10_000);
});

test("a million take what their columns take, and give it back", () => {
  const pending = new Pending();
  const redelivery = new Redelivery(pending);
  redelivery.setWaits(1000, []);
  for (let sequence = 1; sequence <= million; sequence++) {
    pending.add(sequence, sequence, sequence / 1000);
  }
  expect(pending.memoryBytes).toBeLessThan(40 * million);
  const due = redelivery.takeDue(3000, 10 * million);
  expect(due).toHaveLength(million);
  for (const sequence of due) {
    redelivery.enqueue(pending.find(sequence));
  }
  expect(redelivery.queued).toBe(million);
  expect(redelivery.memoryBytes).toBeLessThan(16 * million);
  for (let sequence = 1; sequence <= million; sequence++) {
    const index = pending.find(sequence);
    redelivery.forget(index);
    pending.remove(index);
  }
  redelivery.clear();
  expect(pending.memoryBytes + redelivery.memoryBytes).toBe(0);
});

test("waits are over in the order of their ends", () => {
  const pending = new Pending();
  const redelivery = new Redelivery(pending);
  redelivery.setWaits(100, []);
  for (let sequence = 1; sequence <= 4; sequence++) {
    pending.add(sequence, sequence, sequence * 10);
  }
  redelivery.waitFrom(pending.find(1), 50, 1);
  expect(redelivery.nextDue).toBe(121);
  expect([...redelivery.takeDue(141, 10)]).toEqual([2, 3, 4]);
  expect(redelivery.nextDue).toBe(151);
  expect([...redelivery.takeDue(151, 10)]).toEqual([1]);
  expect(redelivery.nextDue).toBe(Number.POSITIVE_INFINITY);
});

test("other waits count for what is delivered already", () => {
  const pending = new Pending();
  const redelivery = new Redelivery(pending);
  redelivery.setWaits(100, []);
  pending.add(1, 1, 0);
  pending.add(2, 2, 0, 2);
  pending.setOwnDue(pending.find(2), true);
  redelivery.setWaits(10, [10, 500]);
  expect(redelivery.nextDue).toBe(11);
  expect([...redelivery.takeDue(11, 10)]).toEqual([1]);
  expect(redelivery.nextDue).toBe(501);
});

test("who is put off while it waits in the queue comes by its new turn", () => {
  const pending = new Pending();
  const redelivery = new Redelivery(pending);
  redelivery.setWaits(100, []);
  for (let sequence = 1; sequence <= 3; sequence++) {
    redelivery.enqueue(pending.add(sequence, sequence, 0));
  }
  redelivery.waitFrom(pending.find(1), 0, 1);
  for (const sequence of redelivery.takeDue(200, 10)) {
    redelivery.enqueue(pending.find(sequence));
  }
  const order: number[] = [];
  for (let index = redelivery.peek(); index !== -1; index = redelivery.peek()) {
    order.push(pending.sequence(index));
    redelivery.forget(index);
  }
  expect(order).toEqual([2, 3, 1]);
});

test("heap and queue do not grow with what clients say again and again", () => {
  const pending = new Pending();
  const redelivery = new Redelivery(pending);
  redelivery.setWaits(1_000_000, []);
  pending.add(1, 1, 0);
  for (let round = 0; round < 100_000; round++) {
    const index = pending.find(1);
    redelivery.enqueue(index);
    redelivery.waitFrom(index, 100_000 - round, 1);
  }
  expect(redelivery.memoryBytes).toBeLessThan(200_000);
});
