// What a client's slot may do in the fabric: before anybody knows who it is, and once it is known.

import type { Account } from "../accounts/account.ts";
import { payloadLimit, subscriptionLimit } from "../accounts/limits.ts";
import { type ConnectOptions, connectDefaults } from "../protocol/connect-options.ts";
import { noPermissions, type SlotOptions } from "../wasm/fabric.ts";
import type { PermissionSet } from "./permission-sets.ts";
import type { SessionSurroundings } from "./session-surroundings.ts";

export interface Connected {
  readonly account: Account;
  readonly permissionSet: PermissionSet | null;
  readonly options: ConnectOptions;
  readonly reportsFirstPing: boolean;
}

/** Everything, unless it must say first who it is. */
export function openingSlotOptions(around: SessionSurroundings, account: Account): SlotOptions {
  const opening = {
    account,
    permissionSet: null,
    options: connectDefaults,
    reportsFirstPing: false,
  };
  return { ...connectedSlotOptions(around, opening), connected: !around.authenticator.isRequired };
}

export function connectedSlotOptions(
  around: SessionSurroundings,
  { account, permissionSet, options, reportsFirstPing }: Connected,
): SlotOptions {
  const { limits, roads } = around;
  const headers = options.headers && !limits.noHeaderSupport;
  return {
    account: account.index,
    permissions: permissionSet?.ref ?? noPermissions,
    connected: true,
    verbose: options.verbose,
    pedantic: options.pedantic,
    echo: options.echo,
    headers,
    noResponders: headers && options.noResponders,
    decidesSubscriptions:
      (permissionSet?.limitsSubscriptions ?? false) ||
      limits.maxSubscriptionTokens > 0 ||
      roads.hasStreamImports(account.index),
    reportsFirstPing,
    isSystem: around.isSystemAccount(account),
    maxPayload: payloadLimit(limits.maxPayload, account.limits),
    maxSubscriptions: subscriptionLimit(limits.maxSubscriptions, account.limits),
    maxControlLine: limits.maxControlLine,
  };
}
