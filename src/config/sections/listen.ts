// Where to listen: a port, or host and port in one text.

import { typeNameOf } from "../expect.ts";
import type { Findings } from "../findings.ts";
import { quote } from "../quote.ts";
import type { ConfigNode } from "../tree.ts";

export interface HostPort {
  /** Empty when only a port was given. */
  readonly host: string;
  readonly port: number;
}

/** Null with an error found when it cannot be read. */
export function decodeListen(node: ConfigNode, findings: Findings): HostPort | null {
  if (node.content.kind === "integer") {
    return { host: "", port: Number(node.content.value) };
  }
  if (node.content.kind !== "string") {
    findings.error(node, `expected port or host:port, got ${typeNameOf(node)}`);
    return null;
  }
  const text = node.content.text;
  const parts = splitHostPort(text);
  if (parts === null) {
    findings.error(node, `could not parse address string ${quote(text)}`);
    return null;
  }
  if (!/^[-+]?[0-9]{1,18}$/.test(parts.port)) {
    findings.error(node, `could not parse port ${quote(parts.port)}`);
    return null;
  }
  return { host: parts.host, port: Number(parts.port) };
}

/** An IPv6 address stands in brackets. Null when there is no single port. */
export function splitHostPort(text: string): { host: string; port: string } | null {
  const parts = /^(?:\[([^[\]]*)\]|([^[\]:]*)):([^[\]:]*)$/.exec(text);
  return parts === null ? null : { host: parts[1] ?? parts[2] ?? "", port: parts[3] ?? "" };
}
