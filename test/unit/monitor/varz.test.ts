import { expect, test } from "bun:test";
import { defaultOptions, defaultWebsocketOptions } from "../../../src/config/options.ts";
import { varz } from "../../../src/monitor/pages/varz.ts";
import { FakeView, nowText } from "./fake-view.ts";

function pageOf(view: FakeView, requests: Record<string, number> = {}): Record<string, unknown> {
  return JSON.parse(JSON.stringify(varz(view, requests)));
}

const clients = (count: number): object => ({ clients: count, routes: 0, gateways: 0, leafs: 0 });

const plain = {
  server_id: "NID",
  server_name: "eyes",
  version: "2.14.0",
  proto: 1,
  git_commit: "midge",
  go: "bun1.4.5",
  host: "127.0.0.1",
  port: 4222,
  max_connections: 65_536,
  ping_interval: 120_000_000_000,
  ping_max: 2,
  http_host: "0.0.0.0",
  http_port: 8222,
  http_base_path: "",
  https_port: 0,
  auth_timeout: 2,
  max_control_line: 4096,
  max_payload: 1_048_576,
  max_pending: 67_108_864,
  cluster: {},
  gateway: {},
  leaf: {},
  mqtt: {},
  websocket: {},
  jetstream: {},
  tls_timeout: 2,
  write_deadline: 10_000_000_000,
  start: "2026-11-22T23:32:20Z",
  now: nowText,
  uptime: "1m30s",
  mem: 1_000_000,
  cores: 2,
  gomaxprocs: 2,
  cpu: 1.5,
  connections: 2,
  total_connections: 9,
  routes: 0,
  remotes: 0,
  leafnodes: 0,
  in_msgs: 3,
  in_bytes: 30,
  in_client_msgs: 3,
  in_client_bytes: 30,
  out_msgs: 4,
  out_bytes: 40,
  out_client_msgs: 4,
  out_client_bytes: 40,
  slow_consumers: 0,
  stale_connections: 0,
  stalled_clients: 0,
  subscriptions: 12,
  http_req_stats: {},
  config_load_time: "2026-11-22T23:32:20Z",
  config_digest: "",
  slow_consumer_stats: clients(0),
  stale_connection_stats: clients(0),
  disk_io_wait_stats: { waiters: 0, waits: 0, wait_time: 0, max_wait_time: 0 },
};

test("a server with defaults shows every member in the reference's order", () => {
  const page = pageOf(new FakeView());
  expect(page).toEqual(plain);
  expect(Object.keys(page)).toEqual(Object.keys(plain));
});

test("what is configured shows", () => {
  const view = new FakeView();
  view.settings = {
    ...defaultOptions,
    maxSubscriptions: 100,
    http: { host: "127.0.0.1", port: 8222 },
    httpBasePath: "mon",
    writeTimeout: "retry",
    configDigest: "sha256:00",
    authorization: { ...defaultOptions.authorization, timeoutMillis: 1500 },
  };
  view.who = { ...view.who, tags: ["a:b"], metadata: { zone: "z1", rack: "r1" } };
  view.who = { ...view.who, cluster: "east" };
  view.urls = ["10.0.0.1:4222"];
  view.isAuthWanted = true;
  expect(pageOf(view, { "/varz": 2, "/": 1 })).toEqual({
    ...plain,
    auth_required: true,
    connect_urls: ["10.0.0.1:4222"],
    max_subscriptions: 100,
    cluster: { name: "east" },
    http_host: "127.0.0.1",
    http_base_path: "mon",
    auth_timeout: 1.5,
    write_timeout: "retry",
    http_req_stats: { "/": 1, "/varz": 2 },
    config_digest: "sha256:00",
    tags: ["a:b"],
    metadata: { rack: "r1", zone: "z1" },
  });
});

test("the listener of websockets shows, without what is secret", () => {
  const view = new FakeView();
  view.settings = {
    ...defaultOptions,
    websocket: {
      ...defaultWebsocketOptions,
      host: "0.0.0.0",
      noTls: true,
      password: "secret",
      authTimeoutMillis: 1500,
      handshakeTimeoutMillis: 2000,
      allowedOrigins: ["http://a.example"],
    },
  };
  expect(pageOf(view)["websocket"]).toEqual({
    host: "0.0.0.0",
    port: 8080,
    handshake_timeout: 2_000_000_000,
    auth_timeout: 1.5,
    no_tls: true,
    allowed_origins: ["http://a.example"],
  });
});

test("troubles are counted", () => {
  const view = new FakeView();
  view.numbers = { ...view.numbers, slowConsumers: 3, staleConnections: 1, stalledClients: 5 };
  expect(pageOf(view)).toEqual({
    ...plain,
    slow_consumers: 3,
    stale_connections: 1,
    stalled_clients: 5,
    slow_consumer_stats: clients(3),
    stale_connection_stats: clients(1),
  });
});

test("the system account is named", () => {
  const view = new FakeView();
  view.system = "$SYS";
  expect(pageOf(view)).toEqual({ ...plain, system_account: "$SYS" });
});

test("the share of the processor has one decimal", () => {
  const view = new FakeView();
  view.percent = 12.3456;
  expect(pageOf(view)).toEqual({ ...plain, cpu: 12.3 });
});

test("counters stay exact up to 2^53", () => {
  const view = new FakeView();
  const most = Number.MAX_SAFE_INTEGER;
  view.numbers = { ...view.numbers, received: { messages: most, bytes: most } };
  expect(JSON.stringify(varz(view, {}))).toContain(`"in_msgs":9007199254740991,`);
});
