import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { crc32c } from "../../../src/storage/crc32c.ts";
import { decodeS2, S2Encoder, S2Error } from "../../../src/storage/s2-block.ts";
import { S2StreamReader, S2StreamWriter } from "../../../src/storage/s2-stream.ts";

const hex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits, "hex"));
const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const word = "abcdefgh";
const repeated = `${word.repeat(20)}X${word.repeat(60)}YZ${word.repeat(9000)}`;
/** Made with the library that the reference uses: repeats of all lengths in the first, one plain chunk in the last. */
const madeElsewhere = {
  block: "c3b7041c6162636465666768110815008800589e290011081900ac0004595a9e2a0011081d000c1900",
  stream:
    "ff06000053327354774f003200000984c6d4c3b7041c61626364656667681108150088005811a115009011a01900340004595a31421900340031401d00f41700",
  short: "ff06000053327354774f010900005eac794f73686f7274",
};

/** Repeats in it, near and far, beside what does not repeat. */
const compressible = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.constantFrom(text("hello world "), text("aaaaaaaaaaaaaaaaaaaaaaaaaa"), text("abc")),
      fc.integer({ min: 0, max: 3000 }).map((length) => new Uint8Array(length).fill(length & 255)),
    ),
    { maxLength: 60 },
  )
  .map((parts) => new Uint8Array(Buffer.concat(parts)));

function readAll(bytes: Uint8Array, step: number): Uint8Array {
  const parts: Uint8Array[] = [];
  const reader = new S2StreamReader((part) => parts.push(part.slice()));
  for (let at = 0; at < bytes.length; at += step) {
    reader.write(bytes.subarray(at, at + step));
  }
  reader.end();
  return new Uint8Array(Buffer.concat(parts));
}

function written(bytes: Uint8Array, step: number): Uint8Array {
  const parts: Uint8Array[] = [];
  const writer = new S2StreamWriter((part) => parts.push(part.slice()));
  for (let at = 0; at < bytes.length; at += step) {
    writer.write(bytes.subarray(at, at + step));
  }
  writer.flush();
  return new Uint8Array(Buffer.concat(parts));
}

describe("a block of S2", () => {
  test("made elsewhere is decoded", () => {
    expect(decodeS2(hex(madeElsewhere.block), 100_000)).toEqual(text(repeated));
  });

  test("of any bytes decodes to them", () => {
    const encoder = new S2Encoder();
    fc.assert(
      fc.property(compressible, (bytes) => {
        expect(decodeS2(encoder.encode(bytes), 1_000_000)).toEqual(bytes);
      }),
      { numRuns: 200 },
    );
    const far = new Uint8Array(200_000);
    far.set(text("the same words, far apart"), 0);
    far.set(text("the same words, far apart"), 199_900);
    expect(decodeS2(encoder.encode(far), 200_000)).toEqual(far);
  });

  test("is much smaller when bytes repeat, and hardly larger when they do not", () => {
    const encoder = new S2Encoder();
    expect(encoder.encode(text(repeated)).length).toBeLessThan(repeated.length / 15);
    const noise = Uint8Array.from({ length: 50_000 }, (_, index) => {
      const mixed = Math.imul(index + 1, 2_654_435_761);
      return (mixed ^ (mixed >>> 15)) & 255;
    });
    expect(encoder.encode(noise).length).toBeLessThan(noise.length + 1000);
  });

  test("that was cut or changed is refused or decodes to something, and never does more", () => {
    const good = hex(madeElsewhere.block);
    for (let length = 0; length < good.length; length++) {
      expect(() => decodeS2(good.subarray(0, length), 100_000)).toThrow(S2Error);
    }
    for (let bit = 0; bit < good.length * 8; bit++) {
      const changed = good.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      try {
        expect(decodeS2(changed, 1_000_000).length).toBeLessThanOrEqual(1_000_000);
      } catch (failure) {
        expect(failure).toBeInstanceOf(S2Error);
      }
    }
    expect(() => decodeS2(hex("ffffffffff7f"), 100)).toThrow(S2Error);
    expect(() => decodeS2(good, 100)).toThrow("longer than 100");
  });
});

describe("a stream of S2", () => {
  test("made elsewhere is read, however it is cut into pieces", () => {
    for (const step of [1, 7, 1000]) {
      expect(readAll(hex(madeElsewhere.stream), step)).toEqual(text(repeated));
      expect(readAll(hex(madeElsewhere.short), step)).toEqual(text("short"));
    }
  });

  test("comes back as it was written", () => {
    const long = text(repeated.repeat(3));
    for (const step of [333, 65_536, 1_000_000]) {
      expect(readAll(written(long, step), 4096)).toEqual(long);
    }
    expect(readAll(written(new Uint8Array(0), 1), 1)).toEqual(new Uint8Array(0));
  });

  test("that was changed is refused", () => {
    const good = written(text("some words, some words, some words"), 100);
    let refusals = 0;
    for (let bit = 0; bit < good.length * 8; bit++) {
      const changed = good.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      try {
        // A chunk that may be passed over is the one change that no checksum sees.
        expect(readAll(changed, 1000)).toEqual(new Uint8Array(0));
      } catch (failure) {
        expect(failure).toBeInstanceOf(S2Error);
        refusals++;
      }
    }
    expect(refusals).toBeGreaterThan(good.length * 8 - 4);
    expect(() => readAll(good.subarray(0, good.length - 1), 100)).toThrow("ends within a chunk");
    expect(() => readAll(good.subarray(10), 100)).toThrow("does not begin with its identifier");
  });
});

test("the checksum of Castagnoli is the published one", () => {
  expect(crc32c(text("123456789"))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(0))).toBe(0);
});
