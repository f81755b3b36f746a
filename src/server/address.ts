// Addresses as they are written: host and port in one text.

export function addressOf(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** host, host:port or [host]:port; the port is null when it is not named. */
export function splitAddress(text: string): {
  readonly host: string;
  readonly port: number | null;
} {
  const found = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d+))?$/.exec(text);
  const port = found?.[3];
  return {
    host: found?.[1] ?? found?.[2] ?? text,
    port: port === undefined || port === "0" ? null : Number(port),
  };
}
