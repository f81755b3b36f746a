// The orders in which connections can be listed. Equal ones are listed oldest first.

import type { ClosedConnectionRecord, ConnectionRecord } from "../../broker/connection-record.ts";

/** An open connection, or a closed one with its end. */
export type Listed = ConnectionRecord | ClosedConnectionRecord;

type Compare = (first: Listed, second: Listed) => number;

function rising(key: (connection: Listed) => number | bigint | string): Compare {
  return (first, second) => {
    const one = key(first);
    const other = key(second);
    if (one === other) {
      return first.id - second.id;
    }
    return one < other ? -1 : 1;
  };
}

function falling(key: (connection: Listed) => number | bigint | string): Compare {
  const compare = rising(key);
  return (first, second) =>
    key(first) === key(second) ? first.id - second.id : compare(second, first);
}

type OrderAt = (nowNanos: bigint) => Compare;

function always(compare: Compare): OrderAt {
  return () => compare;
}

const orders: ReadonlyMap<string, OrderAt> = new Map([
  ["cid", always(rising((one) => one.id))],
  ["start", always(rising((one) => one.id))],
  ["subs", always(falling((one) => one.subscriptions))],
  ["pending", always(falling((one) => one.pendingBytes))],
  ["msgs_to", always(falling((one) => one.sent.messages))],
  ["msgs_from", always(falling((one) => one.received.messages))],
  ["bytes_to", always(falling((one) => one.sent.bytes))],
  ["bytes_from", always(falling((one) => one.received.bytes))],
  ["last", always(falling((one) => one.lastActivityNanos))],
  ["idle", always(rising((one) => one.lastActivityNanos))],
  ["uptime", (now: bigint): Compare => rising((one) => endOf(one, now) - one.startNanos)],
  ["stop", always(falling((one) => endOf(one, 0n)))],
  ["reason", always(rising((one) => ("reason" in one ? one.reason : "")))],
  ["rtt", always(falling((one) => one.rttNanos))],
]);

/** Whether only closed connections have this order. */
export function isOfClosed(order: string): boolean {
  return order === "stop" || order === "reason";
}

export function isOrder(order: string): boolean {
  return orders.has(order);
}

export function inOrder(
  connections: readonly Listed[],
  order: string,
  nowNanos: bigint,
): readonly Listed[] {
  const orderAt = orders.get(order);
  return orderAt ? connections.toSorted(orderAt(nowNanos)) : connections;
}

function endOf(connection: Listed, nowNanos: bigint): bigint {
  return "stopNanos" in connection ? connection.stopNanos : nowNanos;
}
