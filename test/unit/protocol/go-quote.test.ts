import { expect, test } from "bun:test";
import fc from "fast-check";
import { goQuote, goQuoteBytes } from "../../../src/protocol/go-quote.ts";

// Answers of Go's %q.
test.each([
  ["foo.bar", '"foo.bar"'],
  ['a"b\\c', '"a\\"b\\\\c"'],
  ["\u0007\b\t\n\u000b\f\r", '"\\a\\b\\t\\n\\v\\f\\r"'],
  ["\u0000\u0001\u001f\u007f", '"\\x00\\x01\\x1f\\x7f"'],
  ["grün 世界 🙂", '"grün 世界 🙂"'],
  ["\u0080\u00a0\u00ad", '"\\u0080\\u00a0\\u00ad"'],
  ["\u2028\ufeff\ue000", '"\\u2028\\ufeff\\ue000"'],
  ["\u{e0001}\u{10ffff}", '"\\U000e0001\\U0010ffff"'],
  ["\ufffd", '"\ufffd"'],
  ["'", '"\'"'],
])("text is quoted with the escapes of Go: %p", (text, quoted) => {
  expect(goQuote(text)).toBe(quoted);
  expect(goQuoteBytes(new TextEncoder().encode(text))).toBe(quoted);
});

test.each([
  [[0xff], '"\\xff"'],
  [[0xc3, 0x28], '"\\xc3("'],
  [[0xe2, 0x82], '"\\xe2\\x82"'],
  [[0xf0, 0x9f, 0x98], '"\\xf0\\x9f\\x98"'],
  [[0xed, 0xa0, 0x80], '"\\xed\\xa0\\x80"'],
  [[0xc0, 0x80], '"\\xc0\\x80"'],
  [[0xf4, 0x90, 0x80, 0x80], '"\\xf4\\x90\\x80\\x80"'],
  [[0x61, 0x80, 0x62], '"a\\x80b"'],
  [[0xc3, 0xbc, 0xff], '"ü\\xff"'],
])("bytes that are no text are quoted one by one: %p", (bytes, quoted) => {
  expect(goQuoteBytes(Uint8Array.from(bytes))).toBe(quoted);
});

test("no bytes can break out of the quotes or the line", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const inside = goQuoteBytes(bytes).slice(1, -1);
      expect(inside).not.toMatch(/[\r\n\t\0]/);
      expect(inside.replace(/\\["\\]/g, "")).not.toContain('"');
    }),
  );
});

test("a text with half a surrogate pair is quoted all the same", () => {
  expect(goQuote("a\ud800b")).toBe('"a\ufffdb"');
});
