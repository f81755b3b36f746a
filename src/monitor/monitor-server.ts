// Answers monitoring requests over HTTP: path to page, query to options, page to text. What stands on the pages it does
// not know.

import { goJson } from "../base/go-json.ts";
import type { Http, HttpListener, HttpRequest, HttpResponse } from "../ports/http.ts";
import type { Log } from "../ports/log.ts";
import { namesIf } from "./page-source.ts";
import { gatewayz, ipqueuesz, leafz, noRaftNodes, routez } from "./pages/absent.ts";
import { accountz } from "./pages/accountz.ts";
import { accstatz } from "./pages/accstatz.ts";
import { connz } from "./pages/connz.ts";
import { expvarText } from "./pages/expvarz.ts";
import { type HealthBody, healthz } from "./pages/healthz.ts";
import { jsz } from "./pages/jsz.ts";
import type { PageResult } from "./pages/page-result.ts";
import { rootPage } from "./pages/root.ts";
import { subsz } from "./pages/subsz.ts";
import { type RequestCounts, varz } from "./pages/varz.ts";
import { Query } from "./query.ts";
import type { ServerView } from "./server-view.ts";

const ok = 200;
const movedPermanently = 301;
const badRequest = 400;
const notFound = 404;
const plainText = "text/plain; charset=utf-8";
const html = "text/html; charset=utf-8";
const json = "application/json";
const script = "application/javascript";
const indent = "  ";
const anyOrigin = { "Access-Control-Allow-Origin": "*" };
const noSniffing = { "X-Content-Type-Options": "nosniff" };
/** A name a script can be called back by; anything else would be a way to inject one. */
const callbackName = /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*$/;

type Answer = (query: Query, request: HttpRequest) => HttpResponse;

interface Route {
  readonly answer: Answer;
  /** Under which path its requests are counted; null for those that are not. */
  readonly countedAs: string | null;
  /** Whether requests that cannot be read count too. */
  readonly countsRefused: boolean;
}

export class MonitorServer {
  readonly #view: ServerView;
  readonly #log: Log;
  readonly #basePath: string;
  readonly #routes: ReadonlyMap<string, Route>;
  readonly #counts: Map<string, number> = new Map();

