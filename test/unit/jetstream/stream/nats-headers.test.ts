import { expect, test } from "bun:test";
import {
  NatsHeaders,
  natsHeader,
  natsHeaderNames,
} from "../../../../src/jetstream/stream/nats-headers.ts";
import { headerBlock } from "../../../../src/protocol/headers.ts";

const encoder = new TextEncoder();

function read(block: string): NatsHeaders {
  const bytes = encoder.encode(`..${block}..`);
  const headers = new NatsHeaders();
  headers.read(bytes, 2, bytes.length - 4);
  return headers;
}

test("every header the server knows is found by its name", () => {
  const headers = new NatsHeaders();
  for (const [header, name] of Object.values(natsHeader).map(
    (n) => [n, natsHeaderNames[n] ?? ""] as const,
  )) {
    const block = headerBlock([
      ["Other", "x"],
      [name, `value of ${name}`],
    ]);
    headers.read(block, 0, block.length);
    expect([headers.count, headers.text(header)]).toEqual([1, `value of ${name}`]);
  }
});

test("names are case-sensitive, the first counts, blanks before a value do not", () => {
  const headers = read("NATS/1.0\r\nnats-ttl: 1\r\nNats-TTL:   2 \r\nNats-TTL: 3\r\n\r\n");
  expect([headers.count, headers.text(natsHeader.ttl)]).toEqual([1, "2 "]);
  expect(headers.text(natsHeader.messageId)).toBe("");
});

test("numbers are digits; what is none is told from what is not there", () => {
  const of = (value: string): number | null =>
    read(`NATS/1.0\r\nNats-Expected-Last-Sequence: ${value}\r\n\r\n`).number(
      natsHeader.expectedLastSequence,
    );
  expect([of("12"), of("0"), of(""), of("-1"), of("1x"), of("9".repeat(30))]).toEqual([
    12,
    0,
    null,
    -1,
    -1,
    -1,
  ]);
  expect(read("NATS/1.0\r\n\r\n").number(natsHeader.ttl)).toBeNull();
});

test("an empty value is there and says nothing", () => {
  const headers = read("NATS/1.0 503 Busy\r\nNats-Rollup:\r\n\r\n");
  expect([headers.has(natsHeader.rollup), headers.hasValue(natsHeader.rollup)]).toEqual([
    true,
    false,
  ]);
});

test("blocks that are cut anywhere are read without a fault", () => {
  const whole = "NATS/1.0 503 Busy\r\nNats-Rollup: sub\r\nNats-Msg-Id: a:b\r\n\r\n";
  for (let length = 0; length <= whole.length; length++) {
    expect(read(whole.slice(0, length)).count).toBeLessThan(3);
  }
  expect(read(whole).text(natsHeader.messageId)).toBe("a:b");
});
