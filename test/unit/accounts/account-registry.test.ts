import { describe, expect, test } from "bun:test";
import { AccountRegistry } from "../../../src/accounts/account-registry.ts";
import type { AccountOptions, Options } from "../../../src/config/options.ts";
import {
  account,
  seededRandom,
  service,
  stream,
  takesService,
  takesStream,
  withAccounts,
} from "./account-options.ts";

function faults(
  accounts: readonly AccountOptions[],
  parts: Partial<Options> = {},
): readonly string[] {
  const built = AccountRegistry.build(withAccounts(accounts, parts), seededRandom());
  return built.ok ? [] : built.refusal;
}

function registryOf(
  accounts: readonly AccountOptions[],
  parts: Partial<Options> = {},
): AccountRegistry {
  const built = AccountRegistry.build(withAccounts(accounts, parts), seededRandom());
  if (!built.ok) {
    throw new Error(built.refusal.join("; "));
  }
  return built.value;
}

describe("which accounts exist", () => {
  test("the global and the system account exist without being configured", () => {
    const registry = registryOf([account("A")]);
    expect([...registry.all].map(({ name }) => name).sort()).toEqual(["$G", "$SYS", "A"]);
    expect(registry.global.name).toBe("$G");
    expect(registry.system?.name).toBe("$SYS");
  });

  test("a configured account may be the system account", () => {
    const registry = registryOf([account("ADMIN")], { systemAccount: "ADMIN" });
    expect(registry.system?.name).toBe("ADMIN");
    expect(registry.find("$SYS")).toBeNull();
  });

  test("no_system_account leaves it out", () => {
    expect(registryOf([], { noSystemAccount: true }).system).toBeNull();
  });

  test("the mappings outside accounts are those of the global account", () => {
    const destinations = [{ destination: "b", weight: 100, cluster: null }];
    const registry = registryOf([], { mappings: [{ source: "a", destinations }] });
    expect(registry.global.mappings.select("a")).toBe("b");
  });

  test("reserved, doubled and missing names are refused", () => {
    expect(faults([account("$G")])).toEqual(['"$G" is a Reserved Account']);
    expect(faults([account("A"), account("A")])).toEqual(["Duplicate Account Entry: A"]);
    expect(faults([], { systemAccount: "X" })).toEqual([
      "error resolving system account: account missing",
    ]);
  });
});

