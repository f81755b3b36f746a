import { expect, test } from "bun:test";
import { BlockBuffers } from "../../../src/storage/block-buffers.ts";

test("a buffer that was given comes back, but not before the turn is over", () => {
  const buffers = new BlockBuffers();
  const first = buffers.take(20_000);
  expect(first.length).toBe(24_576);
  buffers.give(first);
  expect(buffers.take(20_000)).not.toBe(first);
  buffers.settle();
  expect(buffers.take(22_000)).toBe(first);
  expect(buffers.take(22_000)).not.toBe(first);
});

test("lengths do not mix", () => {
  const buffers = new BlockBuffers();
  const large = buffers.take(100_000);
  expect(large.length).toBe(106_496);
  buffers.give(large);
  buffers.settle();
  expect(buffers.take(1).length).toBe(8192);
  expect(buffers.take(106_496)).toBe(large);
});

test("what is kept has a limit, and buffers of others are not kept", () => {
  const buffers = new BlockBuffers();
  for (let count = 0; count < 1000; count++) {
    buffers.give(new Uint8Array(1 << 20));
  }
  expect(buffers.keptBytes).toBe(16 << 20);
  const others = new BlockBuffers();
  others.give(new Uint8Array(1024));
  others.give(new Uint8Array(new ArrayBuffer(1 << 20), 0, 8192));
  others.give(new Uint8Array(0));
  expect(others.keptBytes).toBe(0);
});
