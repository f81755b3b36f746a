// Password hashes, ed25519 and digests; ciphers for what lies on disk.

export interface Crypto {
  /** bcrypt; the password is cut to 72 bytes first, as every bcrypt does. Never throws for a bad hash: false. */
  verifyBcrypt(password: Uint8Array, hash: string): Promise<boolean>;
  verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  signEd25519(seed: Uint8Array, message: Uint8Array): Uint8Array;
  ed25519PublicKey(seed: Uint8Array): Uint8Array;
  sha256(bytes: Uint8Array): Uint8Array;
  /** Takes the same time whatever differs; false for different lengths. */
  equalInConstantTime(a: Uint8Array, b: Uint8Array): boolean;
}

export type CipherName = "chacha20-poly1305" | "aes-256-gcm";

/** Authenticated ciphers: a key is 32 bytes long, a nonce 12, the tag that is added 16. */
export interface Ciphers {
  /** A nonce must never be used twice with a key. */
  seal(cipher: CipherName, key: Uint8Array, nonce: Uint8Array, bytes: Uint8Array): Uint8Array;
  /** Null when it is not what was sealed with this key and nonce. */
  open(
    cipher: CipherName,
    key: Uint8Array,
    nonce: Uint8Array,
    sealed: Uint8Array,
  ): Uint8Array | null;
  hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array;
}
