import { expect, test } from "bun:test";
import { digitsOf, writeDigits } from "../../../../src/jetstream/stream/digits.ts";

function written(value: number, count: number): string {
  const bytes = new Uint8Array(count + 2).fill(0x2e);
  writeDigits(bytes, 1, count, value);
  return new TextDecoder().decode(bytes);
}

test("numbers of every length are written exactly", () => {
  const values = [0, 9, 10, 2 ** 31 - 1, 2 ** 31, 2 ** 32 + 1, 99_999_999_999, 2 ** 53 - 1];
  for (const value of values) {
    expect(digitsOf(value)).toBe(String(value).length);
    expect(written(value, digitsOf(value))).toBe(`.${value}.`);
  }
});

test("a shorter number gets zeros before it", () => {
  expect(written(7, 3)).toBe(".007.");
});
