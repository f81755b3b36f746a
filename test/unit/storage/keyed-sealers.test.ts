import { describe, expect, test } from "bun:test";
import { BunCiphers } from "../../../src/host/bun-ciphers.ts";
import { BunRandom } from "../../../src/host/bun-random.ts";
import type { CipherName } from "../../../src/ports/crypto.ts";
import { KeyedSealers } from "../../../src/storage/keyed-sealers.ts";
import { SealError, type Sealer } from "../../../src/storage/sealing.ts";

const text = (written: string): Uint8Array => new TextEncoder().encode(written);
const secret = text(
  "a secret that repeats, a secret that repeats, a secret that repeats, and ends",
);

interface Keys {
  readonly key?: string | null;
  readonly previousKey?: string | null;
  readonly cipher?: CipherName;
}

/** An asset on disk: its saved key survives what opens it. */
class Asset {
  saved: Uint8Array | null = null;
  saves = 0;
  context = "A/S";

  open(keys: Keys, compression: "none" | "s2" = "none"): Sealer | null {
    const { key = null, previousKey = null, cipher = "chacha20-poly1305" } = keys;
    const sealers = new KeyedSealers({
      ciphers: new BunCiphers(),
      random: new BunRandom(),
      key,
      previousKey,
      cipher,
    });
    return sealers.sealerFor({
      context: this.context,
      compression,
      savedKey: this.saved,
      saveKey: (saved) => {
        this.saved = saved.slice();
        this.saves++;
      },
    });
  }

  sealer(keys: Keys, compression: "none" | "s2" = "none"): Sealer {
    const sealer = this.open(keys, compression);
    if (sealer === null) {
      throw new Error("there should be a sealer");
    }
    return sealer;
  }
}

const isIn = (part: Uint8Array, whole: Uint8Array): boolean =>
  Buffer.from(whole).includes(Buffer.from(part));

describe("sealers", () => {
  test("are not there when nothing is to be done", () => {
    expect(new Asset().open({})).toBeNull();
  });

  test("compress without a key", () => {
    const sealer = new Asset().sealer({}, "s2");
    const sealed = sealer.seal(secret).slice();
    expect(sealed.length).toBeLessThan(secret.length);
    expect(sealer.open(sealed)).toEqual(secret);
    const short = sealer.seal(text("short")).slice();
    expect(sealer.open(short)).toEqual(text("short"));
  });

  test.each(["chacha20-poly1305", "aes-256-gcm"] as const)("encrypt with %s", (cipher) => {
    const asset = new Asset();
    const sealer = asset.sealer({ key: "k", cipher });
    const one = sealer.seal(secret).slice();
    const other = sealer.seal(secret).slice();
    expect(one).not.toEqual(other);
    expect(isIn(text("secret"), one)).toBe(false);
    const again = asset.sealer({ key: "k", cipher }, "s2");
    expect(again.open(one)).toEqual(secret);
    expect(again.open(other)).toEqual(secret);
    const compressed = again.seal(secret).slice();
    expect(compressed.length).toBeLessThan(one.length);
    expect(sealer.open(compressed)).toEqual(secret);
    expect(asset.saves).toBe(1);
  });

  test("open what another cipher sealed", () => {
    const asset = new Asset();
    const sealed = asset.sealer({ key: "k", cipher: "aes-256-gcm" }).seal(secret).slice();
    expect(asset.sealer({ key: "k" }).open(sealed)).toEqual(secret);
  });

  test("never use a nonce twice, also when an asset is opened again", () => {
    const asset = new Asset();
    const heads = new Set<string>();
    for (let opening = 0; opening < 20; opening++) {
      const sealer = asset.sealer({ key: "k" });
      for (let frame = 0; frame < 20; frame++) {
        heads.add(Buffer.from(sealer.seal(secret).subarray(0, 23)).toString("hex"));
      }
    }
    expect(heads.size).toBe(400);
  });

  test("open with the former key, and seal the asset's key with the present one", () => {
    const asset = new Asset();
    const sealed = asset.sealer({ key: "old" }).seal(secret).slice();
    expect(asset.sealer({ key: "new", previousKey: "old" }).open(sealed)).toEqual(secret);
    expect(asset.saves).toBe(2);
    expect(asset.sealer({ key: "new" }).open(sealed)).toEqual(secret);
    expect(() => asset.open({ key: "old" })).toThrow(
      `"A/S" is encrypted with another key than jetstream's key or prev_key`,
    );
    expect(asset.saves).toBe(2);
  });

  test("say what is wrong with a key", () => {
    const asset = new Asset();
    asset.sealer({ key: "right" });
    expect(() => asset.open({ key: "wrong", previousKey: "wrong too" })).toThrow(SealError);
    expect(() => asset.open({})).toThrow(`"A/S" is encrypted, and jetstream has no key`);
    const other = new Asset();
    other.context = "A/T";
    other.saved = asset.saved;
    expect(() => other.open({ key: "right" })).toThrow(`the saved key of "A/T" is damaged`);
    asset.saved = asset.saved?.slice(0, -1) ?? null;
    expect(() => asset.open({ key: "right" })).toThrow("damaged");
  });

  test("open nothing that was changed in a single bit", () => {
    for (const compression of ["none", "s2"] as const) {
      const sealer = new Asset().sealer({ key: "k" }, compression);
      const sealed = sealer.seal(secret).slice();
      for (let bit = 0; bit < sealed.length * 8; bit++) {
        const changed = sealed.slice();
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        let opened: Uint8Array | null = null;
        try {
          opened = sealer.open(changed);
        } catch (failure) {
          expect(failure).toBeInstanceOf(SealError);
        }
        // Marks that say "plain" make it other bytes, which the log's checksum refuses; never the secret.
        expect(opened === null || !isIn(text("secret"), opened)).toBe(true);
      }
      for (let length = 0; length < sealed.length; length++) {
        let opened: Uint8Array | null = null;
        try {
          opened = sealer.open(sealed.subarray(0, length));
        } catch (failure) {
          expect(failure).toBeInstanceOf(SealError);
        }
        expect(opened).toBeNull();
      }
    }
  });
});
