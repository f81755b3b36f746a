import { describe, expect, test } from "bun:test";
import { OptionReader } from "../../../src/system/option-reader.ts";

function reader(body: string): OptionReader {
  return new OptionReader("XEventOptions", new TextEncoder().encode(body));
}

describe("OptionReader", () => {
  test("an empty body, null and missing keys give the zero values", () => {
    for (const body of ["", "null", "{}", '{"a":null}']) {
      const options = reader(body);
      expect([
        options.text("a"),
        options.flag("a"),
        options.integer("a"),
        options.unsigned("a"),
        options.texts("a"),
        options.error,
      ]).toEqual(["", false, 0, 0, [], null]);
    }
  });

  test("keys count in any case", () => {
    expect(reader('{"SuBject":"x"}').text("subject")).toBe("x");
  });

  const faults: readonly (readonly [string, (options: OptionReader) => unknown, string])[] = [
    ['{"a":1}', (o) => o.text("a"), "number into Go struct field XEventOptions.a of type string"],
    ['{"a":"x"}', (o) => o.flag("a"), "string into Go struct field XEventOptions.a of type bool"],
    [
      '{"a":1.5}',
      (o) => o.integer("a"),
      "number 1.5 into Go struct field XEventOptions.a of type int",
    ],
    [
      '{"a":-1}',
      (o) => o.unsigned("a"),
      "number -1 into Go struct field XEventOptions.a of type uint64",
    ],
    ['{"a":true}', (o) => o.integer("a"), "bool into Go struct field XEventOptions.a of type int"],
    [
      '{"a":{}}',
      (o) => o.texts("a"),
      "object into Go struct field XEventOptions.a of type []string",
    ],
    [
      '{"a":[1]}',
      (o) => o.texts("a"),
      "number into Go struct field XEventOptions.a of type string",
    ],
    ["[]", (o) => o.text("a"), "array into Go value of type server.XEventOptions"],
  ];
  for (const [body, read, fault] of faults) {
    test(`${body} is refused`, () => {
      const options = reader(body);
      read(options);
      expect(options.error).toBe(`json: cannot unmarshal ${fault}`);
    });
  }

  test("the first refusal is kept", () => {
    const options = reader('{"a":1,"b":2}');
    options.text("a");
    options.text("b");
    expect(options.error).toContain("XEventOptions.a");
  });
});
