import { describe, expect, test } from "bun:test";
import { load } from "./loading.ts";

/** Digests that the reference prints for the same texts. */
const known: readonly (readonly [string, string])[] = [
  ["port: 4222", "797533ebd0dfba7d34a0f9337ecf147e442871f48ddfd07ed751575a5737267e"],
  ['{"port": 4222}', "797533ebd0dfba7d34a0f9337ecf147e442871f48ddfd07ed751575a5737267e"],
  ["port: 0", "b93e69a407407bfbc720e81a2809d8ae6c8e5e774e7115b90b7add9d9ebda893"],
  [
    "xx: 12k5\nport: $xx\nport: 4222",
    "38570af0eaabe1c3df32cb3a7b8a453ddde00f27e1f2a4bda59927fad735fe70",
  ],
  [
    'xx: "<&>\\t\\x01\\"\\\\"\nport: $xx\nport: 4222',
    "8f2281cd2a6820c6e372c293a828c5be438ba7eafe829459fdc91a491583b5aa",
  ],
  [
    "xx: [1.5, -0.0 , 1.0 , 0.000001 , 123456789012345678901234.5 ]\nport: $xx\nport: 4222",
    "5dca789a968d89c6ab6d2e7ddf25f1a7fa9dfa5b65bfe6a792ea17b460ee7a89",
  ],
  [
    "xx: 2006-01-02T15:04:05Z\nport: $xx\nport: 4222",
    "59377c5abf830574efc2a863ab856a8f76c19dc2a68f97dfabc770338a037dfa",
  ],
  [
    'xx {z: 1, a: {}, "\u00e9": [], B: 9223372036854775807}\nport: $xx\nport: 4222',
    "40db4e59b74bec2f2c259cbe9b1f5f7f3058bfbf6541a5b7b07585dfd7ec8da3",
  ],
  [
    'xx: "\u2028\u65e5"\nport: $xx\nport: 4222',
    "e55fbc45c09d67fbd69cd5d6991e967cf6f23ceb324be2e4ebf4575fd6b523d7",
  ],
];

describe("the digest", () => {
  test.each(known)("of %j is the reference's", (text, digest) => {
    expect(load(text).options.configDigest).toBe(`sha256:${digest}`);
  });

  test("does not depend on form, comments or the order of keys", () => {
    const forms = ["debug: true, port: 1", "port = 1 # x\ndebug yes", '{"port": 1, "debug": true}'];
    expect(new Set(forms.map((text) => load(text).options.configDigest)).size).toBe(1);
  });
});
