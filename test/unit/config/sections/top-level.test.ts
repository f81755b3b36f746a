import { describe, expect, test } from "bun:test";
import { defaultOptions } from "../../../../src/config/options.ts";
import { errorOf, load, optionsOf } from "../loading.ts";

describe("log keys", () => {
  test("fill the log options", () => {
    const text = `debug: true, logtime: false, logtime_utc: true, log_file: f, log_size_limit: 1k
      log_max_num: 3, max_traced_msg_len: 9`;
    expect(optionsOf(text).log).toEqual({
      isDebug: true,
      isTrace: false,
      isTraceVerbose: false,
      traceHeaders: false,
      maxTracedMessageLength: 9,
      logTime: false,
      logTimeUtc: true,
      file: "f",
      sizeLimit: 1000,
      maxFiles: 3,
    });
  });

  test("verbose tracing and tracing of headers switch tracing with them", () => {
    expect(optionsOf("trace_verbose: true").log.isTrace).toBe(true);
    expect(optionsOf("trace_headers: true").log.isTrace).toBe(true);
    expect(optionsOf("trace: true, trace_verbose: false").log.isTrace).toBe(false);
  });
});

describe("limits", () => {
  test("are taken with their units", () => {
    const options = optionsOf(`max_payload: 8MB, max_control_line: 8k, max_pending: 128MB
      max_connections: 10, max_subscriptions: 5, max_sub_tokens: 16, max_closed_clients: 7
      ping_interval: "1m30s", ping_max: 5, write_deadline: 2s, write_timeout: retry
      lame_duck_duration: 60s, lame_duck_grace_period: 5s
      connect_error_reports: 2, reconnect_error_reports: 3
      no_header_support: true, no_fast_producer_stall: true, disable_sublist_cache: true`);
    expect(options).toMatchObject({
      maxPayload: 8 * 1024 * 1024,
      maxControlLine: 8000,
      maxPending: 128 * 1024 * 1024,
      maxConnections: 10,
      maxSubscriptions: 5,
      maxSubscriptionTokens: 16,
      maxClosedClients: 7,
      pingIntervalMillis: 90_000,
      pingMax: 5,
      writeDeadlineMillis: 2000,
      writeTimeout: "retry",
      lameDuckDurationMillis: 60_000,
      lameDuckGraceMillis: 5000,
      connectErrorReports: 2,
      reconnectErrorReports: 3,
      noHeaderSupport: true,
      noFastProducerStall: true,
      disableSublistCache: true,
    });
  });

  test("of zero are the defaults, but no connections limit is none", () => {
    const options = optionsOf(
      'max_payload: 0, max_pending: 0, ping_interval: "0", ping_max: 0, max_connections: 0',
    );
    expect(options.maxPayload).toBe(defaultOptions.maxPayload);
    expect(options.maxPending).toBe(defaultOptions.maxPending);
    expect(options.pingIntervalMillis).toBe(defaultOptions.pingIntervalMillis);
    expect(options.pingMax).toBe(defaultOptions.pingMax);
    expect(options.maxConnections).toBe(-1);
  });

  test("a number of seconds is taken with a warning", () => {
    const { options, warnings } = load("ping_interval: 10\nwrite_deadline: 5");
    expect(options.pingIntervalMillis).toBe(10_000);
    expect(options.writeDeadlineMillis).toBe(5000);
    expect(warnings).toEqual([
      't.conf:1:0: invalid use of field "ping_interval": ping_interval should be converted to a duration',
      't.conf:2:1: invalid use of field "write_deadline": write_deadline should be converted to a duration',
    ]);
  });

  const faults: readonly (readonly [string, string])[] = [
    ["max_payload: 3g", "max_payload value is too big"],
    ["MAX_CONTROL_LINE: 3g", "MAX_CONTROL_LINE value is too big"],
    ["max_sub_tokens: 256", "max_sub_tokens value is too big"],
    ["max_sub_tokens: 0", "max_sub_tokens value can not be negative"],
    ["write_timeout: x", "write_timeout must be 'default', 'close' or 'retry'"],
    ["ping_interval: 5x", 'error parsing ping_interval: time: unknown unit "x" in duration "5x"'],
    ["lame_duck_duration: 30", "interface conversion: interface {} is int64, not string"],
    ["lame_duck_duration: 10s", "invalid lame_duck_duration of 10s, minimum is 30 seconds"],
    ['lame_duck_grace_period: "-5s"', "invalid lame_duck_grace_period, needs to be positive"],
    ["max_connections: 1.5", "interface conversion: interface {} is float64, not int64"],
  ];
  test.each(faults)("%j is refused", (text, reason) => {
    expect(errorOf(text)).toBe(`t.conf:1:0: ${reason}`);
  });
});

