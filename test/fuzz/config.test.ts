// No text makes the loader throw anything but a ConfigError, nor run on for ever.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ConfigError } from "../../src/config/config-error.ts";
import { loadOptions } from "../../src/config/load.ts";
import { validateOptions } from "../../src/config/validate.ts";
import { fileName, memoryPorts } from "../unit/config/loading.ts";

const runs: number = Number(process.env["MIDGE_FUZZ_RUNS"] ?? "1500");

const environment: Readonly<Record<string, string>> = {
  NUM: "12",
  TEXT: "abc",
  LIST: "[a, b]",
  SELF: "$SELF",
  BROKEN: "{",
};

/** Gives the error's text, or null when the configuration was taken. */
function outcome(text: string): string | null {
  const files = {
    [fileName]: text,
    "other.conf": "debug: true\ninclude t.conf",
    "good.conf": "x: 1",
  };
  try {
    validateOptions(loadOptions(fileName, memoryPorts(files, environment)).options);
    return null;
  } catch (error) {
    if (error instanceof ConfigError) {
      return error.message;
    }
    throw error;
  }
}

const words: readonly string[] =
  `accounts authorization users user password token nkey permissions publish subscribe allow deny allow_responses max
  expires exports imports stream service account subject to prefix share latency sampling threshold response mappings
  dest weight cluster limits max_connections max_payload default_permissions port listen http host server_tags
  server_metadata feature_flags ping_interval write_deadline lame_duck_duration jetstream tls websocket timeout debug
  logfile no_auth_user system_account include other.conf good.conf constructor __proto__`.split(
    /\s+/,
  );

const scalars: readonly string[] = [
  "$NUM",
  "$TEXT",
  "$LIST",
  "$SELF",
  "$BROKEN",
  "$x",
  "$2a$11$abc",
  "1",
  "-1",
  "8MB",
  "1.5",
  "true",
  "off",
  '"a b"',
  "'x'",
  "(\nx\n)\n",
  "2006-01-02T15:04:05Z",
  "127.0.0.1:4222",
  "30s",
  "a.b.>",
  "a..b",
  "foo q1",
  "$1",
  "\u00e9",
  "\0",
  "9223372036854775808",
  '"\\x41"',
  '"\\q"',
];

const signs: readonly string[] = [
  "{",
  "}",
  "[",
  "]",
  "(",
  ")",
  ":",
  "=",
  ",",
  ";",
  "\n",
  "\r\n",
  " ",
  "\t",
  "#",
  "//",
  "/",
  '"',
  "'",
  "\\",
  "-",
  ".",
];

const soup: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...words, ...scalars, ...signs, ...signs, " ", " ", "\n"), {
    maxLength: 60,
  })
  .map((parts) => parts.join(""));

/** Well-formed texts, so that the sections are reached with values of every type. */
const { block }: { readonly block: fc.Arbitrary<string> } = fc.letrec<{
  value: string;
  block: string;
}>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthIdentifier: "value" },
    fc.constantFrom(...scalars.filter((scalar) => !"()\0\n".includes(scalar[0] ?? ""))),
    fc.constantFrom(...words),
    fc.array(tie("value"), { maxLength: 3 }).map((items) => `[\n${items.join("\n")}\n]`),
    tie("block").map((text) => `{\n${text}\n}`),
  ),
  block: fc
    .array(fc.tuple(fc.constantFrom(...words), tie("value")), { maxLength: 5 })
    .map((entries) => entries.map(([key, text]) => `${key}: ${text}`).join("\n")),
}));

describe("whatever the text", () => {
  test("random characters are taken or refused", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        outcome(text);
      }),
      { numRuns: runs },
    );
  });

  test("pieces of configurations in any order are taken or refused", () => {
    fc.assert(
      fc.property(soup, (text) => {
        outcome(text);
      }),
      { numRuns: runs },
    );
  });

  test("well-formed blocks with any values are taken or refused", () => {
    fc.assert(
      fc.property(block, (text) => {
        outcome(text);
      }),
      { numRuns: runs },
    );
  });

  test("the same text always has the same outcome", () => {
    fc.assert(
      fc.property(block, (text) => {
        expect(outcome(text)).toBe(outcome(text));
      }),
      { numRuns: Math.ceil(runs / 5) },
    );
  });

  test("a text of one character, repeated, is read in one pass", () => {
    for (const sign of [...signs, "{a ", "[", "a{", "a: {\n", "(", "$x", "\\"]) {
      outcome(`a: ${sign.repeat(20_000)}`);
      outcome(sign.repeat(20_000));
    }
  });
});
