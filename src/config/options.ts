// The Options type: everything a configuration can say, typed, with units in the names. Decoders in sections/ fill it;
// rooms read the parts they need. Null means "not given" where absence has a meaning of its own.

/** What one identity may do. A subject entry of subscribe may carry a queue: "foo q1". Null allow: everything. */
export interface PermissionOptions {
  readonly publish: SubjectLists;
  readonly subscribe: SubjectLists;
  /** allow_responses. max -1 is no limit, millis -1 is no limit. */
  readonly responses: { readonly max: number; readonly millis: number } | null;
}

export interface SubjectLists {
  readonly allow: readonly string[] | null;
  readonly deny: readonly string[];
}

export type ConnectionType =
  | "STANDARD"
  | "WEBSOCKET"
  | "LEAFNODE"
  | "LEAFNODE_WS"
  | "MQTT"
  | "MQTT_WS"
  | "IN_PROCESS";

export interface UserOptions {
  /** Exactly one of name and nkey is given. */
  readonly name: string | null;
  readonly password: string | null;
  readonly nkey: string | null;
  readonly permissions: PermissionOptions | null;
  /** Empty allows every type. */
  readonly allowedConnectionTypes: readonly ConnectionType[];
}

/** One weighted destination of a mapping. */
export interface MappingDestination {
  readonly destination: string;
  /** 0..100 */
  readonly weight: number;
  /** Only in this cluster; null everywhere. */
  readonly cluster: string | null;
}

export interface MappingOptions {
  readonly source: string;
  readonly destinations: readonly MappingDestination[];
}

export interface LatencyOptions {
  /** Percent 1..100, or "headers" when the request's headers decide. */
  readonly sampling: number | "headers";
  readonly subject: string;
}

export interface ExportOptions {
  readonly kind: "stream" | "service";
  readonly subject: string;
  /** Accounts that may import; empty is public. */
  readonly accounts: readonly string[];
  /** Position (from 1) of the token that must equal the importing account's name; 0 is none. */
  readonly accountTokenPosition: number;
  readonly responseType: "single" | "stream" | "chunked";
  /** Of a service: how long a response may take; null is the default of two minutes. */
  readonly thresholdMillis: number | null;
  readonly latency: LatencyOptions | null;
  /** Of a service: traces of messages may follow them into the exporting account. */
  readonly allowTrace: boolean;
}

export interface ImportOptions {
  readonly kind: "stream" | "service";
  readonly account: string;
  /** The exported subject. */
  readonly subject: string;
  readonly to: string | null;
  readonly prefix: string | null;
  readonly share: boolean;
  /** Of a stream: traces of messages may follow them into the importing account. */
  readonly allowTrace: boolean;
}

/** Where traces go of messages that carry the mark of a trace from elsewhere (traceparent). */
export interface MessageTraceOptions {
  readonly destination: string;
  /** Percent 1..100. */
  readonly sampling: number;
}

/** -1 is no limit. */
export interface AccountLimits {
  readonly maxConnections: number;
  readonly maxSubscriptions: number;
  readonly maxPayload: number;
  readonly maxLeafnodes: number;
}

/** What one account may keep. -1 is no limit. */
export interface AccountJetStreamOptions {
  readonly maxMemory: number;
  readonly maxStore: number;
  readonly maxStreams: number;
  readonly maxConsumers: number;
  readonly maxAckPending: number;
  readonly memoryMaxStreamBytes: number;
  readonly storeMaxStreamBytes: number;
  /** A stream must name its max_bytes. */
  readonly maxBytesRequired: boolean;
  /** In whose name replicas talk to each other. */
  readonly clusterTraffic: "system" | "owner";
}

/** Of batches published together. 0 is the default. */
export interface BatchLimitOptions {
  readonly maxInflightPerStream: number;
  readonly maxInflightTotal: number;
  readonly maxMessages: number;
  readonly timeoutMillis: number;
}

/** Zero, and null where it stands, is "not given". */
export interface JetStreamOptions {
  readonly isEnabled: boolean;
  /** The streams live below it. Also said at the top level and by a flag, whether or not streams are wanted. */
  readonly storeDir: string | null;
  /** Nothing is kept on disk, whatever streams ask for. Only a program that embeds the server can say so. */
  readonly isInMemory: boolean;
  /** API requests with unknown fields are refused. */
  readonly isStrict: boolean;
  /** 0: what is acknowledged was synced. Else files are synced that often, after the acknowledgement. */
  readonly syncIntervalMillis: number;
  /** Bytes in memory streams of all accounts; null is three quarters of the machine's memory. */
  readonly maxMemory: number | null;
  /** Bytes in file streams of all accounts; null is three quarters of what is free on the disk. */
  readonly maxStore: number | null;
  readonly domain: string | null;
  /** Files are encrypted. */
  readonly key: string | null;
  /** With what they were encrypted before. */
  readonly previousKey: string | null;
  readonly cipher: "chachapoly" | "aes";
  readonly uniqueTag: string;
  /** Of publishes that a stream has not stored yet; beyond it they are refused. */
  readonly maxBufferedBytes: number;
  readonly maxBufferedMessages: number;
  /** API requests that wait. */
  readonly requestQueueLimit: number;
  readonly infoQueueLimit: number;
  readonly maxConcurrentIo: number;
  readonly limits: {
    readonly maxAckPending: number;
    readonly maxHaAssets: number;
    readonly maxRequestBatch: number;
    readonly duplicateWindowMillis: number;
    readonly batch: BatchLimitOptions;
  };
}

