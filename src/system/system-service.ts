// All that this server does in its system account, as one: events, statistics and answers, from start to end.

import type { Clock } from "../ports/clock.ts";
import type { Compression } from "../ports/compression.ts";
import type { Random } from "../ports/random.ts";
import type { Timers } from "../ports/timers.ts";
import { AccountCounts } from "./account-counts.ts";
import { Stamps } from "./envelope.ts";
import { EventIds } from "./event-id.ts";
import { SystemEvents } from "./events.ts";
import { Inquiries } from "./inquiries.ts";
import type { PageSource } from "./page-source.ts";
import { Replies } from "./replies.ts";
import { SystemRequests } from "./requests.ts";
import { ServerStatistics } from "./statistics.ts";
import type { SystemChannel } from "./system-channel.ts";
import type { SystemControls, SystemView } from "./system-view.ts";

export interface SystemParts {
  readonly channel: SystemChannel;
  readonly systemAccount: string;
  readonly view: SystemView;
  readonly controls: SystemControls;
  readonly pages: PageSource;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** Null when no reply can be compressed. */
  readonly compression: Compression | null;
}

export class SystemService implements Disposable {
  /** To be told of connections. */
  readonly events: SystemEvents;
  readonly #statistics: ServerStatistics;
  readonly #owned: DisposableStack = new DisposableStack();

  /** Answers from now on; statistics begin with start(). */
  constructor(parts: SystemParts) {
    const { channel, view, clock, timers } = parts;
    const stamps = new Stamps(view, clock);
    const ids = new EventIds(parts.random);
    const replies = new Replies(channel, stamps, parts.compression);
    const common = { channel, stamps, ids, replies, view, clock, timers };
    const counts = this.#owned.use(new AccountCounts(common));
    const statistics = this.#owned.use(new ServerStatistics(common));
    const { controls, pages, systemAccount } = parts;
    this.#owned.use(new SystemRequests({ ...common, controls, pages, statistics, counts }));
    this.#owned.use(new Inquiries({ ...common, systemAccount }));
    this.#statistics = statistics;
    this.events = new SystemEvents({ ...common, counts, serverId: view.identity().id });
  }

  start(): void {
    this.#statistics.start();
  }

  /** Ends subscriptions and timers. */
  [Symbol.dispose](): void {
    this.#owned.dispose();
  }
}
