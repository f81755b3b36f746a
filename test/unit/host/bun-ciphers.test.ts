import { describe, expect, test } from "bun:test";
import { BunCiphers } from "../../../src/host/bun-ciphers.ts";
import type { CipherName } from "../../../src/ports/crypto.ts";

const ciphers = new BunCiphers();
const hex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits, "hex"));
const text = (words: string): Uint8Array => new TextEncoder().encode(words);

/** Made with other implementations: the second is a test case of the standard. */
const known: readonly (readonly [CipherName, Uint8Array, Uint8Array, Uint8Array, Uint8Array])[] = [
  [
    "chacha20-poly1305",
    Uint8Array.from({ length: 32 }, (_, index) => 0x80 + index),
    hex("070000004041424344454647"),
    text("Ladies and Gentlemen"),
    hex("d31a8d34648e60db7b86afbc53ef7ec2a4aded51dbf3a3a6d05a122619b0d634be6b3475"),
  ],
  [
    "aes-256-gcm",
    new Uint8Array(32),
    new Uint8Array(12),
    new Uint8Array(16),
    hex("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"),
  ],
];

describe.each(known)("the cipher %s", (cipher, key, nonce, bytes, sealed) => {
  test("seals as others do, and opens that", () => {
    expect(ciphers.seal(cipher, key, nonce, bytes)).toEqual(sealed);
    expect(ciphers.open(cipher, key, nonce, sealed)).toEqual(bytes);
  });

  test("opens nothing that was changed in a single bit", () => {
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = sealed.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(ciphers.open(cipher, key, nonce, changed)).toBeNull();
    }
    expect(ciphers.open(cipher, key, nonce, sealed.subarray(0, 15))).toBeNull();
    expect(ciphers.open(cipher, key, nonce, new Uint8Array(0))).toBeNull();
  });

  test("takes nothing and much", () => {
    for (const length of [0, 1, 1_000_000]) {
      const plain = new Uint8Array(length).fill(7);
      const made = ciphers.seal(cipher, key, nonce, plain);
      expect(made.length).toBe(length + 16);
      expect(ciphers.open(cipher, key, nonce, made)).toEqual(plain);
    }
  });
});

test("the digest with a key is that of RFC 4231", () => {
  const digest = ciphers.hmacSha256(text("Jefe"), text("what do ya want for nothing?"));
  expect(Buffer.from(digest).toString("hex")).toBe(
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  );
});
