// The server's own voices, one in each account that needs one.

import type { Account } from "../accounts/account.ts";
import type { AccountIndex } from "../wasm/fabric.ts";
import type { InsideStandInsOf } from "./inside-subscription.ts";
import { type InsideRoad, InternalClient } from "./internal-client.ts";

export class InternalClients {
  readonly #road: InsideRoad;
  readonly #standInsOf: InsideStandInsOf;
  readonly #clients: Map<AccountIndex, InternalClient> = new Map();

  constructor(road: InsideRoad, standInsOf: InsideStandInsOf) {
    this.#road = road;
    this.#standInsOf = standInsOf;
  }

  of(account: AccountIndex): InternalClient {
    let client = this.#clients.get(account);
    if (client === undefined) {
      client = new InternalClient(this.#road, account, this.#standInsOf);
      this.#clients.set(account, client);
    }
    return client;
  }

  close(account: AccountIndex): void {
    this.#clients.get(account)?.[Symbol.dispose]();
    this.#clients.delete(account);
  }

  /** What these accounts import is something else now. */
  renewStandIns(accounts: readonly Account[]): void {
    for (const { index } of accounts) {
      this.#clients.get(index)?.renewStandIns();
    }
  }
}
