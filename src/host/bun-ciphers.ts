// Authenticated ciphers: AES with what Bun brings, ChaCha20-Poly1305, which Bun lacks, from a library.

import { createCipheriv, createDecipheriv, createHmac } from "node:crypto";
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import type { CipherName, Ciphers } from "../ports/crypto.ts";

const tagBytes = 16;

export class BunCiphers implements Ciphers {
  seal(cipher: CipherName, key: Uint8Array, nonce: Uint8Array, bytes: Uint8Array): Uint8Array {
    if (cipher === "chacha20-poly1305") {
      return chacha20poly1305(key, nonce).encrypt(bytes);
    }
    const sealing = createCipheriv(cipher, key, nonce);
    const sealed = new Uint8Array(bytes.length + tagBytes);
    sealed.set(sealing.update(bytes));
    sealing.final();
    sealed.set(sealing.getAuthTag(), bytes.length);
    return sealed;
  }

  open(
    cipher: CipherName,
    key: Uint8Array,
    nonce: Uint8Array,
    sealed: Uint8Array,
  ): Uint8Array | null {
    if (sealed.length < tagBytes) {
      return null;
    }
    try {
      return cipher === "chacha20-poly1305"
        ? chacha20poly1305(key, nonce).decrypt(sealed)
        : openAes(key, nonce, sealed);
    } catch {
      // Both say only that the tag is wrong.
      return null;
    }
  }

  hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array {
    return new Uint8Array(createHmac("sha256", key).update(bytes).digest());
  }
}

function openAes(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Uint8Array {
  const end = sealed.length - tagBytes;
  const opening = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes });
  opening.setAuthTag(sealed.subarray(end));
  const bytes = opening.update(sealed.subarray(0, end));
  opening.final();
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}
