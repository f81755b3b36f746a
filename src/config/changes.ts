// What differs between the options a server runs with and those it shall run with: changes that a reload can carry out,
// and those it cannot, for which it must refuse all of them. It carries out nothing.

import { jetStreamChanges, jetStreamRefusals } from "./jetstream-changes.ts";
import type { ListenOptions, LogOptions, Options, UserOptions } from "./options.ts";
import { formatDuration } from "./quantity.ts";
import { sameValue } from "./same-value.ts";

/** Values are in the new options; where the old one is needed to carry the change out, it stands here. */
export type ConfigChange = {
  /** The line for the log; null where the reference says nothing. */
  readonly text: string | null;
} & (
  | { readonly kind: "log"; readonly setting: keyof LogOptions }
  /** Users, their secrets and permissions: connections must be looked at again. */
  | { readonly kind: "authorization" }
  /** Accounts apart from their users, and the mappings of the global account. */
  | { readonly kind: "accounts" }
  | { readonly kind: "pid-file"; readonly old: string | null }
  | { readonly kind: "ports-file-dir"; readonly old: string | null }
  | { readonly kind: SimpleKind }
);

type SimpleKind =
  | "authorization-timeout"
  | "client-advertise"
  | "cluster-name"
  | "connect-error-reports"
  | "fast-producer-stall"
  | "jetstream"
  | "jetstream-limits"
  | "lame-duck"
  | "max-connections"
  | "max-control-line"
  | "max-payload"
  | "metadata"
  | "no-auth-user"
  | "ping-interval"
  | "ping-max"
  | "reconnect-error-reports"
  | "tags"
  | "write-deadline";

export interface ConfigChanges {
  readonly changes: readonly ConfigChange[];
  /** One text for each change that needs a restart; if there is any, none may be carried out. */
  readonly unsupported: readonly string[];
}

const defaultSystemAccount = "$SYS";

export function changesBetween(old: Options, next: Options): ConfigChanges {
  return {
    changes: [
      ...logChanges(old.log, next.log),
      ...authorizationChanges(old, next),
      ...numberChanges(old, next),
      ...otherChanges(old, next),
      ...jetStreamChanges(old.jetStream, next.jetStream),
    ],
    unsupported: unsupportedChanges(old, next),
  };
}

const logSettings: readonly (readonly [keyof LogOptions, string])[] = [
  ["isTrace", "trace"],
  ["isDebug", "debug"],
  ["isTraceVerbose", "trace_verbose"],
  ["traceHeaders", "trace_headers"],
  ["logTime", "logtime"],
  ["logTimeUtc", "logtime_utc"],
  ["file", "log_file"],
  ["maxTracedMessageLength", "max_traced_msg_len"],
];

function logChanges(old: LogOptions, next: LogOptions): readonly ConfigChange[] {
  return logSettings
    .filter(([setting]) => old[setting] !== next[setting])
    .map(([setting, name]) => ({ kind: "log", setting, text: set(name, next[setting] ?? "") }));
}

function authorizationChanges(old: Options, next: Options): readonly ConfigChange[] {
  const before = old.authorization;
  const after = next.authorization;
  const of = (text: string): ConfigChange => ({
    kind: "authorization",
    text: `Reloaded: authorization ${text}`,
  });
  const changes: ConfigChange[] = [];
  if (!sameValue(keyUsers(old), keyUsers(next))) {
    changes.push(of("nkey users"));
  }
  if (!sameValue(namedUsers(old), namedUsers(next))) {
    changes.push(of("users"));
  }
  if (!sameValue(tenancy(old), tenancy(next))) {
    changes.push({ kind: "accounts", text: "Reloaded: accounts" });
  }
  if (before.user !== after.user) {
    changes.push(of("username"));
  }
  if (before.password !== after.password) {
    changes.push(of("password"));
  }
  if (before.token !== after.token) {
    changes.push(of("token"));
  }
  if (before.timeoutMillis !== after.timeoutMillis) {
    const text = `Reloaded: authorization timeout = ${after.timeoutMillis / 1000}`;
    changes.push({ kind: "authorization-timeout", text });
  }
  if (old.noAuthUser !== next.noAuthUser) {
    changes.push({ kind: "no-auth-user", text: set("no_auth_user", next.noAuthUser ?? "") });
  }
  return changes;
}

