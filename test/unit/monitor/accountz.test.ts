import { beforeEach, describe, expect, test } from "bun:test";
import type { ServiceExport } from "../../../src/accounts/exports.ts";
import { accountz } from "../../../src/monitor/pages/accountz.ts";
import { accstatz } from "../../../src/monitor/pages/accstatz.ts";
import { FakeView, nowText } from "./fake-view.ts";

let view: FakeView;

beforeEach(() => {
  view = new FakeView();
  view.addAccount("$G");
  view.addAccount("$SYS", { subscriptions: 40 });
  view.addAccount("A", { connections: 2, subscriptions: 4 });
});

function pageOf(account: string): Record<string, unknown> {
  const result = accountz(view, account);
  expect(result.ok).toBe(true);
  return result.ok ? JSON.parse(JSON.stringify(result.value)) : {};
}

const head = { server_id: "NID", now: nowText };
const figures = {
  num_cache: 0,
  num_inserts: 0,
  num_removes: 0,
  num_matches: 0,
  cache_hit_rate: 0,
  max_fanout: 0,
  avg_fanout: 0,
};

describe("accountz", () => {
  test("lists the accounts", () => {
    expect(pageOf("")).toEqual({ ...head, accounts: ["$G", "$SYS", "A"] });
  });

  test("names the system account, if there is one", () => {
    view.system = "$SYS";
    expect(pageOf("")).toEqual({
      ...head,
      system_account: "$SYS",
      accounts: ["$G", "$SYS", "A"],
    });
  });

  test("an unknown account is refused", () => {
    expect(accountz(view, "nope")).toEqual({ ok: false, refusal: "Account nope does not exist" });
  });

  test("a plain account shows its numbers", () => {
    expect(pageOf("A")).toEqual({
      ...head,
      account_detail: {
        account_name: "A",
        update_time: "2026-11-22T23:32:20Z",
        expired: false,
        complete: true,
        jetstream_enabled: false,
        leafnode_connections: 0,
        client_connections: 2,
        subscriptions: 4,
        name_tag: "A",
        sublist_stats: { num_subscriptions: 4, ...figures },
      },
    });
  });

  test("the system account says that it is, and what it offers to all", () => {
    view.system = "$SYS";
    view.addAccount("$SYS");
    expect(pageOf("$SYS")).toMatchObject({
      account_detail: {
        is_system: true,
        exports: [
          { subject: "$SYS.REQ.ACCOUNT.*.CONNZ", type: "service", response_type: "Streamed" },
          { subject: "$SYS.REQ.ACCOUNT.*.STATZ", type: "service", response_type: "Streamed" },
          { subject: "$SYS.DEBUG.SUBSCRIBERS", type: "service", response_type: "Singleton" },
          { subject: "$SYS.REQ.USER.*.INFO", type: "service", response_type: "Singleton" },
        ],
        imports: [{ subject: "$SYS.REQ.USER.$SYS.INFO", to: "$SYS.REQ.USER.INFO", share: true }],
      },
    });
  });

  test("what every account may ask the system account counts as imported", () => {
    view.system = "$SYS";
    expect(pageOf("A")).toMatchObject({
      account_detail: {
        imports: [
          { subject: "$SYS.REQ.ACCOUNT.A.CONNZ", to: "$SYS.REQ.ACCOUNT.PING.CONNZ", share: false },
          { subject: "$SYS.REQ.ACCOUNT.A.CONNZ", to: "$SYS.REQ.SERVER.PING.CONNZ", share: false },
          { subject: "$SYS.REQ.ACCOUNT.A.STATZ", to: "$SYS.REQ.ACCOUNT.PING.STATZ", share: false },
          { subject: "$SYS.REQ.USER.A.INFO", to: "$SYS.REQ.USER.INFO", share: true },
        ],
      },
    });
  });

  test("what an account offers, takes and maps is shown", () => {
    const detail = view.account("A");
    const offer: ServiceExport = {
      kind: "service",
      subject: "svc.>",
      approved: new Set(["B"]),
      accountTokenPosition: 0,
      responseType: "single",
      thresholdMillis: 1000,
      latency: { sampling: 50, subject: "lat.x" },
      allowsTrace: false,
    };
    if (detail) {
      view.accounts.set("A", {
        ...detail,
        trade: {
          name: "A",
          serviceExports: [
            offer,
            { ...offer, subject: "svc2", approved: null, responseType: "stream", latency: null },
          ],
          streamExports: [
            { kind: "stream", subject: "foo.>", approved: null, accountTokenPosition: 0 },
          ],
          streamImports: [
            {
              exporter: "B",
              from: "bar.>",
              to: "imp.bar.>",
              transform: null,
              allowsTrace: false,
            },
          ],
          serviceImports: [
            {
              exporter: "B",
              from: "my.svc",
              to: "svc.x",
              transform: null,
              keepsSubject: false,
              share: true,
              offer: { ...offer, latency: { sampling: "headers", subject: "l" } },
            },
            {
              exporter: "$SYS",
              from: "$SYS.REQ.USER.INFO",
              to: "$SYS.REQ.USER.A.INFO",
              transform: null,
              keepsSubject: false,
              share: false,
              offer: null,
            },
          ],
        },
        mappings: [
          { source: "m.src", destinations: [{ destination: "m.dst", weight: 100, cluster: null }] },
          {
            source: "m.w.*",
            destinations: [
              { destination: "w2.$1", weight: 50, cluster: null },
              { destination: "w1.$1", weight: 20, cluster: null },
              { destination: "c.$1", weight: 100, cluster: "east" },
            ],
          },
        ],
      });
    }
    expect(pageOf("A")).toMatchObject({
      account_detail: {
        mappings: {
          "m.src": [{ subject: "m.dst", weight: 100 }],
          "m.w.*": [
            { subject: "w1.$1", weight: 20 },
            { subject: "m.w.$1", weight: 50 },
            { subject: "w2.$1", weight: 100 },
            { subject: "c.$1", weight: 100, cluster: "east" },
          ],
        },
        exports: [
          {
            subject: "svc.>",
            type: "service",
            response_type: "Singleton",
            service_latency: { sampling: 50, results: "lat.x" },
            approved_accounts: ["B"],
          },
          { subject: "svc2", type: "service", response_type: "Streamed" },
          { subject: "foo.>", type: "stream" },
        ],
        imports: [
          {
            subject: "bar.>",
            account: "B",
            local_subject: "imp.bar.>",
            type: "stream",
            invalid: false,
            share: false,
            tracking: false,
          },
          {
            subject: "svc.x",
            account: "B",
            to: "my.svc",
            local_subject: "my.svc",
            type: "service",
            invalid: false,
            share: true,
            tracking: false,
            latency: { sampling: "headers", results: "l" },
          },
          {
            subject: "$SYS.REQ.USER.A.INFO",
            account: "$SYS",
            to: "$SYS.REQ.USER.INFO",
            local_subject: "$SYS.REQ.USER.INFO",
            type: "service",
            invalid: false,
            share: false,
            tracking: false,
          },
        ],
      },
    });
  });
});

describe("accstatz", () => {
  const none = { msgs: 0, bytes: 0 };
  const count = (name: string, conns: number, subscriptions: number): object => ({
    acc: name,
    name,
    conns,
    leafnodes: 0,
    total_conns: conns,
    num_subscriptions: subscriptions,
    sent: { ...none, gateways: none, routes: none, leafs: none },
    received: { ...none, gateways: none, routes: none, leafs: none },
    slow_consumers: 0,
  });

  test("shows accounts with connections", () => {
    expect(accstatz(view, { accounts: [], includesUnused: false })).toEqual({
      server_id: "NID",
      now: nowText,
      account_statz: [count("A", 2, 4)],
    });
  });

  test("shows all when the unused are wanted", () => {
    expect(accstatz(view, { accounts: [], includesUnused: true }).account_statz).toEqual([
      count("$G", 0, 0),
      count("$SYS", 0, 40),
      count("A", 2, 4),
    ]);
  });

  test("shows the named ones that exist", () => {
    const page = accstatz(view, { accounts: ["A", "none", "$G"], includesUnused: false });
    expect(page.account_statz).toEqual([count("A", 2, 4)]);
  });
});
