// Copies of ranges of bytes, as a view and set() would make them.

import { expect, test } from "bun:test";
import { BunMemory } from "../../../src/host/bun-memory.ts";

const memory = new BunMemory();

test("a range is copied to its place, and nothing beside it", () => {
  const from = Uint8Array.from([1, 2, 3, 4, 5, 6]);
  const into = new Uint8Array(8);
  memory.copy(from, 2, 5, into, 3);
  expect([...into]).toEqual([0, 0, 0, 3, 4, 5, 0, 0]);
});

test("views count from where they begin, and an empty range copies nothing", () => {
  const all = Uint8Array.from([9, 8, 7, 6, 5, 4]);
  const into = new Uint8Array(6);
  memory.copy(all.subarray(2), 1, 3, into.subarray(1), 2);
  memory.copy(all, 3, 3, into, 0);
  expect([...into]).toEqual([0, 0, 0, 6, 5, 0]);
});

test("ranges of the same bytes may overlap", () => {
  const all = Uint8Array.from([1, 2, 3, 4, 5]);
  memory.copy(all, 0, 4, all, 1);
  expect([...all]).toEqual([1, 1, 2, 3, 4]);
});

test("a range of a WebAssembly memory is as good as any", () => {
  const wasm = new Uint8Array(new WebAssembly.Memory({ initial: 1 }).buffer);
  memory.copy(Uint8Array.from([1, 2, 3]), 0, 3, wasm, 65_533);
  expect([...wasm.subarray(65_532)]).toEqual([0, 1, 2, 3]);
});

test("warm memory is zero, and is told of later", async () => {
  const bytes = new Uint8Array(300_000);
  let isWarm = false;
  await new Promise<void>((resolve) => {
    memory.warm(bytes, () => {
      isWarm = true;
      resolve();
    });
    expect(isWarm).toBe(false);
  });
  expect(bytes.every((byte) => byte === 0)).toBe(true);
});
