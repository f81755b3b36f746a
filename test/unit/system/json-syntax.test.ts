import { describe, expect, test } from "bun:test";
import { jsonSyntaxError } from "../../../src/system/json-syntax.ts";

describe("the words of Go's decoder", () => {
  const faults: readonly (readonly [string, string])[] = [
    ["", "unexpected end of JSON input"],
    ["{", "unexpected end of JSON input"],
    ["{x", "invalid character 'x' looking for beginning of object key string"],
    ["x", "invalid character 'x' looking for beginning of value"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b"}', "invalid character '\"' after object key:value pair"],
    ["[1 2]", "invalid character '2' after array element"],
    ["[1,]", "invalid character ']' looking for beginning of value"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ["{} x", "invalid character 'x' after top-level value"],
    ["tru3", "invalid character '3' in literal true (expecting 'e')"],
    ["nul", "unexpected end of JSON input"],
    ["-x", "invalid character 'x' in numeric literal"],
    ["1.x", "invalid character 'x' after decimal point in numeric literal"],
    ["1ex", "invalid character 'x' in exponent of numeric literal"],
    ['"a\n"', "invalid character '\\n' in string literal"],
    ['"\\q"', "invalid character 'q' in string escape code"],
    ['"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"],
  ];
  for (const [text, fault] of faults) {
    test(`${JSON.stringify(text)}: ${fault}`, () => {
      expect(jsonSyntaxError(text)).toBe(fault);
    });
  }

  test("what the runtime can parse has no fault, and the other way round", () => {
    const texts = [
      '{"a":[1,-2.5e+3,true,false,null,"x\\u0041\\n"]}',
      " [ ] ",
      "0",
      "01",
      "+1",
      "{}}",
    ];
    for (const text of texts) {
      let isParsed = true;
      try {
        JSON.parse(text);
      } catch {
        isParsed = false;
      }
      expect([text, jsonSyntaxError(text) === null]).toEqual([text, isParsed]);
    }
  });
});
