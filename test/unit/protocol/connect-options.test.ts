import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  type ConnectOptions,
  clientLabel,
  connectDefaults,
  connectFault,
  decodeConnect,
} from "../../../src/protocol/connect-options.ts";

const encoder = new TextEncoder();

function decoded(json: string, previous?: ConnectOptions): ConnectOptions {
  const result = decodeConnect(encoder.encode(json), previous);
  if (!result.ok) {
    throw new Error(result.refusal);
  }
  return result.value;
}

function refusalOf(json: string): string {
  const result = decodeConnect(encoder.encode(json));
  return result.ok ? "" : result.refusal;
}

describe("CONNECT", () => {
  test("is verbose, pedantic and echoing unless it says otherwise", () => {
    expect(decoded("{}")).toEqual(connectDefaults);
    expect(connectDefaults).toMatchObject({ echo: true, verbose: true, pedantic: true });
    expect(decoded("null")).toEqual(connectDefaults);
    expect(decoded('{"verbose":null,"name":null,"protocol":null}')).toEqual(connectDefaults);
  });

  test("says all these things", () => {
    const json = `{"echo":false,"verbose":false,"pedantic":false,"tls_required":true,"nkey":"U","jwt":"j","sig":"s",
      "auth_token":"t","user":"u","pass":"p","name":"n","lang":"ts","version":"1.2","protocol":1,"account":"a",
      "new_account":true,"headers":true,"no_responders":true,"remote_account":"r","proxy_sig":"x"}`;
    expect(decoded(json)).toEqual({
      echo: false,
      verbose: false,
      pedantic: false,
      tlsRequired: true,
      nkey: "U",
      jwt: "j",
      signature: "s",
      token: "t",
      user: "u",
      password: "p",
      name: "n",
      lang: "ts",
      version: "1.2",
      protocol: 1,
      account: "a",
      isNewAccount: true,
      headers: true,
      noResponders: true,
      remoteAccount: "r",
      proxySignature: "x",
    });
  });

  test("may name what nobody knows, and names in any case", () => {
    expect(decoded('{"foo":{"a":[1,2]},"VERBOSE":false,"Pedantic":false}')).toMatchObject({
      verbose: false,
      pedantic: false,
    });
    expect(decoded('  {"verbose":false,"verbose":true}  ').verbose).toBe(true);
    expect(decoded('{"import":{"allow":["a"]},"export":null}')).toEqual(connectDefaults);
  });

  test("changes only what it names when it comes again", () => {
    const first = decoded('{"verbose":false,"name":"a","headers":true}');
    expect(decoded('{"name":"b"}', first)).toEqual({ ...first, name: "b" });
    expect(decoded("null", first)).toEqual(first);
  });

  test("may hold bytes and halves of characters that are no text", () => {
    const bytes = Uint8Array.of(...encoder.encode('{"name":"'), 0xff, ...encoder.encode('"}'));
    const result = decodeConnect(bytes);
    expect(result.ok && result.value.name).toBe("\ufffd");
    expect(decoded('{"name":"a\\ud800"}').name).toBe("a\ufffd");
  });

  test.each([
    "",
    "{",
    "{} x",
    "[]",
    "5",
    '"x"',
    '{"verbose":"x"}',
    '{"verbose":1}',
    '{"name":5}',
    '{"protocol":"1"}',
    '{"protocol":1.5}',
    '{"protocol":99999999999999999999}',
    '{"import":{"allow":"a"}}',
    '{"import":{"allow":[1]}}',
    '{"export":[]}',
    '{"name":"a\u0001b"}',
    "\ufeff{}",
  ])("is refused when it is %p", (json) => {
    expect(refusalOf(json)).toStartWith("invalid CONNECT: ");
  });

  test("is never quoted when it is refused", () => {
    for (const json of [
      '{"pass":"s3cr3t"',
      '{"pass":s3cr3t}',
      '{"pass":{"a":"s3cr3t"}}',
      '{"auth_token":"s3cr3t","verbose":"s3cr3t"}',
    ]) {
      expect(refusalOf(json)).not.toContain("s3cr3t");
    }
  });

  test("survives any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        decodeConnect(bytes);
      }),
    );
    fc.assert(
      fc.property(fc.json(), (json) => {
        decodeConnect(encoder.encode(json));
      }),
    );
  });
});

describe("an authenticated CONNECT", () => {
  test.each([
    ['{"account":"x"}', "Authorization Violation"],
    ['{"new_account":true}', "Authorization Violation"],
    ['{"new_account":false,"account":""}', null],
    ['{"protocol":2}', "invalid client protocol"],
    ['{"protocol":-1}', "invalid client protocol"],
    ['{"protocol":1}', null],
    ['{"no_responders":true}', "no responders requires headers support"],
    ['{"no_responders":true,"headers":true}', null],
    ['{"protocol":2,"account":"x"}', "Authorization Violation"],
  ])("%s is answered by %p", (json, text) => {
    expect(connectFault(decoded(json), true)?.text ?? null).toBe(text);
  });

  test("may not want no-responders where the server has no headers", () => {
    const options = decoded('{"no_responders":true,"headers":true}');
    expect(connectFault(options, false)?.reason).toBe("No Responders Requires Headers");
  });

  test("is labelled by what it tells of its program", () => {
    expect(clientLabel(decoded('{"version":"1.2","lang":"go","name":"n"}'))).toBe("v1.2:go:n");
    expect(clientLabel(decoded('{"lang":"go"}'))).toBe("go");
    expect(clientLabel(decoded("{}"))).toBe("");
  });
});