  constructor(view: ServerView, log: Log) {
    this.#view = view;
    this.#log = log;
    this.#basePath = cleanPath(view.options().httpBasePath).replace(/\/$/, "");
    this.#routes = new Map(
      this.#allRoutes().map(([path, route]) => [this.#pathOf(path), route] as const),
    );
  }

  /** How often each page was asked for. */
  requestCounts(): RequestCounts {
    return Object.fromEntries(this.#counts);
  }

  /** Throws NetworkError when the address cannot be had. */
  listen(http: Http, host: string, port: number): HttpListener {
    return http.serve({ host, port }, (request) => this.answer(request));
  }

  answer(request: HttpRequest): HttpResponse {
    const path = cleanPath(request.path);
    if (path !== request.path) {
      return moved(path, request.query);
    }
    const route = this.#routes.get(path);
    if (!route) {
      return text(notFound, "404 page not found\n", noSniffing);
    }
    if (route.countsRefused) {
      this.#count(route);
    }
    const query = new Query(request.query);
    const response = route.answer(query, request);
    if (query.refusal !== null) {
      return text(badRequest, query.refusal);
    }
    if (!route.countsRefused) {
      this.#count(route);
    }
    return response;
  }

  #count({ countedAs }: Route): void {
    if (countedAs !== null) {
      this.#counts.set(countedAs, (this.#counts.get(countedAs) ?? 0) + 1);
    }
  }

  #pathOf(path: string): string {
    return path === "/" && this.#basePath !== "" ? this.#basePath : `${this.#basePath}${path}`;
  }

  #allRoutes(): readonly (readonly [string, Route])[] {
    const view = this.#view;
    return [
      counted("/", () => ({ status: ok, contentType: html, body: rootPage(view, this.#basePath) })),
      // Its own request counts already when the page is made.
      counted("/varz", (query) => page(query, varz(view, this.requestCounts()))),
      countedWhenRead("/connz", (query) => resultPage(query, this.#connz(query))),
      countedWhenRead("/routez", (query) => {
        subscriptionsOf(query);
        return page(query, routez(view));
      }),
      counted("/gatewayz", (query) => {
        subscriptionsOf(query);
        query.flag("accs");
        return page(query, gatewayz(view));
      }),
      counted("/leafz", (query) => {
        query.flag("subs");
        return page(query, leafz(view));
      }),
      counted("/subsz", (query) => resultPage(query, this.#subsz(query))),
      counted("/subscriptionsz", (query) => resultPage(query, this.#subsz(query)), "/subsz"),
      counted("/accountz", (query) => resultPage(query, accountz(view, query.text("acc")))),
      counted("/accstatz", (query) => {
        const includesUnused = query.flag("unused");
        return page(query, accstatz(view, { accounts: [], includesUnused }));
      }),
      counted("/jsz", (query) => resultPage(query, this.#jsz(query))),
      counted("/healthz", (query) => this.#healthz(query)),
      uncounted("/ipqueuesz", (query) => {
        query.flag("all");
        return page(query, ipqueuesz());
      }),
      uncounted("/raftz", () => text(notFound, noRaftNodes)),
      uncounted("/stacksz", () => ({
        status: ok,
        contentType: json,
        body: "No stacks: this server runs one event loop and has no goroutines.\n",
        headers: anyOrigin,
      })),
      uncounted("/debug/vars", () => ({
        status: ok,
        contentType: "application/json; charset=utf-8",
        body: expvarText(view),
      })),
    ];
  }

  #connz(query: Query): PageResult {
    return connz(this.#view, {
      sort: query.text("sort"),
      auth: query.flag("auth"),
      subscriptions: subscriptionsOf(query),
      offset: query.integer("offset"),
      limit: query.integer("limit"),
      connectionId: query.unsigned("cid"),
      mqttClient: query.text("mqtt_client"),
      state: stateOf(query),
      user: query.text("user"),
      account: query.text("acc"),
      filterSubject: query.text("filter_subject"),
    });
  }

  #subsz(query: Query): PageResult {
    return subsz(this.#view, {
      subscriptions: query.flag("subs"),
      offset: query.integer("offset"),
      limit: query.integer("limit"),
      account: query.text("acc"),
      test: query.text("test"),
    });
  }

  #jsz(query: Query): PageResult {
    return jsz(this.#view, {
      account: query.text("acc"),
      accounts: query.flag("accounts"),
      streams: query.flag("streams"),
      consumers: query.flag("consumers"),
      directConsumers: query.flag("direct-consumers"),
      config: query.flag("config"),
      offset: query.integer("offset"),
      limit: query.integer("limit"),
      leaderOnly: query.flag("leader-only"),
      raft: query.flag("raft"),
      streamLeaderOnly: query.flag("stream-leader-only"),
    });
  }

  #healthz(query: Query): HttpResponse {
    const isDeprecatedUsed = query.flag("js-enabled");
    const isEnabledOnly = query.flag("js-enabled-only") || isDeprecatedUsed;
    const isServerOnly = query.flag("js-server-only");
    query.flag("js-meta-only");
    const { code, body } = healthz(this.#view, {
      account: query.text("account"),
      stream: query.text("stream"),
      consumer: query.text("consumer"),
      hasDetails: query.flag("details"),
      isEnabledOnly,
      isServerOnly,
    });
    if (isDeprecatedUsed) {
      this.#log.warn("Healthcheck: js-enabled deprecated, use js-enabled-only instead");
    }
    this.#warnOf(body);
    return rendered(query, code, goJson(body));
  }

  #warnOf({ error, errors }: HealthBody): void {
    if (error !== undefined) {
      this.#log.warn(`Healthcheck failed: ${JSON.stringify(error)}`);
    } else if (errors !== undefined) {
      this.#log.warn(`Healthcheck failed: ${errors.length} errors`);
    }
  }
}

function counted(path: string, answer: Answer, countedAs = path): readonly [string, Route] {
  return [path, { answer, countedAs, countsRefused: true }];
}

function countedWhenRead(path: string, answer: Answer): readonly [string, Route] {
  return [path, { answer, countedAs: path, countsRefused: false }];
}

function uncounted(path: string, answer: Answer): readonly [string, Route] {
  return [path, { answer, countedAs: null, countsRefused: false }];
}

function subscriptionsOf(query: Query): "none" | "names" | "detail" {
  return query.text("subs").toLowerCase() === "detail" ? "detail" : namesIf(query.flag("subs"));
}

function stateOf(query: Query): "open" | "closed" | "any" {
  const state = query.text("state");
  switch (state.toLowerCase()) {
    case "":
    case "open":
      return "open";
    case "closed":
      return "closed";
    case "any":
    case "all":
      return "any";
    default:
      query.refuseBecause(`Error decoding state for ${state}`);
      return "open";
  }
}

function resultPage(query: Query, result: PageResult): HttpResponse {
  return result.ok ? page(query, result.value) : text(badRequest, result.refusal);
}

function page(query: Query, body: object): HttpResponse {
  return rendered(query, ok, goJson(body, indent));
}

/** As a call of the script function that the query names, if it names one. */
function rendered(query: Query, status: number, body: string): HttpResponse {
  const callback = query.text("callback");
  return callbackName.test(callback)
    ? { status, contentType: script, body: `${callback}(${body})` }
    : { status, contentType: json, body, headers: anyOrigin };
}

function text(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return { status, contentType: plainText, body, headers };
}

function moved(path: string, query: URLSearchParams): HttpResponse {
  const target = query.size === 0 ? path : `${path}?${query}`;
  const Location = encodeURI(target);
  const link = Location.replaceAll("&", "&amp;").replaceAll('"', "&#34;");
  const body = `<a href="${link}">Moved Permanently</a>.\n\n`;
  return { status: movedPermanently, contentType: html, body, headers: { Location } };
}

/** One slash between names, no `.` and `..`; a slash at the end stays. */
function cleanPath(path: string): string {
  const names: string[] = [];
  for (const name of path.split("/")) {
    if (name === "..") {
      names.pop();
    } else if (name !== "" && name !== ".") {
      names.push(name);
    }
  }
  const isFolder = path.endsWith("/") && names.length > 0;
  return `/${names.join("/")}${isFolder ? "/" : ""}`;
}