type BoundUser = UserOptions & { readonly account: string | null };

/** The order of users means nothing. */
function usersOf(options: Options): readonly BoundUser[] {
  const global = options.authorization.users.map((user) => ({ ...user, account: null }));
  const bound = options.accounts.flatMap((account) =>
    account.users.map((user) => ({ ...user, account: account.name })),
  );
  return [...global, ...bound].sort((a, b) => compare(identityOf(a), identityOf(b)));
}

function identityOf(user: UserOptions): string {
  return user.nkey ?? user.name ?? "";
}

function keyUsers(options: Options): readonly BoundUser[] {
  return usersOf(options).filter((user) => user.nkey !== null);
}

function namedUsers(options: Options): readonly BoundUser[] {
  return usersOf(options).filter((user) => user.nkey === null);
}

/** Nor does the order of accounts. */
function tenancy(options: Options): unknown {
  const accounts = options.accounts.map((account) => ({ ...account, users: [] }));
  return {
    mappings: options.mappings,
    accounts: accounts.sort((a, b) => compare(a.name, b.name)),
  };
}

function numberChanges(old: Options, next: Options): readonly ConfigChange[] {
  const rows: readonly (readonly [SimpleKind, keyof Options, string, string])[] = [
    ["max-connections", "maxConnections", "max_connections", String(next.maxConnections)],
    [
      "ping-interval",
      "pingIntervalMillis",
      "ping_interval",
      formatDuration(next.pingIntervalMillis),
    ],
    ["ping-max", "pingMax", "ping_max", String(next.pingMax)],
    ["max-control-line", "maxControlLine", "max_control_line", String(next.maxControlLine)],
    ["max-payload", "maxPayload", "max_payload", String(next.maxPayload)],
    [
      "write-deadline",
      "writeDeadlineMillis",
      "write_deadline",
      formatDuration(next.writeDeadlineMillis),
    ],
    [
      "lame-duck",
      "lameDuckDurationMillis",
      "lame_duck_duration",
      formatDuration(next.lameDuckDurationMillis),
    ],
    [
      "lame-duck",
      "lameDuckGraceMillis",
      "lame_duck_grace_period",
      formatDuration(next.lameDuckGraceMillis),
    ],
    [
      "connect-error-reports",
      "connectErrorReports",
      "connect_error_reports",
      String(next.connectErrorReports),
    ],
    [
      "reconnect-error-reports",
      "reconnectErrorReports",
      "reconnect_error_reports",
      String(next.reconnectErrorReports),
    ],
  ];
  return rows
    .filter(([, field]) => old[field] !== next[field])
    .map(([kind, , name, value]) => ({ kind, text: set(name, value) }));
}

function otherChanges(old: Options, next: Options): readonly ConfigChange[] {
  const changes: ConfigChange[] = [];
  if (old.noFastProducerStall !== next.noFastProducerStall) {
    const not = next.noFastProducerStall ? "not " : "";
    const text = `Reloaded: fast producers will ${not}be stalled`;
    changes.push({ kind: "fast-producer-stall", text });
  }
  if (old.clientAdvertise !== next.clientAdvertise) {
    // The reference's text has this other first word.
    const text = `Reload: client_advertise = ${next.clientAdvertise ?? ""}`;
    changes.push({ kind: "client-advertise", text });
  }
  if (old.clusterName !== next.clusterName) {
    changes.push({ kind: "cluster-name", text: "Reloaded: cluster" });
  }
  if (old.pidFile !== next.pidFile) {
    const text = next.pidFile === null ? null : set("pid_file", next.pidFile);
    changes.push({ kind: "pid-file", old: old.pidFile, text });
  }
  if (old.portsFileDir !== next.portsFileDir) {
    const text = set("ports_file_dir", next.portsFileDir ?? "");
    changes.push({ kind: "ports-file-dir", old: old.portsFileDir, text });
  }
  if (!sameValue([...old.serverTags].sort(), [...next.serverTags].sort())) {
    changes.push({ kind: "tags", text: "Reloaded: tags" });
  }
  if (!sameValue(old.serverMetadata, next.serverMetadata)) {
    changes.push({ kind: "metadata", text: "Reloaded: metadata" });
  }
  return changes;
}

