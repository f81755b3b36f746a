// Who a connection is once it was let in: its account, its name and what its configuration grants it.

import type { ConnectionType, PermissionOptions } from "../config/options.ts";
import type { Claim } from "./claim.ts";

export interface Identity {
  readonly account: string;
  /** Nobody proved anything when authentication is not required; the claim is then only what the client said. */
  readonly isProven: boolean;
  readonly claim: Claim;
  /** As monitoring shows it: name, public key, a stand-in for a token, or "". */
  readonly user: string;
  readonly nkey: string | null;
  /** Null allows everything. Defaults of account or server are already in. */
  readonly permissions: PermissionOptions | null;
  /** Empty allows every type. */
  readonly allowedConnectionTypes: readonly ConnectionType[];
}

/** An empty list allows every type. */
export function isConnectionTypeAllowed(
  allowed: readonly ConnectionType[],
  type: ConnectionType,
): boolean {
  return allowed.length === 0 || allowed.includes(type);
}
