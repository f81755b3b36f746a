// What the command line can say, typed, and how it overrides the options of a file. It parses no arguments.

import { ConfigError } from "./config-error.ts";
import { defaultOptions, type ListenOptions, type Options } from "./options.ts";

/** Only what was given on the command line is present. Combined flags (-DV, -VV, -DVV) are given as their parts. */
export interface Flags {
  readonly config?: string;
  /** -a, --addr, --net */
  readonly host?: string;
  /** -p, --port; -1 is any free port, 0 the default. */
  readonly port?: number;
  readonly serverName?: string;
  readonly clientAdvertise?: string;
  /** -m, --http_port; -1 is any free port, 0 none. */
  readonly httpPort?: number;
  readonly user?: string;
  readonly password?: string;
  /** --auth */
  readonly token?: string;
  readonly debug?: boolean;
  readonly trace?: boolean;
  readonly traceVerbose?: boolean;
  readonly logTime?: boolean;
  readonly logTimeUtc?: boolean;
  readonly logFile?: string;
  readonly logSizeLimit?: number;
  readonly maxTracedMessageLength?: number;
  readonly pidFile?: string;
  readonly portsFileDir?: string;
  /** --cluster_name; names this server's cluster for mappings, no more. */
  readonly clusterName?: string;
  /** -js, --jetstream; false takes nothing back. */
  readonly jetStream?: boolean;
  /** -sd, --store_dir */
  readonly storeDir?: string;
  /** Names, without dashes, of given flags whose feature is not built: refused by applyFlags. */
  readonly unsupported?: readonly string[];
}

/** Every flag of the command line. `field` is where its value goes; null for those the cli itself acts upon. */
export interface FlagDefinition {
  readonly names: readonly string[];
  readonly kind: "string" | "integer" | "boolean";
  readonly meaning: "option" | "action" | "unsupported";
  /** The fields of Flags that the value sets. */
  readonly fields: readonly Exclude<keyof Flags, "unsupported">[];
}

export const flagDefinitions: readonly FlagDefinition[] = [
  option("string", ["a", "addr", "net"], "host"),
  option("integer", ["p", "port"], "port"),
  option("string", ["n", "name", "server_name"], "serverName"),
  option("string", ["P", "pid"], "pidFile"),
  option("integer", ["m", "http_port"], "httpPort"),
  option("string", ["c", "config"], "config"),
  option("string", ["client_advertise"], "clientAdvertise"),
  option("string", ["ports_file_dir"], "portsFileDir"),
  option("string", ["l", "log"], "logFile"),
  option("boolean", ["T", "logtime"], "logTime"),
  option("boolean", ["logtime_utc"], "logTimeUtc"),
  option("boolean", ["D", "debug"], "debug"),
  option("boolean", ["V", "trace"], "trace"),
  option("boolean", ["VV"], "trace", "traceVerbose"),
  option("boolean", ["DV"], "debug", "trace"),
  option("boolean", ["DVV"], "debug", "trace", "traceVerbose"),
  option("integer", ["log_size_limit"], "logSizeLimit"),
  option("integer", ["max_traced_msg_len"], "maxTracedMessageLength"),
  option("string", ["user"], "user"),
  option("string", ["pass"], "password"),
  option("string", ["auth"], "token"),
  option("string", ["cluster_name"], "clusterName"),
  option("boolean", ["js", "jetstream"], "jetStream"),
  option("string", ["sd", "store_dir"], "storeDir"),
  { names: ["t"], kind: "boolean", meaning: "action", fields: [] },
  { names: ["sl", "signal"], kind: "string", meaning: "action", fields: [] },
  { names: ["h", "help"], kind: "boolean", meaning: "action", fields: [] },
  { names: ["v", "version"], kind: "boolean", meaning: "action", fields: [] },
  { names: ["help_tls"], kind: "boolean", meaning: "action", fields: [] },
  unsupported("integer", "ms", "https_port"),
  unsupported("boolean", "s", "syslog"),
  unsupported("string", "r", "remote_syslog"),
  unsupported("boolean", "tls"),
  unsupported("boolean", "tlsverify"),
  unsupported("string", "tlscert"),
  unsupported("string", "tlskey"),
  unsupported("string", "tlscacert"),
  unsupported("string", "routes"),
  unsupported("string", "cluster", "cluster_listen"),
  unsupported("string", "cluster_advertise"),
  unsupported("boolean", "no_advertise"),
  unsupported("integer", "connect_retries"),
  unsupported("integer", "profile"),
];

