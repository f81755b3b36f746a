// /varz: the server in general. Numbers of features that are not built are shown as of a server that has them switched
// off.

import { omitEmpty, sortedMap } from "../../base/go-json.ts";
import { goTime, goUptime } from "../../base/go-time.ts";
import { type JetStreamFigures, jetStreamBody } from "../../system/jetstream-figures.ts";
import { shownPercent } from "../../system/server-facts.ts";
import type { ServerView } from "../server-view.ts";

const nanosPerMilli = 1_000_000;
const millisPerSecond = 1000;
const tlsTimeoutSeconds = 2;

/** How often each page was asked for over HTTP, by its path. */
export type RequestCounts = Readonly<Record<string, number>>;

export function varz(view: ServerView, requests: RequestCounts): object {
  return { ...general(view), ...limits(view), ...running(view), ...configured(view, requests) };
}

function general(view: ServerView): object {
  const identity = view.identity();
  const { software } = view;
  return {
    server_id: identity.id,
    server_name: identity.name,
    version: identity.version,
    proto: software.protocol,
    git_commit: omitEmpty(software.gitCommit),
    go: software.runtime,
    host: identity.host,
    port: view.clientPort(),
    auth_required: omitEmpty(view.isAuthRequired()),
    connect_urls: omitEmpty(view.connectUrls()),
  };
}

function limits(view: ServerView): object {
  const options = view.options();
  return {
    max_connections: options.maxConnections,
    max_subscriptions: omitEmpty(options.maxSubscriptions),
    ping_interval: options.pingIntervalMillis * nanosPerMilli,
    ping_max: options.pingMax,
    http_host: options.http?.host ?? options.client.host,
    http_port: view.monitorPort(),
    http_base_path: options.httpBasePath,
    https_port: 0,
    auth_timeout: options.authorization.timeoutMillis / millisPerSecond,
    max_control_line: options.maxControlLine,
    max_payload: options.maxPayload,
    max_pending: options.maxPending,
    cluster: { name: omitEmpty(view.identity().cluster) },
    gateway: {},
    leaf: {},
    mqtt: {},
    websocket: websocket(view),
    jetstream: jetStreamBody(view.jetStreamFigures()),
    tls_timeout: tlsTimeoutSeconds,
    write_deadline: options.writeDeadlineMillis * nanosPerMilli,
    write_timeout: options.writeTimeout === "default" ? undefined : options.writeTimeout,
  };
}

function websocket(view: ServerView): object {
  const { websocket: options } = view.options();
  return options === null
    ? {}
    : {
        host: options.host,
        port: view.websocketPort(),
        advertise: omitEmpty(options.advertise ?? ""),
        no_auth_user: omitEmpty(options.noAuthUser ?? ""),
        jwt_cookie: omitEmpty(options.jwtCookie ?? ""),
        handshake_timeout: omitEmpty(options.handshakeTimeoutMillis * nanosPerMilli),
        auth_timeout: omitEmpty(options.authTimeoutMillis / millisPerSecond),
        no_tls: omitEmpty(options.noTls),
        same_origin: omitEmpty(options.sameOrigin),
        allowed_origins: omitEmpty(options.allowedOrigins),
        compression: omitEmpty(options.compression),
      };
}

function running(view: ServerView): object {
  const now = view.nowNanos();
  const process = view.process();
  const traffic = view.traffic();
  const { received, sent } = traffic;
  return {
    start: goTime(view.startNanos),
    now: goTime(now),
    uptime: goUptime(now - view.startNanos),
    mem: process.residentBytes,
    cores: process.cores,
    gomaxprocs: process.cores,
    cpu: shownPercent(process.cpuPercent),
    connections: traffic.connections,
    total_connections: traffic.totalConnections,
    routes: 0,
    remotes: 0,
    leafnodes: 0,
    in_msgs: received.messages,
    in_bytes: received.bytes,
    in_client_msgs: received.messages,
    in_client_bytes: received.bytes,
    out_msgs: sent.messages,
    out_bytes: sent.bytes,
    out_client_msgs: sent.messages,
    out_client_bytes: sent.bytes,
    slow_consumers: traffic.slowConsumers,
    stale_connections: traffic.staleConnections,
    stalled_clients: traffic.stalledClients,
    subscriptions: traffic.subscriptions,
  };
}

function configured(view: ServerView, requests: RequestCounts): object {
  const identity = view.identity();
  const { slowConsumers, staleConnections } = view.traffic();
  return {
    http_req_stats: sortedMap(requests),
    config_load_time: goTime(view.configLoadNanos()),
    config_digest: view.options().configDigest,
    tags: omitEmpty(identity.tags),
    metadata: omitEmpty(sortedMap(identity.metadata)),
    feature_flags: omitEmpty(sortedMap(identity.featureFlags)),
    system_account: omitEmpty(view.systemAccount() ?? ""),
    slow_consumer_stats: ofClients(slowConsumers),
    stale_connection_stats: ofClients(staleConnections),
    disk_io_wait_stats: diskWaits(view.jetStreamFigures()),
  };
}

function diskWaits(figures: JetStreamFigures | null): object {
  const waits = figures?.diskWaits;
  return {
    waiters: waits?.waiters ?? 0,
    waits: waits?.waits ?? 0,
    wait_time: Math.round((waits?.waitMillis ?? 0) * nanosPerMilli),
    max_wait_time: Math.round((waits?.maxWaitMillis ?? 0) * nanosPerMilli),
  };
}

function ofClients(clients: number): object {
  return { clients, routes: 0, gateways: 0, leafs: 0 };
}
