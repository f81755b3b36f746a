// /accountz: the accounts by name, and one account in detail: what it offers, takes and maps.

import type { ServiceExport, StreamExport } from "../../accounts/exports.ts";
import type { ServiceImport, StreamImport } from "../../accounts/imports.ts";
import { omitEmpty } from "../../base/go-json.ts";
import { goTime } from "../../base/go-time.ts";
import { accepted, refused } from "../../base/result.ts";
import type { LatencyOptions, MappingDestination, MappingOptions } from "../../config/options.ts";
import { withPlaceholders } from "../../subjects/transform.ts";
import type { AccountDetail, ServerView } from "../server-view.ts";
import type { PageResult } from "./page-result.ts";
import { figuresBody, noFigures } from "./subsz.ts";
import { withSystemTrade } from "./system-trade.ts";

const wholeWeight = 100;

/** The words for how a service answers. */
const responseTypes = { single: "Singleton", stream: "Streamed", chunked: "Chunked" } as const;

/** `account` "" asks for the list. */
export function accountz(view: ServerView, account: string): PageResult {
  const head = {
    server_id: view.identity().id,
    now: goTime(view.nowNanos()),
    system_account: omitEmpty(view.systemAccount() ?? ""),
  };
  if (account === "") {
    return accepted({ ...head, accounts: omitEmpty(view.accountNames()) });
  }
  const detail = accountInfo(view, account);
  return detail.ok ? accepted({ ...head, account_detail: detail.value }) : detail;
}

export function accountInfo(view: ServerView, name: string): PageResult {
  const account = view.account(name);
  return account
    ? accepted(accountBody(name, account, view.systemAccount()))
    : refused(`Account ${name} does not exist`);
}

function accountBody(name: string, account: AccountDetail, system: string | null): object {
  const { traffic } = account;
  const trade = system === null ? account.trade : withSystemTrade(account.trade, system);
  return {
    account_name: name,
    update_time: goTime(account.updatedNanos),
    is_system: omitEmpty(account.isSystem),
    expired: false,
    complete: true,
    jetstream_enabled: account.hasJetStream,
    leafnode_connections: 0,
    client_connections: traffic.connections,
    subscriptions: traffic.subscriptions,
    mappings: omitEmpty(mappingsBody(account.mappings)),
    exports: omitEmpty([
      ...trade.serviceExports.map(serviceExportBody),
      ...trade.streamExports.map(streamExportBody),
    ]),
    imports: omitEmpty([
      ...trade.streamImports.map(streamImportBody),
      ...trade.serviceImports.map(serviceImportBody),
    ]),
    name_tag: name,
    sublist_stats: figuresBody({ ...noFigures, subscriptions: traffic.subscriptions }),
  };
}

function serviceExportBody(offer: ServiceExport): object {
  return {
    subject: offer.subject,
    type: "service",
    response_type: responseTypes[offer.responseType],
    service_latency: offer.latency ? latencyBody(offer.latency) : undefined,
    approved_accounts: omitEmpty([...(offer.approved ?? [])]),
  };
}

function streamExportBody(offer: StreamExport): object {
  return {
    subject: offer.subject,
    type: "stream",
    approved_accounts: omitEmpty([...(offer.approved ?? [])]),
  };
}

function streamImportBody(taken: StreamImport): object {
  return {
    subject: taken.from,
    account: taken.exporter,
    local_subject: taken.to,
    type: "stream",
    invalid: false,
    share: false,
    tracking: false,
  };
}

function serviceImportBody(taken: ServiceImport): object {
  const latency = taken.offer?.latency;
  return {
    subject: taken.to,
    account: taken.exporter,
    to: taken.from,
    local_subject: taken.from,
    type: "service",
    invalid: false,
    share: taken.share,
    tracking: false,
    latency: latency ? latencyBody(latency) : undefined,
  };
}

function latencyBody({ sampling, subject }: LatencyOptions): object {
  return { sampling, results: subject };
}

function mappingsBody(mappings: readonly MappingOptions[]): Record<string, readonly object[]> {
  const body: Record<string, readonly object[]> = {};
  for (const { source, destinations } of mappings) {
    const byCluster = Map.groupBy(destinations, ({ cluster }) => cluster ?? "");
    const everywhere = byCluster.get("") ?? [];
    byCluster.delete("");
    const isLossy = destinations.some(({ destination }) => destination === source);
    body[source] = [["", everywhere] as const, ...byCluster].flatMap(([cluster, members]) =>
      choicesBody(source, members, isLossy, cluster),
    );
  }
  return body;
}

/** Lightest first, each with the weight of those before it; what is missing to the whole keeps the subject. */
function choicesBody(
  source: string,
  members: readonly MappingDestination[],
  isLossy: boolean,
  cluster: string,
): readonly object[] {
  const choices = members.map(({ destination, weight }) => ({ destination, weight }));
  const total = choices.reduce((sum, { weight }) => sum + weight, 0);
  if (total !== wholeWeight && !isLossy) {
    choices.push({ destination: withPlaceholders(source), weight: wholeWeight - total });
  }
  let below = 0;
  return choices
    .toSorted((first, second) => first.weight - second.weight)
    .map(({ destination, weight }) => {
      below += weight;
      return { subject: destination, weight: below, cluster: omitEmpty(cluster) };
    });
}
