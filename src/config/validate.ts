// Rules that need two sections, or the command line too. They hold for Options however these came about.

import { isValidSubject } from "../subjects/subject.ts";
import { ConfigError } from "./config-error.ts";
import type { Findings } from "./findings.ts";
import type { Options, PermissionOptions, UserOptions } from "./options.ts";
import { formatDuration } from "./quantity.ts";
import { quote } from "./quote.ts";
import type { Draft } from "./sections/draft.ts";
import { splitHostPort } from "./sections/listen.ts";
import { subjectFault } from "./sections/permissions.ts";

/** Accounts that are traded with must be there. Asked once all sections were read without an error. */
export function checkTrade(draft: Draft, findings: Findings): void {
  const node = draft.accountsNode;
  if (node === null) {
    return;
  }
  const names = new Set(draft.accounts.map((account) => account.name));
  for (const account of draft.accounts) {
    for (const exported of account.exports) {
      for (const name of exported.accounts.filter((other) => !names.has(other))) {
        findings.error(node, `${quote(name)} account not defined for ${exported.kind} export`);
      }
      if (exported.latency !== null && draft.noSystemAccount) {
        findings.error(
          node,
          `Error adding service latency sampling for ${quote(exported.subject)}: system account not setup`,
        );
      }
    }
    for (const imported of account.imports.filter((other) => !names.has(other.account))) {
      findings.error(
        node,
        `${quote(imported.account)} account not defined for ${imported.kind} import`,
      );
    }
  }
}

/** Throws ConfigError. Asked after the command line was applied. */
export function validateOptions(options: Options): void {
  const fault =
    durationsFault(options) ??
    namesFault(options) ??
    advertiseFault(options.clientAdvertise) ??
    usersFault(options) ??
    noAuthUserFault(options);
  if (fault !== null) {
    throw new ConfigError(fault);
  }
}

function durationsFault(options: Options): string | null {
  const { lameDuckDurationMillis: duration, lameDuckGraceMillis: grace } = options;
  if (duration > 0 && grace >= duration) {
    return `lame duck grace period (${formatDuration(grace)}) should be strictly lower than lame duck duration (${formatDuration(duration)})`;
  }
  return options.maxPayload > options.maxPending
    ? `max_payload (${options.maxPayload}) cannot be higher than max_pending (${options.maxPending})`
    : null;
}

function namesFault(options: Options): string | null {
  if (options.serverName?.includes(" ")) {
    return "server name cannot contain spaces";
  }
  return options.clusterName?.includes(" ") ? "cluster name cannot contain spaces" : null;
}

/** host or host:port; null when it is neither given nor wrong. */
export function advertiseFault(advertise: string | null): string | null {
  if (advertise === null) {
    return null;
  }
  const port = splitHostPort(advertise)?.port.trim() ?? "";
  const isHost = splitHostPort(`${advertise}:0`) !== null;
  return isHost || /^[-+]?[0-9]+$/.test(port)
    ? null
    : `invalid ClientAdvertise value of ${advertise}`;
}

function allUsers(options: Options): readonly UserOptions[] {
  return [...options.authorization.users, ...options.accounts.flatMap((account) => account.users)];
}

/** Options made by hand were not seen by the decoders. */
function usersFault(options: Options): string | null {
  for (const user of allUsers(options)) {
    const fault = permissionsFault(user.permissions);
    if (fault !== null) {
      const who =
        user.nkey === null ? `user ${quote(user.name ?? "")}` : `nkey ${quote(user.nkey)}`;
      return `invalid permissions for ${who}: ${fault}`;
    }
  }
  return null;
}

function permissionsFault(permissions: PermissionOptions | null): string | null {
  if (permissions === null) {
    return null;
  }
  const { publish, subscribe } = permissions;
  return (
    listFault("publish allow", publish.allow ?? [], false) ??
    listFault("publish deny", publish.deny, false) ??
    listFault("subscribe allow", subscribe.allow ?? [], true) ??
    listFault("subscribe deny", subscribe.deny, true)
  );
}

function listFault(what: string, subjects: readonly string[], takesQueues: boolean): string | null {
  for (const subject of subjects) {
    const fault = isValidSubject(subject) ? null : subjectFault(subject, takesQueues);
    if (fault !== null) {
      return `${what}: ${fault}`;
    }
  }
  return null;
}

function noAuthUserFault(options: Options): string | null {
  const name = options.noAuthUser;
  if (name === null) {
    return null;
  }
  const users = allUsers(options);
  if (users.length === 0) {
    return `no_auth_user: "${name}" present, but users/nkeys are not defined`;
  }
  return users.some((user) => user.name === name || user.nkey === name)
    ? null
    : `no_auth_user: "${name}" not present as user or nkey in authorization block or account configuration`;
}
