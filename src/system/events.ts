// Tells the system account who connected, who left and who was not let in, and that this server is about to go.

import { byteTextOf } from "../base/byte-text.ts";
import { goJson, omitEmpty } from "../base/go-json.ts";
import { goTime } from "../base/go-time.ts";
import type { ClosedConnectionRecord, ConnectionRecord } from "../broker/connection-record.ts";
import type { ConnectionListener } from "../broker/connection-registry.ts";
import type { Clock } from "../ports/clock.ts";
import type { AccountCounts } from "./account-counts.ts";
import { countOf } from "./account-counts.ts";
import type { Stamps } from "./envelope.ts";
import type { EventIds } from "./event-id.ts";
import { shownRoundTripNanos } from "./round-trip.ts";
import type { SystemChannel } from "./system-channel.ts";

const connectType = "io.nats.server.advisory.v1.client_connect";
const disconnectType = "io.nats.server.advisory.v1.client_disconnect";

export interface EventParts {
  readonly channel: SystemChannel;
  readonly stamps: Stamps;
  readonly ids: EventIds;
  readonly counts: AccountCounts;
  readonly clock: Clock;
  readonly serverId: string;
}

export class SystemEvents implements ConnectionListener {
  readonly #parts: EventParts;

  constructor(parts: EventParts) {
    this.#parts = parts;
  }

  /** A connection was authenticated and counts in its account. */
  onConnected(connection: ConnectionRecord): void {
    const { channel, counts } = this.#parts;
    counts.announceChange(connection.account);
    const subject = byteTextOf(`$SYS.ACCOUNT.${connection.account}.CONNECT`);
    if (channel.hasInterest(subject)) {
      const head = this.#head(connectType, this.#parts.clock.wallNanos());
      channel.publish(subject, goJson({ ...head, client: clientBody(connection, null) }));
    }
  }

  /** A connection has ended; its account no longer counts it, its subscriptions are gone. */
  onDisconnected(connection: ClosedConnectionRecord): void {
    this.#parts.counts.announceChange(connection.account);
    this.onRefusedClosed(connection);
  }

  /** A connection was refused. It ends soon, and never was counted. */
  onAuthenticationFailed(connection: ConnectionRecord, reason: string): void {
    const subject = `$SYS.SERVER.${this.#parts.serverId}.CLIENT.AUTH.ERR`;
    this.#sendDisconnect(subject, connection, this.#parts.clock.wallNanos(), reason);
  }

  /** An ended connection that never was authenticated. */
  onRefusedClosed(connection: ClosedConnectionRecord): void {
    const subject = byteTextOf(`$SYS.ACCOUNT.${connection.account}.DISCONNECT`);
    this.#sendDisconnect(subject, connection, connection.stopNanos, connection.reason);
  }

  announceShutdown(): void {
    this.#announce("SHUTDOWN");
  }

  announceLameDuck(): void {
    this.#announce("LAMEDUCK");
  }

  #announce(what: string): void {
    const { channel, stamps, serverId } = this.#parts;
    channel.publish(`$SYS.SERVER.${serverId}.${what}`, goJson(stamps.next()));
  }

  #sendDisconnect(
    subject: string,
    connection: ConnectionRecord,
    stopNanos: bigint,
    reason: string,
  ): void {
    const { channel } = this.#parts;
    if (!channel.hasInterest(subject)) {
      return;
    }
    const body = {
      ...this.#head(disconnectType, stopNanos),
      client: clientBody(connection, stopNanos),
      // Seen from the client, unlike everywhere else.
      sent: countOf(connection.received),
      received: countOf(connection.sent),
      reason,
    };
    channel.publish(subject, goJson(body));
  }

  #head(type: string, nanos: bigint): object {
    const { ids, stamps } = this.#parts;
    return { type, id: ids.next(), timestamp: goTime(nanos), server: stamps.next() };
  }
}

function clientBody(connection: ConnectionRecord, stopNanos: bigint | null): object {
  return {
    start: goTime(connection.startNanos),
    host: omitEmpty(connection.address),
    id: omitEmpty(connection.id),
    acc: omitEmpty(connection.account),
    user: omitEmpty(connection.user),
    name: omitEmpty(connection.name),
    lang: omitEmpty(connection.language),
    ver: omitEmpty(connection.version),
    rtt: stopNanos === null ? undefined : omitEmpty(shownRoundTripNanos(connection.rttNanos)),
    stop: stopNanos === null ? undefined : goTime(stopNanos),
    name_tag: omitEmpty(connection.account),
    kind: "Client",
    client_type: connection.type,
    client_id: omitEmpty(connection.mqttClient),
  };
}
