import { describe, expect, test } from "bun:test";
import {
  type AuthClient,
  Authenticator,
  type AuthResult,
  makeNonce,
} from "../../../src/auth/authenticator.ts";
import { encodePublicNkey } from "../../../src/auth/nkey.ts";
import {
  type AccountOptions,
  type AuthorizationOptions,
  defaultOptions,
  noLimits,
  type Options,
  type PermissionOptions,
  type UserOptions,
} from "../../../src/config/options.ts";
import { type ConnectOptions, connectDefaults } from "../../../src/protocol/connect-options.ts";
import { TestCrypto } from "./test-crypto.ts";

const crypto = new TestCrypto();
const encoder = new TextEncoder();

/** Of "s3cret", at the lowest cost. */
const hash = "$2a$04$iPmb9ha4/eFTH3Vvizumtegf0mQwTn4zJTi0nYm8xHsg337PxnArm";
const seed = new Uint8Array(32).fill(5);
const key = encodePublicNkey("user", crypto.ed25519PublicKey(seed));
const otherKey = encodePublicNkey("user", crypto.ed25519PublicKey(new Uint8Array(32).fill(6)));
const nonce = "h_AOdqgCs-U9t7k";
const signature = crypto.signEd25519(seed, encoder.encode(nonce));
const unpadded = signature.toBase64({ alphabet: "base64url", omitPadding: true });
const standard: AuthClient = { nonce, connectionType: "STANDARD" };

function user(given: Partial<UserOptions>): UserOptions {
  return {
    name: null,
    password: null,
    nkey: null,
    permissions: null,
    allowedConnectionTypes: [],
    ...given,
  };
}

function account(name: string, given: Partial<AccountOptions> = {}): AccountOptions {
  return {
    name,
    nkey: null,
    users: [],
    exports: [],
    imports: [],
    mappings: [],
    limits: noLimits,
    defaultPermissions: null,
    messageTrace: null,
    jetStream: null,
    ...given,
  };
}

function mayPublish(...subjects: string[]): PermissionOptions {
  return {
    publish: { allow: subjects, deny: [] },
    subscribe: { allow: null, deny: [] },
    responses: null,
  };
}

function authorization(given: Partial<AuthorizationOptions>): Partial<Options> {
  return { authorization: { ...defaultOptions.authorization, ...given } };
}

function authenticatorFor(options: Partial<Options>): Authenticator {
  return new Authenticator({ ...defaultOptions, ...options }, crypto);
}

const plainA = user({ name: "a", password: "s3cret" });
const hashedB = user({ name: "b", password: hash });
const keyed = user({ nkey: key });

const requests: Readonly<Record<string, Partial<ConnectOptions>>> = {
  nothing: {},
  token: { token: "s3cret" },
  badToken: { token: "x" },
  onlyPassword: { password: "s3cret" },
  a: { user: "a", password: "s3cret" },
  aWrong: { user: "a", password: "x" },
  aNoPassword: { user: "a" },
  b: { user: "b", password: "s3cret" },
  bWrong: { user: "b", password: "x" },
  bHash: { user: "b", password: hash },
  unknown: { user: "z", password: "s3cret" },
  key: { nkey: key, signature: unpadded },
  keyPadded: { nkey: key, signature: signature.toBase64() },
  keyWrong: { nkey: key, signature: "AAAA" },
  keyUnsigned: { nkey: key },
  keyUnknown: { nkey: otherKey, signature: unpadded },
  jwt: { jwt: "eyJ0" },
  aAndKey: { user: "a", password: "s3cret", nkey: key, signature: "AA" },
};
const everything = Object.keys(requests).join(" ");
const byKeyOrNothing = "nothing key keyPadded keyWrong keyUnsigned keyUnknown jwt";

interface Scenario {
  readonly what: string;
  readonly options: Partial<Options>;
  /** INFO auth_required and nonce. */
  readonly announced: readonly [boolean, boolean];
  /** Who gets in, by account. */
  readonly admitted: Readonly<Record<string, string>>;
}

