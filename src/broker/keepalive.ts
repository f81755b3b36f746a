// Pings clients: once soon after CONNECT to measure the round trip, then in intervals to those who are silent, and ends
// those who never answer. Deadlines lie in the shared wheel; the connection carries what was measured.

import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { Random } from "../ports/random.ts";
import { violation } from "../protocol/violation.ts";
import type { Fabric } from "../wasm/fabric.ts";
import type { Connection } from "./connection.ts";
import type { DeadlineWheel } from "./deadline-wheel.ts";

/** The first PING after CONNECT comes so soon, at least for clients whose interval is longer. */
export const firstPingMillis = 2000;
/** A round trip measured so long ago is measured again, even when the client is busy. */
const roundTripAgeMillis = 60 * 60 * 1000;
/** The first PING is put off by up to this share, so that clients that came together are not pinged together. */
const spreadShare = 0.2;

const pingLine: Uint8Array = new TextEncoder().encode("PING\r\n");

export interface KeepaliveLimits {
  readonly pingIntervalMillis: number;
  readonly pingMax: number;
  /** Of clients behind websockets; 0 is as for others. */
  readonly websocketPingIntervalMillis: number;
}

export interface KeepaliveParts {
  readonly fabric: Fabric;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly wheel: DeadlineWheel<Connection>;
}

export class Keepalive {
  readonly #parts: KeepaliveParts;
  #limits: KeepaliveLimits;
  #staleConnections = 0;

  constructor(parts: KeepaliveParts, limits: KeepaliveLimits) {
    this.#parts = parts;
    this.#limits = limits;
  }

  applyLimits(limits: KeepaliveLimits): void {
    this.#limits = limits;
  }

  get staleConnections(): number {
    return this.#staleConnections;
  }

  /** For a connection that may stay without CONNECT. */
  onAccepted(connection: Connection): void {
    this.#pingAfter(connection, this.#intervalOf(connection));
  }

  onConnect(connection: Connection): void {
    // Until a PONG tells better: the time from our INFO to its CONNECT.
    connection.roundTripMillis = this.#parts.clock.monotonicMillis() - connection.startMillis;
    const soon = Math.min(firstPingMillis, this.#intervalOf(connection));
    const spread = Math.floor(soon * spreadShare);
    this.#pingAfter(connection, soon + (spread > 0 ? this.#parts.random.below(spread) : 0));
  }

  onPong(connection: Connection): void {
    connection.pingsOut = 0;
    if (connection.pingedAtMillis > 0) {
      const now = this.#parts.clock.monotonicMillis();
      connection.roundTripMillis = now - connection.pingedAtMillis;
    }
  }

  onDue(connection: Connection, now: number): void {
    const { log } = this.#parts;
    if (log.isDebug) {
      log.debug(`${connection.label} - Client Ping Timer`);
    }
    const silence = now - connection.lastInMillis;
    const isRoundTripKnown =
      connection.pingedAtMillis > 0 && now - connection.pingedAtMillis <= roundTripAgeMillis;
    if (silence < this.#intervalOf(connection) && isRoundTripKnown) {
      if (log.isDebug) {
        const ago = `${Math.round(silence / 1000)}s`;
        const text = `Delaying PING due to remote client data or ping ${ago} ago`;
        log.debug(`${connection.label} - ${text}`);
      }
    } else if (connection.pingsOut + 1 > this.#limits.pingMax) {
      this.#staleConnections += 1;
      if (log.isDebug) {
        log.debug(`${connection.label} - Stale Client Connection - Closing`);
      }
      connection.tell(violation.staleConnection);
      return;
    } else {
      this.ping(connection);
    }
    this.#pingAfter(connection, this.#intervalOf(connection));
  }

  ping(connection: Connection): void {
    connection.pingedAtMillis = this.#parts.clock.monotonicMillis();
    connection.pingsOut += 1;
    this.#parts.fabric.awaitPong(connection.slot, true);
    connection.write(pingLine);
  }

  #intervalOf({ kind }: Connection): number {
    const { pingIntervalMillis, websocketPingIntervalMillis } = this.#limits;
    return (kind === "websocket" && websocketPingIntervalMillis) || pingIntervalMillis;
  }

  #pingAfter(connection: Connection, millis: number): void {
    this.#parts.wheel.set(connection, this.#parts.clock.monotonicMillis() + millis);
  }
}
