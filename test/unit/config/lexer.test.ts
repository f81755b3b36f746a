import { describe, expect, test } from "bun:test";
import type { Token } from "../../../src/config/cursor.ts";
import { Lexer } from "../../../src/config/lexer.ts";
import { messageOf } from "./loading.ts";

function tokensOf(text: string): readonly Token[] {
  const lexer = new Lexer(text);
  const tokens: Token[] = [];
  for (let token = lexer.next(); token.kind !== "end"; token = lexer.next()) {
    tokens.push(token);
  }
  return tokens;
}

function kindsOf(text: string): readonly string[] {
  return tokensOf(text).map(({ kind, text: word }) => (word === "" ? kind : `${kind} ${word}`));
}

describe("the lexer", () => {
  const same: readonly string[] = [
    "a = 1",
    "a: 1",
    "a 1",
    "a\t1",
    "a=1",
    '"a": 1',
    "'a' 1",
    "a\n1",
  ];
  test.each(same)("reads %j as a key with its value", (text) => {
    expect(kindsOf(text)).toEqual(["key a", "integer 1"]);
  });

  const scalars: readonly (readonly [string, string])[] = [
    ["1", "integer 1"],
    ["-1", "integer -1"],
    ["8MB", "integer 8MB"],
    ["8kib", "integer 8kib"],
    ["1.5", "float 1.5"],
    ["-0.5", "float -0.5"],
    ["true", "boolean true"],
    ["YES", "boolean YES"],
    ["off", "boolean off"],
    ["truer", "string truer"],
    ["2m0s", "string 2m0s"],
    ["30s", "string 30s"],
    ["127.0.0.1", "string 127.0.0.1"],
    ["127.0.0.1:4222", "string 127.0.0.1:4222"],
    ["4222abc", "string 4222abc"],
    ["2006-01-02T15:04:05Z", "date 2006-01-02T15:04:05Z"],
    ["http://a/b#c", "string http://a/b#c"],
    ["$X", "variable X"],
    ["$2a$11$abc", "variable 2a$11$abc"],
    ['"$X"', "string $X"],
    ['"a\\tb\\"c\\\\"', 'string a\tb"c\\'],
    ['"\\x41\\xc3\\xa9"', "string A\u00e9"],
    ["'a\\tb'", "string a\\tb"],
    ["a\\tb", "string a\tb"],
    ['"two\nlines"', "string two\nlines"],
    ["(\nx\n)\n", "string \nx\n"],
    ["[]", "array start"],
    ["\u65e5\u672c", "string \u65e5\u672c"],
  ];
  test.each(scalars)("reads the value %j as %j", (text, expected) => {
    expect(kindsOf(`a: ${text}`)[1]).toBe(expected);
  });

  test("separates entries by line breaks, commas and semicolons", () => {
    expect(kindsOf("a: 1, b: 2; c: 3\nd: 4")).toHaveLength(8);
    expect(kindsOf("a { b: 1, c: 2; d: 3\n e: 4 }")).toHaveLength(11);
  });

  test("passes over comments wherever an entry or value may end", () => {
    const text = "# x\n// y\na: 1 # z\nb { # p\n c: 2 // q\n}\nd [ # r\n 1, # s\n 2 # t\n]\n";
    expect(kindsOf(text)).toEqual([
      "key a",
      "integer 1",
      "key b",
      "map start",
      "key c",
      "integer 2",
      "map end",
      "key d",
      "array start",
      "integer 1",
      "integer 2",
      "array end",
    ]);
  });

  test("ends a number at a closing bracket, unlike the reference", () => {
    expect(kindsOf("a: [1, 2]")).toEqual([
      "key a",
      "array start",
      "integer 1",
      "integer 2",
      "array end",
    ]);
  });

  test("takes braces around a whole file for nothing", () => {
    expect(kindsOf('{"a": 1, "b": {"c": 2}}')).toEqual([
      "key a",
      "integer 1",
      "key b",
      "map start",
      "key c",
      "integer 2",
      "map end",
    ]);
    expect(kindsOf("{ { a: 1\n }\n, b: 2\n }\n")).toHaveLength(4);
  });

  test("knows include by the blank behind it", () => {
    expect(kindsOf("include a.conf")).toEqual(["include a.conf"]);
    expect(kindsOf('include "a b.conf"; b: 1')[0]).toBe("include a b.conf");
    expect(kindsOf("x { include 'a.conf' }")[2]).toBe("include a.conf");
    expect(kindsOf("include: a.conf")).toEqual(["key include", "string a.conf"]);
  });

  test("counts columns in bytes, from 0 on the first line and from 1 below it", () => {
    const places = tokensOf("a: 1\n  b: [\n  xy\n  ]\n\u00e9: x, z: 1").map(
      ({ text, line, column }) => `${text}@${line}:${column}`,
    );
    expect(places).toEqual([
      "a@1:0",
      "1@1:3",
      "b@2:3",
      "@2:7",
      "xy@3:3",
      "@4:4",
      "\u00e9@5:1",
      "x@5:5",
      "z@5:8",
      "1@5:11",
    ]);
  });

  const faults: readonly (readonly [string, number, string])[] = [
    ["=1", 1, "Unexpected key separator '='"],
    ["a: \n1", 2, "Expected value but found new line"],
    ["a: .5", 1, "Floats must start with a digit"],
    ["a: -.5", 1, "Floats must start with a digit, not '.'."],
    ["a: -x", 1, "Expected a digit but got 'x'."],
    ["a: 1.x", 1, "Floats must have a digit after the '.', but got 'x' instead."],
    ["a: 20-01", 1, "All ISO8601 dates must be in full Zulu form."],
    ["a: 2006-1", 1, "Expected digit in ISO8601 datetime, but found '\0' instead."],
    ["a: [,b]", 1, "Unexpected array value terminator ','."],
    [
      "a: [b c]",
      1,
      'Expected an array value terminator "," or an array terminator "]", but got \'c\' instead.',
    ],
    [
      "a {b: 1 c: 2}",
      1,
      'Expected a map value terminator "," or a map terminator "}", but got \'c\' instead.',
    ],
    ["a {:1}", 1, "Unexpected key separator ':'."],
    ["a {]", 1, "Unexpected array end ']' processing map."],
    ["a {", 1, "Unexpected EOF processing map."],
    ["a {b", 1, "Unexpected EOF processing map key."],
    ['a {"b', 1, "Unexpected EOF processing double quoted map key."],
    ["a {b: ,}", 1, 'Unexpected map value terminator ",".'],
    ["a {b}", 1, "Unexpected EOF processing map key."],
    ["a { b }", 1, "Unexpected map end where a map value is expected."],
    ['a: "b', 1, "Unexpected EOF."],
    ["a: (\nb", 2, "Unexpected EOF processing block."],
    [
      "a: 1 b",
      1,
      "Expected a top-level value to end with a new line, comment or EOF, but got 'b' instead.",
    ],
    [
      "{a: 1 b",
      1,
      "Expected a block-level value to end with a new line, comment or EOF, but got 'b' instead.",
    ],
    ["include [", 1, "Expected include value but found start of an array"],
    ["include 5", 1, "Expected include value but found start of a number"],
    [
      'a: "\\q"',
      1,
      "Invalid escape character 'q'. Only the following escape characters are allowed: \\xXX, \\t, \\n, \\r, \\\", \\\\.",
    ],
    ['a: "\\x4g"', 1, "Expected two hexadecimal digits after '\\x', but got '4g'"],
  ];
  test.each(faults)("refuses %j", (text, line, reason) => {
    expect(messageOf(() => tokensOf(text))).toBe(`Parse error on line ${line}: '${reason}'`);
  });

  test("refuses maps and arrays without end within each other", () => {
    expect(messageOf(() => tokensOf(`a: ${"[".repeat(5000)}`))).toContain("within each other");
  });
});
