import { describe, expect, test } from "bun:test";
import { errorOf, optionsOf } from "../loading.ts";

describe("the leafnodes block", () => {
  test("says where leafnodes would connect", () => {
    expect(optionsOf("debug: false").leafnodeListen).toBeNull();
    expect(optionsOf("leafnodes {}").leafnodeListen).toBeNull();
    expect(optionsOf("leafnodes { host: a }").leafnodeListen).toBeNull();
    expect(optionsOf("leaf { port: 7422 }").leafnodeListen).toEqual({
      host: "0.0.0.0",
      port: 7422,
    });
    const free = { host: "127.0.0.1", port: 0 };
    expect(optionsOf('leafnodes { listen: "127.0.0.1:-1" }').leafnodeListen).toEqual(free);
    expect(optionsOf("leafnodes { net: 127.0.0.1, port: -1 }").leafnodeListen).toEqual(free);
  });

  const faults: readonly (readonly [string, string])[] = [
    ["leafnodes: 5", "t.conf:1:0: Expected map to define a leafnode, got int64"],
    ["leafnodes { listen: x }", 't.conf:1:12: could not parse address string "x"'],
    [
      "leafnodes { port: x }",
      "t.conf:1:12: interface conversion: interface {} is string, not int64",
    ],
    ["leafnodes { foo: 1 }", 't.conf:1:12: unknown field "foo"'],
  ];
  test.each(faults)("%j is refused", (text, reason) => {
    expect(errorOf(text)).toBe(reason);
  });
});
