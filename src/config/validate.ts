// Rules that need two sections, or the command line too. They hold for Options however these came about.

import { parseOrigin } from "../base/http-origin.ts";
import { isValidSubject } from "../subjects/subject.ts";
import { ConfigError } from "./config-error.ts";
import type { Findings } from "./findings.ts";
import type { Options, PermissionOptions, UserOptions, WebsocketOptions } from "./options.ts";
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
    noAuthUserFault(options, options.noAuthUser) ??
    websocketFault(options) ??
    jetStreamFault(options);
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

function noAuthUserFault(options: Options, name: string | null): string | null {
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

function jetStreamFault({ jetStream: { domain } }: Options): string | null {
  if (domain === null) {
    return null;
  }
  const subject = `$JS.${domain}.API.>`;
  if (!isValidSubject(subject)) {
    return `invalid domain name: derived ${quote(subject)} is not a valid subject`;
  }
  return /^[^.*>\s\0]+$/.test(domain) ? null : "invalid domain name: may not contain ., * or >";
}

const ownHeaders: ReadonlySet<string> = new Set([
  "host",
  "content-length",
  "connection",
  "upgrade",
  "nats-no-masking",
]);

function websocketFault(options: Options): string | null {
  const { websocket } = options;
  if (websocket === null) {
    return null;
  }
  if (!websocket.noTls) {
    return "websocket requires TLS configuration";
  }
  return (
    originsFault(websocket.allowedOrigins) ??
    noAuthUserFault(options, websocket.noAuthUser) ??
    websocketSecretsFault(websocket, allUsers(options).length > 0) ??
    websocketHeadersFault(Object.keys(websocket.headers))
  );
}

function originsFault(origins: readonly string[]): string | null {
  for (const text of origins) {
    const origin = parseOrigin(text);
    if (!origin.ok) {
      return `unable to parse allowed origin: ${origin.refusal}`;
    }
    const { scheme, host } = origin.value;
    if (scheme !== "http" && scheme !== "https") {
      return `unable to parse allowed origin ${quote(text)}: allowed origins must be absolute URLs with http or https scheme`;
    }
    if (host === "") {
      return `unable to parse allowed origin ${quote(text)}: host is required`;
    }
  }
  return null;
}

function websocketSecretsFault(websocket: WebsocketOptions, hasUsers: boolean): string | null {
  if (hasUsers && websocket.user !== null) {
    return "websocket authentication username not compatible with presence of users/nkeys";
  }
  if (hasUsers && websocket.token !== null) {
    return "websocket authentication token not compatible with presence of users/nkeys";
  }
  return websocket.jwtCookie === null
    ? null
    : `trusted operators or trusted keys configuration is required for JWT authentication via cookie ${quote(websocket.jwtCookie)}`;
}

function websocketHeadersFault(names: readonly string[]): string | null {
  for (const name of names) {
    const plain = name.toLowerCase();
    if (ownHeaders.has(plain)) {
      return `websocket: invalid header ${quote(name)} not allowed`;
    }
    if (plain.startsWith("sec-websocket-")) {
      return `websocket: invalid header ${quote(name)}, "Sec-WebSocket-" prefix not allowed`;
    }
  }
  return null;
}
