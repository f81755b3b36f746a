// The connections behind slots as import roads know them: one immutable record per connection, made again only when
// something in it has changed.

import type { Identity } from "../auth/identity.ts";
import type { SlotIndex } from "../wasm/fabric.ts";
import { wallNanos } from "./connection-record.ts";
import type { ConnectionRegistry, OpenConnection } from "./connection-registry.ts";
import type { Keepalive } from "./keepalive.ts";
import type { Requester, Requesters } from "./request-info.ts";

interface Known {
  readonly requester: Requester;
  readonly of: OpenConnection;
  readonly roundTripMillis: number;
  readonly identity: Identity | null;
}

export class SlotRequesters implements Requesters {
  readonly #connections: ConnectionRegistry;
  readonly #keepalive: Keepalive;
  readonly #known: Map<SlotIndex, Known> = new Map();

  constructor(connections: ConnectionRegistry, keepalive: Keepalive) {
    this.#connections = connections;
    this.#keepalive = keepalive;
  }

  requesterOf(slot: SlotIndex): Requester | null {
    const of = this.#connections.at(slot);
    if (of === undefined) {
      return null;
    }
    const { roundTripMillis } = of.connection;
    const { identity } = of.session;
    const known = this.#known.get(slot);
    if (
      known !== undefined &&
      known.of === of &&
      known.roundTripMillis === roundTripMillis &&
      known.identity === identity
    ) {
      return known.requester;
    }
    const requester = describe(of);
    this.#known.set(slot, { requester, of, roundTripMillis, identity });
    return requester;
  }

  wantRtt(slot: SlotIndex): void {
    const connection = this.#connections.at(slot)?.connection;
    if (connection !== undefined && connection.pingsOut === 0) {
      this.#keepalive.ping(connection);
    }
  }

  forget(slot: SlotIndex): void {
    this.#known.delete(slot);
  }
}

function describe({ connection, session }: OpenConnection): Requester {
  const { name, language, version, user, account } = session.facts;
  return {
    account,
    rttNanos: Math.max(0, Math.round(connection.roundTripMillis * 1_000_000)),
    startNanos: wallNanos(connection.startWallMillis),
    host: connection.kind === "in-process" ? "" : connection.host,
    cid: connection.cid,
    user,
    name,
    lang: language,
    version,
    kind: "Client",
    clientType: "nats",
  };
}