export interface AccountOptions {
  readonly name: string;
  readonly nkey: string | null;
  readonly users: readonly UserOptions[];
  readonly exports: readonly ExportOptions[];
  readonly imports: readonly ImportOptions[];
  readonly mappings: readonly MappingOptions[];
  readonly limits: AccountLimits;
  readonly defaultPermissions: PermissionOptions | null;
  readonly messageTrace: MessageTraceOptions | null;
  /** Null: it has no streams. */
  readonly jetStream: AccountJetStreamOptions | null;
}

export interface AuthorizationOptions {
  readonly user: string | null;
  readonly password: string | null;
  readonly token: string | null;
  readonly users: readonly UserOptions[];
  readonly defaultPermissions: PermissionOptions | null;
  readonly timeoutMillis: number;
}

export interface ListenOptions {
  readonly host: string;
  /** 0 is any free port; the file says -1 for it. */
  readonly port: number;
}

export interface LogOptions {
  readonly isDebug: boolean;
  readonly isTrace: boolean;
  /** Traces the system account too. */
  readonly isTraceVerbose: boolean;
  /** In trace lines, only the headers of a message, not its payload. */
  readonly traceHeaders: boolean;
  /** 0 is no limit. */
  readonly maxTracedMessageLength: number;
  readonly logTime: boolean;
  readonly logTimeUtc: boolean;
  readonly file: string | null;
  /** Bytes; 0 is no rotation. */
  readonly sizeLimit: number;
  /** How many log files are kept, the current one included; 0 is all. */
  readonly maxFiles: number;
}

/** NATS inside websocket frames. A null or 0 is "not given" where it has a meaning of its own. */
export interface WebsocketOptions {
  readonly host: string;
  /** 0 is any free port. */
  readonly port: number;
  readonly advertise: string | null;
  /** Without encryption, knowingly. */
  readonly noTls: boolean;
  /** A page may connect only to the host and port it was loaded from. */
  readonly sameOrigin: boolean;
  /** Pages of these origins may connect; empty is all. */
  readonly allowedOrigins: readonly string[];
  /** 0 is no limit. */
  readonly handshakeTimeoutMillis: number;
  readonly compression: boolean;
  /** If user, token or noAuthUser is given, these four stand in place of the server's own for these clients. */
  readonly user: string | null;
  readonly password: string | null;
  readonly token: string | null;
  readonly noAuthUser: string | null;
  /** 0 is the server's. */
  readonly authTimeoutMillis: number;
  /** Names of cookies that carry what CONNECT leaves out. */
  readonly jwtCookie: string | null;
  readonly userCookie: string | null;
  readonly passwordCookie: string | null;
  readonly tokenCookie: string | null;
  /** Of the response to an upgrade. */
  readonly headers: Readonly<Record<string, string>>;
  /** 0 is the server's. */
  readonly pingIntervalMillis: number;
}

export interface Options {
  /** As it was found; null without a file. */
  readonly configFile: string | null;
  /** "sha256:..." of the file's values; "" without a file. */
  readonly configDigest: string;
  /** Null when no client listener is wanted (port 0 does not do that: it means any port). */
  readonly client: ListenOptions;
  readonly clientAdvertise: string | null;
  readonly serverName: string | null;
  readonly serverTags: readonly string[];
  readonly serverMetadata: Readonly<Record<string, string>>;
  readonly log: LogOptions;
  readonly pidFile: string | null;
  readonly portsFileDir: string | null;
  readonly http: ListenOptions | null;
  /** No host was given for http: it is the client listener's, whatever the command line makes of that. */
  readonly httpFollowsClientHost: boolean;
  readonly httpBasePath: string;
  /** Null without a listener for websockets. */
  readonly websocket: WebsocketOptions | null;
  /** Where leafnodes are told that they are not supported yet; null where nothing listens for them. */
  readonly leafnodeListen: ListenOptions | null;
  readonly maxControlLine: number;
  readonly maxPayload: number;
  readonly maxPending: number;
  /** -1 is no limit. */
  readonly maxConnections: number;
  /** Per connection; 0 is no limit. */
  readonly maxSubscriptions: number;
  /** Tokens in the subject of a SUB; 0 is no limit. */
  readonly maxSubscriptionTokens: number;
  readonly pingIntervalMillis: number;
  readonly pingMax: number;
  readonly writeDeadlineMillis: number;
  readonly writeTimeout: "default" | "close" | "retry";
  readonly lameDuckDurationMillis: number;
  readonly lameDuckGraceMillis: number;
  readonly noHeaderSupport: boolean;
  readonly noFastProducerStall: boolean;
  readonly disableSublistCache: boolean;
  readonly maxClosedClients: number;
  readonly proxyProtocol: boolean;
  readonly connectErrorReports: number;
  readonly reconnectErrorReports: number;
  readonly authorization: AuthorizationOptions;
  readonly accounts: readonly AccountOptions[];
  /** Mappings of the global account. */
  readonly mappings: readonly MappingOptions[];
  readonly noAuthUser: string | null;
  readonly systemAccount: string | null;
  readonly noSystemAccount: boolean;
  /** Shown to clients and asked by cluster-scoped mappings; no routes come of it. */
  readonly clusterName: string | null;
  readonly featureFlags: Readonly<Record<string, boolean>>;
  readonly jetStream: JetStreamOptions;
}

