// Who may turn an HTTP request into a websocket: the handshake's rules, the origins that pages may come from, and what
// cookies and proxies say of the client. Who the client then is, it does not decide.

import { type HttpOrigin, parseOrigin, splitPlace } from "../base/http-origin.ts";
import type { UpgradeRequest } from "../ports/websocket.ts";

export interface UpgradeRules {
  readonly sameOrigin: boolean;
  /** Empty allows all. */
  readonly allowedOrigins: readonly string[];
  readonly jwtCookie: string | null;
  readonly userCookie: string | null;
  readonly passwordCookie: string | null;
  readonly tokenCookie: string | null;
}

/** "" is not given. */
export interface CookieCredentials {
  readonly jwt: string;
  readonly user: string;
  readonly password: string;
  readonly token: string;
}

export type UpgradeVerdict =
  | { readonly kind: "refused"; readonly status: number; readonly reason: string }
  | {
      readonly kind: "accepted";
      readonly credentials: CookieCredentials;
      /** Of the client behind the proxy that asks for it; "" is none. */
      readonly forwardedAddress: string;
      readonly isBrowser: boolean;
    };

const keyForm = /^[A-Za-z0-9+/]{21}[AQgw]==$/;
const octet = "(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)";
const shortAddress: RegExp = new RegExp(`^${octet}(?:\\.${octet}){3}$`);
const longAddress: RegExp = /^[0-9a-f:.]*:[0-9a-f:.]*$/i;

export function judgeUpgrade(request: UpgradeRequest, rules: UpgradeRules): UpgradeVerdict {
  const refused = pathFault(request.path) ?? handshakeFault(request);
  if (refused !== null) {
    return refused;
  }
  const foreign = originFault(request, rules);
  if (foreign !== null) {
    return refusal(403, `origin not allowed: ${foreign}`);
  }
  const forwarded = request.header("x-forwarded-for") ?? "";
  return {
    kind: "accepted",
    credentials: credentialsIn(request.header("cookie") ?? "", rules),
    forwardedAddress: isAddress(forwarded) ? forwarded : "",
    isBrowser: (request.header("user-agent") ?? "").startsWith("Mozilla/"),
  };
}

function isAddress(text: string): boolean {
  return shortAddress.test(text) || (longAddress.test(text) && URL.canParse(`http://[${text}]/`));
}

function refusal(status: number, reason: string): UpgradeVerdict {
  return { kind: "refused", status, reason };
}

function pathFault(path: string): UpgradeVerdict | null {
  if (path.endsWith("/leafnode")) {
    return refusal(501, "leafnode connections are not supported yet");
  }
  return path.endsWith("/mqtt") ? refusal(404, "mqtt is not supported yet") : null;
}

function handshakeFault(request: UpgradeRequest): UpgradeVerdict | null {
  if (request.method !== "GET") {
    return refusal(405, "request method must be GET");
  }
  if ((request.header("host") ?? "") === "") {
    return refusal(400, "'Host' missing in request");
  }
  if (!hasToken(request, "upgrade", "websocket")) {
    return refusal(400, "invalid value for header 'Upgrade'");
  }
  if (!hasToken(request, "connection", "upgrade")) {
    return refusal(400, "invalid value for header 'Connection'");
  }
  const key = request.header("sec-websocket-key") ?? "";
  if (key === "") {
    return refusal(400, "key missing");
  }
  if (!keyForm.test(key)) {
    return refusal(400, "invalid websocket key");
  }
  return hasToken(request, "sec-websocket-version", "13") ? null : refusal(400, "invalid version");
}

function hasToken(request: UpgradeRequest, name: string, token: string): boolean {
  const tokens = (request.header(name) ?? "").split(",");
  return tokens.some((one) => one.trim().toLowerCase() === token);
}

/** A client that names no origin is no page, and could name any. */
function originFault(request: UpgradeRequest, rules: UpgradeRules): string | null {
  if (!rules.sameOrigin && rules.allowedOrigins.length === 0) {
    return null;
  }
  const text = request.header("origin") || request.header("sec-websocket-origin") || "";
  if (text === "") {
    return null;
  }
  const origin = parseOrigin(text);
  if (!origin.ok) {
    return origin.refusal;
  }
  if (rules.sameOrigin && !isOwn(origin.value, request.header("host") ?? "")) {
    return "not same origin";
  }
  return rules.allowedOrigins.length === 0 || isListed(origin.value, rules.allowedOrigins)
    ? null
    : "not in the allowed list";
}

function isOwn({ scheme, host, port }: HttpOrigin, hostHeader: string): boolean {
  const own = splitPlace(hostHeader, false);
  return own !== null && scheme === "http" && host === own.host && port === own.port;
}

function isListed({ scheme, host, port }: HttpOrigin, list: readonly string[]): boolean {
  return list.some((text) => {
    const allowed = parseOrigin(text);
    return (
      allowed.ok &&
      allowed.value.scheme === scheme &&
      allowed.value.host === host &&
      allowed.value.port === port
    );
  });
}

function credentialsIn(cookies: string, rules: UpgradeRules): CookieCredentials {
  const values = cookieValues(cookies);
  const of = (name: string | null): string => (name === null ? "" : (values.get(name) ?? ""));
  return {
    jwt: of(rules.jwtCookie),
    user: of(rules.userCookie),
    password: of(rules.passwordCookie),
    token: of(rules.tokenCookie),
  };
}

/** Of several cookies of one name the last counts. */
export function cookieValues(header: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const part of header.split(";")) {
    const text = part.trim();
    const at = text.indexOf("=");
    if (at > 0) {
      const value = text.slice(at + 1);
      values.set(text.slice(0, at), /^".*"$/.test(value) ? value.slice(1, -1) : value);
    }
  }
  return values;
}
