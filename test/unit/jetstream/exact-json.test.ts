import { expect, test } from "bun:test";
import {
  exactInteger,
  JsonDecimal,
  parseJsonText,
  parseJsonTexts,
} from "../../../src/jetstream/exact-json.ts";

function faultOf(text: string): string {
  const { fault } = parseJsonTexts(text);
  return fault === null
    ? ""
    : fault.isCutShort
      ? "cut short"
      : `${fault.message} at ${fault.offset}`;
}

test("integers keep all their digits, in and out", () => {
  const texts = ["0", "-1", "9007199254740991", "9007199254740993", "18446744073709551615"];
  for (const text of texts) {
    const [value] = parseJsonText(text).values;
    const whole = typeof value === "number" ? BigInt(value) : value;
    expect(JSON.stringify(typeof whole === "bigint" ? exactInteger(whole) : null)).toBe(text);
  }
});

test("what is no integer stays as it was written", () => {
  for (const text of ["1.5", "1e3", "-0.10", "123456789012345678901234567890"]) {
    expect(parseJsonText(text).values).toEqual([new JsonDecimal(text)]);
  }
});

test("values of every kind are read", () => {
  expect(
    parseJsonText(' {"a":[1,"x\\n\\u00e9\\ud83d\\ude00",true,false,null],"":{}} ').values,
  ).toEqual([
    new Map<string, unknown>([
      ["a", [1, "x\né😀", true, false, null]],
      ["", new Map()],
    ]) as never,
  ]);
});

test("the last of two equal keys counts, and no key is special", () => {
  const [value] = parseJsonText('{"__proto__":1,"a":1,"a":2}').values;
  expect(value).toEqual(
    new Map([
      ["__proto__", 1],
      ["a", 2],
    ]),
  );
});

test("half of a surrogate pair becomes the replacement character", () => {
  expect(parseJsonText('"\\ud83d"').values).toEqual(["\ufffd"]);
});

test("faults are told as Go's decoder tells them", () => {
  expect(faultOf("x")).toBe("invalid character 'x' looking for beginning of value at 1");
  expect(faultOf('{"a" 1}')).toBe("invalid character '1' after object key at 6");
  expect(faultOf('{"a":1 "b"}')).toBe("invalid character '\"' after object key:value pair at 8");
  expect(faultOf("{a}")).toBe(
    "invalid character 'a' looking for beginning of object key string at 2",
  );
  expect(faultOf("[1 2]")).toBe("invalid character '2' after array element at 4");
  expect(faultOf('"\n"')).toBe("invalid character '\\n' in string literal at 2");
  expect(faultOf('"\\x"')).toBe("invalid character 'x' in string escape code at 3");
  expect(faultOf('"\\u12x4"')).toBe(
    "invalid character 'x' in \\u hexadecimal character escape at 6",
  );
  expect(faultOf("tru3")).toBe("invalid character '3' in literal true (expecting 'e') at 4");
  expect(faultOf("-x")).toBe("invalid character 'x' in numeric literal at 2");
  expect(faultOf("1.x")).toBe("invalid character 'x' after decimal point in numeric literal at 3");
  expect(faultOf("1ex")).toBe("invalid character 'x' in exponent of numeric literal at 3");
  expect(faultOf('{"a":')).toBe("cut short");
  expect(faultOf("[1,")).toBe("cut short");
});

test("values may stand one behind the other, or must not", () => {
  expect(parseJsonTexts("1 [2]\n").values).toEqual([1, [2]]);
  expect(parseJsonText("1 2").fault?.message).toBe("invalid character '2' after top-level value");
  expect(parseJsonTexts(" ")).toEqual({ values: [], fault: null });
});

test("depth has an end", () => {
  expect(faultOf("[".repeat(100_000))).toBe("exceeded max depth at 502");
});

test("a text that JSON.parse may read is read as the others are", () => {
  const texts = [
    '{"name":"c","created":"2026-11-23T07:23:01.836595913Z","n":[1,-0,{"a":{}}],"b":true}',
    '{"n":1.0}',
    '{"n":[1,2.50]}',
    '{"n":[2E2]}',
    '{"n": -3e1}',
    '{"b":1,"2":2,"1":3}',
    '{"n":9007199254740993}',
    '{"n":1000000000000000}',
    '{"a":"\\ud83d","a":"x","\\ud800":null}',
    '{"text":"\\":1.5, 12345678901234567890"}',
    "[]",
    "-7",
    "0.5",
  ];
  for (const text of texts) {
    // With a second value behind it, a text is read step by step.
    const [alone] = parseJsonTexts(text).values;
    const [first] = parseJsonTexts(`${text} null`).values;
    expect([alone]).toEqual([first] as never);
    if (alone instanceof Map && first instanceof Map) {
      expect([...alone.keys()]).toEqual([...first.keys()]);
    }
  }
});
