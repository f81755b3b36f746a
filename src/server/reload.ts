// Carries out a new configuration: all of it, or nothing. What differs is worked out first; a difference that needs a
// restart refuses the whole.

import type { AccountChanges } from "../accounts/account-registry.ts";
import { Authenticator } from "../auth/authenticator.ts";
import { assert } from "../base/assert.ts";
import { ServerError } from "../base/server-error.ts";
import { brokerLimitsOf } from "../broker/session-surroundings.ts";
import { type ConfigChange, changesBetween } from "../config/changes.ts";
import type { Options } from "../config/options.ts";
import { accountFaults } from "./account-faults.ts";
import type { Server } from "./server.ts";

/** The new configuration was refused; the old one is in force. */
export class ReloadRefused extends ServerError {}

/** `adopt` makes the new options the server's; it is called once nothing can fail any more. */
export function reload(server: Server, old: Options, next: Options, adopt: () => void): void {
  const { log } = server.host;
  const { changes, unsupported } = changesBetween(old, next);
  if (unsupported.length > 0) {
    throw new ReloadRefused("reload", unsupported.join("; "));
  }
  const kinds = new Set(changes.map(({ kind }) => kind));
  // Both may refuse: the log by its file, which then stays as it was, and the accounts by what they trade.
  const faults = kinds.has("accounts") ? accountFaults(next, server.host.random) : [];
  if (faults.length > 0) {
    throw new ReloadRefused("reload", faults.join("\n"));
  }
  if (kinds.has("log")) {
    log.configure(next.log);
  }
  const accountChanges = kinds.has("accounts") ? replaceAccounts(server, next) : null;
  adopt();
  server.broker.applyLimits(brokerLimitsOf(next));
  if (accountChanges !== null || touchesUsers(kinds)) {
    const { crypto } = server.host;
    server.jetStream.dropAccounts(accountChanges?.removed ?? []);
    const authenticator = new Authenticator(next, crypto);
    server.broker.applyTenancy(authenticator, accountChanges);
    server.system?.importIntoAccounts();
    server.jetStream.applyAccounts();
  }
  for (const change of changes) {
    carryOut(server, change);
    if (change.text !== null) {
      log.notice(change.text);
    }
  }
  log.notice(`Reloaded server configuration (${next.configDigest})`);
}

type Kind = ConfigChange["kind"];

function touchesUsers(kinds: ReadonlySet<Kind>): boolean {
  return kinds.has("authorization") || kinds.has("no-auth-user");
}

function replaceAccounts(server: Server, next: Options): AccountChanges {
  const replaced = server.accounts.replace(next);
  assert(replaced.ok, "accounts without faults can be taken over");
  return replaced.value;
}

// What reaches further than the options that rooms read anew.
function carryOut(server: Server, change: ConfigChange): void {
  switch (change.kind) {
    case "log":
      if (change.setting === "isTrace" || change.setting === "isTraceVerbose") {
        server.broker.applyTracing();
      }
      break;
    case "pid-file":
      server.writePidFile();
      break;
    case "ports-file-dir":
      server.writePortsFile();
      break;
    case "jetstream":
      server.jetStream.switchByReload();
      break;
    case "jetstream-limits":
      server.jetStream.applyLimits();
      break;
    case "client-advertise":
    case "max-payload":
    case "cluster-name":
      server.applyServerInfo();
      server.broker.sendInfoToAll(false);
      break;
    default:
      break;
  }
}
