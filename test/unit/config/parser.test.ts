import { describe, expect, test } from "bun:test";
import { ConfigSources } from "../../../src/config/include.ts";
import { parseFile } from "../../../src/config/parser.ts";
import { type ConfigEntries, type ConfigNode, textOfPlace } from "../../../src/config/tree.ts";
import { fileName, memoryDisk, messageOf } from "./loading.ts";

type Files = Readonly<Record<string, string>>;

function parse(text: string, files: Files = {}, environment: Files = {}): ConfigEntries {
  const disk = memoryDisk({ [fileName]: text, ...files });
  return parseFile(fileName, new ConfigSources(disk, (name) => environment[name]));
}

function plain(node: ConfigNode): unknown {
  const content = node.content;
  switch (content.kind) {
    case "array":
      return content.items.map(plain);
    case "map":
      return plainMap(content.entries);
    case "string":
    case "date":
      return content.text;
    case "integer":
      return Number(content.value);
    default:
      return content.value;
  }
}

function plainMap(entries: ConfigEntries): unknown {
  return Object.fromEntries([...entries].map(([key, node]) => [key, plain(node)]));
}

function values(text: string, files: Files = {}, environment: Files = {}): unknown {
  return plainMap(parse(text, files, environment));
}

function fault(text: string, files: Files = {}, environment: Files = {}): string {
  return messageOf(() => parse(text, files, environment));
}

describe("the parser", () => {
  test("builds maps and arrays within each other", () => {
    expect(values("a { b [ {c: 1}\n {c: 2} ]\n d { e: true } }")).toEqual({
      a: { b: [{ c: 1 }, { c: 2 }], d: { e: true } },
    });
  });

  test("reads a JSON file as a whole", () => {
    const json = { port: 4222, nested: { list: ["a", "b", { c: false }], text: 'q"\n' } };
    expect(values(JSON.stringify(json))).toEqual(json);
    expect(values(JSON.stringify(json, null, 2))).toEqual(json);
  });

  test("lets the last of equal keys win", () => {
    expect([...parse("a: 1\nb: 2\na: 3")].map(([key]) => key)).toEqual(["b", "a"]);
    expect(values("a: 1\nb: 2\na: 3")).toEqual({ a: 3, b: 2 });
  });

  test("keeps the case of keys", () => {
    expect(values("Port: 1\nport: 2")).toEqual({ Port: 1, port: 2 });
  });

  const sizes: readonly (readonly [string, number])[] = [
    ["8k", 8000],
    ["8kb", 8192],
    ["8KiB", 8192],
    ["8m", 8_000_000],
    ["8MB", 8 * 1024 * 1024],
    ["1g", 1e9],
    ["1gi", 1024 ** 3],
    ["1t", 1e12],
    ["-1", -1],
  ];
  test.each(sizes)("counts %j as %d", (text, expected) => {
    expect(values(`a: ${text}`)).toEqual({ a: expected });
  });

  test("takes no date that the calendar does not have", () => {
    expect(values("a: 2024-02-29T23:59:59Z")).toEqual({ a: "2024-02-29T23:59:59Z" });
    for (const date of ["2023-02-29T00:00:00Z", "2023-13-01T00:00:00Z", "2023-01-01T24:00:00Z"]) {
      expect(fault(`a: ${date}`)).toBe(`expected Zulu formatted DateTime, but got '${date}'`);
    }
  });

  test("refuses integers beyond 64 bits", () => {
    expect(values("a: 9223372036854775807")).toEqual({ a: Number("9223372036854775807") });
    expect(fault("a: 9223372036854775808")).toBe(
      "integer '9223372036854775808' is out of the range",
    );
    expect(fault("a: 10e")).toBe("integer '10e' is out of the range");
  });

  test("refuses a key without a value at the end, but not a closing brace", () => {
    expect(fault("listen")).toBe("config is invalid (t.conf:1:6)");
    expect(fault("a: 1\nb  \n")).toBe("config is invalid (t.conf:3:1)");
    expect(values("a: 1\n}\n")).toEqual({ a: 1 });
  });

  test("names the place of the key for values of a map, and their own for those of an array", () => {
    const entries = parse("a {\n  b: [ x\n    y ]\n}");
    const map = entries.get("a")?.content;
    const list = map?.kind === "map" ? map.entries.get("b") : undefined;
    const items = list?.content.kind === "array" ? list.content.items : [];
    expect([list, ...items].map((node) => node && textOfPlace(node.place))).toEqual([
      "t.conf:2:3",
      "t.conf:2:8",
      "t.conf:3:5",
    ]);
  });
});

