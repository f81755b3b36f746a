import { expect, test } from "bun:test";
import fc from "fast-check";
import { tokenAt, tokenCount, tokenEnd, tokensOf } from "../../../src/subjects/tokens.ts";

test("tokens are counted from one", () => {
  expect(tokenCount("")).toBe(0);
  expect(tokenCount("a.b.c")).toBe(3);
  expect(tokenAt("a.b.c", 1)).toBe("a");
  expect(tokenAt("a.b.c", 3)).toBe("c");
  expect(tokenAt("a.b.c", 4)).toBe("");
  expect(tokenAt("a.b.c", 0)).toBe("");
  expect(tokenEnd("ab.c", 0)).toBe(2);
});

test("walking agrees with splitting", () => {
  const subject = fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 12 });
  fc.assert(
    fc.property(subject, (text) => {
      const tokens = tokensOf(text);
      expect(tokenCount(text)).toBe(text === "" ? 0 : tokens.length);
      for (const [index, token] of tokens.entries()) {
        expect(tokenAt(text, index + 1)).toBe(token);
      }
    }),
  );
});
