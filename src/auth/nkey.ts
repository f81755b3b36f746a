// Nkeys: ed25519 and x25519 keys as text that tells their role by its first letter. Base32 over a prefix byte, the key
// and a checksum. It computes no signatures itself; the Crypto port does.

import type { Crypto } from "../ports/crypto.ts";

export type NkeyRole = "account" | "cluster" | "curve" | "operator" | "server" | "user";

export interface PublicNkey {
  readonly role: NkeyRole;
  readonly key: Uint8Array;
}

export interface NkeySeed {
  readonly role: NkeyRole;
  readonly seed: Uint8Array;
}

const keyLength = 32;
const checksumLength = 2;

/** The first five bits make the first letter: A, C, X, O, N, U. */
const prefixes: Readonly<Record<NkeyRole, number>> = {
  account: 0,
  cluster: 2 << 3,
  curve: 23 << 3,
  operator: 14 << 3,
  server: 13 << 3,
  user: 20 << 3,
};

const roles: ReadonlyMap<number, NkeyRole> = new Map([
  [prefixes.account, "account"],
  [prefixes.cluster, "cluster"],
  [prefixes.curve, "curve"],
  [prefixes.operator, "operator"],
  [prefixes.server, "server"],
  [prefixes.user, "user"],
]);

/** S */
const seedPrefix = 18 << 3;
/** P */
const privatePrefix = 15 << 3;

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const digits: ReadonlyMap<string, number> = new Map(
  [...alphabet].map((letter, value) => [letter, value]),
);
const encoder: TextEncoder = new TextEncoder();

export function encodePublicNkey(role: NkeyRole, key: Uint8Array): string {
  return encode(Uint8Array.of(prefixes[role], ...key));
}

/** Null when the text is no public key. */
export function decodePublicNkey(text: string): PublicNkey | null {
  const raw = decode(text);
  const role = raw === null ? null : roleOf(raw[0] ?? -1);
  return raw === null || role === null || raw.length !== 1 + keyLength
    ? null
    : { role, key: raw.subarray(1) };
}

export function isPublicNkey(text: string, role: NkeyRole): boolean {
  return decodePublicNkey(text)?.role === role;
}

/** The seed's own prefix takes five bits, its role's prefix the next eight. */
export function encodeNkeySeed(role: NkeyRole, seed: Uint8Array): string {
  const prefix = prefixes[role];
  return encode(Uint8Array.of(seedPrefix | (prefix >> 5), (prefix & 31) << 3, ...seed));
}

/** Null when the text is no seed. */
export function decodeNkeySeed(text: string): NkeySeed | null {
  const raw = decode(text);
  const [first = 0, second = 0] = raw ?? [];
  const role = roleOf(((first & 7) << 5) | (second >> 3));
  return raw === null ||
    role === null ||
    (first & 248) !== seedPrefix ||
    raw.length !== 2 + keyLength
    ? null
    : { role, seed: raw.subarray(2) };
}

/** The private key text of a seed, P...: seed and public key together. */
export function encodePrivateNkey(seed: Uint8Array, crypto: Crypto): string {
  return encode(Uint8Array.of(privatePrefix, ...seed, ...crypto.ed25519PublicKey(seed)));
}

/** Why a signature over the nonce does not prove the key; null when it does. */
export function signatureFault(
  crypto: Crypto,
  publicKey: string,
  nonce: string,
  signature: string,
): string | null {
  if (signature === "") {
    return "Signature missing";
  }
  const bytes = bytesOfBase64(signature);
  if (bytes === null) {
    return "Signature not valid base64";
  }
  const decoded = decodePublicNkey(publicKey);
  if (decoded === null || decoded.role === "curve") {
    return "User nkey not valid";
  }
  const isVerified =
    bytes.length === 64 && crypto.verifyEd25519(decoded.key, encoder.encode(nonce), bytes);
  return isVerified ? null : "Signature not verified";
}

/** Unpadded base64url, or else plain base64. */
function bytesOfBase64(text: string): Uint8Array | null {
  for (const variant of ["base64url", "base64"] as const) {
    try {
      return Uint8Array.fromBase64(text, { alphabet: variant });
    } catch {
      // Perhaps the other alphabet.
    }
  }
  return null;
}

function roleOf(prefix: number): NkeyRole | null {
  return roles.get(prefix) ?? null;
}

function encode(payload: Uint8Array): string {
  const checksum = crc16(payload);
  return base32(Uint8Array.of(...payload, checksum & 255, checksum >> 8));
}

/** Prefix and key without the checksum; null when the text is damaged. */
function decode(text: string): Uint8Array | null {
  const raw = bytesOfBase32(text);
  if (raw === null || raw.length < 2 + checksumLength) {
    return null;
  }
  const payload = raw.subarray(0, -checksumLength);
  const [low = 0, high = 0] = raw.subarray(-checksumLength);
  return crc16(payload) === (low | (high << 8)) ? payload : null;
}

/** CRC-16 of XMODEM: polynomial 0x1021, start 0. */
function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) {
      crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021;
    }
    crc &= 0xffff;
  }
  return crc;
}

function base32(bytes: Uint8Array): string {
  let text = "";
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = ((buffer << 8) | byte) & 0xfff;
    for (bits += 8; bits >= 5; bits -= 5) {
      text += alphabet.charAt((buffer >> (bits - 5)) & 31);
    }
  }
  return bits === 0 ? text : text + alphabet.charAt((buffer << (5 - bits)) & 31);
}

function bytesOfBase32(text: string): Uint8Array | null {
  const bytes: number[] = [];
  let buffer = 0;
  let bits = 0;
  for (const letter of text) {
    const digit = digits.get(letter);
    if (digit === undefined) {
      return null;
    }
    buffer = ((buffer << 5) | digit) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((buffer >> bits) & 255);
    }
  }
  // What is left over fills up the last letter and is nothing.
  const isWhole = bits < 5 && (buffer & ((1 << bits) - 1)) === 0;
  return isWhole ? Uint8Array.from(bytes) : null;
}
