import { describe, expect, test } from "bun:test";
import type { PermissionOptions } from "../../../../src/config/options.ts";
import { errorOf, optionsOf } from "../loading.ts";

function permissionsOf(text: string): PermissionOptions | null {
  const options = optionsOf(`authorization { users: [{user: u, permissions: ${text}}] }`);
  return options.authorization.users[0]?.permissions ?? null;
}

function faultOf(text: string): string {
  const before = "authorization { users: [{user: u, permissions: ";
  return errorOf(`${before}${text}}] }`).replace(/^t\.conf:\d+:\d+: /, "");
}

describe("permissions", () => {
  const lists: readonly (readonly [string, unknown])[] = [
    ["{publish: a}", { allow: ["a"], deny: [] }],
    ["{pub: [a, b.>]}", { allow: ["a", "b.>"], deny: [] }],
    ["{publish: {allow: a, deny: [b, c]}}", { allow: ["a"], deny: ["b", "c"] }],
    ["{publish: {deny: b}}", { allow: null, deny: ["b"] }],
    ["{publish: {}}", { allow: null, deny: [] }],
    ["{publish: []}", { allow: null, deny: [] }],
    ["{import: a}", { allow: ["a"], deny: [] }],
    ["{}", { allow: null, deny: [] }],
  ];
  test.each(lists)("%s is read", (text, publish) => {
    expect(permissionsOf(text)).toEqual({
      publish: publish as PermissionOptions["publish"],
      subscribe: { allow: null, deny: [] },
      responses: null,
    });
  });

  test("a subject to subscribe to may carry a queue", () => {
    expect(permissionsOf('{sub: ["foo q1", "bar *.dev", "baz"]}')?.subscribe.allow).toEqual([
      "foo q1",
      "bar *.dev",
      "baz",
    ]);
    expect(permissionsOf('{export: {deny: "foo >"}}')?.subscribe.deny).toEqual(["foo >"]);
  });

  const responses: readonly (readonly [string, unknown])[] = [
    ["true", { max: 1, millis: 120_000 }],
    ["{}", { max: 1, millis: 120_000 }],
    ["{max: 5, expires: 1m0s}", { max: 5, millis: 60_000 }],
    ['{max_msgs: 0, ttl: "0"}', { max: 1, millis: 120_000 }],
    ['{max: -7, expiration: "-1s"}', { max: -1, millis: -1 }],
  ];
  test.each(responses)("allow_responses %s is read", (text, expected) => {
    expect(permissionsOf(`{allow_responses: ${text}}`)?.responses as unknown).toEqual(expected);
  });

  test("who may answer, and is allowed nothing by name, may publish nothing else", () => {
    expect(permissionsOf("{allow_responses: true}")?.publish.allow).toEqual([]);
    expect(permissionsOf("{allow_responses: true, publish: {deny: x}}")?.publish).toEqual({
      allow: [],
      deny: ["x"],
    });
    expect(permissionsOf("{allow_responses: true, publish: a}")?.publish.allow).toEqual(["a"]);
    expect(permissionsOf("{allow_responses: false}")?.publish.allow).toBeNull();
  });

  const faults: readonly (readonly [string, string])[] = [
    ["5", "Expected permissions to be a map/struct, got 5"],
    ["{foo: 1}", 'Unknown field "foo" parsing permissions'],
    [
      "{publish: {foo: a}}",
      "Unknown field name \"foo\" parsing subject permissions, only 'allow' or 'deny' are permitted",
    ],
    ["{publish: a..b}", 'subject "a..b" is not a valid subject'],
    ['{publish: "a q"}', 'subject "a q" is not a valid subject'],
    ['{subscribe: "a q r"}', 'subject "a q r" is not a valid subject'],
    ['{subscribe: "a..b q"}', 'subject "a..b" is not a valid subject'],
    ['{subscribe: "a q..r"}', 'queue "q..r" is not a valid queue'],
    [
      "{publish: 5}",
      "Expected subject permissions to be a subject, or array of subjects, got int64",
    ],
    ["{publish: [a, 5]}", "Subject in permissions array cannot be cast to string"],
    ["{allow_responses: 5}", "error parsing response permissions, expected a boolean or a map"],
    ["{allow_responses: {max: x}}", "interface conversion: interface {} is string, not int64"],
    ["{allow_responses: {expires: 5}}", "error parsing expires, not a duration string"],
    [
      "{allow_responses: {expires: 5x}}",
      'error parsing expires: time: unknown unit "x" in duration "5x"',
    ],
    ["{allow_responses: {foo: 5}}", 'Unknown field "foo" parsing permissions'],
  ];
  test.each(faults)("%s is refused", (text, reason) => {
    expect(faultOf(text)).toBe(reason);
  });
});
