// What a client says of itself in CONNECT. It decodes and judges what can be judged without knowing users or accounts.

import { Fields, isJsonObject, type JsonObject } from "../base/decode.ts";
import { accepted, type Result, refused } from "../base/result.ts";
import { type ClosingViolation, violation } from "./violation.ts";

/** Strings are "" and numbers 0 when not given. */
export interface ConnectOptions {
  readonly echo: boolean;
  readonly verbose: boolean;
  readonly pedantic: boolean;
  readonly tlsRequired: boolean;
  readonly nkey: string;
  readonly jwt: string;
  readonly signature: string;
  readonly token: string;
  readonly user: string;
  readonly password: string;
  readonly name: string;
  readonly lang: string;
  readonly version: string;
  /** 0, or 1 for clients that take INFO at any time. */
  readonly protocol: number;
  readonly account: string;
  readonly isNewAccount: boolean;
  readonly headers: boolean;
  readonly noResponders: boolean;
  readonly remoteAccount: string;
  readonly proxySignature: string;
}

/** What holds before CONNECT, and for fields that CONNECT does not name. */
export const connectDefaults: ConnectOptions = {
  echo: true,
  verbose: true,
  pedantic: true,
  tlsRequired: false,
  nkey: "",
  jwt: "",
  signature: "",
  token: "",
  user: "",
  password: "",
  name: "",
  lang: "",
  version: "",
  protocol: 0,
  account: "",
  isNewAccount: false,
  headers: false,
  noResponders: false,
  remoteAccount: "",
  proxySignature: "",
};

/** From this protocol on a client takes INFO at any time. */
export const protocolWithInfo = 1;

const decoder: TextDecoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Reads the JSON of a CONNECT. A second CONNECT changes only what it names, so it is given the `previous` options. The
 * refusal is for the log and quotes nothing of the text, which may hold secrets; the client is told nothing.
 */
export function decodeConnect(
  json: Uint8Array,
  previous: ConnectOptions = connectDefaults,
): Result<ConnectOptions, string> {
  const parsed = parse(decoder.decode(json));
  if (!parsed.ok) {
    return parsed;
  }
  if (parsed.value === null) {
    return accepted(previous);
  }
  if (!isJsonObject(parsed.value)) {
    return refused("invalid CONNECT: not a JSON object");
  }
  return decodeFields(withoutNulls(parsed.value), previous);
}

/** What makes a CONNECT unacceptable even to an authenticated client; null when nothing does. In the order of checks. */
export function connectFault(
  options: ConnectOptions,
  serverHasHeaders: boolean,
): ClosingViolation | null {
  if (options.isNewAccount || options.account !== "") {
    return violation.authorization;
  }
  if (options.protocol < 0 || options.protocol > protocolWithInfo) {
    return violation.invalidClientProtocol;
  }
  if (options.noResponders && !(options.headers && serverHasHeaders)) {
    return violation.noRespondersRequiresHeaders;
  }
  return null;
}

/** How log lines name the client's program: "v1.2:lang:name", as far as it told. */
export function clientLabel(options: ConnectOptions): string {
  const version = options.version === "" ? "" : `v${options.version}`;
  return [version, options.lang, options.name].filter((part) => part !== "").join(":");
}

function parse(text: string): Result<unknown, string> {
  try {
    return accepted(JSON.parse(text));
  } catch {
    return refused("invalid CONNECT: not valid JSON");
  }
}

/** null leaves a field as it was. */
function withoutNulls(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null));
}

function decodeFields(
  object: JsonObject,
  previous: ConnectOptions,
): Result<ConnectOptions, string> {
  const fields = new Fields(object);
  const text = (name: string, before: string): string => fields.string(name, before).toWellFormed();
  const options: ConnectOptions = {
    echo: fields.boolean("echo", previous.echo),
    verbose: fields.boolean("verbose", previous.verbose),
    pedantic: fields.boolean("pedantic", previous.pedantic),
    tlsRequired: fields.boolean("tls_required", previous.tlsRequired),
    nkey: text("nkey", previous.nkey),
    jwt: text("jwt", previous.jwt),
    signature: text("sig", previous.signature),
    token: text("auth_token", previous.token),
    user: text("user", previous.user),
    password: text("pass", previous.password),
    name: text("name", previous.name),
    lang: text("lang", previous.lang),
    version: text("version", previous.version),
    protocol: fields.integer("protocol", previous.protocol),
    account: text("account", previous.account),
    isNewAccount: fields.boolean("new_account", previous.isNewAccount),
    headers: fields.boolean("headers", previous.headers),
    noResponders: fields.boolean("no_responders", previous.noResponders),
    remoteAccount: text("remote_account", previous.remoteAccount),
    proxySignature: text("proxy_sig", previous.proxySignature),
  };
  const problem = fields.problem ?? subjectListsProblem(fields);
  return problem === null ? accepted(options) : refused(`invalid CONNECT: ${problem}`);
}

/** Routes and leafnodes send lists of subjects; from a client they mean nothing but must have their form. */
function subjectListsProblem(fields: Fields): string | null {
  for (const name of ["import", "export"]) {
    const lists = fields.object(name);
    if (lists !== null) {
      const inner = new Fields(withoutNulls(lists));
      inner.strings("allow");
      inner.strings("deny");
      if (inner.problem !== null) {
        return inner.problem;
      }
    }
  }
  return fields.problem;
}
