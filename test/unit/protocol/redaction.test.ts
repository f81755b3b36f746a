import { expect, test } from "bun:test";
import fc from "fast-check";
import { redactedConnect } from "../../../src/protocol/redaction.ts";

test("a CONNECT is shown without its secrets", () => {
  expect(
    redactedConnect(
      '{"user":"a","pass":"s","auth_token":"t","jwt":"j","sig":"g","nkey":"U","name":"n","proxy_sig":"p"}',
    ),
  ).toBe(
    '{"user":"a","pass":"[REDACTED]","auth_token":"[REDACTED]","jwt":"[REDACTED]","sig":"[REDACTED]",' +
      '"nkey":"[REDACTED]","name":"n","proxy_sig":"[REDACTED]"}',
  );
});

test.each([
  '{"pass":"s3cret\\"s3cret,s3cret"}',
  '{"PASS":"s3cret"}',
  '{"p\\u0061ss":"s3cret"}',
  '{"pass":{"a":"s3cret"}}',
  '{"Auth_Token" : ["s3cret"]}',
  '{"password":"s3cret"}',
  '{"pass":"s3cret',
  "pass: s3cret",
])("no form of writing shows it: %p", (json) => {
  expect(redactedConnect(json)).not.toContain("s3cret");
});

test("what is left is what the client said", () => {
  expect(redactedConnect('{ "verbose" : false, "lang":"go" }')).toBe(
    '{"verbose":false,"lang":"go"}',
  );
  expect(redactedConnect("null")).toBe("null");
  fc.assert(
    fc.property(fc.string(), (text) => {
      redactedConnect(text);
    }),
  );
});
