// The key of one asset, and how it is kept on disk: sealed with a key that is made of the server's key and the asset's
// name. It knows nothing of what the asset's key then seals.

import { concatBytes, equalBytes, utf8Bytes } from "../base/bytes.ts";
import type { CipherName, Ciphers } from "../ports/crypto.ts";
import type { Random } from "../ports/random.ts";

/** How many bytes of each part; in this order. */
const version = 1;
const idBytes = 8;
const saltBytes = 16;
export const nonceBytes: number = 12;
const keyBytes = 32;
const tagBytes = 16;
const savedBytes = 2 + idBytes + saltBytes + nonceBytes + keyBytes + tagBytes;

export const cipherNumbers: Readonly<Record<CipherName, number>> = {
  "chacha20-poly1305": 1,
  "aes-256-gcm": 2,
};

/** Null for a number that names none. */
export function cipherOf(number: number | undefined): CipherName | null {
  const found = Object.entries(cipherNumbers).find(([, known]) => known === number);
  return (found?.[0] ?? null) as CipherName | null;
}

/** What a server seals its assets' keys with, made of the text in its configuration. */
export class ServerKey {
  readonly #ciphers: Ciphers;
  readonly #master: Uint8Array;
  /** Tells keys apart without telling anything of them. */
  readonly #id: Uint8Array;

  constructor(ciphers: Ciphers, text: string) {
    this.#ciphers = ciphers;
    this.#master = ciphers.hmacSha256(utf8Bytes("midge jetstream key"), utf8Bytes(text));
    this.#id = ciphers.hmacSha256(this.#master, utf8Bytes("id")).slice(0, idBytes);
  }

  /** The asset's key as it may lie on disk. */
  save(cipher: CipherName, context: string, key: Uint8Array, random: Random): Uint8Array {
    const salt = random.bytes(saltBytes);
    const nonce = random.bytes(nonceBytes);
    const wrapping = this.#wrappingKey(salt, context);
    const sealed = this.#ciphers.seal(cipher, wrapping, nonce, key);
    const head = Uint8Array.of(version, cipherNumbers[cipher]);
    return concatBytes([head, this.#id, salt, nonce, sealed]);
  }

  /** Whether this key saved it. */
  hasSaved(saved: Uint8Array): boolean {
    const id = saved.subarray(2, 2 + idBytes);
    return equalBytes(this.#id, id);
  }

  /** Null when it is damaged, or not of this asset. */
  open(saved: Uint8Array, context: string): Uint8Array | null {
    const cipher = cipherOf(saved[1]);
    if (saved.length !== savedBytes || saved[0] !== version || cipher === null) {
      return null;
    }
    const salt = saved.subarray(2 + idBytes, 2 + idBytes + saltBytes);
    const nonce = saved.subarray(2 + idBytes + saltBytes, 2 + idBytes + saltBytes + nonceBytes);
    const sealed = saved.subarray(savedBytes - keyBytes - tagBytes);
    return this.#ciphers.open(cipher, this.#wrappingKey(salt, context), nonce, sealed);
  }

  #wrappingKey(salt: Uint8Array, context: string): Uint8Array {
    return this.#ciphers.hmacSha256(this.#master, concatBytes([salt, utf8Bytes(context)]));
  }
}

export function newAssetKey(random: Random): Uint8Array {
  return random.bytes(keyBytes);
}
