import { describe, expect, test } from "bun:test";
import {
  hasWildcard,
  isValidLiteral,
  isValidSubject,
  isValidSubscription,
} from "../../../src/subjects/subject.ts";

describe("a subject", () => {
  test.each(["a", "a.b", "*", ">", "a.*.c", "a.>", "a.b*c", "a.>x", "$SYS.a", "grün.ü"])(
    "may be %s",
    (subject) => {
      expect(isValidSubject(subject)).toBe(true);
      expect(isValidSubscription(subject)).toBe(true);
    },
  );

  test.each(["", ".", "a.", ".a", "a..b", ">.a", "a.>.b", ">.>"])("may not be %p", (subject) => {
    expect(isValidSubject(subject)).toBe(false);
    expect(isValidSubscription(subject)).toBe(false);
  });

  test.each(["a b", "a.\t", "a\r", "\n", "a.b\f.c", " "])("has no blanks: %p", (subject) => {
    expect(isValidSubject(subject)).toBe(false);
  });

  test("is literal when no token is a wildcard", () => {
    expect(isValidLiteral("a.b*.>x")).toBe(true);
    expect(isValidLiteral("a.*")).toBe(false);
    expect(isValidLiteral(">")).toBe(false);
    expect(isValidLiteral("a..b")).toBe(false);
    expect(isValidLiteral("")).toBe(false);
  });

  test("has a wildcard only where it is a whole token", () => {
    expect(hasWildcard("a.*.b")).toBe(true);
    expect(hasWildcard("a.>")).toBe(true);
    expect(hasWildcard("*")).toBe(true);
    expect(hasWildcard("a*.>b")).toBe(false);
    expect(hasWildcard("")).toBe(false);
  });
});
