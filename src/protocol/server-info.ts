// INFO: what the server says of itself. It knows the order of the fields and which are left out when empty, byte for
// byte as clients and their tests know them; where the values come from is not its matter.

/** Fields with a `null`, false, 0, "" or empty value are left out, except those marked as always there. */
export interface ServerInfo {
  /** Always there. */
  readonly serverId: string;
  /** Always there. */
  readonly serverName: string;
  /** Always there. */
  readonly version: string;
  /** Always there. */
  readonly protocol: number;
  readonly gitCommit: string;
  /** Always there: the runtime. */
  readonly go: string;
  /** Always there. */
  readonly host: string;
  /** Always there. */
  readonly port: number;
  /** Always there. */
  readonly headers: boolean;
  readonly authRequired: boolean;
  readonly tlsRequired: boolean;
  readonly tlsVerify: boolean;
  readonly tlsAvailable: boolean;
  /** Always there. */
  readonly maxPayload: number;
  readonly jetstream: boolean;
  readonly ip: string;
  readonly clientId: number;
  readonly clientIp: string;
  readonly nonce: string;
  readonly cluster: string;
  readonly clusterDynamic: boolean;
  readonly domain: string;
  readonly connectUrls: readonly string[];
  readonly websocketConnectUrls: readonly string[];
  readonly lameDuckMode: boolean;
  readonly compression: string;
  /** This INFO answers a CONNECT. */
  readonly connectInfo: boolean;
  readonly remoteAccount: string;
  readonly isSystemAccount: boolean;
  readonly apiLevel: number;
  readonly xkey: string;
}

/** Nothing said: to be spread under what is. */
export const emptyServerInfo: ServerInfo = {
  serverId: "",
  serverName: "",
  version: "",
  protocol: 1,
  gitCommit: "",
  go: "",
  host: "",
  port: 0,
  headers: false,
  authRequired: false,
  tlsRequired: false,
  tlsVerify: false,
  tlsAvailable: false,
  maxPayload: 0,
  jetstream: false,
  ip: "",
  clientId: 0,
  clientIp: "",
  nonce: "",
  cluster: "",
  clusterDynamic: false,
  domain: "",
  connectUrls: [],
  websocketConnectUrls: [],
  lameDuckMode: false,
  compression: "",
  connectInfo: false,
  remoteAccount: "",
  isSystemAccount: false,
  apiLevel: 0,
  xkey: "",
};

const alwaysThere: ReadonlySet<string> = new Set([
  "server_id",
  "server_name",
  "version",
  "proto",
  "go",
  "host",
  "port",
  "headers",
  "max_payload",
]);

const encoder: TextEncoder = new TextEncoder();

/** The whole line: `INFO {...} ` and its line end. */
export function infoLine(info: ServerInfo): Uint8Array {
  return encoder.encode(`INFO ${infoJson(info)} \r\n`);
}

export function infoJson(info: ServerInfo): string {
  const said = fieldsOf(info).filter(([name, value]) => alwaysThere.has(name) || !isEmpty(value));
  return escapedForHtml(JSON.stringify(Object.fromEntries(said)));
}

type FieldValue = string | number | boolean | readonly string[];

function fieldsOf(info: ServerInfo): readonly (readonly [string, FieldValue])[] {
  return [
    ["server_id", info.serverId],
    ["server_name", info.serverName],
    ["version", info.version],
    ["proto", info.protocol],
    ["git_commit", info.gitCommit],
    ["go", info.go],
    ["host", info.host],
    ["port", info.port],
    ["headers", info.headers],
    ["auth_required", info.authRequired],
    ["tls_required", info.tlsRequired],
    ["tls_verify", info.tlsVerify],
    ["tls_available", info.tlsAvailable],
    ["max_payload", info.maxPayload],
    ["jetstream", info.jetstream],
    ["ip", info.ip],
    ["client_id", info.clientId],
    ["client_ip", info.clientIp],
    ["nonce", info.nonce],
    ["cluster", info.cluster],
    ["cluster_dynamic", info.clusterDynamic],
    ["domain", info.domain],
    ["connect_urls", info.connectUrls],
    ["ws_connect_urls", info.websocketConnectUrls],
    ["ldm", info.lameDuckMode],
    ["compression", info.compression],
    ["connect_info", info.connectInfo],
    ["remote_account", info.remoteAccount],
    ["acc_is_sys", info.isSystemAccount],
    ["api_lvl", info.apiLevel],
    ["xkey", info.xkey],
  ];
}

function isEmpty(value: FieldValue): boolean {
  return typeof value === "object" ? value.length === 0 : !value;
}

/** JSON as it is safe inside HTML: the five characters that clients of the reference have always seen escaped. */
function escapedForHtml(json: string): string {
  return json.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
