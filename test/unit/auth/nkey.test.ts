import { describe, expect, test } from "bun:test";
import { createAccount, createOperator, createServer, createUser, fromSeed } from "@nats-io/nkeys";
import fc from "fast-check";
import {
  decodeNkeySeed,
  decodePublicNkey,
  encodeNkeySeed,
  encodePrivateNkey,
  encodePublicNkey,
  isPublicNkey,
  type NkeyRole,
  signatureFault,
} from "../../../src/auth/nkey.ts";
import { TestCrypto } from "./test-crypto.ts";

const crypto = new TestCrypto();
const encoder = new TextEncoder();
const decoder = new TextDecoder();

const firstLetters: readonly (readonly [NkeyRole, string])[] = [
  ["account", "A"],
  ["cluster", "C"],
  ["curve", "X"],
  ["operator", "O"],
  ["server", "N"],
  ["user", "U"],
];

describe("an nkey", () => {
  test.each([...firstLetters])("of role %s begins with %s", (role, letter) => {
    const key = encodePublicNkey(role, new Uint8Array(32).fill(7));
    expect(key).toStartWith(letter);
    expect(key.length).toBe(56);
    expect(decodePublicNkey(key)).toEqual({ role, key: new Uint8Array(32).fill(7) });
    const seed = encodeNkeySeed(role, new Uint8Array(32).fill(9));
    expect(seed).toStartWith(`S${letter}`);
    expect(decodeNkeySeed(seed)).toEqual({ role, seed: new Uint8Array(32).fill(9) });
  });

  test("survives encoding, whatever its bytes", () => {
    const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(fc.constantFrom(...firstLetters), bytes, ([role], key) => {
        expect(decodePublicNkey(encodePublicNkey(role, key))).toEqual({ role, key });
        expect(decodeNkeySeed(encodeNkeySeed(role, key))).toEqual({ role, seed: key });
      }),
    );
  });

  test("is what the official library makes", () => {
    for (const [role, made] of [
      ["user", createUser()],
      ["account", createAccount()],
      ["operator", createOperator()],
      ["server", createServer()],
    ] as const) {
      const seed = decodeNkeySeed(decoder.decode(made.getSeed()));
      const key = crypto.ed25519PublicKey(seed?.seed ?? new Uint8Array(32));
      expect(seed?.role).toBe(role);
      expect(encodePublicNkey(role, key)).toBe(made.getPublicKey());
      expect(isPublicNkey(made.getPublicKey(), role)).toBe(true);
      expect(isPublicNkey(made.getPublicKey(), "cluster")).toBe(false);
    }
  });

  test("has a private form beginning with P", () => {
    const pair = createUser();
    const seed = decodeNkeySeed(decoder.decode(pair.getSeed()));
    expect(encodePrivateNkey(seed?.seed ?? new Uint8Array(32), crypto)).toBe(
      decoder.decode(pair.getPrivateKey()),
    );
  });

  test("is refused with any letter changed, added or missing", () => {
    const key = encodePublicNkey("user", new Uint8Array(32).fill(3));
    for (const at of key.split("").keys()) {
      const other = key[at] === "A" ? "B" : "A";
      expect(decodePublicNkey(key.slice(0, at) + other + key.slice(at + 1))).toBeNull();
    }
    expect(decodePublicNkey(`${key}A`)).toBeNull();
    expect(decodePublicNkey(key.slice(1))).toBeNull();
    expect(decodePublicNkey(key.toLowerCase())).toBeNull();
    expect(decodePublicNkey("")).toBeNull();
    expect(decodeNkeySeed(key)).toBeNull();
    expect(decodePublicNkey(encodeNkeySeed("user", new Uint8Array(32)))).toBeNull();
    expect(decodePublicNkey(encodePublicNkey("user", new Uint8Array(31)))).toBeNull();
  });

  test("survives any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."ABCDUSXN234567=a") }), (text) => {
        decodePublicNkey(text);
        decodeNkeySeed(text);
        signatureFault(crypto, text, "nonce", text);
      }),
    );
  });
});

describe("a signature over the nonce", () => {
  const pair = fromSeed(createUser().getSeed());
  const key = pair.getPublicKey();
  const nonce = "h_AOdqgCs-U9t7k";
  const signature = pair.sign(encoder.encode(nonce));

  test("is taken as base64url and as plain base64", () => {
    const unpadded = signature.toBase64({ alphabet: "base64url", omitPadding: true });
    expect(signatureFault(crypto, key, nonce, unpadded)).toBeNull();
    expect(signatureFault(crypto, key, nonce, signature.toBase64())).toBeNull();
  });

  test("must be there, whole, of this key and of this nonce", () => {
    const given = signature.toBase64();
    expect(signatureFault(crypto, key, nonce, "")).toBe("Signature missing");
    expect(signatureFault(crypto, key, nonce, "*")).toBe("Signature not valid base64");
    expect(signatureFault(crypto, key, nonce, "AAAA")).toBe("Signature not verified");
    expect(signatureFault(crypto, key, "other", given)).toBe("Signature not verified");
    expect(signatureFault(crypto, createUser().getPublicKey(), nonce, given)).toBe(
      "Signature not verified",
    );
    expect(signatureFault(crypto, "U", nonce, given)).toBe("User nkey not valid");
  });
});
