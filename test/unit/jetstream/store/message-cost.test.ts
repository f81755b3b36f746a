import { expect, test } from "bun:test";
import { messageCost } from "../../../../src/jetstream/store/message-cost.ts";

test("a message counts as it does in the reference", () => {
  // "foo" with five bytes, as `stream info` of the reference shows it.
  expect(messageCost("memory", 3, 0, 5)).toBe(24);
  expect(messageCost("file", 3, 0, 5)).toBe(38);
  expect(messageCost("memory", 3, 20, 5)).toBe(44);
  expect(messageCost("file", 3, 20, 5)).toBe(62);
});
