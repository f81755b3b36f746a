// The ledger of the killing runs finds what it is there to find.

import { expect, test } from "bun:test";
import { Dice } from "../fuzz/road-dice.ts";
import { type Attempt, ConsumerLedger, type FoundMessage, StreamLedger } from "./kill-ledger.ts";

function ledger(): StreamLedger {
  return new StreamLedger("S", []);
}

const dice: Dice = new Dice(1);

function acknowledged(stream: StreamLedger, sequence: number): Attempt {
  const attempt = stream.attempt("s.a", dice);
  stream.stored(attempt, sequence);
  return attempt;
}

function found(attempt: Attempt, seq: number): FoundMessage {
  return { seq, subject: attempt.subject, body: attempt.body };
}

test("all is well when everything acknowledged is there, and the rest is there or not", () => {
  const stream = ledger();
  const one = acknowledged(stream, 1);
  const open = stream.attempt("s.b", dice);
  stream.attempt("s.c", dice);
  stream.check([found(one, 1), found(open, 2)], 2);
  expect(stream.faults).toEqual([]);
  stream.check([found(one, 1)], 2);
  expect(stream.faults).toEqual(["S: S-2 at 2 is missing"]);
});

test("a missing, an altered and a doubled message are found", () => {
  const stream = ledger();
  const [one, two] = [acknowledged(stream, 1), acknowledged(stream, 2)];
  const altered = { ...found(two, 2), body: `${two.body.slice(0, -1)}?` };
  stream.check([found(one, 1), altered, found(one, 3)], 3);
  expect(stream.faults.map((fault) => fault.slice(0, 34))).toEqual([
    `S: 2 is altered: "${two.body.slice(0, 16)}`,
    "S: S-1 is there twice, again at 3",
    "S: S-1 stands at 1 and at 3",
    "S: S-2 at 2 is missing",
  ]);
});

test("a sequence that is given twice is found, and a last sequence that went back", () => {
  const stream = ledger();
  acknowledged(stream, 7);
  stream.removed(stream.removing(() => true));
  stream.check([], 7);
  acknowledged(stream, 7);
  expect(stream.faults).toEqual(["S: 7 was given to S-1 and to S-2"]);
  const other = ledger();
  acknowledged(other, 7);
  other.removed(other.removing(() => true));
  other.check([], 6);
  expect(other.faults).toEqual(["S: the last sequence is 6, 7 was given"]);
});

test("an answered purge holds; one that nobody answered may have happened", () => {
  const stream = ledger();
  const one = acknowledged(stream, 1);
  stream.removing(() => true);
  stream.roundOver();
  stream.check([found(one, 1)], 1);
  expect(stream.faults).toEqual([]);
  const removal = stream.removing(() => true);
  const late = acknowledged(stream, 2);
  stream.removed(removal);
  stream.check([found(one, 1), found(late, 2)], 2);
  expect(stream.faults).toEqual(["S: S-1 at 1 was removed and is there"]);
});

test("what was refused, or never sent, may not be there", () => {
  const stream = ledger();
  const refused = stream.attempt("s.a", dice);
  stream.refused(refused);
  const other = ledger();
  other.attempt("s.a", dice);
  stream.check([found(refused, 1), found(other.attempt("s.a", dice), 2)], 2);
  expect(stream.faults).toEqual([
    "S: S-1 was refused and is there, at 1",
    "S: S-2 was never sent and is there, at 2",
  ]);
});

test("a consumer that skips a message, or brings a confirmed one again, is found", () => {
  const stream = ledger();
  const [one, two] = [acknowledged(stream, 1), acknowledged(stream, 2)];
  const consumer = new ConsumerLedger("c", stream);
  consumer.take(found(one, 1));
  consumer.confirm(1);
  consumer.take(found(one, 1));
  expect(consumer.lateCopies).toBe(1);
  consumer.nextLife();
  consumer.take(found(one, 1));
  consumer.checkDrained();
  expect(stream.faults).toEqual([
    "S > c: 1 comes back in life 1, confirmed in 0",
    `S > c: ${two.sequence} was never delivered`,
  ]);
});
