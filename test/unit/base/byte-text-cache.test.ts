import { expect, test } from "bun:test";
import { ByteTextCache } from "../../../src/base/byte-text-cache.ts";

function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

test("the text is the bytes, wherever they lie", () => {
  const cache = new ByteTextCache();
  expect(cache.at(bytes("--orders.new--"), 2, 10)).toBe("orders.new");
  expect(cache.at(bytes("orders.new"), 0, 10)).toBe("orders.new");
  expect(cache.at(bytes("orders.new"), 0, 0)).toBe("");
});

test("bytes that are no UTF-8 keep one character each", () => {
  const cache = new ByteTextCache();
  expect(cache.at(bytes("a\u00ff\u0080b"), 0, 4)).toBe("a\u00ff\u0080b");
  expect(cache.at(bytes("a\u00ff\u0080b"), 0, 4)).toBe("a\u00ff\u0080b");
});

test("texts that fall on one place do not stand for each other", () => {
  const cache = new ByteTextCache();
  const texts = Array.from({ length: 20_000 }, (_, index) => `s.${index}.${index * 7919}`);
  for (const round of [1, 2]) {
    for (const text of texts) {
      expect([round, cache.at(bytes(text), 0, text.length)]).toEqual([round, text]);
    }
  }
});

test("a text that is too long to be kept comes whole", () => {
  const text = "long.".repeat(100);
  const cache = new ByteTextCache();
  expect(cache.at(bytes(text), 0, text.length)).toBe(text);
  expect(cache.at(bytes(text), 0, text.length)).toBe(text);
});
