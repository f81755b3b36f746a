import { describe, expect, test } from "bun:test";
import { type HealthzOptions, healthz } from "../../../src/monitor/pages/healthz.ts";
import { type JszOptions, jsz, jszOfAccount } from "../../../src/monitor/pages/jsz.ts";
import { varz } from "../../../src/monitor/pages/varz.ts";
import type { JetStreamFigures } from "../../../src/system/jetstream-figures.ts";
import { EngineRig } from "../jetstream/engine-rig.ts";
import { FakeView } from "./fake-view.ts";

const figures: JetStreamFigures = {
  maxMemory: 1000,
  maxStore: 2000,
  storeFolder: "/var/js",
  diskWaits: { waiters: 0, waits: 0, waitMillis: 0, maxWaitMillis: 0 },
  syncIntervalMillis: 0,
  domain: "hub",
  uniqueTag: "",
  isStrict: true,
  isDynamic: false,
  memory: 0,
  storage: 33,
  reservedMemory: 0,
  reservedStorage: 500,
  accounts: 2,
  api: { level: 4, total: 7, errors: 1, inflight: 0 },
  limits: {
    maxRequestBatch: 0,
    maxAckPending: 5,
    maxHaAssets: 0,
    duplicateWindowMillis: 1000,
    batch: { maxInflightPerStream: 0, maxInflightTotal: 0, maxMessages: 0, timeoutMillis: 0 },
  },
};

const plain: JszOptions = {
  account: "",
  accounts: false,
  streams: false,
  consumers: false,
  directConsumers: false,
  config: false,
  leaderOnly: false,
  offset: 0,
  limit: 0,
  raft: false,
  streamLeaderOnly: false,
};

const whole: HealthzOptions = {
  account: "",
  stream: "",
  consumer: "",
  hasDetails: false,
  isEnabledOnly: false,
  isServerOnly: false,
};

function running(): { readonly view: FakeView; readonly rig: EngineRig } {
  const rig = new EngineRig({ A: { maxMemory: 100 }, B: {}, OFF: null }).start();
  rig.create({ maxBytes: 500 });
  rig.addConsumer("S", {});
  rig.client().publish("s.1", "x");
  rig.turn();
  const view = new FakeView();
  view.settings = {
    ...view.settings,
    jetStream: { ...view.settings.jetStream, isEnabled: true },
  };
  view.streams = rig.engine;
  view.jetStreamFacts = figures;
  return { view, rig };
}

function page(view: FakeView, options: Partial<JszOptions>): unknown {
  const result = jsz(view, { ...plain, ...options });
  return result.ok ? JSON.parse(JSON.stringify(result.value)) : result.refusal;
}

describe("/jsz", () => {
  test("shows the configuration and the sums", () => {
    expect(page(running().view, {})).toEqual({
      memory: 0,
      storage: 33,
      reserved_memory: 0,
      reserved_storage: 500,
      accounts: 2,
      ha_assets: 0,
      api: { level: 4, total: 7, errors: 1 },
      server_id: "NID",
      now: "2026-11-22T23:33:50.5Z",
      config: {
        max_memory: 1000,
        max_storage: 2000,
        store_dir: "/var/js",
        sync_interval: 120_000_000_000,
        sync_always: true,
        domain: "hub",
        compress_ok: true,
        strict: true,
      },
      limits: { max_ack_pending: 5, max_duplicate_window: 1_000_000_000 },
      streams: 1,
      consumers: 1,
      messages: 1,
      bytes: 34,
      total: 2,
    });
  });

  test("goes as deep as it is asked to", () => {
    const { view } = running();
    expect(page(view, { accounts: true })).toMatchObject({
      account_details: [
        { name: "A", reserved_memory: 100, reserved_storage: 18_446_744_073_709_552_000 },
        { name: "B" },
      ],
    });
    expect(page(view, { streams: true })).toMatchObject({
      account_details: [
        { stream_detail: [{ name: "S", state: { messages: 1, consumer_count: 1 } }] },
        {},
      ],
    });
    expect(page(view, { consumers: true, config: true })).toMatchObject({
      account_details: [
        {
          stream_detail: [
            {
              config: { name: "S", max_bytes: 500 },
              consumer_detail: [{ name: "C", num_pending: 1, config: { durable_name: "C" } }],
            },
          ],
        },
        {},
      ],
    });
    expect(page(view, { raft: true })).toMatchObject({ streams_leader: 1, consumers_leader: 1 });
  });

  test("pages through accounts, or shows the one that is named", () => {
    const { view } = running();
    const names = (options: Partial<JszOptions>): unknown => {
      const body = page(view, options) as { account_details?: { name: string }[] };
      return body.account_details?.map(({ name }) => name);
    };
    expect(names({ accounts: true, offset: 1 })).toEqual(["B"]);
    expect(names({ accounts: true, limit: 1 })).toEqual(["A"]);
    expect(names({ accounts: true, limit: -1 })).toEqual(["A", "B"]);
    expect(names({ account: "B" })).toEqual(["B"]);
    expect(names({ account: "nobody", streams: true })).toBeUndefined();
  });

  test("of one account refuses those that are not there or have none", () => {
    const { view } = running();
    const trade = { streamExports: [], serviceExports: [], streamImports: [], serviceImports: [] };
    for (const name of ["A", "OFF"]) {
      view.accounts.set(name, {
        traffic: {
          name,
          connections: 0,
          subscriptions: 0,
          received: { messages: 0, bytes: 0 },
          sent: { messages: 0, bytes: 0 },
          slowConsumers: 0,
        },
        isSystem: false,
        hasJetStream: name === "A",
        updatedNanos: 0n,
        trade: { name, ...trade },
        mappings: [],
      });
    }
    const refusal = (account: string): unknown => {
      const result = jszOfAccount(view, { ...plain, account });
      return result.ok ? result.value : result.refusal;
    };
    expect(refusal("A")).toMatchObject({ name: "A" });
    expect(refusal("OFF")).toBe('account "OFF" not jetstream enabled');
    expect(refusal("nobody")).toBe('account "nobody" not found');
  });

  test("is part of the general page, which says nothing while it is off", () => {
    expect(varz(running().view, {})).toMatchObject({
      jetstream: { config: { max_memory: 1000 }, stats: { storage: 33 }, limits: {} },
    });
    expect(varz(new FakeView(), {})).toMatchObject({ jetstream: {} });
  });
});

