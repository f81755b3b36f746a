// Where a web page comes from: scheme, host and port, as browsers name it in the Origin header and configurations in
// their lists. It compares; who may come from where it does not know.

import { accepted, type Result, refused } from "./result.ts";

export interface HttpOrigin {
  /** Without colon, in lower case. */
  readonly scheme: string;
  /** In lower case; an IPv6 address without its brackets. */
  readonly host: string;
  /** The scheme's own when none is written. */
  readonly port: string;
}

const originForm = /^([a-z][a-z0-9+.-]*):\/\/(?:[^@/?#]*@)?([^/?#]*)(?:[/?][^#]*)?$/i;
const hostForm = /^(?:\[([^[\]]*)\]|([^[\]:]*))(?::([0-9]*))?$/;

/** The refusal says what is missing. */
export function parseOrigin(text: string): Result<HttpOrigin, string> {
  const parts = originForm.exec(text);
  const scheme = parts?.[1]?.toLowerCase();
  if (parts === null || scheme === undefined) {
    return refused(`parse "${text}": invalid URI for request`);
  }
  const written = parts[2] ?? "";
  const place = splitPlace(written, scheme === "https");
  if (place !== null) {
    return accepted({ scheme, ...place });
  }
  const port = /:[^:\]]*[^:\]0-9][^:\]]*$/.exec(written)?.[0];
  return port === undefined
    ? refused(`address ${written}: too many colons in address`)
    : refused(`parse "${text}": invalid port "${port}" after host`);
}

/** host, host:port or [host]:port as in a Host header. Null when it is neither. */
export function splitPlace(
  text: string,
  isSecure: boolean,
): { readonly host: string; readonly port: string } | null {
  const parts = hostForm.exec(text);
  if (parts === null) {
    return null;
  }
  const host = (parts[1] ?? parts[2] ?? "").toLowerCase();
  return { host, port: parts[3] ?? (isSecure ? "443" : "80") };
}