/** Under the names the reference gives these, in its order. */
function fixedParts(options: Options): readonly (readonly [string, unknown])[] {
  return [
    ["ServerName", options.serverName ?? ""],
    ["Host", options.client.host],
    ["Port", options.client.port],
    ["NoSublistCache", options.disableSublistCache],
    ["NoHeaderSupport", options.noHeaderSupport],
    ["MaxSubs", options.maxSubscriptions],
    ["MaxSubTokens", options.maxSubscriptionTokens],
    ["SystemAccount", options.systemAccount ?? defaultSystemAccount],
    ["NoSystemAccount", options.noSystemAccount],
    ["ProxyProtocol", options.proxyProtocol],
    ["HTTPHost", options.http?.host ?? options.client.host],
    ["HTTPPort", options.http?.port ?? "none"],
    ["HTTPBasePath", options.httpBasePath],
    ["MaxPending", options.maxPending],
    ["LogSizeLimit", options.log.sizeLimit],
    ["LogMaxFiles", options.log.maxFiles],
    ["WriteTimeout", options.writeTimeout],
    ["MaxClosedClients", options.maxClosedClients],
    ["FeatureFlags", options.featureFlags],
  ];
}

function unsupportedChanges(old: Options, next: Options): readonly string[] {
  const after = new Map(fixedParts(next));
  const parts = fixedParts(old)
    .filter(([name, value]) => !sameValue(value, after.get(name)) && !isFreePort(name, next))
    .map(([name, value]) => {
      const values = `old=${shown(value)}, new=${shown(after.get(name))}`;
      return `config reload not supported for ${name}: ${values}`;
    });
  return [
    ...parts,
    ...blocksThatStay(old, next),
    ...jetStreamRefusals(old.jetStream, next.jetStream),
  ];
}

/** Any port will do, so the one at hand does. */
function isFreePort(name: string, next: Options): boolean {
  return name === "Port" && next.client.port === 0;
}

/** What these hold is not shown, for it may be secret. */
function blocksThatStay(old: Options, next: Options): readonly string[] {
  const blocks: readonly (readonly [string, ListenOptions | null, ListenOptions | null])[] = [
    ["Websocket", old.websocket, next.websocket],
    ["LeafNode", old.leafnodeListen, next.leafnodeListen],
  ];
  return blocks
    .filter(([, before, after]) => !sameValue(before, after) && !isSameButForPort(before, after))
    .map(([name]) => `config reload not supported for ${name}`);
}

function isSameButForPort(before: ListenOptions | null, after: ListenOptions | null): boolean {
  return before !== null && after?.port === 0 && sameValue(before, { ...after, port: before.port });
}

function set(name: string, value: unknown): string {
  return `Reloaded: ${name} = ${String(value)}`;
}

function shown(value: unknown): string {
  if (typeof value !== "object" || value === null) {
    return String(value);
  }
  const pairs = Object.entries(value).sort(([a], [b]) => compare(a, b));
  return `map[${pairs.map(([key, entry]) => `${key}:${String(entry)}`).join(" ")}]`;
}

function compare(a: string, b: string): number {
  if (a === b) {
    return 0;
  }
  return a < b ? -1 : 1;
}
