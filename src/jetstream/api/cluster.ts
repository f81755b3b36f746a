// Requests that only servers in a cluster can carry out: a server alone says so.

import { apiErrors } from "../api-error.ts";
import type { ApiCall } from "./api-call.ts";

export function needsCluster(call: ApiCall): void {
  call.refuse(apiErrors.clusterRequired);
}