describe("variables", () => {
  test("are looked for in the enclosing maps, the innermost first", () => {
    expect(values("x: 1\na { x: 2, b { y: $x } }\nc: $x")).toEqual({
      x: 1,
      a: { x: 2, b: { y: 2 } },
      c: 1,
    });
  });

  test("must be known before they are used", () => {
    expect(fault("a: $x\nx: 1")).toBe("variable reference for 'x' on line 1 can not be found");
  });

  test("can stand for maps and arrays", () => {
    expect(values("x { y: [a\nb] }\nz: $x")).toEqual({
      x: { y: ["a", "b"] },
      z: { y: ["a", "b"] },
    });
  });

  test("come from the environment as configuration, not as text", () => {
    const environment = { PORT: "4333", ON: "yes", LIST: "[a, b]", NEXT: "$PORT", SIZE: "8MB" };
    expect(values("a: $PORT, b: $ON, c: $LIST, d: $NEXT, e: $SIZE", {}, environment)).toEqual({
      a: 4333,
      b: true,
      c: ["a", "b"],
      d: 4333,
      e: 8 * 1024 * 1024,
    });
  });

  test("of the environment may not name themselves", () => {
    expect(fault("a: $X", {}, { X: "$Y", Y: "$X" })).toBe(
      "variable reference for 'X' on line 1 could not be parsed: variable reference for 'Y' on line 1 could not be parsed: variable reference for 'X' on line 1 could not be parsed: variable reference cycle for 'X'",
    );
  });

  test("are not what an unquoted password hash is taken for", () => {
    expect(values("a: $2a$11$abc")).toEqual({ a: "$2a$11$abc" });
  });

  test("cannot be piled up until memory is full", () => {
    const piles = Array.from(
      { length: 60 },
      (_, index) => `x${index + 1}: [ $x${index}\n$x${index} ]`,
    );
    expect(fault(`x0: 1\n${piles.join("\n")}`)).toContain("More than 1000000 values.");
  });

  test("mark the value they took as used", () => {
    const entries = parse("x: 1\ny: 2\nz: $x");
    expect([...entries.values()].map((node) => node.isUsedVariable)).toEqual([true, false, false]);
  });
});

describe("include", () => {
  test("puts the keys of a file where it stands", () => {
    const files = { "i.conf": "b: 2\nc: 3" };
    expect(values("a { include i.conf }\ninclude 'i.conf'", files)).toEqual({
      a: { b: 2, c: 3 },
      b: 2,
      c: 3,
    });
  });

  test("is relative to the file it stands in", () => {
    const files = { "d/one.conf": "include two.conf", "d/two.conf": "a: 1" };
    expect(values("include d/one.conf", files)).toEqual({ a: 1 });
  });

  test("takes an absolute path from the folder first, as the reference does", () => {
    expect(values("include /x.conf", { "x.conf": "a: 1", "/x.conf": "a: 2" })).toEqual({ a: 1 });
    expect(values("include /x.conf", { "/x.conf": "a: 2" })).toEqual({ a: 2 });
  });

  test("gives variables to the file, but takes none along", () => {
    expect(values("include i.conf\nb: $x", { "i.conf": "x: 1" })).toEqual({ x: 1, b: 1 });
    expect(fault("x: 1\ninclude i.conf", { "i.conf": "b: $x" })).toBe(
      "error parsing include file 'i.conf', variable reference for 'x' on line 1 can not be found",
    );
  });

  test("says which file could not be read or parsed", () => {
    expect(fault("include no.conf")).toBe(
      "error parsing include file 'no.conf', open no.conf: no such file or directory",
    );
    expect(fault("include i.conf", { "i.conf": "a:\n1" })).toBe(
      "error parsing include file 'i.conf', Parse error on line 2: 'Expected value but found new line'",
    );
  });

  test("cannot go in a circle", () => {
    const files = { "i.conf": "include j.conf", "j.conf": "include i.conf" };
    expect(fault("include i.conf", files)).toContain("i.conf includes itself");
    expect(fault(`include ${fileName}`)).toContain("t.conf includes itself");
  });

  test("may name one file twice", () => {
    expect(values("a {include i.conf}\nb {include i.conf}", { "i.conf": "x: 1" })).toEqual({
      a: { x: 1 },
      b: { x: 1 },
    });
  });
});
