import { describe, expect, test } from "bun:test";
import { readTraceWish } from "../../../src/broker/trace-headers.ts";
import { bytesOf } from "./broker-rig.ts";

function wishOf(...lines: readonly string[]): ReturnType<typeof readTraceWish> {
  return readTraceWish(bytesOf(`${["NATS/1.0", ...lines].join("\r\n")}\r\n\r\n`));
}

describe("the wish for a trace", () => {
  test("is a destination, with all headers as they are written", () => {
    expect(wishOf("Nats-Trace-Dest:t.x", "A:  1 \t", "a: 2", "A:3", "Grüße: ü")).toEqual({
      destination: "t.x",
      isOnly: false,
      originAccount: "",
      encodings: "",
      headers: { A: ["1", "3"], Grüße: ["ü"], "Nats-Trace-Dest": ["t.x"], a: ["2"] },
    });
  });

  test("shows headers in the order of their names, whatever the names", () => {
    const wish = wishOf("b: 1", "__proto__: 2", "constructor: 3", "Nats-Trace-Dest: t");
    expect(JSON.stringify(wish?.headers)).toBe(
      '{"Nats-Trace-Dest":["t"],"__proto__":["2"],"b":["1"],"constructor":["3"]}',
    );
  });

  const none: readonly (readonly string[])[] = [
    ["nats-trace-dest: t"],
    ["Nats-Trace-Dest: "],
    ["X-Nats-Trace-Dest: t"],
    ["X: Nats-Trace-Dest"],
    ["X: Nats-Trace-Dest: t"],
    ["Nats-Trace-Dest: trace disabled"],
    ["Nats-Trace-Only: true"],
    ["no colon", "Nats-Trace-Dest: t"],
  ];
  test.each(none.map((lines) => [lines]))("%j is none", (lines) => {
    expect(wishOf(...lines)).toBeNull();
  });

  test("needs the version line, and a line end", () => {
    expect(readTraceWish(bytesOf("Nats-Trace-Dest: t\r\n\r\n"))).toBeNull();
    expect(readTraceWish(bytesOf("NATS/1.0 503\r\nNats-Trace-Dest: t\r\n\r\n"))).toBeNull();
    expect(readTraceWish(bytesOf("NATS/1.0\r\nNats-Trace-Dest: t"))).toBeNull();
    expect(readTraceWish(bytesOf("NATS/1.0\r\nNats-Trace-Dest: t\r\nA: 1"))?.headers).toEqual({
      "Nats-Trace-Dest": ["t"],
    });
    expect(readTraceWish(new Uint8Array(0))).toBeNull();
  });

  test("may be for the trace only", () => {
    for (const [value, isOnly] of [
      ["true", true],
      ["TRUE", true],
      ["1", true],
      ["On", true],
      ["yes", false],
      ["0", false],
    ] as const) {
      expect(wishOf("Nats-Trace-Dest: t", `Nats-Trace-Only: ${value}`)?.isOnly).toBe(isOnly);
    }
  });

  test("keeps what else it says", () => {
    const wish = wishOf(
      "Nats-Trace-Dest: t",
      "Nats-Trace-Dest: u",
      "Nats-Trace-Origin-Account: A",
      "Accept-Encoding: GZIP, br",
    );
    expect(wish).toMatchObject({ destination: "t", originAccount: "A", encodings: "gzip, br" });
  });

  test("keeps bytes of a destination that are no UTF-8", () => {
    const block = bytesOf("NATS/1.0\r\nNats-Trace-Dest: t?\r\n\r\n");
    block[block.indexOf(0x3f)] = 0xff;
    expect(readTraceWish(block)?.destination).toBe("t\xff");
  });
});

describe("a trace parent", () => {
  const parents: readonly (readonly [string, boolean])[] = [
    ["traceparent: 00-a-b-01", true],
    ["TraceParent: 00-a-b-03", true],
    ["traceparent: 00-a-b-7f", true],
    ["traceparent: 00-a-b-+1", true],
    ["traceparent: 00-a-b-00", false],
    ["traceparent: 00-a-b-02", false],
    ["traceparent: 00-a-b-81", false],
    ["traceparent: 00-a-b-1", false],
    ["traceparent: 00-a-b-0x1", false],
    ["traceparent: 00-a-b-zz", false],
    ["traceparent: 00-a-01", false],
    ["traceparent: 00-a-b-01-c", false],
    ["trace-parent: 00-a-b-01", false],
  ];
  test.each(parents)("%s wants one: %p", (line, wants) => {
    const wish = wishOf(line);
    expect(wish !== null).toBe(wants);
    expect(wish?.destination ?? null).toBeNull();
  });

  test("never asks for the trace only, and gives way to a destination", () => {
    const parent = "traceparent: 00-a-b-01";
    expect(wishOf(parent, "Nats-Trace-Only: true")?.isOnly).toBe(false);
    expect(wishOf(parent, "Nats-Trace-Dest: t")?.destination).toBe("t");
    expect(wishOf(parent, "Nats-Trace-Dest: trace disabled")).toBeNull();
  });

  test("of several one that is sampled is enough", () => {
    expect(wishOf("traceparent: 00-a-b-00", "Traceparent: 00-a-b-01")).not.toBeNull();
  });
});
