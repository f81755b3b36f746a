// Password hashes, ed25519 and digests with what Bun brings.

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign,
  timingSafeEqual,
  verify,
} from "node:crypto";
import type { Crypto } from "../ports/crypto.ts";

/** What stands before the raw 32 bytes in the DER form of an ed25519 key (RFC 8410). */
const privateKeyPrefix: Buffer = Buffer.from("302e020100300506032b657004220420", "hex");
const publicKeyPrefix: Buffer = Buffer.from("302a300506032b6570032100", "hex");

const bcryptPattern: RegExp = /^\$2[abxy]?\$(\d\d\$[./A-Za-z0-9]{53})$/;
const bcryptLongest = 72;

function privateKey(seed: Uint8Array): KeyObject {
  const key = Buffer.concat([privateKeyPrefix, seed]);
  return createPrivateKey({ key, format: "der", type: "pkcs8" });
}

export class BunCrypto implements Crypto {
  async verifyBcrypt(password: Uint8Array, hash: string): Promise<boolean> {
    const rest = bcryptPattern.exec(hash)?.[1];
    // Bun refuses an empty password, and no stored hash is meant for one.
    if (rest === undefined || password.length === 0) {
      return false;
    }
    try {
      // Longer ones Bun would digest first, as no other bcrypt does; the prefixes all name the same function here.
      const cut = password.slice(0, bcryptLongest);
      return await Bun.password.verify(cut, `$2b$${rest}`, "bcrypt");
    } catch {
      return false;
    }
  }

  verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
    if (publicKey.length !== 32 || signature.length !== 64) {
      return false;
    }
    try {
      const key = Buffer.concat([publicKeyPrefix, publicKey]);
      const imported = createPublicKey({ key, format: "der", type: "spki" });
      return verify(null, message, imported, signature);
    } catch {
      return false;
    }
  }

  signEd25519(seed: Uint8Array, message: Uint8Array): Uint8Array {
    return new Uint8Array(sign(null, message, privateKey(seed)));
  }

  ed25519PublicKey(seed: Uint8Array): Uint8Array {
    const exported = createPublicKey(privateKey(seed)).export({ format: "der", type: "spki" });
    return new Uint8Array(exported.subarray(publicKeyPrefix.length));
  }

  sha256(bytes: Uint8Array): Uint8Array {
    return new Uint8Array(createHash("sha256").update(bytes).digest());
  }

  equalInConstantTime(a: Uint8Array, b: Uint8Array): boolean {
    return a.length === b.length && timingSafeEqual(a, b);
  }
}
