import { describe, expect, test } from "bun:test";
import { isPublicKey } from "../../../src/config/public-key.ts";
import { quote, quoteAll } from "../../../src/config/quote.ts";
import { sameValue } from "../../../src/config/same-value.ts";

describe("quoted text", () => {
  const texts: readonly (readonly [string, string])[] = [
    ["a b", '"a b"'],
    ['a"b\\', '"a\\"b\\\\"'],
    ["\t\n\x01\x7f", '"\\t\\n\\x01\\x7f"'],
    ["\u00e9\u65e5", '"\u00e9\u65e5"'],
    ["\ufeffx\u00a0", '"\\ufeffx\\u00a0"'],
  ];
  test.each(texts)("of %j escapes what does not print", (text, expected) => {
    expect(quote(text)).toBe(expected);
  });

  test("stands in a list with blanks between", () => {
    expect(quoteAll(["a", "b"])).toBe('["a" "b"]');
  });
});

describe("a public key", () => {
  const user = "UCPG6SOEGOEHQAZ3LHAYFDCPLCY6EEVFEJF6C3XIK3TCMPBTZEJQUC26";
  const account = "ACY3HU6ZITXDJRK22BYW5ITVF7BISGS6YKXLPD4HRR4RX5JN3XACPA2K";

  test("is one of its own role only", () => {
    expect(isPublicKey(user, "user")).toBe(true);
    expect(isPublicKey(account, "account")).toBe(true);
    expect(isPublicKey(user, "account")).toBe(false);
    expect(isPublicKey(account, "user")).toBe(false);
  });

  test("is none when a letter changed, or some are missing", () => {
    expect(isPublicKey(user.replace("PG6", "PG7"), "user")).toBe(false);
    expect(isPublicKey(user.slice(0, -1), "user")).toBe(false);
    expect(isPublicKey(user.toLowerCase(), "user")).toBe(false);
    expect(isPublicKey("", "user")).toBe(false);
  });
});

describe("the same value", () => {
  test("does not depend on the order of keys, but on that of lists", () => {
    expect(sameValue({ a: 1, b: [1, 2] }, { b: [1, 2], a: 1 })).toBe(true);
    expect(sameValue([1, 2], [2, 1])).toBe(false);
    expect(sameValue({ a: 1 }, { a: 1, b: undefined })).toBe(false);
    expect(sameValue([], {})).toBe(false);
    expect(sameValue(null, {})).toBe(false);
  });
});
