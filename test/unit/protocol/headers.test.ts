import { describe, expect, test } from "bun:test";
import {
  headerBlock,
  headerEntries,
  headerValue,
  headerValues,
  statusOf,
  withHeader,
  withOnlyHeader,
  withoutHeader,
  withoutHeaders,
} from "../../../src/protocol/headers.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const bytes = (raw: string): Uint8Array => encoder.encode(raw);
const text = (block: Uint8Array): string => decoder.decode(block);

describe("a header block", () => {
  const block = bytes("NATS/1.0\r\nA: 1\r\nb:2\r\nA:  3 \r\nAB: 4\r\nx\r\nE:\r\n\r\n");

  test("is read by key, case and order kept", () => {
    expect(headerValue(block, "A")).toBe("1");
    expect(headerValues(block, "A")).toEqual(["1", "3 "]);
    expect(headerValue(block, "b")).toBe("2");
    expect(headerValue(block, "B")).toBeNull();
    expect(headerValue(block, "AB")).toBe("4");
    expect(headerValue(block, "E")).toBe("");
    expect(headerValue(block, "x")).toBeNull();
    expect(headerEntries(block)).toEqual([
      ["A", "1"],
      ["b", "2"],
      ["A", "3 "],
      ["AB", "4"],
      ["E", ""],
    ]);
  });

  test("does not take its first line or a value for a key", () => {
    expect(headerValue(bytes("NATS/1.0: x\r\nV: A: 1\r\n\r\n"), "A")).toBeNull();
    expect(headerValue(bytes("NATS/1.0: x\r\n\r\n"), "NATS/1.0")).toBeNull();
  });

  test("gets a line at its end", () => {
    expect(text(withHeader(bytes("NATS/1.0\r\nA: 1\r\n\r\n"), "K", "v"))).toBe(
      "NATS/1.0\r\nA: 1\r\nK: v\r\n\r\n",
    );
    expect(text(withHeader(bytes("NATS/1.0\r\n\r\n"), "K", "v"))).toBe("NATS/1.0\r\nK: v\r\n\r\n");
    expect(text(withHeader(bytes(""), "K", "v"))).toBe("NATS/1.0\r\nK: v\r\n\r\n");
  });

  test("gets a line even when its end is missing", () => {
    expect(text(withHeader(bytes("NATS/1.0\r\nA: 1\r\n"), "K", "v"))).toBe(
      "NATS/1.0\r\nA: 1\r\nK: v\r\n\r\n",
    );
    expect(text(withHeader(bytes("NATS/1.0\r\nA: 1"), "K", "v"))).toBe(
      "NATS/1.0\r\nA: 1\r\nK: v\r\n\r\n",
    );
    expect(text(withHeader(bytes("NATS/1.0\r\n"), "K", "v"))).toBe("NATS/1.0\r\nK: v\r\n\r\n");
  });

  test("cannot be broken by a value", () => {
    const made = withHeader(bytes(""), "K", "a\r\nX: 1\r\n\r\n");
    expect(headerEntries(made)).toEqual([["K", "a  X: 1"]]);
  });

  test("loses all lines of a key", () => {
    expect(text(withoutHeader(block, "A"))).toBe("NATS/1.0\r\nb:2\r\nAB: 4\r\nx\r\nE:\r\n\r\n");
    expect(withoutHeader(block, "none")).toBe(block);
    expect(text(withOnlyHeader(block, "A", "9"))).toBe(
      "NATS/1.0\r\nb:2\r\nAB: 4\r\nx\r\nE:\r\nA: 9\r\n\r\n",
    );
  });

  test("becomes empty when its last line goes, unless it has a status", () => {
    expect(withoutHeader(bytes("NATS/1.0\r\nA: 1\r\n\r\n"), "A").length).toBe(0);
    expect(text(withoutHeader(bytes("NATS/1.0 503\r\nA: 1\r\n\r\n"), "A"))).toBe(
      "NATS/1.0 503\r\n\r\n",
    );
  });

  test("is made of a status and lines", () => {
    const made = headerBlock([["Nats-Subject", "foo"]], "503");
    expect(text(made)).toBe("NATS/1.0 503\r\nNats-Subject: foo\r\n\r\n");
    expect(statusOf(made)).toEqual({ code: 503, description: "" });
    expect(text(headerBlock([]))).toBe("NATS/1.0\r\n\r\n");
  });

  test.each([
    ["NATS/1.0 408 Request Timeout\r\n\r\n", 408, "Request Timeout"],
    ["NATS/1.0   100 Idle Heartbeat \r\n\r\n", 100, "Idle Heartbeat"],
    ["NATS/1.0503\r\n\r\n", 503, ""],
    ["NATS/1.0\r\n\r\n", 0, ""],
    ["NATS/1.0 abc\r\n\r\n", 0, ""],
    ["HTTP/1.1 200 OK\r\n\r\n", 0, ""],
    ["", 0, ""],
  ])("%p has a status", (raw, code, description) => {
    expect(statusOf(bytes(raw))).toEqual({ code, description });
  });
});

test("lines of unwanted keys go, in one pass", () => {
  const block = bytes("NATS/1.0\r\nA: 1\r\nNats-X: 2\r\nNo colon\r\nNats-Y: 3\r\nB: 4\r\n\r\n");
  const left = withoutHeaders(block, (key) => key.startsWith("Nats-"));
  expect(text(left)).toBe("NATS/1.0\r\nA: 1\r\nNo colon\r\nB: 4\r\n\r\n");
  expect(withoutHeaders(block, () => false)).toBe(block);
  expect(withoutHeaders(bytes("NATS/1.0\r\nA: 1\r\n\r\n"), () => true).length).toBe(0);
});
