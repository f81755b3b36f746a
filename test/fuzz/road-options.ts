// What a connection of the fuzzed road is like when nothing is said about it.

import { noPermissions, type PermissionsRef } from "../../src/wasm/fabric.ts";

export const plainOptions = {
  permissions: noPermissions as PermissionsRef,
  connected: true,
  verbose: false,
  pedantic: false,
  echo: true,
  headers: true,
  noResponders: true,
  decidesSubscriptions: false,
  reportsFirstPing: false,
  isSystem: false,
  maxPayload: 1_048_576,
  maxSubscriptions: 0,
  maxControlLine: 4096,
};
