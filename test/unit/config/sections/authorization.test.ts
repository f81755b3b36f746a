import { describe, expect, test } from "bun:test";
import { errorOf, load, optionsOf } from "../loading.ts";

const userKey = "UCPG6SOEGOEHQAZ3LHAYFDCPLCY6EEVFEJF6C3XIK3TCMPBTZEJQUC26";
const accountKey = "ACY3HU6ZITXDJRK22BYW5ITVF7BISGS6YKXLPD4HRR4RX5JN3XACPA2K";

describe("the authorization block", () => {
  test("takes one user, or a token", () => {
    expect(optionsOf("authorization { user: a, password: $2a$11$x }").authorization).toMatchObject({
      user: "a",
      password: "$2a$11$x",
      token: null,
      timeoutMillis: 2000,
    });
    expect(optionsOf("authorization { token: t }").authorization.token).toBe("t");
  });

  test("takes users by name and by nkey, with default permissions for those without", () => {
    const { users } = optionsOf(`authorization {
      default_permissions: { publish: d }
      users: [
        { user: a, password: p }
        { username: b, pass: p, permissions: { publish: own } }
        { nkey: ${userKey}, allowed_connection_types: [mqtt, STANDARD] }
      ]
    }`).authorization;
    expect(users.map((user) => user.permissions?.publish.allow)).toEqual([["d"], ["own"], ["d"]]);
    expect(users.map(({ name, password, nkey }) => [name, password, nkey])).toEqual([
      ["a", "p", null],
      ["b", "p", null],
      [null, null, userKey],
    ]);
    expect(users[2]?.allowedConnectionTypes).toEqual(["STANDARD", "MQTT"]);
  });

  const timeouts: readonly (readonly [string, number])[] = [
    ["5", 5000],
    ["0.5", 500],
    ["3s", 3000],
    ["0", 2000],
  ];
  test.each(timeouts)("timeout %s is %d ms", (text, millis) => {
    const { authorization } = optionsOf(`authorization { timeout: ${text} }`);
    expect(authorization.timeoutMillis).toBe(millis);
  });

  test("warns of a high timeout, which may be an unquoted duration", () => {
    expect(load("authorization { timeout: 2m }").warnings).toEqual([
      "t.conf:1:16: invalid use of field \"timeout\": timeout of 2000000 (2000000.000000 seconds) is high, consider keeping it under 60 seconds. possibly caused by unquoted duration; use '1m' instead of 1m, for example",
    ]);
  });

  const faults: readonly (readonly [string, string])[] = [
    ["{ user: a, token: t }", "1:0: Cannot have a user/pass and token"],
    ["{ user: a, users: [] }", "1:0: Can not have a single user/pass and a users array"],
    ["{ token: a, users: [] }", "1:0: Can not have a token and a users array"],
    ["{ users: [{user: a}, {user: a}] }", '1:0: Duplicate user "a" detected'],
    [
      `{ users: [{nkey: ${userKey}}, {nkey: ${userKey}}] }`,
      `1:0: Duplicate nkey "${userKey}" detected`,
    ],
    ["{ users: x }", "1:16: Expected users field to be an array, got x"],
    ["{ users: [x] }", "1:24: Expected user entry to be a map/struct, got x"],
    ["{ users: [{password: x}] }", "1:25: User entry requires a user"],
    ["{ users: [{nkey: x}] }", "1:25: Not a valid public nkey for a user"],
    [`{ users: [{nkey: ${accountKey}}] }`, "1:25: Not a valid public nkey for a user"],
    [
      `{ users: [{user: a, nkey: ${userKey}}] }`,
      "1:34: Nkey users do not take usernames or passwords",
    ],
    ["{ users: [{user: a, foo: 1}] }", '1:34: unknown field "foo"'],
    ["{ users: [{user: 5}] }", "1:25: interface conversion: interface {} is int64, not string"],
    ["{ users: [{user: a, clients: [x, y]}] }", '1:34: invalid connection types ["X" "Y"]'],
    [
      "{ users: [{user: a, clients: [5]}] }",
      "1:44: error parsing allowed connection types: unsupported type in array int64",
    ],
    [
      "{ timeout: x }",
      "1:16: error parsing authorization config, 'timeout' time: invalid duration \"x\"",
    ],
    ["{ timeout: [] }", "1:16: error parsing authorization config, 'timeout' wrong type"],
    ["{ foo: x }", '1:16: unknown field "foo"'],
  ];
  test.each(faults)("%s is refused", (text, reason) => {
    expect(errorOf(`authorization ${text}`)).toBe(`t.conf:${reason}`);
  });
});
