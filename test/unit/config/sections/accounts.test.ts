import { describe, expect, test } from "bun:test";
import type { AccountOptions } from "../../../../src/config/options.ts";
import { errorOf, load, optionsOf } from "../loading.ts";

const accountKey = "ACY3HU6ZITXDJRK22BYW5ITVF7BISGS6YKXLPD4HRR4RX5JN3XACPA2K";

/** The account A beside an account B. */
function accountOf(text: string): AccountOptions | undefined {
  return optionsOf(`accounts { A ${text}, B {} }`).accounts[0];
}

function faultOf(text: string): string {
  return errorOf(`accounts { A ${text}, B {} }`).replace(/^t\.conf:1:\d+: /, "");
}

describe("the accounts block", () => {
  test("may only list names", () => {
    expect(optionsOf("accounts: [A, B]").accounts.map(({ name }) => name)).toEqual(["A", "B"]);
    expect(errorOf("accounts: [A, A]")).toBe("t.conf:1:14: Duplicate Account Entry: A");
    expect(errorOf('accounts: ["$G"]')).toBe('t.conf:1:12: "$G" is a Reserved Account');
  });

  test("gives every account its users, default permissions and limits", () => {
    const account = accountOf(`{
      nkey: ${accountKey}
      default_permissions { subscribe: s }
      users [ {user: u, password: p} ]
      limits { max_connections: 5, max_subs: 1k, max_pay: 1MB, max_leafnodes: 2 }
    }`);
    expect(account?.nkey).toBe(accountKey);
    expect(account?.users[0]?.permissions?.subscribe.allow).toEqual(["s"]);
    expect(account?.limits).toEqual({
      maxConnections: 5,
      maxSubscriptions: 1000,
      maxPayload: 1024 * 1024,
      maxLeafnodes: 2,
    });
    expect(accountOf("{}")?.limits.maxPayload).toBe(-1);
  });

  test("passes over entries that only give their value to variables", () => {
    const { accounts } = optionsOf("accounts { V: 1, A { limits { max_conn: $V } } }");
    expect(accounts.map(({ name, limits }) => [name, limits.maxConnections])).toEqual([["A", 1]]);
  });

  const faults: readonly (readonly [string, string])[] = [
    ["5", "Expected map entries for accounts"],
    ["{ foo: 1 }", 'unknown field "foo"'],
    ["{ nkey: x }", 'Not a valid public nkey for an account: "x"'],
    ["{ limits: 5 }", "Expected account limits to be a map/struct, got 5"],
    ["{ limits { foo: 5 } }", 'Unknown field "foo" parsing account limits'],
  ];
  test.each(faults)("%s is refused", (text, reason) => {
    expect(faultOf(text)).toBe(reason);
  });

  test("keeps names of users unique over all accounts and the authorization block", () => {
    const users = "users [{user: u}]";
    expect(errorOf(`accounts { A {${users}}, B {${users}} }`)).toBe(
      't.conf:1:37: Duplicate user "u" detected',
    );
    expect(errorOf(`authorization {${users}}\naccounts { A {${users}} }`)).toBe(
      't.conf:2:15: Duplicate user "u" detected',
    );
    expect(errorOf(`accounts { A {${users}} }\nauthorization {${users}}`)).toBe(
      't.conf:2:1: Duplicate user "u" detected',
    );
  });

  test("has no users beside a single user or a token", () => {
    const accounts = "accounts { A {users [{user: u}]} }";
    expect(errorOf(`authorization { user: a }\n${accounts}`)).toBe(
      "t.conf:2:15: Can not have a single user/pass and accounts",
    );
    expect(errorOf(`authorization { token: a }\n${accounts}`)).toBe(
      "t.conf:2:15: Can not have a token and accounts",
    );
    expect(errorOf(`${accounts}\nauthorization { user: a }`)).toBe(
      "t.conf:2:1: Can not have a single user/pass and a users array",
    );
    expect(errorOf("accounts { A {} }\nauthorization { token: a }")).toBe("");
  });
});

