import { describe, expect, test } from "bun:test";
import { parseArguments, type Request } from "../../../src/cli/arguments.ts";
import type { Flags } from "../../../src/config/flags.ts";

function parse(line: string): Request {
  return parseArguments(line.split(" ").filter(Boolean));
}

function flagsOf(line: string): Flags {
  const request = parse(line);
  if (request.kind !== "serve" && request.kind !== "check") {
    throw new Error(`not served: ${JSON.stringify(request)}`);
  }
  return request.flags;
}

describe("the command line", () => {
  test("without words asks for a server with nothing changed", () => {
    expect(parse("")).toEqual({ kind: "serve", flags: { unsupported: [] } });
  });

  test("takes one dash or two, a value behind a blank or an equals sign", () => {
    for (const line of ["-p 4333", "--p 4333", "-p=4333", "--port=4333", "-port 4333"]) {
      expect(flagsOf(line).port, line).toBe(4333);
    }
  });

  test("lets the last of two equal flags win", () => {
    expect(flagsOf("-p 1 -port 2").port).toBe(2);
  });

  test("takes a negative number for a value, not for a flag", () => {
    expect(flagsOf("-p -1 -m -1")).toMatchObject({ port: -1, httpPort: -1 });
  });

  test("reads integers in every base that Go reads", () => {
    expect(flagsOf("-p 0x10").port).toBe(16);
    expect(flagsOf("-p 010").port).toBe(8);
    expect(flagsOf("-p 0b11").port).toBe(3);
    expect(flagsOf("-p 1_000").port).toBe(1000);
  });

  test("spreads the combined flags over their parts", () => {
    expect(flagsOf("-DVV")).toMatchObject({ debug: true, trace: true, traceVerbose: true });
    expect(flagsOf("-DV=false")).toMatchObject({ debug: false, trace: false });
  });

  test("does not take the word behind a boolean flag for its value", () => {
    expect(parse("-D false")).toEqual({
      kind: "refused",
      message: 'unrecognized command: "false"',
    });
  });

  test("stops at two dashes", () => {
    expect(flagsOf("-D --")).toMatchObject({ debug: true });
    expect(parse("-- -D")).toMatchObject({ kind: "refused" });
  });

  test("collects flags of features that are not built, unless they ask for nothing", () => {
    expect(flagsOf("-s --tls --profile 6000").unsupported).toEqual(["s", "tls", "profile"]);
    expect(flagsOf("-s=false --profile 0").unsupported).toEqual([]);
  });

  test("says what is wrong with a flag in the words of Go", () => {
    const cases: Record<string, string> = {
      "-x": "flag provided but not defined: -x",
      "--y=1": "flag provided but not defined: -y",
      "-p": "flag needs an argument: -p",
      "-p abc": 'invalid value "abc" for flag -p: parse error',
      "-p 99999999999999999999":
        'invalid value "99999999999999999999" for flag -p: value out of range',
      "--DV=maybe": 'invalid boolean value "maybe" for -DV: parse error',
      "---x": "bad flag syntax: ---x",
      "-=x": "bad flag syntax: -=x",
    };
    for (const [line, message] of Object.entries(cases)) {
      expect(parse(line), line).toEqual({ kind: "misused", message });
    }
  });

  test("knows the words version and help and no other", () => {
    expect(parse("version")).toEqual({ kind: "version" });
    expect(parse("-D HELP")).toEqual({ kind: "help" });
    expect(parse("serve")).toEqual({ kind: "refused", message: 'unrecognized command: "serve"' });
  });

  test("puts version before help, and both before signals and checks", () => {
    expect(parse("-h -v -t")).toEqual({ kind: "version" });
    expect(parse("-t --help -sl ldm")).toEqual({ kind: "help" });
    expect(parse("-t -sl ldm=1")).toEqual({ kind: "signal", command: "ldm=1" });
    expect(parse("-t -c x.conf")).toMatchObject({ kind: "check", flags: { config: "x.conf" } });
  });
});
