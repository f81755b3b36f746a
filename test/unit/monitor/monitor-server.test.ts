import { beforeEach, describe, expect, test } from "bun:test";
import { defaultOptions } from "../../../src/config/options.ts";
import { MonitorServer } from "../../../src/monitor/monitor-server.ts";
import type { HttpResponse } from "../../../src/ports/http.ts";
import type { Log } from "../../../src/ports/log.ts";
import { connectionOf, FakeView, nowText } from "./fake-view.ts";

let view: FakeView;
let server: MonitorServer;
let warnings: string[];

const ignored = (): void => undefined;

function newServer(): MonitorServer {
  const log: Log = {
    isDebug: false,
    isTrace: false,
    notice: ignored,
    warn: (text) => {
      warnings.push(text);
    },
    error: ignored,
    fatal: ignored,
    debug: ignored,
    trace: ignored,
  };
  return new MonitorServer(view, log);
}

beforeEach(() => {
  view = new FakeView();
  view.addAccount("$G", { connections: 1 });
  warnings = [];
  server = newServer();
});

function get(target: string): HttpResponse {
  const [path = "", query = ""] = target.split("?");
  return server.answer({
    method: "GET",
    path,
    query: new URLSearchParams(query),
    remoteAddress: "127.0.0.1",
  });
}

describe("pages", () => {
  const paths = [
    "/varz",
    "/connz",
    "/routez",
    "/gatewayz",
    "/leafz",
    "/subsz",
    "/subscriptionsz",
    "/accountz",
    "/accstatz",
    "/jsz",
    "/healthz",
    "/ipqueuesz",
  ];
  for (const path of paths) {
    test(`${path} is JSON for every origin`, () => {
      const answer = get(path);
      expect(answer).toMatchObject({
        status: 200,
        contentType: "application/json",
        headers: { "Access-Control-Allow-Origin": "*" },
      });
      expect(JSON.parse(answer.body)).toBeObject();
    });
  }

  test("pages are indented by two, health stands on one line", () => {
    expect(get("/leafz").body).toBe(
      `{\n  "server_id": "NID",\n  "now": "${nowText}",\n  "leafnodes": 0,\n  "leafs": []\n}`,
    );
    expect(get("/healthz").body).toBe('{"status":"ok"}');
  });

  test("features that are not built are shown as switched off", () => {
    expect(JSON.parse(get("/routez?subs=detail").body)).toEqual({
      server_id: "NID",
      server_name: "eyes",
      now: nowText,
      num_routes: 0,
      routes: [],
    });
    expect(JSON.parse(get("/gatewayz?accs=1&subs=1").body)).toEqual({
      server_id: "NID",
      now: nowText,
      outbound_gateways: {},
      inbound_gateways: {},
    });
    expect(JSON.parse(get("/jsz?accounts=1").body)).toEqual({
      memory: 0,
      storage: 0,
      reserved_memory: 0,
      reserved_storage: 0,
      accounts: 0,
      ha_assets: 0,
      api: { level: 0, total: 0, errors: 0 },
      server_id: "NID",
      now: nowText,
      disabled: true,
      config: { max_memory: 0, max_storage: 0 },
      streams: 0,
      consumers: 0,
      messages: 0,
      bytes: 0,
      total: 0,
    });
    expect(get("/ipqueuesz?all=1").body).toBe("{}");
    expect(get("/raftz")).toMatchObject({ status: 404, body: "No Raft nodes registered" });
    expect(get("/jsz?leader-only=1")).toMatchObject({
      status: 400,
      body: "filtered response: not leader",
    });
  });

  test("the process shows its variables and its missing stacks", () => {
    expect(JSON.parse(get("/debug/vars").body)).toEqual({
      cmdline: ["midge"],
      memstats: { Alloc: 1_000_000, Sys: 1_000_000, HeapAlloc: 1_000_000 },
    });
    expect(get("/stacksz").status).toBe(200);
  });

  test("options reach the page", () => {
    view.open = [connectionOf(1), connectionOf(2, { user: "u" })];
    const page = JSON.parse(get("/connz?sort=start&offset=1&limit=7&auth=true&state=ALL").body);
    expect(page).toMatchObject({
      offset: 1,
      limit: 7,
      total: 2,
      connections: [{ cid: 2, authorized_user: "u" }],
    });
    expect(JSON.parse(get("/connz?cid=1&user=&mqtt_client=").body).connections).toHaveLength(1);
    expect(JSON.parse(get("/accstatz?unused=1").body).account_statz).toHaveLength(1);
    expect(JSON.parse(get("/accountz?acc=$G").body).account_detail.account_name).toBe("$G");
  });
});

