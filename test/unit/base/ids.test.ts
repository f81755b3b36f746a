import { expect, test } from "bun:test";
import { newNuid, newServerId } from "../../../src/base/ids.ts";

function counting(): { below(bound: number): number } {
  let next = 0;
  return {
    below(bound) {
      next += 7;
      return next % bound;
    },
  };
}

test("a server id has 56 letters of base32 and begins with N", () => {
  expect(newServerId(counting())).toMatch(/^N[A-Z2-7]{55}$/);
});

test("a nuid has 22 letters of base62", () => {
  expect(newNuid(counting())).toMatch(/^[0-9A-Za-z]{22}$/);
});

test("ids are drawn from the source that is given", () => {
  expect(newNuid(counting())).toBe(newNuid(counting()));
  const source = counting();
  expect(newNuid(source)).not.toBe(newNuid(source));
});
