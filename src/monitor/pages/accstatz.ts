// /accstatz: what each account has now: connections, subscriptions, messages.

import { goTime } from "../../base/go-time.ts";
import { accountCountBody } from "../../system/account-counts.ts";
import type { ServerView } from "../server-view.ts";

export interface AccstatzOptions {
  /** Empty is every account. */
  readonly accounts: readonly string[];
  /** Also those without a connection. */
  readonly includesUnused: boolean;
}

export interface AccstatzPage {
  readonly server_id: string;
  readonly now: string;
  readonly account_statz: readonly object[];
}

export function accstatz(view: ServerView, options: AccstatzOptions): AccstatzPage {
  const names = options.accounts.length === 0 ? view.accountNames() : options.accounts;
  const traffics = names.flatMap((name) => view.accountTraffic(name) ?? []);
  const shown = traffics.filter(({ connections }) => options.includesUnused || connections > 0);
  return {
    server_id: view.identity().id,
    now: goTime(view.nowNanos()),
    account_statz: shown.map(accountCountBody),
  };
}