export const noLimits: AccountLimits = {
  maxConnections: -1,
  maxSubscriptions: -1,
  maxPayload: -1,
  maxLeafnodes: -1,
};

export const unlimitedJetStream: AccountJetStreamOptions = {
  maxMemory: -1,
  maxStore: -1,
  maxStreams: -1,
  maxConsumers: -1,
  maxAckPending: -1,
  memoryMaxStreamBytes: -1,
  storeMaxStreamBytes: -1,
  maxBytesRequired: false,
  clusterTraffic: "system",
};

export const defaultJetStreamOptions: JetStreamOptions = {
  isEnabled: false,
  storeDir: null,
  isInMemory: false,
  isStrict: true,
  syncIntervalMillis: 0,
  maxMemory: null,
  maxStore: null,
  domain: null,
  key: null,
  previousKey: null,
  cipher: "chachapoly",
  uniqueTag: "",
  maxBufferedBytes: 0,
  maxBufferedMessages: 0,
  requestQueueLimit: 0,
  infoQueueLimit: 0,
  maxConcurrentIo: 0,
  limits: {
    maxAckPending: 0,
    maxHaAssets: 0,
    maxRequestBatch: 0,
    duplicateWindowMillis: 0,
    batch: { maxInflightPerStream: 0, maxInflightTotal: 0, maxMessages: 0, timeoutMillis: 0 },
  },
};

export const defaultWebsocketOptions: WebsocketOptions = {
  host: "",
  port: 0,
  advertise: null,
  noTls: false,
  sameOrigin: false,
  allowedOrigins: [],
  handshakeTimeoutMillis: 0,
  compression: false,
  user: null,
  password: null,
  token: null,
  authTimeoutMillis: 0,
  noAuthUser: null,
  jwtCookie: null,
  userCookie: null,
  passwordCookie: null,
  tokenCookie: null,
  headers: {},
  pingIntervalMillis: 0,
};

export const defaultOptions: Options = {
  configFile: null,
  configDigest: "",
  client: { host: "0.0.0.0", port: 4222 },
  clientAdvertise: null,
  serverName: null,
  serverTags: [],
  serverMetadata: {},
  log: {
    isDebug: false,
    isTrace: false,
    isTraceVerbose: false,
    traceHeaders: false,
    maxTracedMessageLength: 0,
    logTime: true,
    logTimeUtc: false,
    file: null,
    sizeLimit: 0,
    maxFiles: 0,
  },
  pidFile: null,
  portsFileDir: null,
  http: null,
  httpFollowsClientHost: true,
  httpBasePath: "",
  websocket: null,
  leafnodeListen: null,
  maxControlLine: 4096,
  maxPayload: 1024 * 1024,
  maxPending: 64 * 1024 * 1024,
  maxConnections: 64 * 1024,
  maxSubscriptions: 0,
  maxSubscriptionTokens: 0,
  pingIntervalMillis: 2 * 60 * 1000,
  pingMax: 2,
  writeDeadlineMillis: 10 * 1000,
  writeTimeout: "default",
  lameDuckDurationMillis: 2 * 60 * 1000,
  lameDuckGraceMillis: 10 * 1000,
  noHeaderSupport: false,
  noFastProducerStall: false,
  disableSublistCache: false,
  maxClosedClients: 10_000,
  proxyProtocol: false,
  connectErrorReports: 3600,
  reconnectErrorReports: 1,
  authorization: {
    user: null,
    password: null,
    token: null,
    users: [],
    defaultPermissions: null,
    timeoutMillis: 2000,
  },
  accounts: [],
  mappings: [],
  noAuthUser: null,
  systemAccount: null,
  noSystemAccount: false,
  clusterName: null,
  featureFlags: {},
  jetStream: defaultJetStreamOptions,
};
