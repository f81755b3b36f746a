// /jsz: JetStream as a whole, and by account, stream and consumer as far as is asked for.

import { omitEmpty } from "../../base/go-json.ts";
import { goTime } from "../../base/go-time.ts";
import { accepted, refused } from "../../base/result.ts";
import type { ApiAccount, ApiConsumer, ApiStream } from "../../jetstream/api/api-context.ts";
import { consumerInfoJson } from "../../jetstream/api/consumer-info.ts";
import { sourceStatusJson, stateJson } from "../../jetstream/api/stream-info.ts";
import { exactInteger } from "../../jetstream/exact-json.ts";
import { streamConfigJson } from "../../jetstream/stream/stream-config-json.ts";
import {
  jetStreamConfigBody,
  jetStreamLimitsBody,
  jetStreamStatsBody,
} from "../../system/jetstream-figures.ts";
import type { JetStreamView, ServerView } from "../server-view.ts";
import type { PageResult } from "./page-result.ts";
import { cut, windowOf } from "./window.ts";

/** How no limit looks as a number without a sign. */
const unlimited = 2n ** 64n - 1n;

export interface JszOptions {
  /** "" is all. */
  readonly account: string;
  readonly accounts: boolean;
  readonly streams: boolean;
  readonly consumers: boolean;
  readonly directConsumers: boolean;
  readonly config: boolean;
  readonly leaderOnly: boolean;
  readonly offset: number;
  readonly limit: number;
  readonly raft: boolean;
  readonly streamLeaderOnly: boolean;
}

export function jsz(view: ServerView, options: JszOptions): PageResult {
  const jetStream = view.jetStream();
  const figures = view.jetStreamFigures();
  if (jetStream === null || figures === null) {
    return options.leaderOnly ? refused("filtered response: not leader") : accepted(disabled(view));
  }
  const enabled = [...jetStream.accounts].filter(({ isEnabled }) => isEnabled);
  return accepted({
    ...jetStreamStatsBody(figures),
    ...head(view),
    config: jetStreamConfigBody(figures),
    limits: jetStreamLimitsBody(figures),
    ...sums(enabled, options.raft),
    account_details: omitEmpty(
      selected(enabled, options).map((account) => accountBody(view, jetStream, account, options)),
    ),
    total: enabled.length,
  });
}

/** One account alone, for requests about it. */
export function jszOfAccount(view: ServerView, options: JszOptions): PageResult {
  const jetStream = view.jetStream();
  if (jetStream === null) {
    return refused("jetstream not enabled");
  }
  const { account: name } = options;
  if (!view.accountNames().includes(name)) {
    return refused(`account ${JSON.stringify(name)} not found`);
  }
  const account = jetStream.account(name);
  return account?.isEnabled
    ? accepted(accountBody(view, jetStream, account, options))
    : refused(`account ${JSON.stringify(name)} not jetstream enabled`);
}

function disabled(view: ServerView): object {
  return {
    memory: 0,
    storage: 0,
    reserved_memory: 0,
    reserved_storage: 0,
    accounts: 0,
    ha_assets: 0,
    api: { level: 0, total: 0, errors: 0 },
    ...head(view),
    disabled: true,
    config: { max_memory: 0, max_storage: 0 },
    streams: 0,
    consumers: 0,
    messages: 0,
    bytes: 0,
    total: 0,
  };
}

function head(view: ServerView): object {
  return { server_id: view.identity().id, now: goTime(view.nowNanos()) };
}

/** A server of its own leads everything it has. */
function sums(accounts: readonly ApiAccount[], areLeadersShown: boolean): object {
  let streams = 0;
  let consumers = 0;
  let messages = 0;
  let bytes = 0;
  for (const account of accounts) {
    for (const { access, consumerCount } of account.streams()) {
      streams += 1;
      consumers += consumerCount;
      messages += access.store.state.messages;
      bytes += access.store.state.bytes;
    }
  }
  return {
    streams,
    streams_leader: areLeadersShown ? omitEmpty(streams) : undefined,
    consumers,
    consumers_leader: areLeadersShown ? omitEmpty(consumers) : undefined,
    messages,
    bytes,
  };
}

function selected(accounts: readonly ApiAccount[], options: JszOptions): readonly ApiAccount[] {
  const named = accounts.filter(({ name }) => name === options.account);
  if (named.length > 0) {
    return named;
  }
  const areStreamsOfAll = (options.streams || options.consumers) && options.account === "";
  if (!options.accounts && !areStreamsOfAll) {
    return [];
  }
  const sorted = accounts.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  return options.limit < 0 ? sorted : cut(sorted, windowOf(options.offset, options.limit));
}

function accountBody(
  view: ServerView,
  jetStream: JetStreamView,
  account: ApiAccount,
  options: JszOptions,
): object {
  const { memory, storage, limits } = account.usage();
  const { total, errors, inflight } = account.counts;
  const streams = options.streams || options.consumers ? [...account.streams()] : [];
  return {
    name: account.name,
    id: account.name,
    memory,
    storage,
    reserved_memory: unsigned(limits.maxMemory),
    reserved_storage: unsigned(limits.maxStorage),
    accounts: 0,
    ha_assets: 0,
    api: { level: 0, total, errors, inflight: omitEmpty(inflight) },
    stream_detail: omitEmpty(
      streams
        .toSorted((one, other) => (one.access.name < other.access.name ? -1 : 1))
        .map((stream) => streamBody(view, jetStream, stream, options)),
    ),
  };
}

function unsigned(limit: number): unknown {
  return limit < 0 ? exactInteger(unlimited) : limit;
}

function streamBody(
  view: ServerView,
  jetStream: JetStreamView,
  stream: ApiStream,
  options: JszOptions,
): object {
  const { access } = stream;
  const mirror = stream.mirrorStatus();
  const sources = stream.sourceStatus();
  const body = (consumer: ApiConsumer): object => {
    const { config, ...rest } = consumerInfoJson(jetStream.context, stream, consumer, true);
    return options.config ? { ...rest, config } : rest;
  };
  const shown = options.consumers ? [...stream.consumers()].map(body) : [];
  const areDirectShown = options.consumers && options.directConsumers;
  const direct = areDirectShown ? [...jetStream.directConsumersOf(stream)].map(body) : [];
  return {
    name: access.name,
    created: goTime(access.createdNanos),
    cluster: { leader: view.identity().name },
    config: options.config ? streamConfigJson(access.config) : undefined,
    state: stateJson(stream),
    consumer_detail: omitEmpty(shown),
    direct_consumer_detail: omitEmpty(direct),
    mirror: mirror === null ? undefined : sourceStatusJson(mirror),
    sources: omitEmpty(sources.map(sourceStatusJson)),
  };
}
