import { beforeEach, describe, expect, test } from "bun:test";
import { type ConnzOptions, connz } from "../../../src/monitor/pages/connz.ts";
import {
  closedOf,
  connectionOf,
  FakeView,
  nowText,
  second,
  started,
  subscriptionOf,
} from "./fake-view.ts";

const plain: ConnzOptions = {
  sort: "",
  auth: false,
  subscriptions: "none",
  offset: 0,
  limit: 0,
  connectionId: 0,
  mqttClient: "",
  state: "open",
  user: "",
  account: "",
  filterSubject: "",
};

interface Page {
  readonly total?: unknown;
  readonly connections?: unknown;
  readonly [key: string]: unknown;
}

let view: FakeView;

beforeEach(() => {
  view = new FakeView();
  view.addAccount("$G");
  view.addAccount("A");
});

/** The page as it would be read. */
function pageOf(options: Partial<ConnzOptions>): Page {
  const result = connz(view, { ...plain, ...options });
  expect(result.ok).toBe(true);
  return result.ok ? JSON.parse(JSON.stringify(result.value)) : {};
}

function refusalOf(options: Partial<ConnzOptions>): string | null {
  const result = connz(view, { ...plain, ...options });
  return result.ok ? null : result.refusal;
}

function listed(options: Partial<ConnzOptions>): unknown[] {
  const { connections } = pageOf(options) as { connections: { cid: number }[] };
  return connections.map(({ cid }) => cid);
}

describe("one connection", () => {
  const record = connectionOf(7, {
    name: "cl-a",
    language: "nats.js",
    version: "3.4.0",
    rttNanos: 5_476_451,
    received: { messages: 2, bytes: 10 },
    sent: { messages: 4, bytes: 20 },
    pendingBytes: 77,
    subscriptions: 2,
    stalls: 3,
    user: "a",
    account: "A",
  });
  const shown = {
    cid: 7,
    kind: "Client",
    type: "nats",
    ip: "127.0.0.1",
    port: 4007,
    start: "2026-11-22T23:32:27Z",
    last_activity: "2026-11-22T23:33:40Z",
    rtt: "5.476451ms",
    uptime: "1m23s",
    idle: "10s",
    pending_bytes: 77,
    in_msgs: 2,
    out_msgs: 4,
    in_bytes: 10,
    out_bytes: 20,
    stalls: 3,
    subscriptions: 2,
    name: "cl-a",
    lang: "nats.js",
    version: "3.4.0",
  };
  const head = {
    server_id: "NID",
    now: nowText,
    num_connections: 1,
    total: 1,
    offset: 0,
    limit: 1024,
  };

  beforeEach(() => {
    view.open = [record];
    view.subscriptions.set(7, [
      { ...subscriptionOf("foo.bar", "1"), delivered: 2 },
      { ...subscriptionOf("foo.>", "2", "g1"), max: 5 },
    ]);
  });

  test("is shown without its user", () => {
    expect(pageOf({})).toEqual({ ...head, connections: [shown] });
  });

  test("keeps the reference's order of keys", () => {
    const result = connz(view, { ...plain, auth: true, subscriptions: "names" });
    const [first] = result.ok ? (result.value as { connections: object[] }).connections : [];
    expect(Object.keys(JSON.parse(JSON.stringify(first)))).toEqual([
      ...Object.keys(shown),
      "authorized_user",
      "account",
      "subscriptions_list",
      "name_tag",
    ]);
  });

  test("auth shows the user and the account", () => {
    expect(pageOf({ auth: true })).toEqual({
      ...head,
      connections: [{ ...shown, authorized_user: "a", account: "A", name_tag: "A" }],
    });
  });

  test("subs=1 lists the subjects", () => {
    expect(pageOf({ subscriptions: "names" })).toEqual({
      ...head,
      connections: [{ ...shown, subscriptions_list: ["foo.bar", "foo.>"] }],
    });
  });

  test("subs=detail tells of each subscription", () => {
    expect(pageOf({ subscriptions: "detail" })).toEqual({
      ...head,
      connections: [
        {
          ...shown,
          subscriptions_list_detail: [
            { subject: "foo.bar", sid: "1", msgs: 2, cid: 7 },
            { subject: "foo.>", qgroup: "g1", sid: "2", msgs: 0, max: 5, cid: 7 },
          ],
        },
      ],
    });
  });

  test("in the global account only the name tag names it", () => {
    view.open = [connectionOf(1)];
    expect(pageOf({ auth: true }).connections).toEqual([
      {
        cid: 1,
        kind: "Client",
        type: "nats",
        ip: "127.0.0.1",
        port: 4001,
        start: "2026-11-22T23:32:21Z",
        last_activity: "2026-11-22T23:33:40Z",
        rtt: "0s",
        uptime: "1m29s",
        idle: "10s",
        pending_bytes: 0,
        in_msgs: 0,
        out_msgs: 0,
        in_bytes: 0,
        out_bytes: 0,
        subscriptions: 0,
        name_tag: "$G",
      },
    ]);
  });

  test("a closed one has its end, and its times are counted to it", () => {
    const { startNanos, lastActivityNanos } = record;
    view.closed = [
      {
        ...closedOf(7),
        ...record,
        startNanos,
        lastActivityNanos,
        reason: "Kicked",
        subscriptionList: [{ ...subscriptionOf("foo", "1"), delivered: 4 }],
      },
    ];
    const { name: _name, ...rest } = shown;
    expect(pageOf({ state: "closed", auth: true, subscriptions: "detail" })).toEqual({
      ...head,
      connections: [
        {
          ...rest,
          name: "cl-a",
          stop: "2026-11-22T23:33:45Z",
          reason: "Kicked",
          uptime: "1m18s",
          idle: "5s",
          authorized_user: "a",
          account: "A",
          name_tag: "A",
          subscriptions_list_detail: [
            { account: "A", account_tag: "A", subject: "foo", sid: "1", msgs: 4, cid: 7 },
          ],
        },
      ],
    });
  });
});

