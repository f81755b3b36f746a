// /connz: connections, open and closed, filtered, ordered and page by page.

import { globalAccountName } from "../../accounts/account-registry.ts";
import { readableText } from "../../base/byte-text.ts";
import { omitEmpty } from "../../base/go-json.ts";
import { goDuration, goTime, goUptime } from "../../base/go-time.ts";
import { accepted, refused } from "../../base/result.ts";
import type {
  ClosedConnectionRecord,
  ConnectionRecord,
  SubscriptionRecord,
} from "../../broker/connection-record.ts";
import { collide } from "../../subjects/overlap.ts";
import { shownRoundTripNanos } from "../../system/round-trip.ts";
import type { ServerView } from "../server-view.ts";
import { inOrder, isOfClosed, isOrder, type Listed } from "./connz-order.ts";
import type { PageResult } from "./page-result.ts";
import { cut, type Window, windowOf } from "./window.ts";

const everySubject = ">";
const defaultOrder = "cid";

export type ConnectionState = "open" | "closed" | "any";

export interface ConnzOptions {
  /** "" is by connection id. */
  readonly sort: string;
  readonly auth: boolean;
  readonly subscriptions: "none" | "names" | "detail";
  readonly offset: number;
  readonly limit: number;
  /** 0 is every connection. */
  readonly connectionId: number;
  readonly mqttClient: string;
  readonly state: ConnectionState;
  readonly user: string;
  readonly account: string;
  readonly filterSubject: string;
}

export function connz(view: ServerView, options: ConnzOptions): PageResult {
  const refusal = refusalOf(options);
  if (refusal !== null) {
    return refused(refusal);
  }
  const now = view.nowNanos();
  const window = windowFor(options);
  if (options.account !== "" && view.accountTraffic(options.account) === undefined) {
    return accepted(page("", now, 0, window, null));
  }
  const candidates = candidatesOf(view, options);
  const wanted = candidates.filter((connection) => isWanted(view, options, connection));
  const order = options.sort === "" ? defaultOrder : options.sort;
  const shown = cut(inOrder(wanted, order, now), window).map((connection) =>
    connectionBody(view, options, connection, now),
  );
  return accepted(page(view.identity().id, now, candidates.length, window, shown));
}

function page(
  id: string,
  now: bigint,
  total: number,
  window: Window,
  connections: readonly object[] | null,
): object {
  return {
    server_id: id,
    now: goTime(now),
    num_connections: connections?.length ?? 0,
    total,
    offset: window.offset,
    limit: window.limit,
    connections,
  };
}

function windowFor({ offset, limit, connectionId }: ConnzOptions): Window {
  return windowOf(offset, connectionId === 0 ? limit : 1);
}

function refusalOf({ sort, state, filterSubject, account }: ConnzOptions): string | null {
  if (sort !== "" && !isOrder(sort)) {
    return `invalid sorting option: ${sort}`;
  }
  if (isOfClosed(sort) && state !== "closed") {
    return `sort by ${sort} only valid on closed connections`;
  }
  if (filterSubject !== "" && filterSubject !== everySubject && account === "") {
    return "filter by subject only valid with account filtering";
  }
  return null;
}

/** All of the state and account asked for: what `total` counts. */
function candidatesOf(view: ServerView, { state, account }: ConnzOptions): readonly Listed[] {
  const open = state === "closed" ? [] : [...view.openConnections()];
  const closed = state === "open" ? [] : view.closedConnections();
  return [...open, ...closed].filter(
    (connection) => account === "" || connection.account === account,
  );
}

function isWanted(view: ServerView, options: ConnzOptions, connection: Listed): boolean {
  const { connectionId, user, mqttClient, filterSubject } = options;
  return (
    (connectionId === 0 || connection.id === connectionId) &&
    (user === "" || connection.user === user) &&
    (mqttClient === "" || connection.mqttClient === mqttClient) &&
    (filterSubject === "" ||
      filterSubject === everySubject ||
      isClosed(connection) ||
      view
        .subscriptionsOf(connection)
        .some(({ subject }) => collide(filterSubject, readableText(subject))))
  );
}

function isClosed(connection: Listed): connection is ClosedConnectionRecord {
  return "stopNanos" in connection;
}

function connectionBody(
  view: ServerView,
  options: ConnzOptions,
  connection: Listed,
  now: bigint,
): object {
  const end = isClosed(connection) ? connection.stopNanos : now;
  const { account } = connection;
  const isAccountShown = options.auth && account !== globalAccountName && account !== "";
  return {
    cid: connection.id,
    kind: "Client",
    type: connection.type,
    ip: connection.address,
    port: connection.port,
    start: goTime(connection.startNanos),
    last_activity: goTime(connection.lastActivityNanos),
    stop: isClosed(connection) ? goTime(connection.stopNanos) : undefined,
    reason: isClosed(connection) ? connection.reason : undefined,
    rtt: goDuration(shownRoundTripNanos(connection.rttNanos)),
    uptime: goUptime(end - connection.startNanos),
    idle: goUptime(end - connection.lastActivityNanos),
    ...figures(connection),
    authorized_user: options.auth ? omitEmpty(connection.user) : undefined,
    account: isAccountShown ? account : undefined,
    ...subscriptionLists(view, options, connection),
    name_tag: isAccountShown || (options.auth && !isClosed(connection)) ? account : undefined,
    mqtt_client: omitEmpty(connection.mqttClient),
  };
}

function figures(connection: ConnectionRecord): object {
  return {
    pending_bytes: connection.pendingBytes,
    in_msgs: connection.received.messages,
    out_msgs: connection.sent.messages,
    in_bytes: connection.received.bytes,
    out_bytes: connection.sent.bytes,
    stalls: omitEmpty(connection.stalls),
    subscriptions: connection.subscriptions,
    name: omitEmpty(connection.name),
    lang: omitEmpty(connection.language),
    version: omitEmpty(connection.version),
  };
}

function subscriptionLists(view: ServerView, options: ConnzOptions, connection: Listed): object {
  if (options.subscriptions === "none") {
    return {};
  }
  const list = view.subscriptionsOf(connection);
  if (options.subscriptions === "names") {
    return { subscriptions_list: omitEmpty(list.map(({ subject }) => readableText(subject))) };
  }
  const account = isClosed(connection) ? connection.account : "";
  return {
    subscriptions_list_detail: omitEmpty(
      list.map((subscription) => subscriptionBody(subscription, account, connection.id)),
    ),
  };
}

/** The account is left out when it is "". */
export function subscriptionBody(
  subscription: SubscriptionRecord,
  account: string,
  connectionId: number,
): object {
  return {
    account: omitEmpty(account),
    account_tag: omitEmpty(account),
    subject: readableText(subscription.subject),
    qgroup: omitEmpty(readableText(subscription.queue)),
    sid: readableText(subscription.sid),
    msgs: subscription.delivered,
    max: omitEmpty(subscription.max),
    cid: connectionId,
  };
}
