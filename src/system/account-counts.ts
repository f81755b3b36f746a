// How many connections an account has, as an event: at every change, again every half minute while there are some, and
// when asked for. The global account's are not announced.

import { globalAccountName } from "../accounts/account-registry.ts";
import { byteTextOf } from "../base/byte-text.ts";
import { goJson } from "../base/go-json.ts";
import { goTime } from "../base/go-time.ts";
import type { MessageCount } from "../broker/connection-record.ts";
import type { Clock } from "../ports/clock.ts";
import type { Timers } from "../ports/timers.ts";
import type { Stamps } from "./envelope.ts";
import type { EventIds } from "./event-id.ts";
import type { AccountTraffic } from "./server-facts.ts";
import type { SystemChannel } from "./system-channel.ts";
import type { SystemView } from "./system-view.ts";

const heartbeatMillis = 30_000;
const eventType = "io.nats.server.advisory.v1.account_connections";

export interface AccountCountParts {
  readonly channel: SystemChannel;
  readonly stamps: Stamps;
  readonly ids: EventIds;
  readonly view: SystemView;
  readonly clock: Clock;
  readonly timers: Timers;
}

export class AccountCounts implements Disposable {
  readonly #parts: AccountCountParts;
  readonly #heartbeats: Map<string, Disposable> = new Map();

  constructor(parts: AccountCountParts) {
    this.#parts = parts;
  }

  [Symbol.dispose](): void {
    for (const heartbeat of this.#heartbeats.values()) {
      heartbeat[Symbol.dispose]();
    }
    this.#heartbeats.clear();
  }

  /** The account's number of connections changed, or its half minute is over. */
  announceChange(account: string): void {
    if (account !== globalAccountName) {
      this.announce(account, [
        byteTextOf(`$SYS.SERVER.ACCOUNT.${account}.CONNS`),
        byteTextOf(`$SYS.ACCOUNT.${account}.SERVER.CONNS`),
      ]);
    }
  }

  announce(account: string, subjects: readonly string[]): void {
    const { channel, stamps, ids, view, clock } = this.#parts;
    const traffic = view.accountTraffic(account);
    if (!traffic) {
      return;
    }
    this.#arm(account, traffic.connections > 0);
    const heard = subjects.filter((subject) => channel.hasInterest(subject));
    if (heard.length === 0) {
      return;
    }
    const head = { type: eventType, id: ids.next(), timestamp: goTime(clock.wallNanos()) };
    for (const subject of heard) {
      const body = { ...head, server: stamps.next(), ...accountCountBody(traffic) };
      channel.publish(subject, goJson(body));
    }
  }

  #arm(account: string, isWanted: boolean): void {
    this.#heartbeats.get(account)?.[Symbol.dispose]();
    this.#heartbeats.delete(account);
    if (isWanted) {
      const timer = this.#parts.timers.after(heartbeatMillis, () => this.announceChange(account));
      this.#heartbeats.set(account, timer);
    }
  }
}

export interface AccountCountBody {
  readonly acc: string;
  readonly name: string;
  readonly conns: number;
  readonly leafnodes: number;
  readonly total_conns: number;
  readonly num_subscriptions: number;
  readonly sent: object;
  readonly received: object;
  readonly slow_consumers: number;
}

/** The same in events and on the pages about accounts. */
export function accountCountBody(traffic: AccountTraffic): AccountCountBody {
  return {
    acc: traffic.name,
    name: traffic.name,
    conns: traffic.connections,
    leafnodes: 0,
    total_conns: traffic.connections,
    num_subscriptions: traffic.subscriptions,
    sent: countWithLinks(traffic.sent),
    received: countWithLinks(traffic.received),
    slow_consumers: traffic.slowConsumers,
  };
}

export interface CountBody {
  readonly msgs: number;
  readonly bytes: number;
}

export function countOf(count: MessageCount): CountBody {
  return { msgs: count.messages, bytes: count.bytes };
}

function countWithLinks(count: MessageCount): object {
  const none = { msgs: 0, bytes: 0 };
  return { ...countOf(count), gateways: none, routes: none, leafs: none };
}
