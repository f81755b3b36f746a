import { describe, expect, test } from "bun:test";
import { changesBetween } from "../../../src/config/changes.ts";
import { optionsOf } from "./loading.ts";

function changed(before: string, after: string): readonly (string | null)[] {
  const { changes, unsupported } = changesBetween(optionsOf(before), optionsOf(after));
  expect(unsupported).toEqual([]);
  return changes.map((change) => change.text);
}

function kindsOf(before: string, after: string): readonly string[] {
  return changesBetween(optionsOf(before), optionsOf(after)).changes.map(({ kind }) => kind);
}

describe("blocks that stay until a restart", () => {
  const websocket = "websocket { port: -1, no_tls: true, authorization { user: a, pass: secret } }";

  test("refuse a change without showing what they hold", () => {
    const unsupportedIn = (before: string, after: string): readonly string[] =>
      changesBetween(optionsOf(before), optionsOf(after)).unsupported;
    expect(unsupportedIn(websocket, websocket.replace("secret", "other"))).toEqual([
      "config reload not supported for Websocket",
    ]);
    expect(unsupportedIn("debug: false", "leafnodes { port: -1 }")).toEqual([
      "config reload not supported for LeafNode",
    ]);
  });

  test("keep the port they have where any will do", () => {
    const fixed = websocket.replace("-1", "8080");
    expect(changed(fixed, websocket)).toEqual([]);
    expect(changed("leafnodes { port: 7422 }", "leafnodes { port: -1 }")).toEqual([]);
    expect(changesBetween(optionsOf(websocket), optionsOf(fixed)).unsupported).toHaveLength(1);
  });

  test("may stand in another order", () => {
    const turned = "websocket { authorization { pass: secret, user: a }, no_tls: true, port: -1 }";
    expect(changed(websocket, turned)).toEqual([]);
  });
});

describe("changes between two configurations", () => {
  test("are none when only the form differs", () => {
    const before = "accounts { A {users [{user: a}]}, B {} }\nserver_tags: [x, y]";
    const after = "server_tags [y\nx]\n# moved\naccounts { B {}, A {users [{user: a}]} }";
    expect(changesBetween(optionsOf(before), optionsOf(after))).toEqual({
      changes: [],
      unsupported: [],
    });
  });

  const texts: readonly (readonly [string, string, readonly (string | null)[]])[] = [
    ["debug: false", "debug: true", ["Reloaded: debug = true"]],
    ["trace: false", "trace: true", ["Reloaded: trace = true"]],
    [
      "debug: false",
      "trace_verbose: true",
      ["Reloaded: trace = true", "Reloaded: trace_verbose = true"],
    ],
    ["logtime: true", "logtime: false", ["Reloaded: logtime = false"]],
    ["debug: false", "log_file: f", ["Reloaded: log_file = f"]],
    ["debug: false", "max_traced_msg_len: 5", ["Reloaded: max_traced_msg_len = 5"]],
    ["debug: false", "max_connections: 5", ["Reloaded: max_connections = 5"]],
    ["debug: false", "max_payload: 5", ["Reloaded: max_payload = 5"]],
    ["debug: false", "max_control_line: 512", ["Reloaded: max_control_line = 512"]],
    ["debug: false", "ping_interval: 5s", ["Reloaded: ping_interval = 5s"]],
    ["debug: false", "ping_max: 5", ["Reloaded: ping_max = 5"]],
    ["debug: false", "write_deadline: 1m0s", ["Reloaded: write_deadline = 1m0s"]],
    ["debug: false", "lame_duck_duration: 30s", ["Reloaded: lame_duck_duration = 30s"]],
    ["debug: false", 'client_advertise: "h:1"', ["Reload: client_advertise = h:1"]],
    ["debug: false", "pid_file: p", ["Reloaded: pid_file = p"]],
    ["pid_file: p", "debug: false", [null]],
    ["ports_file_dir: a", "ports_file_dir: b", ["Reloaded: ports_file_dir = b"]],
    ["debug: false", "connect_error_reports: 5", ["Reloaded: connect_error_reports = 5"]],
    ["debug: false", "reconnect_error_reports: 5", ["Reloaded: reconnect_error_reports = 5"]],
    [
      "debug: false",
      "no_fast_producer_stall: true",
      ["Reloaded: fast producers will not be stalled"],
    ],
    ["no_fast_producer_stall: true", "debug: false", ["Reloaded: fast producers will be stalled"]],
    ["debug: false", "server_tags: a", ["Reloaded: tags"]],
    ["debug: false", "server_metadata {a: b}", ["Reloaded: metadata"]],
    ["debug: false", "cluster {name: x}", ["Reloaded: cluster"]],
    [
      "authorization {user: a, password: b}",
      "authorization {user: c, password: d}",
      ["Reloaded: authorization username", "Reloaded: authorization password"],
    ],
    ["authorization {token: a}", "authorization {token: b}", ["Reloaded: authorization token"]],
    ["debug: false", "authorization {timeout: 1.5}", ["Reloaded: authorization timeout = 1.5"]],
    [
      "authorization {users: [{user: a}]}",
      "authorization {users: [{user: a, permissions {publish: x}}]}",
      ["Reloaded: authorization users"],
    ],
    ["accounts {A {}}", "accounts {A {users [{user: a}]}}", ["Reloaded: authorization users"]],
    ["accounts {A {}}", "accounts {A {}, B {}}", ["Reloaded: accounts"]],
    ["mappings {a: b}", "mappings {a: c}", ["Reloaded: accounts"]],
    [
      "authorization {users: [{user: a}]}",
      "authorization {users: [{user: a}]}\nno_auth_user: a",
      ["Reloaded: no_auth_user = a"],
    ],
  ];
  test.each(texts)("from %j to %j are told", (before, after, expected) => {
    expect(changed(before, after)).toEqual(expected);
  });

  test("carry the old value where that is needed", () => {
    const { changes } = changesBetween(optionsOf("pid_file: a"), optionsOf("pid_file: b"));
    expect(changes).toEqual([{ kind: "pid-file", old: "a", text: "Reloaded: pid_file = b" }]);
  });

  test("have a kind for whoever carries them out", () => {
    expect(kindsOf("debug: false", "debug: true, max_payload: 5, ping_max: 1")).toEqual([
      "log",
      "ping-max",
      "max-payload",
    ]);
  });

  const fixed: readonly (readonly [string, string, string])[] = [
    ["port: 1", "port: 2", "Port: old=1, new=2"],
    ["host: a", "host: b", "Host: old=a, new=b"],
    ["debug: false", "server_name: b", "ServerName: old=, new=b"],
    ["debug: false", "max_pending: 128MB", "MaxPending: old=67108864, new=134217728"],
    ["debug: false", "max_subscriptions: 5", "MaxSubs: old=0, new=5"],
    ["debug: false", "no_header_support: true", "NoHeaderSupport: old=false, new=true"],
    ["http: 1", "http: 2", "HTTPPort: old=1, new=2"],
    ["debug: false", "feature_flags {a: true}", "FeatureFlags: old=map[], new=map[a:true]"],
    ["debug: false", "system_account: A", "SystemAccount: old=$SYS, new=A"],
  ];
  test.each(fixed)("from %j to %j need a restart", (before, after, what) => {
    const { unsupported } = changesBetween(optionsOf(before), optionsOf(after));
    expect(unsupported).toContain(`config reload not supported for ${what}`);
  });

  test("to any free port keep the port there is", () => {
    expect(changesBetween(optionsOf("port: 1"), optionsOf("port: -1")).unsupported).toEqual([]);
  });
});
