import { describe, expect, test } from "bun:test";
import { defaultOptions, type Options } from "../../../src/config/options.ts";
import { validateOptions } from "../../../src/config/validate.ts";
import { configured, messageOf } from "./loading.ts";

function faultOf(change: Partial<Options>): string {
  return messageOf(() => validateOptions({ ...defaultOptions, ...change }));
}

describe("options as a whole", () => {
  test("are valid by default", () => {
    expect(faultOf({})).toBe("");
  });

  const faults: readonly (readonly [Partial<Options>, string])[] = [
    [
      { lameDuckDurationMillis: 30_000, lameDuckGraceMillis: 30_000 },
      "lame duck grace period (30s) should be strictly lower than lame duck duration (30s)",
    ],
    [{ maxPayload: 5, maxPending: 4 }, "max_payload (5) cannot be higher than max_pending (4)"],
    [{ serverName: "a b" }, "server name cannot contain spaces"],
    [{ clusterName: "a b" }, "cluster name cannot contain spaces"],
    [{ clientAdvertise: "a:b" }, "invalid ClientAdvertise value of a:b"],
    [{ clientAdvertise: "a:1:2" }, "invalid ClientAdvertise value of a:1:2"],
    [{ noAuthUser: "x" }, 'no_auth_user: "x" present, but users/nkeys are not defined'],
  ];
  test.each(faults)("%j is refused", (change, reason) => {
    expect(faultOf(change)).toBe(reason);
  });

  test("may advertise a host, with or without a port", () => {
    for (const clientAdvertise of ["h", "h:1", "[::1]:1", "127.0.0.1"]) {
      expect(faultOf({ clientAdvertise })).toBe("");
    }
  });

  test("must know the user for those without credentials, in whatever account", () => {
    const users = "users [{user: u}]";
    expect(configured(`authorization {${users}}\nno_auth_user: u`).noAuthUser).toBe("u");
    expect(configured(`accounts { A {${users}} }\nno_auth_user: u`).noAuthUser).toBe("u");
    expect(messageOf(() => configured(`accounts { A {${users}} }\nno_auth_user: x`))).toBe(
      'no_auth_user: "x" not present as user or nkey in authorization block or account configuration',
    );
  });

  test("made by hand must have valid subjects in permissions", () => {
    const user = {
      name: "u",
      password: null,
      nkey: null,
      permissions: {
        publish: { allow: ["a..b"], deny: [] },
        subscribe: { allow: null, deny: [] },
        responses: null,
      },
      allowedConnectionTypes: [],
    };
    expect(faultOf({ authorization: { ...defaultOptions.authorization, users: [user] } })).toBe(
      'invalid permissions for user "u": publish allow: subject "a..b" is not a valid subject',
    );
  });
});