describe("refusals", () => {
  const refused: readonly (readonly [string, string])[] = [
    ["/connz?sort=bad", "invalid sorting option: bad"],
    [
      "/connz?auth=x",
      `Error decoding boolean for 'auth': strconv.ParseBool: parsing "x": invalid syntax`,
    ],
    ["/connz?limit=x", `Error decoding int for 'limit': strconv.Atoi: parsing "x": invalid syntax`],
    [
      "/connz?offset=99999999999999999999",
      `Error decoding int for 'offset': strconv.Atoi: parsing "99999999999999999999": value out of range`,
    ],
    [
      "/connz?cid=-1",
      `Error decoding uint64 for 'cid': strconv.ParseUint: parsing "-1": invalid syntax`,
    ],
    ["/connz?state=foo", "Error decoding state for foo"],
    ["/connz?sort=stop", "sort by stop only valid on closed connections"],
    [
      "/connz?subs=foo",
      `Error decoding boolean for 'subs': strconv.ParseBool: parsing "foo": invalid syntax`,
    ],
    [
      "/leafz?subs=detail",
      `Error decoding boolean for 'subs': strconv.ParseBool: parsing "detail": invalid syntax`,
    ],
    ["/subsz?test=foo.*", "invalid test subject, must be valid publish subject: foo.*"],
    ["/accountz?acc=nope", "Account nope does not exist"],
    ["/jsz?offset=z", `Error decoding int for 'offset': strconv.Atoi: parsing "z": invalid syntax`],
    [
      "/healthz?details=maybe",
      `Error decoding boolean for 'details': strconv.ParseBool: parsing "maybe": invalid syntax`,
    ],
  ];
  for (const [target, body] of refused) {
    test(target, () => {
      expect(get(target)).toEqual({
        status: 400,
        contentType: "text/plain; charset=utf-8",
        body,
        headers: {},
      });
    });
  }

  test("unknown paths are not found", () => {
    for (const path of ["/nope", "/varz/", "/VARZ", "/debug/pprof"]) {
      expect(get(path)).toEqual({
        status: 404,
        contentType: "text/plain; charset=utf-8",
        body: "404 page not found\n",
        headers: { "X-Content-Type-Options": "nosniff" },
      });
    }
  });

  test("untidy paths are sent to the tidy one, with their query", () => {
    expect(get("//varz")).toEqual({
      status: 301,
      contentType: "text/html; charset=utf-8",
      body: '<a href="/varz">Moved Permanently</a>.\n\n',
      headers: { Location: "/varz" },
    });
    expect(get("/x/../connz?limit=2").headers).toEqual({ Location: "/connz?limit=2" });
  });
});

describe("JSONP", () => {
  test("a callback wraps the page", () => {
    expect(get("/healthz?callback=a.b$")).toMatchObject({
      status: 200,
      contentType: "application/javascript",
      body: 'a.b$({"status":"ok"})',
    });
  });

  test("what is no name of a function is not called", () => {
    expect(get("/healthz?callback=alert(1)//")).toMatchObject({
      contentType: "application/json",
      body: '{"status":"ok"}',
    });
  });
});

describe("health", () => {
  test("questions about streams need an account, about consumers a stream", () => {
    expect(get("/healthz?stream=x")).toMatchObject({
      status: 400,
      contentType: "application/json",
      body: '{"status":"error","error":"\\"account\\" must not be empty when checking stream health"}',
    });
    expect(get("/healthz?consumer=x&account=a&details=1")).toMatchObject({
      status: 400,
      body: '{"status":"error","errors":[{"type":"BAD_REQUEST","error":"\\"stream\\" must not be empty when checking consumer health"}]}',
    });
    expect(warnings).toEqual([
      'Healthcheck failed: "\\"account\\" must not be empty when checking stream health"',
      "Healthcheck failed: 1 errors",
    ]);
  });

  test("a server that does not serve says why", () => {
    view.trouble = "startup did not complete";
    expect(get("/healthz")).toMatchObject({
      status: 500,
      body: '{"status":"error","error":"startup did not complete"}',
    });
    expect(get("/healthz?details=1").body).toBe(
      '{"status":"error","errors":[{"type":"CONNECTION","error":"startup did not complete"}]}',
    );
  });

  test("the old option still works and is warned of", () => {
    expect(get("/healthz?js-enabled=1").status).toBe(200);
    expect(warnings).toEqual(["Healthcheck: js-enabled deprecated, use js-enabled-only instead"]);
  });
});

describe("counting", () => {
  test("each request counts under its page, the present one included", () => {
    get("/");
    get("/subsz");
    get("/subscriptionsz");
    get("/stacksz");
    get("/ipqueuesz");
    get("/nope");
    expect(JSON.parse(get("/varz").body).http_req_stats).toEqual({
      "/": 1,
      "/subsz": 2,
      "/varz": 1,
    });
  });

  test("connections and routes count only what could be read", () => {
    get("/connz?limit=x");
    get("/connz?sort=bad");
    get("/routez?subs=x");
    get("/leafz?subs=x");
    expect(server.requestCounts()).toEqual({ "/connz": 1, "/leafz": 1 });
  });
});

describe("the base path", () => {
  test("stands before every page and is the index itself", () => {
    view.settings = { ...defaultOptions, httpBasePath: "mon/x/" };
    server = newServer();
    expect(get("/mon/x/varz").status).toBe(200);
    expect(get("/mon/x").contentType).toBe("text/html; charset=utf-8");
    expect(get("/mon/x").body).toContain('href="./x/varz"');
    expect(get("/varz").status).toBe(404);
    expect(get("/").status).toBe(404);
    expect(get("/mon/x/").status).toBe(404);
    expect(JSON.parse(get("/mon/x/varz").body)).toMatchObject({
      http_base_path: "mon/x/",
      http_req_stats: { "/": 2, "/varz": 2 },
    });
  });

  test("without one the index stands at the root", () => {
    expect(get("/")).toMatchObject({ status: 200, contentType: "text/html; charset=utf-8" });
    expect(get("/").body).toContain('href="./connz"');
  });

  test("names in the index cannot bring their own markup", () => {
    view.who = { ...view.who, name: '<script>"&' };
    expect(get("/").body).toContain("&lt;script&gt;&quot;&amp;");
  });
});
