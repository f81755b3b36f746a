import { expect, test } from "bun:test";
import { HighwayHash } from "../../../../../src/jetstream/api/backup/highway-hash.ts";

/** Of 0, 1, 2... bytes that count 3, 10, 17..., under the digest of "S-1"; made with another implementation. */
const known: readonly (readonly [length: number, hash: string])[] = [
  [0, "c52c83b3b367ea67"],
  [1, "473d32c1efb2c76f"],
  [2, "6a81460076388c5c"],
  [3, "54948e11d1db28b7"],
  [4, "0ec93c406ad465d2"],
  [5, "58995cb7723616b7"],
  [15, "eea6795ed5d1d0d4"],
  [16, "391930bbc122adda"],
  [17, "f782f8c08f16cac9"],
  [19, "6db72b5518bd14e6"],
  [31, "e92ada251e076eda"],
  [32, "0859fd39b7bd85ec"],
  [33, "6873dc95aa648b1d"],
  [63, "6358d4d69cce3138"],
  [64, "205b75ec90450c84"],
  [1000, "8aa74a36d9ef38f8"],
];

test.each(known)("the hash of %d bytes is the published one", (length, hash) => {
  const key = new Bun.CryptoHasher("sha256").update("S-1").digest();
  const bytes = Uint8Array.from({ length }, (_, index) => (index * 7 + 3) & 255);
  const found = new HighwayHash(new Uint8Array(key)).of(bytes);
  expect(Buffer.from(found).reverse().toString("hex")).toBe(hash);
});
