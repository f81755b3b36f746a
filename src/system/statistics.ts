// The server's own statistics as an event: soon after the start, then at growing distances, and whenever asked for.

import { goJson, omitEmpty } from "../base/go-json.ts";
import { goTime } from "../base/go-time.ts";
import type { Clock } from "../ports/clock.ts";
import type { Timers } from "../ports/timers.ts";
import { countOf } from "./account-counts.ts";
import type { ServerStamp, Stamps } from "./envelope.ts";
import { type JetStreamFigures, jetStreamBody } from "./jetstream-figures.ts";
import { OptionReader } from "./option-reader.ts";
import type { Replies, Request } from "./replies.ts";
import { concerns } from "./request-filter.ts";
import { shownPercent } from "./server-facts.ts";
import type { SystemChannel } from "./system-channel.ts";
import type { SystemView } from "./system-view.ts";

const firstMillis = 250;
const longestMillis = 10_000;
/** Broadcasts are no closer than this, nor than the present distance. */
const shortestMillis = 1000;
const badRequest = 400;

export interface StatisticsParts {
  readonly channel: SystemChannel;
  readonly stamps: Stamps;
  readonly replies: Replies;
  readonly view: SystemView;
  readonly clock: Clock;
  readonly timers: Timers;
}

export class ServerStatistics implements Disposable {
  readonly #parts: StatisticsParts;
  readonly #subject: string;
  #distance = firstMillis;
  #timer: Disposable | null = null;
  #lastMillis: number | null = null;

  constructor(parts: StatisticsParts) {
    this.#parts = parts;
    this.#subject = `$SYS.SERVER.${parts.view.identity().id}.STATSZ`;
  }

  start(): void {
    this.#distance = firstMillis;
    this.#arm(this.#distance);
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
  }

  /** Without a reply subject the answer is a broadcast. */
  answer(request: Request): void {
    const { replies, view } = this.#parts;
    const options = new OptionReader("StatszEventOptions", request.body);
    const isConcerned = concerns(view.identity(), options);
    const isBroadcast = request.reply === "";
    if (options.error !== null) {
      if (!isBroadcast) {
        replies.send(
          { ...plain(request), headers: new Uint8Array(0) },
          { error: { code: badRequest, description: options.error } },
        );
      }
    } else if (isConcerned && isBroadcast) {
      this.#lastMillis = null;
      this.broadcast();
    } else if (isConcerned) {
      this.#publish(request.reply);
    }
  }

  broadcast(): void {
    const now = this.#parts.clock.monotonicMillis();
    const interval = Math.min(shortestMillis, this.#distance);
    const since = this.#lastMillis === null ? interval : now - this.#lastMillis;
    if (since < interval) {
      this.#arm(interval - since);
      return;
    }
    this.#lastMillis = now;
    if (this.#parts.channel.hasInterest(this.#subject)) {
      this.#publish(this.#subject);
    }
  }

  #arm(millis: number): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = this.#parts.timers.after(millis, () => this.#beat());
  }

  #beat(): void {
    this.#distance = Math.min(this.#distance * 2, longestMillis);
    this.#arm(this.#distance);
    this.broadcast();
  }

  #publish(subject: string): void {
    const body = statisticsBody(this.#parts.stamps.next(), this.#parts.view);
    this.#parts.channel.publish(subject, goJson(body));
  }
}

function statisticsBody(server: ServerStamp, view: SystemView): object {
  const process = view.process();
  const traffic = view.traffic();
  const jetStreamFigures = shownFigures(view);
  const { slowConsumers, staleConnections } = traffic;
  return {
    server,
    statsz: {
      start: goTime(view.startNanos),
      mem: process.residentBytes,
      cores: process.cores,
      cpu: shownPercent(process.cpuPercent),
      connections: traffic.connections,
      total_connections: traffic.totalConnections,
      active_accounts: traffic.activeAccounts,
      subscriptions: traffic.subscriptions,
      sent: countOf(traffic.sent),
      sent_to_clients: countOf(traffic.sent),
      received: countOf(traffic.received),
      received_from_clients: countOf(traffic.received),
      slow_consumers: slowConsumers,
      slow_consumer_stats: slowConsumers === 0 ? undefined : ofClients(slowConsumers),
      stale_connections: omitEmpty(staleConnections),
      stale_connection_stats: staleConnections === 0 ? undefined : ofClients(staleConnections),
      stalled_clients: omitEmpty(traffic.stalledClients),
      active_servers: 1,
      jetstream: jetStreamFigures === null ? undefined : jetStreamBody(jetStreamFigures),
      gomaxprocs: process.cores,
    },
  };
}

/** Where files are is not told to everybody. */
function shownFigures(view: SystemView): JetStreamFigures | null {
  const figures = view.jetStreamFigures();
  return figures === null ? null : { ...figures, storeFolder: "" };
}

function ofClients(clients: number): object {
  return { clients, routes: 0, gateways: 0, leafs: 0 };
}

/** The message lies in a row; a copy of it with other fields has to name them all. */
function plain(request: Request): Request {
  return {
    subject: request.subject,
    reply: request.reply,
    headers: request.headers,
    body: request.body,
  };
}