describe("orders", () => {
  beforeEach(() => {
    view.open = [
      connectionOf(3, {
        subscriptions: 1,
        pendingBytes: 5,
        received: { messages: 9, bytes: 1 },
        sent: { messages: 1, bytes: 9 },
        rttNanos: 30,
        lastActivityNanos: started + 50n * second,
      }),
      connectionOf(1, {
        subscriptions: 2,
        pendingBytes: 1,
        received: { messages: 5, bytes: 5 },
        sent: { messages: 2, bytes: 5 },
        rttNanos: 10,
        lastActivityNanos: started + 60n * second,
      }),
      connectionOf(2, {
        subscriptions: 3,
        pendingBytes: 3,
        received: { messages: 1, bytes: 9 },
        sent: { messages: 3, bytes: 1 },
        rttNanos: 20,
        lastActivityNanos: started + 40n * second,
      }),
    ];
    view.closed = [
      closedOf(6, { reason: "Kicked", stopNanos: started + 7n * second }),
      closedOf(5, { reason: "Write Error", stopNanos: started + 20n * second }),
      closedOf(4, { reason: "Client Closed", stopNanos: started + 19n * second }),
    ];
  });

  const orders: readonly (readonly [string, readonly number[]])[] = [
    ["", [1, 2, 3]],
    ["cid", [1, 2, 3]],
    ["start", [1, 2, 3]],
    ["subs", [2, 1, 3]],
    ["pending", [3, 2, 1]],
    ["msgs_to", [2, 1, 3]],
    ["msgs_from", [3, 1, 2]],
    ["bytes_to", [3, 1, 2]],
    ["bytes_from", [2, 1, 3]],
    ["last", [1, 3, 2]],
    ["idle", [2, 3, 1]],
    ["uptime", [3, 2, 1]],
    ["rtt", [3, 2, 1]],
  ];
  for (const [sort, cids] of orders) {
    test(`by ${sort || "nothing"}`, () => {
      expect(listed({ sort })).toEqual([...cids]);
    });
  }

  test("equal ones come oldest first, whichever way the order goes", () => {
    view.open = [connectionOf(9), connectionOf(8)];
    expect(listed({ sort: "subs" })).toEqual([8, 9]);
    expect(listed({ sort: "idle" })).toEqual([8, 9]);
  });

  test("closed ones by stop, latest first, and by reason", () => {
    expect(listed({ sort: "stop", state: "closed" })).toEqual([5, 4, 6]);
    expect(listed({ sort: "reason", state: "closed" })).toEqual([4, 6, 5]);
  });

  test("uptime of closed ones ends with them", () => {
    expect(listed({ sort: "uptime", state: "any" })).toEqual([6, 4, 5, 3, 2, 1]);
  });

  test("orders that do not exist, or not for open connections, are refused", () => {
    expect(refusalOf({ sort: "x" })).toBe("invalid sorting option: x");
    expect(refusalOf({ sort: "stop" })).toBe("sort by stop only valid on closed connections");
    expect(refusalOf({ sort: "reason", state: "any" })).toBe(
      "sort by reason only valid on closed connections",
    );
  });
});

