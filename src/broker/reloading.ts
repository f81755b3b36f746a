// Carries a reload to what is connected: accounts come and go, users lose what they may no longer do, and those who may
// no longer be here are told and closed. What changed in the configuration others have worked out.

import type { AccountChanges } from "../accounts/account-registry.ts";
import type { Authenticator } from "../auth/authenticator.ts";
import { claimText } from "../auth/claim.ts";
import { closedReason } from "../protocol/closed-reason.ts";
import { violation } from "../protocol/violation.ts";
import type { SlotIndex } from "../wasm/fabric.ts";
import type { Broker } from "./broker.ts";
import type { ClientSession } from "./client-session.ts";

const noChanges: AccountChanges = {
  added: [],
  removed: [],
  changed: [],
  withOtherStreamImports: [],
};

/** `former` let in those who are connected; the broker obeys another authenticator already. */
export function renewTenancy(
  broker: Broker,
  former: Authenticator,
  changes: AccountChanges = noChanges,
): void {
  for (const account of changes.added) {
    broker.openAccount(account);
  }
  for (const { session } of [...broker.connections.open]) {
    const { connectionType } = session;
    renew(session, broker.authenticator.for(connectionType), former.for(connectionType));
  }
  broker.roads.apply(changes, openSlots(broker));
  broker.insides.renewStandIns(changes.withOtherStreamImports);
  for (const account of changes.removed) {
    broker.closeAccount(account);
  }
}

/** The latest go first. */
export function closeSurplus(broker: Broker): void {
  const { maxConnections } = broker.limits;
  const surplus = maxConnections > 0 ? broker.connections.openCount - maxConnections : 0;
  if (surplus > 0) {
    for (const { connection } of [...broker.connections.open].slice(-surplus)) {
      connection.tell(violation.maxConnections);
    }
  }
}

function renew(session: ClientSession, authenticator: Authenticator, former: Authenticator): void {
  const { identity, connection } = session;
  if (identity === null) {
    if (authenticator.isRequired && session.isOpenToAll) {
      session.refuse("authentication error");
    } else {
      session.renew(null);
    }
    return;
  }
  const now = authenticator.renewed(identity, former, session.gaveCredentials, session.authClient);
  if (now === null) {
    const { claim } = identity;
    const whose = claim.kind === "none" ? "" : ` - ${claimText(claim)}`;
    session.refuse(`authentication error${whose}`);
  } else if (now.account !== session.account.name) {
    // Elsewhere it would have other subscriptions: it must come again.
    connection.closeFor(closedReason.clientClosed);
  } else {
    session.renew(now);
  }
}

function* openSlots(broker: Broker): Iterable<SlotIndex> {
  for (const { connection } of broker.connections.open) {
    yield connection.slot;
  }
}
