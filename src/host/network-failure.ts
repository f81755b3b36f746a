// One wording for addresses that cannot be had, whichever call of Bun refused them.

import { NetworkError } from "../base/server-error.ts";

const words: Readonly<Record<string, string>> = {
  EADDRINUSE: "address already in use",
  EACCES: "permission denied",
  EADDRNOTAVAIL: "cannot assign requested address",
  EAFNOSUPPORT: "address family not supported by protocol",
  EMFILE: "too many open files",
  ENFILE: "too many open files in system",
};

/** "host:port", with brackets around an IPv6 address. */
export function hostAndPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

export function listenFailure(host: string, port: number, cause: unknown): NetworkError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "undefined";
  const where = hostAndPort(host, port);
  if (code === "undefined") {
    // Bun gives no code when the name has no address.
    return new NetworkError("ENOTFOUND", `listen tcp: lookup ${host}: no such host`, cause);
  }
  if (code === "ERR_OUT_OF_RANGE") {
    return new NetworkError(code, `listen tcp: address ${port}: invalid port`, cause);
  }
  return new NetworkError(code, `listen tcp ${where}: bind: ${words[code] ?? code}`, cause);
}

/** Both families listen behind "0.0.0.0" and "::", so IPv4 peers appear mapped; they are shown as what they are. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) {
    return "";
  }
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}