describe("paging", () => {
  beforeEach(() => {
    view.open = [1, 2, 3, 4, 5].map((id) => connectionOf(id));
  });

  test("offset and limit cut the ordered list", () => {
    expect(pageOf({ offset: 1, limit: 2 })).toMatchObject({
      num_connections: 2,
      total: 5,
      offset: 1,
      limit: 2,
      connections: [{ cid: 2 }, { cid: 3 }],
    });
  });

  test("beyond the end nothing is listed", () => {
    expect(pageOf({ offset: 9, limit: 2 })).toMatchObject({
      num_connections: 0,
      total: 5,
      connections: [],
    });
  });

  test("negative numbers stand for the defaults", () => {
    expect(pageOf({ offset: -3, limit: -1 })).toMatchObject({
      num_connections: 5,
      offset: 0,
      limit: 1024,
    });
  });
});

describe("filters", () => {
  beforeEach(() => {
    view.open = [
      connectionOf(1, { account: "A", user: "a" }),
      connectionOf(2, { account: "A", user: "b", type: "mqtt", mqttClient: "m1" }),
      connectionOf(3, { user: "a" }),
    ];
    view.closed = [
      closedOf(4, { account: "A", user: "a", mqttClient: "m1" }),
      closedOf(5, { user: "c" }),
    ];
    view.subscriptions.set(1, [subscriptionOf("foo.*", "1")]);
    view.subscriptions.set(2, [subscriptionOf("bar", "1")]);
  });

  test("by state", () => {
    expect(listed({ state: "open" })).toEqual([1, 2, 3]);
    expect(listed({ state: "closed" })).toEqual([4, 5]);
    expect(listed({ state: "any" })).toEqual([1, 2, 3, 4, 5]);
    expect(pageOf({ state: "any" }).total).toBe(5);
  });

  test("by account, which the total counts too", () => {
    expect(pageOf({ account: "A", state: "any" })).toMatchObject({
      total: 3,
      connections: [{ cid: 1 }, { cid: 2 }, { cid: 4 }],
    });
  });

  test("an unknown account gives no list at all", () => {
    expect(pageOf({ account: "nobody", offset: 2, limit: 3 })).toEqual({
      server_id: "",
      now: nowText,
      num_connections: 0,
      total: 0,
      offset: 2,
      limit: 3,
      connections: null,
    });
  });

  test("by user, which the total does not count", () => {
    expect(pageOf({ user: "a", state: "any" })).toMatchObject({
      num_connections: 3,
      total: 5,
      connections: [{ cid: 1 }, { cid: 3 }, { cid: 4 }],
    });
  });

  test("by MQTT client, which is shown then", () => {
    expect(pageOf({ mqttClient: "m1", state: "any" }).connections).toMatchObject([
      { cid: 2, type: "mqtt", mqtt_client: "m1" },
      { cid: 4, mqtt_client: "m1" },
    ]);
  });

  test("by connection, open or closed, with a limit of one", () => {
    expect(pageOf({ connectionId: 2, limit: 9 })).toMatchObject({
      num_connections: 1,
      limit: 1,
      connections: [{ cid: 2 }],
    });
    expect(listed({ connectionId: 5 })).toEqual([]);
    expect(listed({ connectionId: 5, state: "any" })).toEqual([5]);
  });

  test("an account does not find another's connection by its number", () => {
    expect(listed({ connectionId: 3, account: "A" })).toEqual([]);
  });

  test("by subject, only together with an account", () => {
    expect(listed({ account: "A", filterSubject: "foo.bar" })).toEqual([1]);
    expect(listed({ account: "A", filterSubject: "*" })).toEqual([2]);
    expect(listed({ filterSubject: ">" })).toEqual([1, 2, 3]);
    expect(refusalOf({ filterSubject: "foo" })).toBe(
      "filter by subject only valid with account filtering",
    );
  });
});