// As the reference server 2.15.1 answered each of these, save where noted.
const scenarios: readonly Scenario[] = [
  {
    what: "nothing configured",
    options: {},
    announced: [false, false],
    admitted: { $G: everything },
  },
  {
    what: "a token",
    options: authorization({ token: "s3cret" }),
    announced: [true, false],
    admitted: { $G: "token" },
  },
  {
    what: "a hashed token",
    options: authorization({ token: hash }),
    announced: [true, false],
    admitted: { $G: "token" },
  },
  {
    what: "a token beside accounts without users",
    options: { ...authorization({ token: "s3cret" }), accounts: [account("A")] },
    announced: [true, false],
    admitted: { $G: "token" },
  },
  {
    what: "one user",
    options: authorization({ user: "a", password: "s3cret" }),
    announced: [true, false],
    admitted: { $G: "a aAndKey" },
  },
  {
    what: "one user with a hash",
    options: authorization({ user: "a", password: hash }),
    announced: [true, false],
    admitted: { $G: "a aAndKey" },
  },
  {
    what: "a password without a user",
    options: authorization({ password: "s3cret" }),
    announced: [false, false],
    admitted: { $G: everything },
  },
  {
    what: "users of every kind",
    options: authorization({ users: [plainA, hashedB, keyed] }),
    announced: [true, true],
    admitted: { $G: "a b key keyPadded" },
  },
  {
    what: "no_auth_user",
    options: { noAuthUser: "a", accounts: [account("A", { users: [plainA, hashedB] })] },
    announced: [false, false],
    admitted: { A: `${byKeyOrNothing} a b aAndKey` },
  },
  {
    // The reference locks everybody out here, holding the hash against itself.
    what: "no_auth_user with a hash",
    options: { noAuthUser: "b", accounts: [account("A", { users: [hashedB] })] },
    announced: [false, false],
    admitted: { A: `${byKeyOrNothing} b` },
  },
  {
    what: "no_auth_user by key",
    options: { noAuthUser: key, accounts: [account("A", { users: [keyed, plainA] })] },
    announced: [false, true],
    admitted: { A: "nothing key keyPadded keyWrong keyUnsigned jwt a aAndKey" },
  },
  {
    what: "only the system account having users",
    options: { accounts: [account("$SYS", { users: [plainA] })] },
    announced: [true, false],
    admitted: { $G: byKeyOrNothing, $SYS: "a aAndKey" },
  },
  {
    what: "only a system account of another name",
    options: { systemAccount: "S", accounts: [account("S", { users: [plainA] })] },
    announced: [true, false],
    admitted: { $G: byKeyOrNothing, S: "a aAndKey" },
  },
  {
    what: "a system account without users",
    options: { accounts: [account("$SYS")] },
    announced: [true, false],
    admitted: { $G: byKeyOrNothing },
  },
  {
    what: "a system account and an authorization block",
    options: {
      ...authorization({ timeoutMillis: 1000 }),
      accounts: [account("$SYS", { users: [plainA] })],
    },
    announced: [true, false],
    admitted: { $SYS: "a aAndKey" },
  },
  {
    what: "a system account and another one",
    options: { accounts: [account("$SYS", { users: [plainA] }), account("B")] },
    announced: [true, false],
    admitted: { $SYS: "a aAndKey" },
  },
  {
    what: "users for some connection types",
    options: authorization({
      users: [
        { ...plainA, allowedConnectionTypes: ["WEBSOCKET"] },
        user({ name: "b", password: "s3cret", allowedConnectionTypes: ["STANDARD", "MQTT"] }),
      ],
    }),
    announced: [true, false],
    admitted: { $G: "b" },
  },
];

describe.each([...scenarios])("with $what", ({ options, announced, admitted }) => {
  const authenticator = authenticatorFor(options);

  test("INFO says what clients need to know", () => {
    expect([authenticator.isAnnounced, authenticator.needsNonce]).toEqual([...announced]);
  });

  test.each(Object.entries(requests))("a client that brings %s", async (name, request) => {
    const result = await authenticator.authenticate({ ...connectDefaults, ...request }, standard);
    const expected = Object.entries(admitted).find(([, names]) => names.split(" ").includes(name));
    expect(result.ok ? result.value.account : null).toBe(expected?.[0] ?? null);
    if (!result.ok) {
      expect(result.refusal.violation.text).toBe("Authorization Violation");
      expect(JSON.stringify(result.refusal)).not.toContain("s3cret");
      expect(JSON.stringify(result.refusal)).not.toContain(hash);
    }
  });
});

function answer(options: Partial<Options>, request: Partial<ConnectOptions>): AuthResult {
  const result = authenticatorFor(options).authenticate(
    { ...connectDefaults, ...request },
    standard,
  );
  if (result instanceof Promise) {
    throw new Error("not at once");
  }
  return result;
}

function identityFor(options: Partial<Options>, request: Partial<ConnectOptions>): unknown {
  const result = answer(options, request);
  return result.ok ? result.value : null;
}

describe("an identity", () => {
  test("carries its own permissions, or the defaults of where it is configured", () => {
    const options: Partial<Options> = {
      ...authorization({
        defaultPermissions: mayPublish("top"),
        users: [user({ name: "b", password: "s3cret" }), keyed],
      }),
      accounts: [
        account("A", {
          defaultPermissions: mayPublish("def"),
          users: [plainA, user({ name: "c", password: "c", permissions: mayPublish("own") })],
        }),
      ],
    };
    const request = (name: string, password: string): unknown =>
      identityFor(options, { user: name, password });
    expect(request("a", "s3cret")).toMatchObject({ permissions: mayPublish("def"), account: "A" });
    expect(request("c", "c")).toMatchObject({ permissions: mayPublish("own"), account: "A" });
    expect(request("b", "s3cret")).toMatchObject({ permissions: mayPublish("top") });
    expect(identityFor(options, { nkey: key, signature: unpadded })).toMatchObject({
      permissions: mayPublish("top"),
      nkey: key,
      user: key,
      claim: { kind: "nkey", name: key },
      isProven: true,
    });
  });

  test("that may answer may do nothing else, within default limits", () => {
    const permissions: PermissionOptions = {
      publish: { allow: null, deny: [] },
      subscribe: { allow: null, deny: [] },
      responses: { max: 0, millis: 0 },
    };
    const users = [user({ name: "a", password: "a", permissions })];
    expect(identityFor(authorization({ users }), { user: "a", password: "a" })).toMatchObject({
      permissions: { publish: { allow: [] }, responses: { max: 1, millis: 120_000 } },
    });
  });

  test("of a token never shows it", () => {
    const identity = identityFor(authorization({ token: "s3cret" }), { token: "s3cret" });
    expect(identity).toMatchObject({ user: "[REDACTED]", claim: { kind: "token", name: "" } });
    expect(JSON.stringify(identity)).not.toContain("s3cret");
  });

  test("without authentication is only what the client says", () => {
    expect(identityFor({}, { user: "x", password: "y" })).toMatchObject({
      account: "$G",
      isProven: false,
      user: "x",
      permissions: null,
    });
  });
});

