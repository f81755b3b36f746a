// The key by which a server is known: a fresh one at every start, its public half being the server's id.

import type { Crypto } from "../ports/crypto.ts";
import type { Random } from "../ports/random.ts";
import { encodePublicNkey } from "./nkey.ts";

export interface ServerIdentity {
  /** N... */
  readonly id: string;
  readonly seed: Uint8Array;
}

export function makeServerIdentity(random: Random, crypto: Crypto): ServerIdentity {
  const seed = random.bytes(32);
  return { id: encodePublicNkey("server", crypto.ed25519PublicKey(seed)), seed };
}
