import { expect, test } from "bun:test";
import { decodePublicNkey } from "../../../src/auth/nkey.ts";
import { makeServerIdentity } from "../../../src/auth/server-identity.ts";
import { TestCrypto } from "./test-crypto.ts";

test("a server's id is the public half of its key", () => {
  const crypto = new TestCrypto();
  const random = {
    bytes: (length: number): Uint8Array => new Uint8Array(length).fill(1),
    below: (): number => 0,
  };
  const identity = makeServerIdentity(random, crypto);
  expect(identity.id).toMatch(/^N[A-Z2-7]{55}$/);
  expect(decodePublicNkey(identity.id)).toEqual({
    role: "server",
    key: crypto.ed25519PublicKey(identity.seed),
  });
});