describe("a client that does not begin with CONNECT", () => {
  const users = [plainA];

  test("is nobody in particular where nobody must authenticate", () => {
    expect(authenticatorFor({}).withoutConnect(standard)).toMatchObject({ account: "$G" });
    const besideSystem = authenticatorFor({ accounts: [account("$SYS", { users })] });
    expect(besideSystem.withoutConnect(standard)).toMatchObject({ account: "$G" });
  });

  test("is the no_auth_user if that has a name and may connect this way", () => {
    const accounts = [account("A", { users: [plainA, keyed] })];
    const named = authenticatorFor({ noAuthUser: "a", accounts });
    expect(named.withoutConnect(standard)).toMatchObject({ account: "A", user: "a" });
    expect(authenticatorFor({ noAuthUser: key, accounts }).withoutConnect(standard)).toBeNull();
    const elsewhere = [
      account("A", { users: [{ ...plainA, allowedConnectionTypes: ["WEBSOCKET"] }] }),
    ];
    expect(
      authenticatorFor({ noAuthUser: "a", accounts: elsewhere }).withoutConnect(standard),
    ).toBeNull();
  });

  test("must authenticate elsewhere", () => {
    expect(authenticatorFor(authorization({ users })).withoutConnect(standard)).toBeNull();
    expect(authenticatorFor(authorization({ token: "x" })).withoutConnect(standard)).toBeNull();
  });
});

describe("a refusal", () => {
  test("is logged as the reference logs it", () => {
    const options = authorization({ users: [plainA] });
    const logged = (request: Partial<ConnectOptions>): string => {
      const result = answer(options, request);
      return result.ok ? "" : result.refusal.logText;
    };
    expect(logged({})).toBe("authentication error");
    expect(logged({ user: 'a"', password: "x" })).toBe('authentication error - User "a\\""');
    expect(logged({ nkey: "U1" })).toBe('authentication error - Nkey "U1"');
    expect(logged({ token: "t" })).toBe('authentication error - Token "[REDACTED]"');
  });

  test("of an unknown user costs what a wrong password costs", async () => {
    const mixed = authenticatorFor(authorization({ users: [hashedB, plainA] }));
    for (const name of ["b", "unknown"]) {
      const counting = crypto.bcryptChecks;
      await mixed.authenticate({ ...connectDefaults, user: name, password: "x" }, standard);
      expect(crypto.bcryptChecks - counting).toBe(1);
    }
    const plain = authenticatorFor(authorization({ users: [plainA] }));
    for (const name of ["a", "unknown"]) {
      const counting = crypto.plainChecks;
      await plain.authenticate({ ...connectDefaults, user: name, password: "x" }, standard);
      expect(crypto.plainChecks - counting).toBe(1);
    }
  });

  test("is given at once unless bcrypt must be asked", () => {
    const request = { ...connectDefaults, user: "a", password: "x" };
    const plain = authenticatorFor(authorization({ users: [plainA] }));
    expect(plain.authenticate(request, standard)).not.toBeInstanceOf(Promise);
    const hashed = authenticatorFor(authorization({ users: [hashedB] }));
    expect(hashed.authenticate({ ...request, user: "b" }, standard)).toBeInstanceOf(Promise);
  });
});

test("plain passwords are worth a warning, hashes and keys are not", () => {
  expect(authenticatorFor(authorization({ users: [plainA] })).hasPlainPasswords).toBe(true);
  expect(authenticatorFor(authorization({ user: "a", password: "p" })).hasPlainPasswords).toBe(
    true,
  );
  expect(authenticatorFor(authorization({ users: [hashedB, keyed] })).hasPlainPasswords).toBe(
    false,
  );
  expect(authenticatorFor({}).hasPlainPasswords).toBe(false);
});

test("a nonce is eleven random bytes in fifteen letters", () => {
  const random = {
    bytes: (length: number): Uint8Array => new Uint8Array(length).fill(0xfb),
    below: (): number => 0,
  };
  expect(makeNonce(random)).toBe("-_v7-_v7-_v7-_s");
});
