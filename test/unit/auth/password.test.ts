import { describe, expect, test } from "bun:test";
import { isSameText, Password } from "../../../src/auth/password.ts";
import { TestCrypto } from "./test-crypto.ts";

const crypto = new TestCrypto();
const hash = "$2a$04$iPmb9ha4/eFTH3Vvizumtegf0mQwTn4zJTi0nYm8xHsg337PxnArm";

describe("a secret", () => {
  test("is bcrypt when it begins like one", () => {
    for (const letter of ["a", "b", "x", "y"]) {
      expect(new Password(`$2${letter}$10$x`, crypto).isBcrypt).toBe(true);
    }
    for (const plain of ["$2c$10$x", "$2a$1$x", "2a$10$x", "$2a10", "secret", "", "$"]) {
      expect(new Password(plain, crypto).isBcrypt).toBe(false);
    }
  });

  test("is compared whole when plain", () => {
    const password = new Password("s3cret", crypto);
    expect(password.matches("s3cret")).toBe(true);
    expect(password.matches("s3cre")).toBe(false);
    expect(password.matches("s3crett")).toBe(false);
    expect(password.matches("")).toBe(false);
    expect(new Password("", crypto).matches("")).toBe(true);
  });

  test("is verified by bcrypt when hashed, and the hash itself opens nothing", async () => {
    const password = new Password(hash, crypto);
    expect(await password.matches("s3cret")).toBe(true);
    expect(await password.matches("wrong")).toBe(false);
    expect(await password.matches(hash)).toBe(false);
  });

  test("cannot be read back", () => {
    const shown =
      Bun.inspect(new Password("s3cret", crypto)) + JSON.stringify(new Password("s3cret", crypto));
    expect(shown).not.toContain("s3cret");
  });
});

test("texts are the same only when they are", () => {
  expect(isSameText("a", "a", crypto)).toBe(true);
  expect(isSameText("a", "ab", crypto)).toBe(false);
});
