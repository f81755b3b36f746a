// Password hashes, ed25519 and digests.

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
