import { describe, expect, test } from "bun:test";
import { parseOrigin, splitPlace } from "../../../src/base/http-origin.ts";

describe("origins", () => {
  const right: readonly (readonly [string, string, string, string])[] = [
    ["http://a.example", "http", "a.example", "80"],
    ["https://a.example", "https", "a.example", "443"],
    ["HTTP://A.Example:8080", "http", "a.example", "8080"],
    ["http://[::1]:80/x?y", "http", "::1", "80"],
    ["http://ann:secret@a.example/", "http", "a.example", "80"],
    ["http://", "http", "", "80"],
    ["ftp://a", "ftp", "a", "80"],
  ];
  test.each(right)("%s is read", (text, scheme, host, port) => {
    expect(parseOrigin(text)).toEqual({ ok: true, value: { scheme, host, port } });
  });

  const wrong: readonly (readonly [string, string])[] = [
    ["null", 'parse "null": invalid URI for request'],
    ["", 'parse "": invalid URI for request'],
    ["http://a:b", 'parse "http://a:b": invalid port ":b" after host'],
    ["http://a:1:2", "address a:1:2: too many colons in address"],
  ];
  test.each(wrong)("%j is refused", (text, refusal) => {
    expect(parseOrigin(text)).toEqual({ ok: false, refusal });
  });
});

test("a Host header is host and port, the port by default the scheme's", () => {
  expect(splitPlace("A.example", false)).toEqual({ host: "a.example", port: "80" });
  expect(splitPlace("a.example", true)).toEqual({ host: "a.example", port: "443" });
  expect(splitPlace("[::1]:99", true)).toEqual({ host: "::1", port: "99" });
  expect(splitPlace("::1", false)).toBeNull();
});
