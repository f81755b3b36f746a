// The Crypto port for tests of auth, with a count of what was asked.

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import type { Crypto } from "../../../src/ports/crypto.ts";

const privatePrefix = Buffer.from("302e020100300506032b657004220420", "hex");
const publicPrefix = Buffer.from("302a300506032b6570032100", "hex");

function privateKey(seed: Uint8Array): KeyObject {
  return createPrivateKey({
    key: Buffer.concat([privatePrefix, seed]),
    format: "der",
    type: "pkcs8",
  });
}

export class TestCrypto implements Crypto {
  bcryptChecks = 0;
  plainChecks = 0;

  async verifyBcrypt(password: Uint8Array, hash: string): Promise<boolean> {
    this.bcryptChecks++;
    return password.length > 0 && Bun.password.verify(password, hash.replace(/^\$2a/, "$2b"));
  }

  verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
    const key = createPublicKey({
      key: Buffer.concat([publicPrefix, publicKey]),
      format: "der",
      type: "spki",
    });
    return verify(null, message, key, signature);
  }

  signEd25519(seed: Uint8Array, message: Uint8Array): Uint8Array {
    return new Uint8Array(sign(null, message, privateKey(seed)));
  }

  ed25519PublicKey(seed: Uint8Array): Uint8Array {
    const exported = createPublicKey(privateKey(seed)).export({ format: "der", type: "spki" });
    return new Uint8Array(exported.subarray(publicPrefix.length));
  }

  sha256(bytes: Uint8Array): Uint8Array {
    return new Uint8Array(createHash("sha256").update(bytes).digest());
  }

  equalInConstantTime(a: Uint8Array, b: Uint8Array): boolean {
    this.plainChecks++;
    return Buffer.compare(a, b) === 0;
  }
}
