// What client sessions share and need of the broker: read anew at every use, since a reload replaces most of it.

import type { Account } from "../accounts/account.ts";
import type { Authenticator } from "../auth/authenticator.ts";
import type { Options } from "../config/options.ts";
import type { Log } from "../ports/log.ts";
import type { Fabric } from "../wasm/fabric.ts";
import type { AccountRoads } from "./account-roads.ts";
import type { ClientSession } from "./client-session.ts";
import type { InfoLines } from "./info-lines.ts";
import type { Keepalive } from "./keepalive.ts";
import type { LogThrottle } from "./log-throttle.ts";
import type { MessageTraces } from "./message-trace.ts";
import type { PermissionSets } from "./permission-sets.ts";

/** The numbers and switches of the configuration that the broker obeys. */
export interface BrokerLimits
  extends Pick<
    Options,
    | "maxControlLine"
    | "maxPayload"
    | "maxPending"
    | "maxConnections"
    | "maxSubscriptions"
    | "maxSubscriptionTokens"
    | "pingIntervalMillis"
    | "pingMax"
    | "writeDeadlineMillis"
    | "writeTimeout"
    | "noHeaderSupport"
    | "noFastProducerStall"
    | "maxClosedClients"
    | "proxyProtocol"
  > {
  readonly authTimeoutMillis: number;
  /** Of clients behind websockets; 0 is as for others. */
  readonly websocketAuthTimeoutMillis: number;
  readonly websocketPingIntervalMillis: number;
  readonly traceHeaders: boolean;
  readonly maxTracedMessageLength: number;
}

export function brokerLimitsOf(options: Options): BrokerLimits {
  return {
    maxControlLine: options.maxControlLine,
    maxPayload: options.maxPayload,
    maxPending: options.maxPending,
    maxConnections: options.maxConnections,
    maxSubscriptions: options.maxSubscriptions,
    maxSubscriptionTokens: options.maxSubscriptionTokens,
    pingIntervalMillis: options.pingIntervalMillis,
    pingMax: options.pingMax,
    writeDeadlineMillis: options.writeDeadlineMillis,
    writeTimeout: options.writeTimeout,
    noHeaderSupport: options.noHeaderSupport,
    noFastProducerStall: options.noFastProducerStall,
    maxClosedClients: options.maxClosedClients,
    proxyProtocol: options.proxyProtocol,
    authTimeoutMillis: options.authorization.timeoutMillis,
    websocketAuthTimeoutMillis: options.websocket?.authTimeoutMillis ?? 0,
    websocketPingIntervalMillis: options.websocket?.pingIntervalMillis ?? 0,
    traceHeaders: options.log.traceHeaders,
    maxTracedMessageLength: options.log.maxTracedMessageLength,
  };
}

export interface SessionSurroundings {
  readonly fabric: Fabric;
  readonly log: Log;
  readonly limits: BrokerLimits;
  /** Of the kind of client that the sessions are for, like the next two. */
  readonly authenticator: Authenticator;
  readonly authTimeoutMillis: number;
  readonly infoLines: InfoLines;
  readonly keepalive: Keepalive;
  readonly permissionSets: PermissionSets;
  readonly roads: AccountRoads;
  readonly traces: MessageTraces;
  readonly throttle: LogThrottle;
  makeNonce(): string;
  accountNamed(name: string): Account | null;
  isSystemAccount(account: Account): boolean;
  onConnected(session: ClientSession): void;
  onAuthenticationFailed(session: ClientSession, reason: string): void;
}
