// The websocket block: where browsers and others connect with NATS inside websocket frames, which pages may do so, and
// how they say who they are.

import {
  booleanOf,
  durationOf,
  entriesOf,
  integerOf,
  stringOf,
  stringOrNull,
  typeNameOf,
} from "../expect.ts";
import type { Findings } from "../findings.ts";
import { defaultOptions, defaultWebsocketOptions, type WebsocketOptions } from "../options.ts";
import { parseDuration } from "../quantity.ts";
import type { ConfigNode } from "../tree.ts";
import type { Draft } from "./draft.ts";
import { decodeListen } from "./listen.ts";

/** The port as written: 0 is none, -1 any. */
type Reading = { -readonly [Key in keyof WebsocketOptions]: WebsocketOptions[Key] } & {
  tlsNode: ConfigNode | null;
};

type WebsocketKey = (reading: Reading, node: ConfigNode, findings: Findings, key: string) => void;

const origins: WebsocketKey = (reading, node, findings) => {
  reading.allowedOrigins = stringList(node, "allowed origins", findings);
};
const compression: WebsocketKey = (reading, node) => {
  reading.compression = booleanOf(node);
};
const host: WebsocketKey = (reading, node) => {
  reading.host = stringOf(node);
};
const authorization: WebsocketKey = (reading, node, findings) => {
  readAuthorization(reading, node, findings);
};

const readers: Readonly<Record<string, WebsocketKey>> = {
  listen: (reading, node, findings) => {
    const listen = decodeListen(node, findings);
    if (listen !== null) {
      reading.host = listen.host;
      reading.port = listen.port;
    }
  },
  port: (reading, node) => {
    reading.port = integerOf(node);
  },
  host,
  net: host,
  advertise: (reading, node) => {
    reading.advertise = stringOrNull(node);
  },
  no_tls: (reading, node) => {
    reading.noTls = booleanOf(node);
  },
  tls: (reading, node) => {
    reading.tlsNode = node;
  },
  same_origin: (reading, node) => {
    reading.sameOrigin = booleanOf(node);
  },
  allowed_origins: origins,
  allowed_origin: origins,
  allow_origins: origins,
  allow_origin: origins,
  origins,
  origin: origins,
  handshake_timeout: (reading, node, findings) => {
    reading.handshakeTimeoutMillis = handshakeTimeoutOf(node, findings);
  },
  compress: compression,
  compression,
  authorization,
  authentication: authorization,
  jwt_cookie: (reading, node) => {
    reading.jwtCookie = stringOrNull(node);
  },
  user_cookie: (reading, node) => {
    reading.userCookie = stringOrNull(node);
  },
  pass_cookie: (reading, node) => {
    reading.passwordCookie = stringOrNull(node);
  },
  token_cookie: (reading, node) => {
    reading.tokenCookie = stringOrNull(node);
  },
  no_auth_user: (reading, node) => {
    reading.noAuthUser = stringOrNull(node);
  },
  headers: (reading, node, findings) => {
    reading.headers = headersOf(node, findings);
  },
  ping_interval: (reading, node, findings) => {
    reading.pingIntervalMillis = durationOf(node, "ping_interval", findings) ?? 0;
  },
};

/** Without a port there is no listener, whatever else the block says; as in the reference. */
export function readWebsocket(node: ConfigNode, draft: Draft, findings: Findings): void {
  if (node.content.kind !== "map") {
    findings.error(node, `Expected websocket to be a map, got ${typeNameOf(node)}`);
    return;
  }
  const reading: Reading = { ...defaultWebsocketOptions, tlsNode: null };
  for (const [key, value] of node.content.entries) {
    const word = key.toLowerCase();
    const reader = Object.hasOwn(readers, word) ? readers[word] : undefined;
    if (reader === undefined) {
      findings.unknownField(value, key);
    } else {
      findings.guard(() => reader(reading, value, findings, key));
    }
  }
  const { tlsNode, ...options } = reading;
  if (tlsNode !== null) {
    findings.notSupported(tlsNode, "tls");
  }
  draft.websocket =
    options.port === 0
      ? null
      : {
          ...options,
          host: options.host || defaultOptions.client.host,
          port: options.port === -1 ? 0 : options.port,
        };
}

function readAuthorization(reading: Reading, node: ConfigNode, findings: Findings): void {
  for (const [key, value] of entriesOf(node)) {
    switch (key.toLowerCase()) {
      case "user":
      case "username":
        reading.user = stringOrNull(value);
        break;
      case "pass":
      case "password":
        reading.password = stringOrNull(value);
        break;
      case "token":
        reading.token = stringOrNull(value);
        break;
      case "timeout":
        reading.authTimeoutMillis = authTimeoutOf(value);
        break;
      default:
        findings.unknownField(value, key);
    }
  }
}

/** What is no number counts as one second, as in the reference. */
function authTimeoutOf({ content }: ConfigNode): number {
  return content.kind === "integer" || content.kind === "float"
    ? Number(content.value) * 1000
    : 1000;
}

function handshakeTimeoutOf(node: ConfigNode, findings: Findings): number {
  const { content } = node;
  if (content.kind === "integer") {
    return Number(content.value) * 1000;
  }
  if (content.kind !== "string") {
    const type = typeNameOf(node);
    findings.error(node, `error parsing handshake timeout: unsupported type ${type}`);
    return 0;
  }
  const duration = parseDuration(content.text);
  if (!duration.ok) {
    findings.error(node, duration.refusal);
    return 0;
  }
  return duration.value;
}

function headersOf(node: ConfigNode, findings: Findings): Readonly<Record<string, string>> {
  if (node.content.kind !== "map") {
    findings.error(node, `error parsing headers: unsupported type ${typeNameOf(node)}`);
    return {};
  }
  const headers: [string, string][] = [];
  for (const [name, value] of node.content.entries) {
    if (value.content.kind === "string") {
      headers.push([name, value.content.text]);
    } else {
      const type = typeNameOf(value);
      findings.error(value, `error parsing header key ${name}: unsupported type ${type}`);
    }
  }
  return Object.fromEntries(headers);
}

function stringList(node: ConfigNode, what: string, findings: Findings): readonly string[] {
  if (node.content.kind === "string") {
    return [node.content.text];
  }
  if (node.content.kind !== "array") {
    findings.error(node, `error parsing ${what}: unsupported type ${typeNameOf(node)}`);
    return [];
  }
  const texts: string[] = [];
  for (const item of node.content.items) {
    if (item.content.kind === "string") {
      texts.push(item.content.text);
    } else {
      const type = typeNameOf(item);
      findings.error(item, `error parsing ${what}: unsupported type in array ${type}`);
    }
  }
  return texts;
}