/** What the reference prints with -t behind file, line and column. */
const refusals: readonly (readonly [string, readonly AccountOptions[], string])[] = [
  [
    "a service import from an unknown account",
    [account("B", { imports: [takesService("C", "a.b")] })],
    '"C" account not defined for service import',
  ],
  [
    "a stream import from an unknown account",
    [account("B", { imports: [takesStream("C", "a.b")] })],
    '"C" account not defined for stream import',
  ],
  [
    "an import that nobody exports",
    [
      account("A", { exports: [service("a.b")] }),
      account("B", { imports: [takesService("A", "a.c")] }),
    ],
    'Error adding service import "a.c": service import not authorized',
  ],
  [
    "an export to an unknown account",
    [account("A", { exports: [stream("a.b", { accounts: ["X"] })] })],
    '"X" account not defined for stream export',
  ],
  [
    "an import of what is exported to others only",
    [
      account("A", { exports: [stream("a.b", { accounts: ["C"] })] }),
      account("B", { imports: [takesStream("A", "a.b")] }),
      account("C"),
    ],
    'Error adding stream import "a.b": stream import not authorized',
  ],
  [
    "an account token where no wildcard stands",
    [account("A", { exports: [service("a.*", { accountTokenPosition: 1 })] })],
    'Error adding service export "a.*": sublist: invalid subject',
  ],
  [
    "an account token that names another account",
    [
      account("A", { exports: [service("a.*", { accountTokenPosition: 2 })] }),
      account("B", { imports: [takesService("A", "a.C", { to: "x.b" })] }),
    ],
    'Error adding service import "a.C": service import not authorized',
  ],
  [
    "the whole pattern of an export with an account token",
    [
      account("A", { exports: [service("a.*", { accountTokenPosition: 2 })] }),
      account("B", { imports: [takesService("A", "a.*")] }),
    ],
    'Error adding service import "a.*": service import not authorized',
  ],
  [
    "a stream prefix with wildcards",
    [
      account("A", { exports: [stream("a.*")] }),
      account("B", { imports: [takesStream("A", "a.*", { prefix: "x.*" })] }),
    ],
    'Error adding stream import "a.*": stream import prefix can not contain wildcard tokens',
  ],
  [
    "a stream target that forgets a wildcard",
    [
      account("A", { exports: [stream("a.*")] }),
      account("B", { imports: [takesStream("A", "a.*", { to: "x.y" })] }),
    ],
    'Error adding stream import "a.*": failed to create mapping transform for stream import subject from ' +
      '"a.*" to "x.y": invalid mapping destination: not using all of the token wildcard(s) in x.y',
  ],
  [
    "a service target that forgets a wildcard",
    [
      account("A", { exports: [service("a.*")] }),
      account("B", { imports: [takesService("A", "a.*", { to: "x.b" })] }),
    ],
    'Error adding service import "a.*": failed to create mapping transform for service import subject from ' +
      '"x.b" to "a.*": invalid mapping destination: not using all of the token wildcard(s) in x.b',
  ],
  [
    "a stream import twice",
    [
      account("A", { exports: [stream("a.*")] }),
      account("B", { imports: [takesStream("A", "a.*"), takesStream("A", "a.*")] }),
    ],
    'Error adding stream import "a.*": stream import already exists',
  ],
  [
    "a service import twice",
    [
      account("A", { exports: [service("a.*")] }),
      account("B", { imports: [takesService("A", "a.*"), takesService("A", "a.*")] }),
    ],
    'Duplicate service import subject "a.*", previously used in import for account "A", subject "a.*"',
  ],
  [
    "a service import of a malformed subject",
    [
      account("A", { exports: [service("a.>")] }),
      account("B", { imports: [takesService("A", "a..c")] }),
    ],
    'Error adding service import "a..c": sublist: invalid subject',
  ],
  [
    "a latency subject with wildcards",
    [account("A", { exports: [service("a.*", { latency: { sampling: 100, subject: "lat.*" } })] })],
    'Error adding service latency sampling for "a.*" on subject "lat.*": invalid publish subject',
  ],
  [
    "a latency subject that is the service itself",
    [account("A", { exports: [service("a.*", { latency: { sampling: 100, subject: "a.b" } })] })],
    'Error adding service latency sampling for "a.*" on subject "a.b": invalid publish subject',
  ],
  [
    "latency of a service with many responses",
    [
      account("A", {
        exports: [
          service("a.*", { responseType: "stream", latency: { sampling: 100, subject: "lat" } }),
        ],
      }),
    ],
    'Error adding service latency sampling for "a.*" on subject "lat": bad service response type',
  ],
];

describe("refused definitions say why, as the reference does", () => {
  for (const [name, accounts, text] of refusals) {
    test(name, () => expect(faults(accounts)).toEqual([text]));
  }

  test("latency without a system account", () => {
    const accounts = [
      account("A", { exports: [service("a", { latency: { sampling: 1, subject: "l" } })] }),
    ];
    expect(faults(accounts, { noSystemAccount: true })).toEqual([
      'Error adding service latency sampling for "a": system account not setup',
    ]);
  });
});

