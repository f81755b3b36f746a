import { describe, expect, test } from "bun:test";
import { unlimitedJetStream } from "../../../../src/config/options.ts";
import { errorOf, optionsOf } from "../loading.ts";

describe("the jetstream block", () => {
  test("is off unless it is asked for", () => {
    for (const text of ["port: 1", "jetstream: false", "jetstream: disabled"]) {
      expect(optionsOf(text).jetStream.isEnabled).toBe(false);
    }
    expect(optionsOf("jetstream { enabled: false, store_dir: x }").jetStream).toMatchObject({
      isEnabled: false,
      storeDir: "x",
    });
    for (const text of ["jetstream: true", "jetstream: Enabled", "jetstream {}"]) {
      expect(optionsOf(text).jetStream.isEnabled).toBe(true);
    }
  });

  test("syncs always unless it says how often", () => {
    const syncOf = (text: string): number =>
      optionsOf(`jetstream { ${text} }`).jetStream.syncIntervalMillis;
    expect(syncOf("")).toBe(0);
    expect(syncOf("sync_interval: always")).toBe(0);
    expect(syncOf('sync_interval: "2m"')).toBe(120_000);
    expect(syncOf("sync: 500ms")).toBe(500);
  });

  test("every key that a server alone can honour is read", () => {
    const text = `jetstream {
      strict: false, store_dir: "/tmp/x", max_mem: 1GB, max_file: "10G", domain: hub, key: k, prev_key: p
      cipher: AES, unique_tag: " AZ: ", max_buffered_size: 5M, max_buffered_msgs: 7, request_queue_limit: 8
      info_queue_limit: 9, max_concurrent_io: 10, extension_hint: no_extend
      limits {
        max_ack_pending: 1, max_ha_assets: 2, max_request_batch: 3, duplicate_window: "1m"
        batch { max_inflight_per_stream: 4, max_inflight_total: 5, max_msgs: 6, timeout: 7s }
      }
    }`;
    expect(optionsOf(text).jetStream).toEqual({
      isEnabled: true,
      storeDir: "/tmp/x",
      isInMemory: false,
      isStrict: false,
      syncIntervalMillis: 0,
      maxMemory: 2 ** 30,
      maxStore: 10 * 2 ** 30,
      domain: "hub",
      key: "k",
      previousKey: "p",
      cipher: "aes",
      uniqueTag: "az:",
      maxBufferedBytes: 5_000_000,
      maxBufferedMessages: 7,
      requestQueueLimit: 8,
      infoQueueLimit: 9,
      maxConcurrentIo: 10,
      limits: {
        maxAckPending: 1,
        maxHaAssets: 2,
        maxRequestBatch: 3,
        duplicateWindowMillis: 60_000,
        batch: {
          maxInflightPerStream: 4,
          maxInflightTotal: 5,
          maxMessages: 6,
          timeoutMillis: 7000,
        },
      },
    });
  });

  const refused: readonly (readonly [string, string])[] = [
    ["jetstream: 5", "1:0: Expected map, bool or string to define JetStream, got int64"],
    ["jetstream: foo", "1:0: Expected 'enabled' or 'disabled' for string value, got 'foo'"],
    ["jetstream { domain: 5 }", "1:0: interface conversion: interface {} is int64, not string"],
    [
      "jetstream { strict: 5 }",
      "1:12: Expected 'true' or 'false' for bool value, got '%!s(int64=5)'",
    ],
    [
      'jetstream { max_mem: "abc" }',
      '1:12: max_mem_store strconv.ParseInt: parsing "ab": invalid syntax',
    ],
    [
      'jetstream { max_file: "10X" }',
      "1:12: max_file_store sizes defined as strings must end in K, M, G, T",
    ],
    ["jetstream { cipher: foo }", '1:12: Unknown cipher type: "foo"'],
    ["jetstream { limits: 5 }", "1:12: Expected a map to define JetStreamLimits, got int64"],
    ["jetstream { limits { foo: 1 } }", '1:21: unknown field "foo"'],
    ["jetstream { limits { batch { foo: 1 } } }", '1:29: unknown field "foo"'],
    [
      "jetstream { max_concurrent_io: 3 }",
      '1:12: Expected an absolute size for "max_concurrent_io" between 4 and 8192, got 3',
    ],
    ["jetstream { foo: 1 }", '1:12: unknown field "foo"'],
    ["store_dir: a\njetstream { store_dir: b }", "2:13: Duplicate 'store_dir' configuration"],
    [
      "accounts { A { jetstream { max_mem: x } } }",
      '1:27: Expected a parseable size for "max_mem", got x',
    ],
    ["accounts { A { jetstream { foo: x } } }", '1:27: unknown field "foo"'],
  ];
  test.each(refused)("%j is refused", (text, what) => {
    expect(errorOf(text)).toBe(`t.conf:${what}`);
  });
});

describe("an account's streams", () => {
  test("are off, on, or on with limits", () => {
    const of = (value: string): unknown =>
      optionsOf(`accounts { A { jetstream: ${value} } }`).accounts[0]?.jetStream;
    expect(of("disabled")).toBeNull();
    expect(of("false")).toBeNull();
    expect(of("enabled")).toEqual(unlimitedJetStream);
    expect(
      of("{ mem: 1K, disk: 2K, streams: 3, consumers: 4, max_bytes: true, max_ack_pending: 5 }"),
    ).toEqual({
      ...unlimitedJetStream,
      maxMemory: 1000,
      maxStore: 2000,
      maxStreams: 3,
      maxConsumers: 4,
      maxBytesRequired: true,
      maxAckPending: 5,
    });
    expect(of("{ cluster_traffic: owner }")).toMatchObject({ clusterTraffic: "owner" });
  });
});