describe("mappings", () => {
  test("have one destination, or several by weight and cluster", () => {
    expect(
      accountOf(`{ mappings {
        a: b
        "c.*": {destination: "d.$1", weight: 50%}
        e: [{dest: f, weight: 20, cluster: x}, {dest: g, weight: "90%"}]
      } }`)?.mappings,
    ).toEqual([
      { source: "a", destinations: [{ destination: "b", weight: 100, cluster: null }] },
      { source: "c.*", destinations: [{ destination: "d.$1", weight: 50, cluster: null }] },
      {
        source: "e",
        destinations: [
          { destination: "f", weight: 20, cluster: "x" },
          { destination: "g", weight: 90, cluster: null },
        ],
      },
    ]);
  });

  const faults: readonly (readonly [string, string])[] = [
    ["5", "interface conversion: interface {} is int64, not map[string]interface {}"],
    ['{"a..b": c}', 'Subject "a..b" is not a valid subject'],
    ["{a: 5}", "Expected an entry for the mapping destination"],
    ["{a: [b]}", "Expected an entry for the mapping destination"],
    ["{a: {dest: b}}", 'Missing weight for mapping destination "b"'],
    ["{a: {dest: b, weight: x}}", 'Invalid weight "x" for mapping destination'],
    ["{a: {dest: b, weight: 101}}", "Invalid weight 101 for mapping destination"],
    ["{a: {dest: b, foo: 1}}", 'Unknown field "foo" for mapping destination'],
    [
      "{a: [{dest: b, weight: 60}, {dest: c, weight: 60}]}",
      'Error adding mapping for "a" : total weight needs to be <= 100',
    ],
    [
      "{a: [{dest: b, weight: 10}, {dest: b, weight: 10}]}",
      'Error adding mapping for "a" : duplicate entry for "b"',
    ],
    ['{"a.*": "b.*"}', 'Error adding mapping for "a.*" to "b.*" : invalid subject'],
  ];
  test.each(faults)("%s is refused", (text, reason) => {
    expect(faultOf(`{ mappings: ${text} }`)).toBe(reason);
  });
});

describe("exports", () => {
  const stream = {
    kind: "stream",
    subject: "s.>",
    accounts: [],
    accountTokenPosition: 0,
    responseType: "single",
    thresholdMillis: null,
    latency: null,
    allowTrace: false,
  };
  const service = { ...stream, kind: "service", subject: "r" };
  const read: readonly (readonly [string, unknown])[] = [
    ["{stream: s.>}", stream],
    ["{stream: s.>, accounts: [B]}", { ...stream, accounts: ["B"] }],
    ["{stream: s.>, account_token_position: 2}", { ...stream, accountTokenPosition: 2 }],
    ["{service: r}", service],
    ["{service: r, allow_trace: true}", { ...service, allowTrace: true }],
    ["{service: r, response: Stream}", { ...service, responseType: "stream" }],
    ["{response_type: chunk, service: r}", { ...service, responseType: "chunked" }],
    ["{service: r, threshold: 5s}", { ...service, thresholdMillis: 5000 }],
    ["{service: r, latency: l}", { ...service, latency: { sampling: 100, subject: "l" } }],
    [
      "{service: r, latency: {sampling: 10%, subject: l}}",
      { ...service, latency: { sampling: 10, subject: "l" } },
    ],
    [
      "{service: r, latency: {sampling: Headers, subject: l}}",
      { ...service, latency: { sampling: "headers", subject: "l" } },
    ],
  ];
  test.each(read)("%s is read", (text, expected) => {
    expect(accountOf(`{ exports: [${text}] }`)?.exports as unknown).toEqual([expected]);
  });

  const faults: readonly (readonly [string, string])[] = [
    ["5", "Exports should be an array, got int64"],
    ["[5]", "Export Items should be a map with type entry, got int64"],
    ["[{stream: a, service: b}]", 'Detected service "b" but already saw a stream'],
    ["[{service: a, stream: b}]", 'Detected stream "b" but already saw a service'],
    ["[{stream: 5}]", "Expected stream name to be string, got int64"],
    ["[{service: a, response: x}]", 'Unknown response type: "x"'],
    [
      "[{service: a, response: single, response_type: single}]",
      "Duplicate response type definition",
    ],
    ["[{stream: a, response: single}]", "Detected response directive on non-service"],
    ["[{stream: a, threshold: 5s}]", "Detected response directive on non-service"],
    ["[{stream: a, latency: l}]", "Detected latency directive on non-service"],
    ["[{stream: a, allow_trace: false}]", "Detected allow_trace directive on non-service"],
    [
      "[{service: a, threshold: 5}]",
      "Expected response threshold to be a parseable time duration, got int64",
    ],
    [
      "[{service: a, latency: {sampling: 0, subject: l}}]",
      "bad sampling percentage, should be 1-100",
    ],
    ["[{service: a, latency: {sampling: 5}}]", "Latency subject required, but missing"],
    ["[{service: a, foo: 1}]", 'unknown field "foo"'],
    ["[{service: a, accounts: [Z]}]", '"Z" account not defined for service export'],
  ];
  test.each(faults)("%s is refused", (text, reason) => {
    expect(faultOf(`{ exports: ${text} }`)).toBe(reason);
  });
});

