// /subsz: the interest graph, and the subscriptions in it.

import { byteTextOf } from "../../base/byte-text.ts";
import { omitEmpty } from "../../base/go-json.ts";
import { goTime } from "../../base/go-time.ts";
import { accepted, refused } from "../../base/result.ts";
import { isValidLiteral } from "../../subjects/subject.ts";
import type { InterestFacts } from "../../system/server-facts.ts";
import type { InterestFigures, ServerView } from "../server-view.ts";
import { subscriptionBody } from "./connz.ts";
import type { PageResult } from "./page-result.ts";
import { cut, windowOf } from "./window.ts";

export interface SubszOptions {
  readonly subscriptions: boolean;
  readonly offset: number;
  readonly limit: number;
  /** "" is every account. */
  readonly account: string;
  /** Only subscriptions that a message on this subject would reach; "" is all. */
  readonly test: string;
}

export function subsz(view: ServerView, options: SubszOptions): PageResult {
  const { account, test } = options;
  if (test !== "" && !isValidLiteral(test)) {
    return refused(`invalid test subject, must be valid publish subject: ${test}`);
  }
  const window = windowOf(options.offset, options.limit);
  const accounts = view.accountNames().filter((name) => account === "" || name === account);
  const found = options.subscriptions
    ? subscriptionsFound(view, accounts, test, window.offset + window.limit)
    : { total: 0, list: [] };
  const shown = cut(found.list, window).map((one) =>
    subscriptionBody(one, one.account, one.connectionId),
  );
  return accepted({
    server_id: view.identity().id,
    now: goTime(view.nowNanos()),
    ...figuresBody(account === "" ? view.interest() : figuresOf(view, accounts)),
    total: found.total,
    offset: window.offset,
    limit: window.limit,
    subscriptions_list: omitEmpty(shown),
  });
}

interface Found {
  readonly total: number;
  /** At least as many as are wanted, where there are as many. */
  readonly list: readonly InterestFacts[];
}

/** Without a test subject no more is gathered than is shown: there may be millions. */
function subscriptionsFound(
  view: ServerView,
  accounts: readonly string[],
  test: string,
  wanted: number,
): Found {
  const list: InterestFacts[] = [];
  let total = 0;
  for (const account of accounts) {
    if (test !== "") {
      list.push(...view.matching(account, byteTextOf(test)));
      total = list.length;
    } else {
      total += view.accountTraffic(account)?.subscriptions ?? 0;
      for (const one of list.length < wanted
        ? view.interestIn(account, wanted - list.length)
        : []) {
        list.push(one);
      }
    }
  }
  return { total, list };
}

/** Of some accounts no more than the number is known: the other figures are kept for the whole graph. */
function figuresOf(view: ServerView, accounts: readonly string[]): InterestFigures {
  const counts = accounts.map((name) => view.accountTraffic(name)?.subscriptions ?? 0);
  return { ...noFigures, subscriptions: counts.reduce((sum, count) => sum + count, 0) };
}

export const noFigures: InterestFigures = {
  subscriptions: 0,
  cachedSubjects: 0,
  inserts: 0,
  removes: 0,
  matches: 0,
  cacheHits: 0,
  maxFanout: 0,
  averageFanout: 0,
};

export function figuresBody(figures: InterestFigures): object {
  return {
    num_subscriptions: figures.subscriptions,
    num_cache: figures.cachedSubjects,
    num_inserts: figures.inserts,
    num_removes: figures.removes,
    num_matches: figures.matches,
    cache_hit_rate: figures.matches === 0 ? 0 : figures.cacheHits / figures.matches,
    max_fanout: figures.maxFanout,
    avg_fanout: figures.averageFanout,
  };
}
