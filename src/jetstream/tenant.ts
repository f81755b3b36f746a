// An account as JetStream is told of it: whose it is, how to speak there, and what it may have.

import type { AccountUsageLimits } from "./api/api-context.ts";
import type { Outlet } from "./outlet.ts";

export interface Tenant {
  readonly name: string;
  readonly isSystem: boolean;
  readonly outlet: Outlet;
  /** Null: JetStream is off for it. */
  readonly limits: AccountUsageLimits | null;
  /** It takes another account's API in place of its own. */
  readonly isServedElsewhere: boolean;
}