describe("imports", () => {
  const stream = {
    kind: "stream",
    account: "B",
    subject: "s",
    to: null,
    prefix: null,
    share: false,
    allowTrace: false,
  };
  const service = { ...stream, kind: "service" };
  const read: readonly (readonly [string, unknown])[] = [
    ["{stream: {account: B, subject: s}}", stream],
    ["{stream: {account: B, subject: s}, prefix: p}", { ...stream, prefix: "p" }],
    ["{to: t, stream: {account: B, subject: s}}", { ...stream, to: "t" }],
    ["{allow_trace: true, stream: {account: B, subject: s}}", { ...stream, allowTrace: true }],
    ["{service: {account: B, subject: s}}", service],
    [
      "{service: {account: B, subject: s}, to: t, share: true}",
      { ...service, to: "t", share: true },
    ],
  ];
  test.each(read)("%s is read", (text, expected) => {
    expect(accountOf(`{ imports: [${text}] }`)?.imports as unknown).toEqual([expected]);
  });

  test("of one service under one subject stand once for each account", () => {
    const one = "{service: {account: B, subject: r}, to: x}";
    expect(faultOf(`{ imports: [${one}, {service: {account: B, subject: q}, to: x}] }`)).toBe(
      'Duplicate service import subject "x", previously used in import for account "B", subject "r"',
    );
    expect(faultOf(`{ imports: [${one}, {service: {account: A, subject: q}, to: x}] }`)).toBe("");
  });

  const faults: readonly (readonly [string, string])[] = [
    ["5", "Imports should be an array, got int64"],
    ["[5]", "Import Items should be a map with type entry, got int64"],
    ["[{stream: s}]", "Stream entry should be an account map, got string"],
    ["[{service: s}]", "Service entry should be an account map, got string"],
    ["[{stream: {account: B}}]", "Expect an account name and a subject"],
    [
      "[{allow_trace: false, service: {account: B, subject: s}}]",
      "Detected allow_trace directive on a non-stream",
    ],
    [
      "[{stream: {account: B, subject: s}, prefix: p, to: t}]",
      "Stream import can not have a 'prefix' and a 'to' property",
    ],
    [
      "[{stream: {account: B, subject: s}, service: {account: B, subject: s}}]",
      "Detected service but already saw a stream",
    ],
    ["[{stream: {account: Z, subject: s}}]", '"Z" account not defined for stream import'],
    ["[{stream: {account: B, subject: s}, foo: 1}]", 'unknown field "foo"'],
  ];
  test.each(faults)("%s is refused", (text, reason) => {
    expect(faultOf(`{ imports: ${text} }`)).toBe(reason);
  });
});

describe("the trace of messages", () => {
  const read: readonly (readonly [string, unknown])[] = [
    ["msg_trace: t.x", { destination: "t.x", sampling: 100 }],
    ["trace_dest { dest: t, sampling: 10 }", { destination: "t", sampling: 10 }],
    ['msg_trace { DEST: t, Sampling: "25%" }', { destination: "t", sampling: 25 }],
    ["msg_trace {}", null],
    ["msg_trace { sampling: 5 }", null],
  ];
  test.each(read)("%s is read", (text, expected) => {
    expect(accountOf(`{ ${text} }`)?.messageTrace as unknown).toEqual(expected);
  });

  const faults: readonly (readonly [string, string])[] = [
    ["1", 'Expected account message trace "msg_trace" to be a string or a map/struct, got int64'],
    ['"a b"', 'Trace destination "a b" is not valid'],
    ["{dest: a.*}", 'Trace destination "a.*" is not valid'],
    ["{dest: 3}", 'Field "dest" should be a string, got int64'],
    [
      "{dest: a, sampling: 0}",
      "Ttrace destination sampling value 0 is invalid, needs to be [1..100]",
    ],
    [
      "{dest: a, sampling: 200%}",
      "Ttrace destination sampling value 200 is invalid, needs to be [1..100]",
    ],
    ["{dest: a, sampling: x%}", 'Invalid trace destination sampling value "x%"'],
    [
      "{dest: a, sampling: true}",
      'Trace destination sampling field "sampling" should be an integer or a percentage, got bool',
    ],
    ["{foo: 1}", 'Unknown field "foo" parsing account message trace map/struct "msg_trace"'],
  ];
  test.each(faults)("msg_trace %s is refused", (text, reason) => {
    expect(faultOf(`{ msg_trace: ${text} }`)).toBe(reason);
  });

  test("sampled without a destination is a doubt, no fault", () => {
    expect(load("accounts { A { msg_trace { sampling: 5 } } }").warnings).toEqual([
      "t.conf:1:15: Trace destination sampling ignored since no destination was set",
    ]);
  });
});
