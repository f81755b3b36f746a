// How log lines name a connection: where it comes from, its number, and what its session knows of the client.

import type { Connection } from "./connection.ts";

export function connectionLabel(connection: Connection, suffix: string): string {
  const { cid, host, port, kind, entrance } = connection;
  const forwarded = entrance?.forwardedAddress ?? "";
  const before = forwarded === "" ? "" : `${bracketed(forwarded)}/`;
  const id = `${kind === "websocket" ? "wid" : "cid"}:${cid}`;
  return `${before}${bracketed(host)}:${port} - ${id}${suffix}`;
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