describe("the server's identity", () => {
  test("has a name, tags once each in lower case, metadata and feature flags", () => {
    const options = optionsOf(`server_name: n1, server_tags: ["A", "b ", a, ""]
      server_metadata { k: v, __proto__: w }, feature_flags { f: true }, cluster { name: east }`);
    expect(options.serverName).toBe("n1");
    expect(options.serverTags).toEqual(["a", "b"]);
    expect(Object.entries(options.serverMetadata)).toEqual([
      ["k", "v"],
      ["__proto__", "w"],
    ]);
    expect(options.featureFlags).toEqual({ f: true });
    expect(options.clusterName).toBe("east");
    expect(optionsOf("server_tags: One").serverTags).toEqual(["one"]);
  });

  const faults: readonly (readonly [string, string])[] = [
    ['server_name: "a b"', "1:0: server name cannot contain spaces"],
    ["server_tags: 5", "1:0: error parsing tags: unsupported type int64"],
    [
      "server_tags: [a, 5]",
      "1:0: error parsing tags: unsupported type *conf.token where string is expected",
    ],
    ["server_metadata: x", "1:0: error parsing metadata: unsupported type string"],
    ["server_metadata {a: 5}", "1:17: interface conversion: interface {} is int64, not string"],
    ["feature_flags {a: 5}", '1:15: error parsing feature flag "a": expected bool, got int64'],
    ['cluster { name: "a b" }', "1:10: cluster name cannot contain spaces"],
  ];
  test.each(faults)("%j is refused", (text, reason) => {
    expect(errorOf(text)).toBe(`t.conf:${reason}`);
  });
});

describe("a configuration as a whole", () => {
  test("has keys in any case", () => {
    expect(optionsOf("PORT: 1\nMax_Payload: 5").client.port).toBe(1);
  });

  test("lists all that is wrong, each with its place, after the warnings", () => {
    expect(errorOf("foo: 1\nping_interval: 5\nport: x\nbar: 2")).toBe(
      [
        't.conf:2:1: invalid use of field "ping_interval": ping_interval should be converted to a duration',
        't.conf:1:0: unknown field "foo"',
        "t.conf:3:1: interface conversion: interface {} is string, not int64",
        't.conf:4:1: unknown field "bar"',
      ].join("\n"),
    );
  });

  test("does not know names that only objects have", () => {
    for (const name of ["constructor", "__proto__", "toString"]) {
      expect(errorOf(`${name}: 1`)).toBe(`t.conf:1:0: unknown field "${name}"`);
    }
  });

  test("may hold unknown keys that give their value to variables", () => {
    expect(optionsOf("p: 4333\nport: $p").client.port).toBe(4333);
  });

  test("is warned of when it is empty", () => {
    expect(load("# nothing\n").warnings).toEqual(["t.conf: config has no values or is empty"]);
  });

  test("names its accounts' place", () => {
    expect(load("port: 1\n accounts {}").accountsPlace).toBe("t.conf:2:2");
    expect(load("port: 1").accountsPlace).toBeNull();
  });

  test("keeps global mappings and the names of system account and user without credentials", () => {
    const options = optionsOf(
      "mappings { a: b }, no_auth_user: u, system_account: S, no_system_account: false",
    );
    expect(options.mappings).toEqual([
      { source: "a", destinations: [{ destination: "b", weight: 100, cluster: null }] },
    ]);
    expect(options.noAuthUser).toBe("u");
    expect(options.systemAccount).toBe("S");
    expect(errorOf("system: 5")).toBe("t.conf:1:0: system account name must be a string");
  });
});
