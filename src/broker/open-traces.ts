// Joins message traces to the roads and connections of one broker.

import type { AccountRegistry } from "../accounts/account-registry.ts";
import type { Clock } from "../ports/clock.ts";
import type { ConnectionRegistry } from "./connection-registry.ts";
import type { ImportRoads } from "./import-roads.ts";
import type { InsideRoad } from "./internal-client.ts";
import { MessageTraces } from "./message-trace.ts";

export interface TraceParts {
  readonly insideRoad: InsideRoad;
  readonly clock: Clock;
  readonly accounts: AccountRegistry;
  readonly connections: ConnectionRegistry;
  readonly roads: ImportRoads;
}

export function openTraces(parts: TraceParts): MessageTraces {
  const { insideRoad, clock, accounts, connections, roads } = parts;
  const { fabric, random } = insideRoad;
  return new MessageTraces(insideRoad, {
    clock,
    around: {
      fabric,
      random,
      receiverAt: (slot) => {
        const opened = connections.at(slot);
        if (opened === undefined) {
          return null;
        }
        const { connection, session } = opened;
        const { name, account } = session.facts;
        const { permissionSet, hearsItself } = session;
        return { connection: { cid: connection.cid, name, account }, permissionSet, hearsItself };
      },
      standInOf: (detail, exporter) => roads.standInOf(detail, exporter),
      keeperAt: (subscription) => insideRoad.keepers?.get(subscription) ?? null,
      roadAt: (account, subscription) => roads.services.roadAt(account, subscription),
    },
    mappedSubject: (account, subject) => roads.mappedSubject(account, subject),
    routeTraced: (trace) => roads.services.routeTraced(trace),
    isSystemAccount: (account) => accounts.isSystem(account),
  });
}