describe("circles", () => {
  test("two accounts that import the same stream from each other", () => {
    const exports = [stream("a.>")];
    const [fault] = faults([
      account("A", { exports, imports: [takesStream("B", "a.>")] }),
      account("B", { exports, imports: [takesStream("A", "a.>")] }),
    ]);
    expect(fault).toBe('Error adding stream import "a.>": import forms a cycle');
  });

  test("services through three accounts", () => {
    const exports = [service("a.>")];
    const [fault] = faults([
      account("A", { exports, imports: [takesService("B", "a.x")] }),
      account("B", { exports, imports: [takesService("C", "a.*")] }),
      account("C", { exports, imports: [takesService("A", "a.>")] }),
    ]);
    expect(fault).toBe('Error adding service import "a.>": import forms a cycle');
  });

  test("a chain of imports that ends is no circle", () => {
    expect(
      faults([
        account("A", { exports: [service("a.>")] }),
        account("B", {
          exports: [service("b.>")],
          imports: [takesService("A", "a.x", { to: "b.x" })],
        }),
        account("C", { imports: [takesService("B", "b.x", { to: "c.x" })] }),
      ]),
    ).toEqual([]);
  });

  test("an account may import its own service under another name", () => {
    expect(
      faults([
        account("A", { exports: [service("a")], imports: [takesService("A", "a", { to: "b" })] }),
      ]),
    ).toEqual([]);
  });

  test("streams that are not exported further do not lead back", () => {
    expect(
      faults([
        account("A", {
          exports: [stream("a.x")],
          imports: [takesStream("B", "b.>", { to: "q.>" })],
        }),
        account("B", {
          exports: [stream("b.>")],
          imports: [takesStream("A", "a.x", { to: "q.x" })],
        }),
      ]),
    ).toEqual([]);
  });
});

describe("a reload", () => {
  const before = [
    account("A", { exports: [service("a"), stream("s.>")] }),
    account("B", { imports: [takesService("A", "a")] }),
    account("C"),
  ];

  test("says which accounts came, went and changed, and keeps the objects", () => {
    const registry = registryOf(before);
    const kept = registry.find("B");
    const replaced = registry.replace(
      withAccounts([
        account("A", { exports: [service("a"), stream("s.>")] }),
        account("B", { imports: [takesService("A", "a"), takesStream("A", "s.>")] }),
        account("D"),
      ]),
    );
    expect(replaced.ok).toBe(true);
    const names = (accounts: readonly { name: string }[]): string[] =>
      accounts.map(({ name }) => name);
    if (replaced.ok) {
      expect(names(replaced.value.added)).toEqual(["D"]);
      expect(names(replaced.value.removed)).toEqual(["C"]);
      expect(names(replaced.value.changed)).toEqual(["B"]);
      expect(names(replaced.value.withOtherStreamImports)).toEqual(["B"]);
    }
    expect(registry.find("B")).toBe(kept);
    expect(kept?.trade.streamImports.length).toBe(1);
  });

  test("that is refused changes nothing", () => {
    const registry = registryOf(before);
    const replaced = registry.replace(
      withAccounts([account("B", { imports: [takesService("A", "a")] })]),
    );
    expect(replaced.ok).toBe(false);
    expect(registry.find("A")).not.toBeNull();
    expect(registry.find("B")?.trade.serviceImports.length).toBe(1);
  });

  test("of users alone is no change", () => {
    const registry = registryOf(before);
    const user = {
      name: "u",
      password: "p",
      nkey: null,
      permissions: null,
      allowedConnectionTypes: [],
    };
    const replaced = registry.replace(
      withAccounts(before.map((one) => (one.name === "C" ? { ...one, users: [user] } : one))),
    );
    expect(replaced.ok && replaced.value.changed).toEqual([]);
    expect(registry.find("C")?.options.users.length).toBe(1);
  });
});

describe("connections", () => {
  test("are counted against the account's limit", () => {
    const limits = { maxConnections: 1, maxSubscriptions: -1, maxPayload: -1, maxLeafnodes: -1 };
    const tenant = registryOf([account("A", { limits })]).find("A");
    expect(tenant?.mayConnect).toBe(true);
    tenant?.addConnection();
    expect(tenant?.mayConnect).toBe(false);
    tenant?.removeConnection();
    expect(tenant?.mayConnect).toBe(true);
    expect(tenant?.connectionsEver).toBe(1);
  });
});
