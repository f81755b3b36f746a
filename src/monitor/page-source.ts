// Gives the system account the same pages that HTTP shows: reads the options of its requests and renders.

import { goDuration } from "../base/go-time.ts";
import { accepted } from "../base/result.ts";
import type { OptionReader } from "../system/option-reader.ts";
import type { PageName, PageReply, PageSource } from "../system/page-source.ts";
import { gatewayz, ipqueuesz, leafz, routez } from "./pages/absent.ts";
import { accountInfo, accountz } from "./pages/accountz.ts";
import { accstatz } from "./pages/accstatz.ts";
import { type ConnectionState, type ConnzOptions, connz } from "./pages/connz.ts";
import { expvars } from "./pages/expvarz.ts";
import { healthz } from "./pages/healthz.ts";
import { type JszOptions, jsz, jszOfAccount } from "./pages/jsz.ts";
import type { PageResult } from "./pages/page-result.ts";
import { subsz } from "./pages/subsz.ts";
import { type RequestCounts, varz } from "./pages/varz.ts";
import type { ServerView } from "./server-view.ts";

const states: readonly ConnectionState[] = ["open", "closed", "any"];
const longestProfileNanos = 15_000_000_000;

type Render = (options: OptionReader, account: string | null) => PageReply;

export class MonitorPages implements PageSource {
  readonly #renderers: ReadonlyMap<PageName, Render>;

  constructor(view: ServerView, requests: () => RequestCounts) {
    this.#renderers = new Map<PageName, Render>([
      ["VARZ", (): PageReply => shown(varz(view, requests()))],
      ["SUBSZ", (options, account): PageReply => of(renderSubsz(view, options, account))],
      ["CONNZ", (options, account): PageReply => of(connz(view, connzOptions(options, account)))],
      ["ROUTEZ", (options): PageReply => renderRoutez(view, options)],
      ["GATEWAYZ", (options): PageReply => renderGatewayz(view, options)],
      ["LEAFZ", (options): PageReply => renderLeafz(view, options)],
      ["ACCOUNTZ", (options): PageReply => of(accountz(view, options.text("account")))],
      ["JSZ", (options, account): PageReply => renderJsz(view, options, account)],
      ["HEALTHZ", (options): PageReply => renderHealthz(view, options)],
      ["PROFILEZ", (options): PageReply => shown(profilez(options))],
      ["EXPVARZ", (): PageReply => shown(expvars(view))],
      ["IPQUEUESZ", (): PageReply => shown(ipqueuesz())],
      ["RAFTZ", (): PageReply => shown({})],
      ["INFO", (_options, account): PageReply => of(accountInfo(view, account ?? ""))],
      ["STATZ", (options, account): PageReply => renderStatz(view, options, account)],
    ]);
  }

  render(page: PageName, options: OptionReader, account: string | null): PageReply {
    return this.#renderers.get(page)?.(options, account) ?? { kind: "silent" };
  }
}

function shown(data: object): PageReply {
  return { kind: "data", data };
}

function of(result: PageResult): PageReply {
  return result.ok ? shown(result.value) : { kind: "refused", description: result.refusal };
}

/** Of one account always with the list. */
function renderSubsz(view: ServerView, options: OptionReader, account: string | null): PageResult {
  const isListWanted = options.flag("subscriptions");
  const named = options.text("account");
  return subsz(view, {
    subscriptions: account !== null || isListWanted,
    offset: options.integer("offset"),
    limit: options.integer("limit"),
    account: account ?? named,
    test: options.text("test"),
  });
}

function connzOptions(options: OptionReader, account: string | null): ConnzOptions {
  const hasNames = options.flag("subscriptions");
  const hasDetail = options.flag("subscriptions_detail");
  const named = options.text("acc");
  return {
    sort: options.text("sort", "server.SortOpt"),
    auth: options.flag("auth"),
    subscriptions: hasDetail ? "detail" : namesIf(hasNames),
    offset: options.integer("offset"),
    limit: options.integer("limit"),
    connectionId: options.unsigned("cid"),
    mqttClient: options.text("mqtt_client"),
    state: states[options.integer("state", "server.ConnState")] ?? "open",
    user: options.text("user"),
    account: account ?? named,
    filterSubject: options.text("filter_subject"),
  };
}

export function namesIf(hasNames: boolean): "names" | "none" {
  return hasNames ? "names" : "none";
}

function renderRoutez(view: ServerView, options: OptionReader): PageReply {
  options.flag("subscriptions");
  options.flag("subscriptions_detail");
  return shown(routez(view));
}

function renderGatewayz(view: ServerView, options: OptionReader): PageReply {
  options.text("name");
  options.flag("accounts");
  options.text("account_name");
  options.flag("subscriptions");
  options.flag("subscriptions_detail");
  return shown(gatewayz(view));
}

function renderLeafz(view: ServerView, options: OptionReader): PageReply {
  options.flag("subscriptions");
  options.text("account");
  return shown(leafz(view));
}

/** A server that leads nothing leaves questions for leaders to others. */
function renderJsz(view: ServerView, options: OptionReader, account: string | null): PageReply {
  const wish: JszOptions = {
    account: account ?? options.text("account"),
    accounts: options.flag("accounts"),
    streams: options.flag("streams"),
    consumers: options.flag("consumer"),
    directConsumers: options.flag("direct_consumer"),
    config: options.flag("config"),
    offset: options.integer("offset"),
    limit: options.integer("limit"),
    leaderOnly: options.flag("leader_only"),
    raft: options.flag("raft"),
    streamLeaderOnly: options.flag("stream_leader_only"),
  };
  if (account !== null) {
    return of(jszOfAccount(view, wish));
  }
  const isSilent = wish.leaderOnly && view.jetStream() === null;
  return isSilent ? { kind: "silent" } : of(jsz(view, wish));
}

function renderHealthz(view: ServerView, options: OptionReader): PageReply {
  const isDeprecatedUsed = options.flag("js-enabled");
  const isEnabledOnly = options.flag("js-enabled-only") || isDeprecatedUsed;
  const isServerOnly = options.flag("js-server-only");
  options.flag("js-meta-only");
  const { code, body } = healthz(view, {
    account: options.text("account"),
    stream: options.text("stream"),
    consumer: options.text("consumer"),
    hasDetails: options.flag("details"),
    isEnabledOnly,
    isServerOnly,
  });
  const { status, ...rest } = body;
  return shown({ status, status_code: code, ...rest });
}

/** Profiles of the Go runtime have no counterpart here; the refusals are those of a server that has them. */
function profilez(options: OptionReader): object {
  const name = options.text("name");
  options.integer("debug");
  const nanos = options.integer("duration", "time.Duration");
  const none = { profile: null };
  if (name === "") {
    return { ...none, error: "Profile name not specified" };
  }
  if (name === "cpu" && (nanos <= 0 || nanos > longestProfileNanos)) {
    return { ...none, error: `Duration ${goDuration(nanos)} should be between 0s and 15s` };
  }
  return { ...none, error: `Profile ${JSON.stringify(name)} not found` };
}

/** Silent when there is nobody to tell of, unless the unused are asked for. */
function renderStatz(view: ServerView, options: OptionReader, account: string | null): PageReply {
  const named = options.texts("accounts");
  const includesUnused = options.flag("include_unused");
  const page = accstatz(view, { accounts: account === null ? named : [account], includesUnused });
  const isSilent = page.account_statz.length === 0 && !includesUnused;
  return isSilent ? { kind: "silent" } : of(accepted(page));
}
