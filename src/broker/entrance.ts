// How a client came in when it was not by plain TCP, and what it brought along before it said a word.

import type { ConnectOptions } from "../protocol/connect-options.ts";

/** "" is not given. */
export interface OfferedCredentials {
  readonly jwt: string;
  readonly user: string;
  readonly password: string;
  readonly token: string;
}

export interface Entrance {
  /** They stand in for what CONNECT leaves out. */
  readonly credentials: OfferedCredentials;
  /** Whom a proxy asked for; "" when nobody told. Log lines show it, nothing trusts it. */
  readonly forwardedAddress: string;
}

export function withOffered(options: ConnectOptions, entrance: Entrance | null): ConnectOptions {
  if (entrance === null) {
    return options;
  }
  const { jwt, user, password, token } = entrance.credentials;
  return {
    ...options,
    jwt: options.jwt || jwt,
    user: options.user || user,
    password: options.password || password,
    token: options.token || token,
  };
}
