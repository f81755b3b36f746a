import { expect, test } from "bun:test";
import { Block } from "../../../src/storage/block.ts";
import { BlockCache } from "../../../src/storage/block-cache.ts";

function blockIn(cache: BlockCache): Block {
  const block = Block.of(cache.buffers.take(8192), 8192, cache.buffers);
  block.measure();
  cache.add(block);
  return block;
}

test("a block that is added twice leaves once, and its buffer is given once", () => {
  const cache = new BlockCache(40_000);
  const first = blockIn(cache);
  const { bytes } = first;
  cache.add(first);
  let evictions = 0;
  first.onEvict = () => {
    evictions += 1;
  };
  for (let count = 0; count < 20; count++) {
    blockIn(cache);
  }
  expect(evictions).toBe(1);
  cache.buffers.settle();
  const taken = Array.from({ length: 40 }, () => cache.buffers.take(8192));
  expect(taken.filter((buffer) => buffer === bytes).length).toBe(1);
});

test("a block that left has nothing to read any more", () => {
  const cache = new BlockCache(40_000);
  const first = blockIn(cache);
  for (let count = 0; count < 20; count++) {
    blockIn(cache);
  }
  expect(first.bytes.length).toBe(0);
});
