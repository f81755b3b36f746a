import { beforeEach, describe, expect, test } from "bun:test";
import { MonitorPages } from "../../../src/monitor/page-source.ts";
import { OptionReader } from "../../../src/system/option-reader.ts";
import type { PageName, PageReply } from "../../../src/system/page-source.ts";
import { closedOf, connectionOf, FakeView, subscriptionOf } from "./fake-view.ts";

let view: FakeView;
let pages: MonitorPages;

beforeEach(() => {
  view = new FakeView();
  view.addAccount("$G");
  view.addAccount("A", { connections: 1, subscriptions: 1 });
  view.open = [connectionOf(1, { account: "A", user: "a" }), connectionOf(2)];
  view.closed = [closedOf(3)];
  view.subscriptions.set(1, [subscriptionOf("foo.*", "1")]);
  view.interests.set("A", [{ ...subscriptionOf("foo.*", "1"), account: "A", connectionId: 1 }]);
  pages = new MonitorPages(view, () => ({ "/varz": 4 }));
});

let lastError: string | null = null;

function render(page: PageName, body: object = {}, account: string | null = null): PageReply {
  const options = new OptionReader("X", new TextEncoder().encode(JSON.stringify(body)));
  const reply = pages.render(page, options, account);
  lastError = options.error;
  return JSON.parse(JSON.stringify(reply));
}

describe("pages for the system account", () => {
  test("the server in general knows the HTTP requests", () => {
    expect(render("VARZ")).toMatchObject({
      kind: "data",
      data: { server_name: "eyes", http_req_stats: { "/varz": 4 } },
    });
  });

  test("connections by their options", () => {
    const options = {
      sort: "start",
      auth: true,
      subscriptions_detail: true,
      limit: 1,
      acc: "A",
      filter_subject: "foo.bar",
    };
    expect(render("CONNZ", options)).toMatchObject({
      data: {
        limit: 1,
        connections: [
          { cid: 1, authorized_user: "a", subscriptions_list_detail: [{ subject: "foo.*" }] },
        ],
      },
    });
    expect(render("CONNZ", { state: 1 })).toMatchObject({ data: { connections: [{ cid: 3 }] } });
    expect(render("CONNZ", { state: 2, cid: 2 })).toMatchObject({
      data: { connections: [{ cid: 2 }] },
    });
    expect(render("CONNZ", { sort: "x" })).toEqual({
      kind: "refused",
      description: "invalid sorting option: x",
    });
    render("CONNZ", { state: "closed" });
    expect(lastError).toBe(
      "json: cannot unmarshal string into Go struct field X.state of type server.ConnState",
    );
  });

  test("an account's connections are its own, whatever the options say", () => {
    expect(render("CONNZ", { acc: "$G" }, "A")).toMatchObject({
      data: { total: 1, connections: [{ cid: 1 }] },
    });
  });

  test("subscriptions of one account come with the list", () => {
    expect(render("SUBSZ", {})).toMatchObject({ data: { total: 0 } });
    expect(render("SUBSZ", { subscriptions: true, account: "A" })).toMatchObject({
      data: { total: 1 },
    });
    expect(render("SUBSZ", { account: "$G" }, "A")).toMatchObject({
      data: { total: 1, subscriptions_list: [{ subject: "foo.*", cid: 1 }] },
    });
  });

  test("accounts by list, by name and in detail", () => {
    expect(render("ACCOUNTZ")).toMatchObject({ data: { accounts: ["$G", "A"] } });
    expect(render("ACCOUNTZ", { account: "A" })).toMatchObject({
      data: { account_detail: { account_name: "A" } },
    });
    expect(render("INFO", {}, "A")).toMatchObject({ data: { account_name: "A" } });
    expect(render("INFO", {}, "nope")).toEqual({
      kind: "refused",
      description: "Account nope does not exist",
    });
  });

  test("statistics of accounts stay silent about the unused unless asked", () => {
    expect(render("STATZ", {}, "A")).toMatchObject({ data: { account_statz: [{ acc: "A" }] } });
    expect(render("STATZ", {}, "$G")).toEqual({ kind: "silent" });
    expect(render("STATZ", { include_unused: true }, "$G")).toMatchObject({
      data: { account_statz: [{ acc: "$G" }] },
    });
    expect(render("STATZ", {}, "nope")).toEqual({ kind: "silent" });
    expect(render("STATZ", { accounts: ["A", "$G"], include_unused: true })).toMatchObject({
      data: { account_statz: [{ acc: "A" }, { acc: "$G" }] },
    });
  });

  test("health tells its code in the body", () => {
    expect(render("HEALTHZ")).toEqual({ kind: "data", data: { status: "ok", status_code: 200 } });
    expect(render("HEALTHZ", { stream: "s" })).toEqual({
      kind: "data",
      data: {
        status: "error",
        status_code: 400,
        error: '"account" must not be empty when checking stream health',
      },
    });
  });

  test("JetStream is off, of one account too, and leads nothing", () => {
    expect(render("JSZ")).toMatchObject({ data: { disabled: true } });
    expect(render("JSZ", {}, "A")).toEqual({
      kind: "refused",
      description: "jetstream not enabled",
    });
    expect(render("JSZ", { leader_only: true })).toEqual({ kind: "silent" });
  });

  test("there are no profiles", () => {
    const refusals: readonly (readonly [object, string])[] = [
      [{}, "Profile name not specified"],
      [{ name: "cpu" }, "Duration 0s should be between 0s and 15s"],
      [{ name: "heap", debug: 1 }, 'Profile "heap" not found'],
    ];
    for (const [options, error] of refusals) {
      expect(render("PROFILEZ", options)).toEqual({ kind: "data", data: { profile: null, error } });
    }
  });

  test("links, queues and raft are empty", () => {
    expect(render("ROUTEZ")).toMatchObject({ data: { num_routes: 0, routes: [] } });
    expect(render("GATEWAYZ")).toMatchObject({ data: { outbound_gateways: {} } });
    expect(render("LEAFZ")).toMatchObject({ data: { leafnodes: 0 } });
    expect(render("IPQUEUESZ")).toEqual({ kind: "data", data: {} });
    expect(render("RAFTZ")).toEqual({ kind: "data", data: {} });
    expect(render("EXPVARZ")).toMatchObject({ data: { cmdline: ["midge"] } });
  });

  test("options of a wrong type are refused even where nothing depends on them", () => {
    for (const [page, options] of [
      ["ROUTEZ", { subscriptions: 1 }],
      ["GATEWAYZ", { accounts: 1 }],
      ["LEAFZ", { account: 1 }],
      ["JSZ", { limit: "x" }],
      ["HEALTHZ", { details: 1 }],
      ["PROFILEZ", { duration: "x" }],
    ] as const) {
      render(page, options);
      expect([page, lastError]).toEqual([page, expect.stringContaining("json: cannot unmarshal")]);
    }
  });
});
