import { expect, test } from "bun:test";
import { goTime } from "../../../../src/base/go-time.ts";
import { MessageFacts } from "../../../../src/jetstream/stream/message-facts.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const none = new Uint8Array(0);

test("a block stands behind the message's own headers", () => {
  const facts = new MessageFacts("S");
  const own = encoder.encode("..NATS/1.0\r\nA: b\r\n\r\n..");
  facts.begin(own, 2, own.length - 4);
  facts.subject(encoder.encode("xs.a"), 1, 3);
  facts.sequence(42);
  facts.line("Nats-Num-Pending: ", 0);
  facts.end();
  expect(decoder.decode(facts.block)).toBe(
    "NATS/1.0\r\nA: b\r\nNats-Stream: S\r\nNats-Subject: s.a\r\nNats-Sequence: 42\r\nNats-Num-Pending: 0\r\n\r\n",
  );
});

test("times are printed as everywhere else", () => {
  const facts = new MessageFacts("S");
  const times: readonly (readonly [number, number])[] = [
    [0, 0],
    [1_795_390_341_000_000, 0],
    [1_795_390_341_120_000, 0],
    [1_795_390_341_000_001, 7],
    [951_868_799_999_999, 999],
    [1_709_164_800_000_000, 1],
    [4_102_444_800_000_000, 500],
  ];
  for (const [micros, rest] of times) {
    facts.begin(none, 0, 0);
    facts.time(micros, rest);
    facts.end();
    const text = goTime(BigInt(micros) * 1000n + BigInt(rest));
    expect(decoder.decode(facts.block)).toBe(
      `NATS/1.0\r\nNats-Stream: S\r\nNats-Time-Stamp: ${text}\r\n\r\n`,
    );
  }
});

test("it grows with what it is given", () => {
  const facts = new MessageFacts("S");
  const subject = "s.".padEnd(5000, "x");
  facts.begin(none, 0, 0);
  facts.subjectText(subject);
  facts.end();
  expect(decoder.decode(facts.block)).toBe(
    `NATS/1.0\r\nNats-Stream: S\r\nNats-Subject: ${subject}\r\n\r\n`,
  );
});