describe("/healthz with streams", () => {
  const ask = (view: FakeView, options: Partial<HealthzOptions> = {}): unknown => {
    const { code, body } = healthz(view, { ...whole, ...options });
    return [code, body.error ?? body.errors ?? body.status];
  };

  test("is well when everything is served", () => {
    const { view } = running();
    expect(ask(view)).toEqual([200, "ok"]);
    expect(ask(view, { account: "A", stream: "S", consumer: "C" })).toEqual([200, "ok"]);
  });

  test("does not find what is not there", () => {
    const { view } = running();
    expect(ask(view, { account: "Z" })).toEqual([404, 'JetStream account "Z" not found']);
    expect(ask(view, { account: "OFF" })).toEqual([404, 'JetStream account "OFF" not found']);
    const stream = 'JetStream stream "T" not found on account "A"';
    expect(ask(view, { account: "A", stream: "T" })).toEqual([404, stream]);
    expect(ask(view, { account: "A", stream: "S", consumer: "D", hasDetails: true })).toEqual([
      404,
      [
        {
          type: "CONSUMER",
          account: "A",
          stream: "S",
          consumer: "D",
          error: 'JetStream consumer "D" not found for stream "S" on account "A"',
        },
      ],
    ]);
  });

  test("tells of storage that failed, of all of it with details", () => {
    const { view, rig } = running();
    rig.stream("S").access.store.onFailed("EIO: broken");
    const error = "JetStream stream 'A > S' write error: EIO: broken";
    expect(ask(view)).toEqual([503, error]);
    expect(ask(view, { account: "B" })).toEqual([200, "ok"]);
    expect(ask(view, { isEnabledOnly: true })).toEqual([200, "ok"]);
    expect(ask(view, { hasDetails: true })).toEqual([
      503,
      [{ type: "STREAM", account: "A", stream: "S", error }],
    ]);
  });

  test("waits for recovery, and for JetStream that should run", () => {
    const { view } = running();
    const engine = view.streams;
    expect(engine).not.toBeNull();
    view.streams = engine && {
      isRecovered: false,
      context: engine.context,
      accounts: engine.accounts,
      failures: [],
      account: (name) => engine.account(name),
      directConsumersOf: (stream) => engine.directConsumersOf(stream),
    };
    view.trouble = "not accepting client connections";
    expect(ask(view)).toEqual([503, "JetStream is still recovering streams"]);
    expect(ask(view, { isServerOnly: true })).toEqual([500, "not accepting client connections"]);
    view.trouble = null;
    view.streams = null;
    expect(ask(view)).toEqual([503, "JetStream not enabled (10076)"]);
    expect(ask(view, { isServerOnly: true })).toEqual([200, "ok"]);
  });
});
