import { expect, test } from "bun:test";
import { concatBytes, equalBytes, utf8Bytes, utf8Text } from "../../../src/base/bytes.ts";

test("text and bytes turn into each other", () => {
  expect(utf8Text(utf8Bytes("grüße"))).toBe("grüße");
  expect(utf8Text(new Uint8Array([0xff]))).toBe("\ufffd");
});

test("parts join in order", () => {
  expect(utf8Text(concatBytes([utf8Bytes("a"), new Uint8Array(0), utf8Bytes("bc")]))).toBe("abc");
});

test("bytes are equal when lengths and all bytes are", () => {
  expect(equalBytes(utf8Bytes("ab"), utf8Bytes("ab"))).toBe(true);
  expect(equalBytes(utf8Bytes("ab"), utf8Bytes("abc"))).toBe(false);
  expect(equalBytes(utf8Bytes("ab"), utf8Bytes("ac"))).toBe(false);
});
