// Joins the system account to the rest: what it hears, what may be asked of it and what it can make the server do.

import type { AccountRegistry } from "../accounts/account-registry.ts";
import type { Broker } from "../broker/broker.ts";
import { MonitorPages } from "../monitor/page-source.ts";
import type { RequestCounts } from "../monitor/pages/varz.ts";
import type { ServerView } from "../monitor/server-view.ts";
import type { Host } from "../ports/host.ts";
import { AccountCounts } from "../system/account-counts.ts";
import { Stamps } from "../system/envelope.ts";
import { EventIds } from "../system/event-id.ts";
import { SystemEvents } from "../system/events.ts";
import { Inquiries } from "../system/inquiries.ts";
import { Replies } from "../system/replies.ts";
import { SystemRequests } from "../system/requests.ts";
import { ServerStatistics } from "../system/statistics.ts";
import type { SystemChannel } from "../system/system-channel.ts";
import { addSystemImports } from "../system/system-imports.ts";
import type { SystemControls } from "../system/system-view.ts";

export interface SystemRoomParts {
  readonly host: Host;
  readonly broker: Broker;
  readonly accounts: AccountRegistry;
  readonly view: ServerView;
  readonly controls: SystemControls;
  readonly requestCounts: () => RequestCounts;
}

/** Null when the configuration wants no system account. */
export function openSystemRoom(parts: SystemRoomParts): SystemRoom | null {
  const channel = channelOf(parts);
  return channel === null ? null : new SystemRoom(parts, channel);
}

function channelOf({ broker, accounts }: SystemRoomParts): SystemChannel | null {
  const { system } = accounts;
  if (system === null) {
    return null;
  }
  const client = broker.internalClient(system);
  return {
    publish: (subject, body, options) => {
      client.publish(subject, body, options);
    },
    subscribe: (subject, subscriber) => client.subscribe(subject, subscriber),
    hasInterest: (subject) => broker.fabric.hasInterest(system.index, subject),
  };
}

export class SystemRoom implements Disposable {
  readonly events: SystemEvents;
  readonly #parts: SystemRoomParts;
  readonly #resources: DisposableStack = new DisposableStack();

  constructor(parts: SystemRoomParts, channel: SystemChannel) {
    const { host, broker, view } = parts;
    const { clock, timers } = host;
    this.#parts = parts;
    const stamps = new Stamps(view, clock);
    const ids = new EventIds(host.random);
    const replies = new Replies(channel, stamps, host.compression);
    const counts = new AccountCounts({ channel, stamps, ids, view, clock, timers });
    const statistics = new ServerStatistics({ channel, stamps, replies, view, clock, timers });
    const pages = new MonitorPages(view, parts.requestCounts);
    this.events = new SystemEvents({
      channel,
      stamps,
      ids,
      counts,
      clock,
      serverId: view.identity().id,
    });
    this.#resources.use(counts);
    this.#resources.use(statistics);
    const { controls } = parts;
    this.#resources.use(
      new SystemRequests({ channel, replies, view, controls, pages, statistics, counts }),
    );
    const systemAccount = view.systemAccount() ?? "";
    this.#resources.use(new Inquiries({ channel, replies, view, systemAccount }));
    broker.listen(this.events);
    broker.traces.outlet = {
      stamp: () => stamps.next(),
      gzip: (bytes) => host.compression.gzip(bytes),
    };
    this.#resources.defer(() => {
      broker.traces.outlet = null;
    });
    this.importIntoAccounts();
    statistics.start();
  }

  /** What every other account may ask of the system; again after a reload changed the accounts. */
  importIntoAccounts(): void {
    const { accounts, broker } = this.#parts;
    for (const account of accounts.all) {
      if (!accounts.isSystem(account)) {
        addSystemImports(broker.roads, account.name);
      }
    }
  }

  [Symbol.dispose](): void {
    this.#resources.dispose();
  }
}
