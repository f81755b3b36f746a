// The checksum module, both builds, against the plain twin and against Bun's own xxHash.

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { Checksum } from "../../../src/wasm/checksum.ts";
import {
  plainCheckRecords,
  plainChecksum,
  plainSealRecords,
} from "../../reference/plain-checksum.ts";

const build: string = join(import.meta.dir, "../../../build");

for (const file of ["checksum.wasm", "checksum.debug.wasm"]) {
  const checksum = new Checksum(new WebAssembly.Module(readFileSync(join(build, file))));

  describe(`the checksum (${file})`, () => {
    test("of nothing and of known words is the published one", () => {
      expect(checksum.of(new Uint8Array(0))).toBe(0xef46db3751d8e999n);
      expect(checksum.of(new TextEncoder().encode("a"))).toBe(0xd24ec4f1a98c6e5bn);
      expect(checksum.of(new TextEncoder().encode("abc"))).toBe(0x44bc2cf5ad770999n);
    });

    test("of any bytes is the twin's", () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
          expect(checksum.of(bytes)).toBe(plainChecksum(bytes));
        }),
        { numRuns: 500 },
      );
    });

    test("of bytes longer than its window is that of the whole", () => {
      const window = 1024 * 1024;
      for (const length of [window - 1, window, window + 1, 3 * window, 3 * window + 37]) {
        const bytes = Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 9)) & 255);
        expect(checksum.of(bytes)).toBe(Bun.hash.xxHash64(bytes));
      }
    });

    test("changes with every single bit", () => {
      const bytes = Uint8Array.from({ length: 100 }, (_, index) => index);
      const sums = new Set([checksum.of(bytes)]);
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const flipped = bytes.slice();
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        sums.add(checksum.of(flipped));
      }
      expect(sums.size).toBe(801);
    });

    const runs = fc.array(fc.uint8Array({ maxLength: 90 }), { maxLength: 12 }).map(runOf);
    const salts = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

    test("of a run of records is the twin's, record by record", () => {
      fc.assert(
        fc.property(runs, salts, fc.nat(20), (run, salt, before) => {
          const mine = new Uint8Array(before + run.length + 3).fill(7);
          mine.set(run, before);
          checksum.sealRecords(mine, before, before + run.length, salt);
          const twins = run.slice();
          plainSealRecords(twins, salt);
          expect(mine.slice(before, before + run.length)).toEqual(twins);
          expect([...mine.slice(before + run.length)]).toEqual([7, 7, 7]);
          expect(checksum.checkRecords(mine, before, before + run.length, salt)).toBe(run.length);
        }),
      );
    });

    test("of what lies in its room is that of the same bytes elsewhere", () => {
      fc.assert(
        fc.property(runs, salts, fc.nat(20), (run, salt, before) => {
          const inside = checksum.room.subarray(4096, 4096 + before + run.length + 3).fill(7);
          inside.set(run, before);
          expect(checksum.of(inside)).toBe(plainChecksum(inside));
          checksum.sealRecords(inside, before, before + run.length, salt);
          const twins = run.slice();
          plainSealRecords(twins, salt);
          expect(inside.slice(before, before + run.length)).toEqual(twins);
          expect([...inside.slice(before + run.length)]).toEqual([7, 7, 7]);
          expect(checksum.checkRecords(inside, before, before + run.length, salt)).toBe(run.length);
          if (run.length > 0) {
            inside[before] = (inside[before] ?? 0) ^ 1;
            expect(checksum.checkRecords(inside, before, before + run.length, salt)).toBe(0);
          }
        }),
      );
    });

    test("reaches all of its room, and a window of other bytes", () => {
      const { room } = checksum;
      expect(checksum.reachIn(room)).toBe(Number.POSITIVE_INFINITY);
      expect(checksum.reachIn(new Uint8Array(1))).toBe(1024 * 1024);
      const long = room.subarray(room.length - 3_000_001);
      expect(checksum.of(long)).toBe(Bun.hash.xxHash64(long.slice()));
    });

    test("of a run that was changed is right up to the record that was hit, as the twin says", () => {
      fc.assert(
        fc.property(
          runs,
          salts,
          fc.nat(),
          fc.integer({ min: 1, max: 255 }),
          (run, salt, at, by) => {
            checksum.sealRecords(run, 0, run.length, salt);
            const place = run.length === 0 ? 0 : at % run.length;
            run[place] = (run[place] ?? 0) ^ by;
            const good = checksum.checkRecords(run, 0, run.length, salt);
            expect(good).toBe(plainCheckRecords(run, salt));
            expect(good).toBeLessThanOrEqual(place);
          },
        ),
      );
    });
  });
}

/** Records whose checksums are still to be written. */
function runOf(bodies: readonly Uint8Array[]): Uint8Array {
  const total = bodies.reduce((sum, body) => sum + body.length + 12, 0);
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  let place = 0;
  for (const body of bodies) {
    view.setUint32(place, body.length + 12, true);
    bytes.set(body, place + 4);
    place += body.length + 12;
  }
  return bytes;
}
