import { expect, test } from "bun:test";
import { expiryOf, parseTtl } from "../../../../src/jetstream/stream/message-ttl.ts";

test("a time to live is seconds, a duration of a second at least, or never", () => {
  expect(
    ["", "never", "NEVER", "1", "90", "00", "1s", "1.9s", "2m", "1h0m1s"].map(parseTtl),
  ).toEqual([0, -1, -1, 1, 90, 0, 1, 1, 120, 3601]);
  expect(["0", "500ms", "-1", "-5s", "soon", "1 s", "0s", "1e3"].map(parseTtl)).toEqual(
    Array.from({ length: 8 }, () => null),
  );
});

test("it counts from the message's time", () => {
  expect([expiryOf(5, 0), expiryOf(5, -1), expiryOf(5, 2)]).toEqual([0, 0, 2_000_005]);
});