/** Puts the command line over the file's options. Throws ConfigError for flags of features that are not built. */
export function applyFlags(options: Options, flags: Flags): Options {
  for (const name of flags.unsupported ?? []) {
    throw new ConfigError(`flag ${JSON.stringify(`-${name}`)} is not supported yet`);
  }
  const client = clientListen(options, flags);
  return {
    ...options,
    client,
    clientAdvertise: given(flags.clientAdvertise, options.clientAdvertise),
    clusterName: given(flags.clusterName, options.clusterName),
    serverName: given(flags.serverName, options.serverName),
    http: httpListen(options, flags, client.host),
    pidFile: given(flags.pidFile, options.pidFile),
    portsFileDir: given(flags.portsFileDir, options.portsFileDir),
    authorization: {
      ...options.authorization,
      user: given(flags.user, options.authorization.user),
      password: given(flags.password, options.authorization.password),
      token: given(flags.token, options.authorization.token),
    },
    log: {
      ...options.log,
      isDebug: flags.debug ?? options.log.isDebug,
      isTrace: flags.trace ?? options.log.isTrace,
      isTraceVerbose: flags.traceVerbose ?? options.log.isTraceVerbose,
      logTime: flags.logTime ?? options.log.logTime,
      logTimeUtc: flags.logTimeUtc ?? options.log.logTimeUtc,
      file: given(flags.logFile, options.log.file),
      sizeLimit: flags.logSizeLimit ?? options.log.sizeLimit,
      maxTracedMessageLength: flags.maxTracedMessageLength ?? options.log.maxTracedMessageLength,
    },
    jetStream: {
      ...options.jetStream,
      isEnabled: flags.jetStream || options.jetStream.isEnabled,
      storeDir: flags.storeDir || options.jetStream.storeDir,
    },
  };
}

/** An empty text on the command line takes the file's word back. */
function given(flag: string | undefined, fromFile: string | null): string | null {
  if (flag === undefined) {
    return fromFile;
  }
  return flag === "" ? null : flag;
}

function clientListen(options: Options, flags: Flags): ListenOptions {
  return {
    host: flags.host === undefined ? options.client.host : flags.host || defaultOptions.client.host,
    port: flags.port === undefined ? options.client.port : clientPort(flags.port),
  };
}

/** As a file or flag says it: 0 is the default, -1 any free port, which the Options write as 0. */
export function clientPort(port: number): number {
  if (port === 0) {
    return defaultOptions.client.port;
  }
  return port === -1 ? 0 : port;
}

function httpListen(options: Options, flags: Flags, clientHost: string): ListenOptions | null {
  const host =
    options.httpFollowsClientHost || options.http === null ? clientHost : options.http.host;
  if (flags.httpPort === undefined) {
    return options.http === null ? null : { host, port: options.http.port };
  }
  if (flags.httpPort === 0) {
    return null;
  }
  return { host, port: flags.httpPort === -1 ? 0 : flags.httpPort };
}

function option(
  kind: FlagDefinition["kind"],
  names: readonly string[],
  ...fields: FlagDefinition["fields"][number][]
): FlagDefinition {
  return { names, kind, meaning: "option", fields };
}

function unsupported(kind: FlagDefinition["kind"], ...names: string[]): FlagDefinition {
  return { names, kind, meaning: "unsupported", fields: [] };
}
