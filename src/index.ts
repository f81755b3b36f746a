// The embedding API: a whole server inside a Bun program. Each one stands alone; a program may run several.

import { ServerError } from "./base/server-error.ts";
import { applyFlags, type Flags } from "./config/flags.ts";
import { type ConfigPorts, configure, loadOptionsFromText } from "./config/load.ts";
import type { Options } from "./config/options.ts";
import { parseDuration } from "./config/quantity.ts";
import { validateOptions } from "./config/validate.ts";
import { BunHost } from "./host/bun-host.ts";
import { connectInProcess, type InProcessConnection } from "./host/in-process-connection.ts";
import { SilentLog } from "./host/silent-log.ts";
import { Server } from "./server/server.ts";

export type { InProcessConnection };
export { ServerError };

/** Everything is optional: without any, a server without authentication on a free port of 127.0.0.1 that logs nothing. */
export interface CreateServerOptions {
  /** Default: as configured, else "127.0.0.1". */
  readonly host?: string;
  /** 0 is a free port. Default: as configured, else 0. */
  readonly port?: number;
  /** Of the monitoring pages; 0 is a free port. Not given: no monitoring over HTTP. */
  readonly httpPort?: number;
  readonly name?: string;
  /** Configuration text, in the grammar of a configuration file. What stands beside it here wins. */
  readonly config?: string;
  /** The same from a file. */
  readonly configFile?: string;
  /** Streams, key-value buckets, object stores. True: in memory, unless the configuration names a folder. */
  readonly jetStream?: boolean | JetStreamWishes;
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
  /** "stderr" logs as the program does. Default "silent". */
  readonly log?: "silent" | "stderr";
}

/** What is not said here is as configured. */
export interface JetStreamWishes {
  /** The folder where streams are kept. Without one they live in memory and end with the server. */
  readonly storeDir?: string;
  /** "always" (the default): what was acknowledged was synced. A duration like "2m": files are synced that often. */
  readonly syncInterval?: string;
  /** Bytes in memory streams. */
  readonly maxMemory?: number;
  /** Bytes in file streams. */
  readonly maxStore?: number;
  /** Requests to $JS.<domain>.API.> are answered too. */
  readonly domain?: string;
}

export interface EmbeddedServer extends AsyncDisposable {
  /** For clients: nats://127.0.0.1:PORT. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Of the monitoring pages, null without them. */
  readonly monitorUrl: string | null;
  readonly id: string;
  readonly name: string;
  /** A connection without a socket. */
  connect(): InProcessConnection;
  /** Reads the configuration file again. Throws ServerError when it is refused; the old one stays in force then. */
  reload(): void;
  /** Closes every connection; resolves when nothing is left. */
  stop(): Promise<void>;
}

/** Starts a server. Throws ServerError when it cannot serve as asked (a port in use, a wrong configuration...). */
export async function createServer(wanted: CreateServerOptions = {}): Promise<EmbeddedServer> {
  const host = new BunHost("midge");
  const log = wanted.log === "stderr" ? host.log : new SilentLog();
  const options = readOptions(wanted, host);
  const server = new Server(options, withLog(host, log), () => readOptions(wanted, host));
  await server.start();
  const address = { host: options.client.host, port: server.clientPort };
  return {
    ...address,
    url: `nats://${address.host}:${address.port}`,
    monitorUrl: options.http === null ? null : `http://${address.host}:${server.monitorPort}`,
    id: server.id,
    name: server.name,
    connect: () => connectInProcess(host.timers, (socket) => server.accept(socket)),
    reload: () => server.reload(),
    stop: () => server.stop(),
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

/** A process has addresses for some sixty of these; servers of their own processes have four times as much each. */
const embeddedFabricBytes = 2 ** 30;

type ServerHost = ConstructorParameters<typeof Server>[1];

function withLog(host: BunHost, log: ServerHost["log"]): ServerHost {
  const { clock, timers, random, network, websockets, disk, http, crypto, compression, process } =
    host;
  const { fabricModule, checksumModule } = host;
  return {
    clock,
    timers,
    random,
    network,
    websockets,
    disk,
    http,
    crypto,
    ciphers: host.ciphers,
    compression,
    memory: host.memory,
    process,
    log,
    fabricModule,
    checksumModule,
    fabricBytes: embeddedFabricBytes,
  };
}

function readOptions(wanted: CreateServerOptions, host: BunHost): Options {
  const configured = configuredOptions(wanted, {
    disk: host.disk,
    environment: (name) => host.process.environment(name),
    crypto: host.crypto,
  });
  const jetStream = jetStreamOf(wanted.jetStream, configured.jetStream);
  const options = { ...configured, jetStream };
  validateOptions(options);
  return options;
}

function jetStreamOf(
  wanted: CreateServerOptions["jetStream"],
  configured: Options["jetStream"],
): Options["jetStream"] {
  if (wanted === undefined) {
    return configured;
  }
  if (wanted === false) {
    return { ...configured, isEnabled: false };
  }
  const { storeDir, syncInterval, maxMemory, maxStore, domain } = wanted === true ? {} : wanted;
  const folder = storeDir ?? configured.storeDir;
  return {
    ...configured,
    isEnabled: true,
    storeDir: folder,
    isInMemory: folder === null,
    syncIntervalMillis:
      syncInterval === undefined ? configured.syncIntervalMillis : syncMillis(syncInterval),
    maxMemory: maxMemory ?? configured.maxMemory,
    maxStore: maxStore ?? configured.maxStore,
    domain: domain ?? configured.domain,
  };
}

function syncMillis(text: string): number {
  if (text === "always") {
    return 0;
  }
  const parsed = parseDuration(text);
  if (!parsed.ok) {
    throw new ServerError("config", `error parsing sync_interval: ${parsed.refusal}`);
  }
  return parsed.value;
}

function configuredOptions(wanted: CreateServerOptions, ports: ConfigPorts): Options {
  const { config, configFile } = wanted;
  if (config !== undefined) {
    const { options, namesClientAddress } = loadOptionsFromText(config, "midge.conf", ports);
    return applyFlags({ ...options, configFile: null }, flagsOf(wanted, namesClientAddress));
  }
  const fromFile = configure(configFile === undefined ? {} : { config: configFile }, ports);
  return applyFlags(fromFile.options, flagsOf(wanted, fromFile.namesClientAddress));
}

/** A port of 0 is any free one here, which the command line calls -1. */
function flagsOf(wanted: CreateServerOptions, isAddressConfigured: boolean): Flags {
  const { name, user, password, token, httpPort } = wanted;
  const port = wanted.port ?? (isAddressConfigured ? undefined : 0);
  const host = wanted.host ?? (isAddressConfigured ? undefined : "127.0.0.1");
  return {
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port: port === 0 ? -1 : port }),
    ...(httpPort === undefined ? {} : { httpPort: httpPort === 0 ? -1 : httpPort }),
    ...(name === undefined ? {} : { serverName: name }),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...(token === undefined ? {} : { token }),
  };
}
