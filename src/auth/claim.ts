// Whom a client says it is, before or without proof, and how that is shown. A token is never shown, nor any secret.

import type { ConnectOptions } from "../protocol/connect-options.ts";
import { goQuote } from "../protocol/go-quote.ts";

export interface Claim {
  readonly kind: "none" | "user" | "nkey" | "token";
  /** The user's name or public key; "" otherwise. */
  readonly name: string;
}

const redacted = "[REDACTED]";

export function claimOf(request: ConnectOptions): Claim {
  if (request.nkey !== "") {
    return { kind: "nkey", name: request.nkey };
  }
  if (request.user !== "") {
    return { kind: "user", name: request.user };
  }
  return { kind: request.token === "" ? "none" : "token", name: "" };
}

/** As monitoring and events show it. */
export function shownUser(claim: Claim): string {
  return claim.kind === "token" ? redacted : claim.name;
}

/** As log lines tell it: `User "a"`. */
export function claimText(claim: Claim): string {
  switch (claim.kind) {
    case "nkey":
      return `Nkey ${goQuote(claim.name)}`;
    case "user":
      return `User ${goQuote(claim.name)}`;
    case "token":
      return `Token "${redacted}"`;
    default:
      return 'User "N/A"';
  }
}

/** As it stands in the name of a connection in log lines: `user:a`, or "" without a claim. */
export function claimLabel(claim: Claim): string {
  switch (claim.kind) {
    case "nkey":
    case "user":
      return `${claim.kind}:${claim.name}`;
    case "token":
      return "token";
    default:
      return "";
  }
}
