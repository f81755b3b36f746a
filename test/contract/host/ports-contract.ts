// What every clock, timer, random source, disk and crypto promises. A simulated host must pass this too.

import { describe, expect, test } from "bun:test";
import type { Clock } from "../../../src/ports/clock.ts";
import type { Crypto } from "../../../src/ports/crypto.ts";
import type { Random } from "../../../src/ports/random.ts";
import type { Timers } from "../../../src/ports/timers.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

export function clockContract(name: string, clock: Clock): void {
  describe(name, () => {
    test("monotonic time never goes back", () => {
      let before = clock.monotonicMillis();
      for (let round = 0; round < 1000; round++) {
        const now = clock.monotonicMillis();
        expect(now).toBeGreaterThanOrEqual(before);
        before = now;
      }
    });

    test("wall time in nanoseconds is wall time in milliseconds, and finer", () => {
      const millis = clock.wallMillis();
      const nanos = Number(clock.wallNanos() / 1_000_000n);
      expect(Math.abs(nanos - millis)).toBeLessThanOrEqual(1000);
      expect(Number.isInteger(millis)).toBe(true);
    });
  });
}

export function timersContract(name: string, timers: Timers): void {
  describe(name, () => {
    test("a shorter wait ends before a longer one", async () => {
      const order: string[] = [];
      await new Promise<void>((resolve) => {
        timers.after(20, () => {
          order.push("longer");
          resolve();
        });
        timers.after(1, () => order.push("shorter"));
      });
      expect(order).toEqual(["shorter", "longer"]);
    });

    test("a disposed timer does not call", async () => {
      let calls = 0;
      const cancelled = timers.after(1, () => {
        calls += 1;
      });
      cancelled[Symbol.dispose]();
      cancelled[Symbol.dispose]();
      await new Promise<void>((resolve) => {
        timers.after(10, resolve);
      });
      expect(calls).toBe(0);
    });

    test("a repeated call goes on until it is disposed, even from inside", async () => {
      let calls = 0;
      await new Promise<void>((resolve) => {
        const repeated = timers.every(1, () => {
          calls += 1;
          if (calls === 3) {
            repeated[Symbol.dispose]();
            timers.after(10, resolve);
          }
        });
      });
      expect(calls).toBe(3);
    });

    test("a wait longer than any machine runs does not end at once", async () => {
      let calls = 0;
      using _endless = timers.after(2 ** 40, () => {
        calls += 1;
      });
      await new Promise<void>((resolve) => {
        timers.after(5, resolve);
      });
      expect(calls).toBe(0);
    });

    test("the end of a turn comes after what is running, in the order asked", async () => {
      const order: string[] = [];
      await new Promise<void>((resolve) => {
        timers.endOfTurn(() => order.push("first"));
        timers.endOfTurn(() => {
          order.push("second");
          resolve();
        });
        order.push("running");
      });
      expect(order).toEqual(["running", "first", "second"]);
    });
  });
}

export function randomContract(name: string, random: Random): void {
  describe(name, () => {
    test("integers stay below their bound and reach every value of a small one", () => {
      const seen = new Set<number>();
      for (let round = 0; round < 1000; round++) {
        seen.add(random.below(7));
      }
      expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
      expect(random.below(1)).toBe(0);
      expect(random.below(2 ** 32)).toBeLessThan(2 ** 32);
    });

    test("bytes come in the length that was asked for and differ", () => {
      expect(random.bytes(0).length).toBe(0);
      expect(random.bytes(200_000).length).toBe(200_000);
      expect(toHex(random.bytes(16))).not.toBe(toHex(random.bytes(16)));
    });
  });
}

export function cryptoContract(name: string, crypto: Crypto): void {
  describe(name, () => {
    // RFC 8032, section 7.1, test 2.
    const seed = fromHex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
    const publicKey = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
    const message = fromHex("72");
    const signature =
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";

    test("ed25519 gives the signatures of its standard", () => {
      expect(toHex(crypto.ed25519PublicKey(seed))).toBe(publicKey);
      expect(toHex(crypto.signEd25519(seed, message))).toBe(signature);
      expect(crypto.verifyEd25519(fromHex(publicKey), message, fromHex(signature))).toBe(true);
    });

    test("a signature of something else, or of the wrong size, is not accepted", () => {
      const key = fromHex(publicKey);
      expect(crypto.verifyEd25519(key, ascii("other"), fromHex(signature))).toBe(false);
      expect(crypto.verifyEd25519(key, message, fromHex(signature).slice(1))).toBe(false);
      expect(crypto.verifyEd25519(key.slice(1), message, fromHex(signature))).toBe(false);
      expect(crypto.verifyEd25519(new Uint8Array(32), message, new Uint8Array(64))).toBe(false);
    });

    test("sha256 gives the digest of its standard", () => {
      expect(toHex(crypto.sha256(ascii("abc")))).toBe(
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      );
    });

    test("comparison in constant time answers what plain comparison would", () => {
      expect(crypto.equalInConstantTime(ascii("same"), ascii("same"))).toBe(true);
      expect(crypto.equalInConstantTime(ascii("same"), ascii("some"))).toBe(false);
      expect(crypto.equalInConstantTime(ascii("same"), ascii("same."))).toBe(false);
      expect(crypto.equalInConstantTime(ascii(""), ascii(""))).toBe(true);
    });

    // Both hashes were made by libxcrypt, at the lowest cost.
    const hash = "y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW";

    test("bcrypt accepts its password under every prefix, and no other", async () => {
      const rest = hash.slice(1);
      for (const prefix of ["$2a", "$2b", "$2x", "$2y"]) {
        expect(await crypto.verifyBcrypt(ascii("secret"), prefix + rest), prefix).toBe(true);
        expect(await crypto.verifyBcrypt(ascii("Secret"), prefix + rest), prefix).toBe(false);
      }
    });

    test("bcrypt looks at the first 72 bytes of a password only", async () => {
      // Of 72 times "a".
      const long = "$2b$04$abcdefghijklmnopqrstuuBzzIgyKkz7xMWYSzkIjUSnxEQFQ0WNe";
      expect(await crypto.verifyBcrypt(ascii("a".repeat(72)), long)).toBe(true);
      expect(await crypto.verifyBcrypt(ascii(`${"a".repeat(72)}and more`), long)).toBe(true);
      expect(await crypto.verifyBcrypt(ascii("a".repeat(71)), long)).toBe(false);
    });

    test("bcrypt refuses what is no hash without throwing", async () => {
      for (const bad of [
        "",
        "secret",
        "$2a$",
        "$1$04$abc",
        "$2b$99$zz",
        `$2b$04$${"!".repeat(53)}`,
      ]) {
        expect(await crypto.verifyBcrypt(ascii("secret"), bad), bad).toBe(false);
      }
      expect(await crypto.verifyBcrypt(ascii(""), `$2${hash}`)).toBe(false);
    });
  });
}
