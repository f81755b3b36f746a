import { expect, test } from "bun:test";
import { BlockBuffers } from "../../../src/storage/block-buffers.ts";
import { BlockRoom } from "../../../src/storage/block-room.ts";

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
  expect(large.length).toBe(114_688);
  buffers.give(large);
  buffers.settle();
  expect(buffers.take(1).length).toBe(8192);
  expect(buffers.take(114_688)).toBe(large);
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

test("buffers are pieces of the room until it is used up, and pieces come back to whoever wants them", () => {
  const room = new BlockRoom(new Uint8Array(40_960));
  const [buffers, others] = [new BlockBuffers(room), new BlockBuffers(room)];
  const first = buffers.take(20_000);
  const second = buffers.take(10_000);
  expect([room.has(first), room.has(second)]).toEqual([true, true]);
  expect(second.byteOffset).toBe(first.byteOffset + first.length);
  const outside = buffers.take(8192);
  expect(room.has(outside)).toBe(false);
  for (const buffer of [first, outside]) {
    buffers.give(buffer);
  }
  expect(room.has(others.take(24_576))).toBe(false);
  buffers.settle();
  expect(others.take(24_576)).toBe(first);
  expect(buffers.take(8192)).toBe(outside);
});

test("long buffers are at most a quarter longer than they must be", () => {
  const buffers = new BlockBuffers();
  for (const length of [65_537, 100_000, 131_072, 131_160, 1 << 20, (1 << 20) + 1, 8_400_000]) {
    const got = buffers.take(length).length;
    expect(got).toBeGreaterThanOrEqual(length);
    expect(got).toBeLessThanOrEqual(length * 1.25);
  }
});
