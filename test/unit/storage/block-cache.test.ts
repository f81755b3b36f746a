import { expect, test } from "bun:test";
import { Block } from "../../../src/storage/block.ts";
import { BlockCache, type Cached } from "../../../src/storage/block-cache.ts";

class Entry implements Cached {
  readonly cachedBytes: number;
  readonly isLarge: boolean;
  wasUsed = false;
  isPinned = false;
  cacheSlot = -1;
  evictions = 0;

  constructor(cachedBytes: number, isLarge = false) {
    this.cachedBytes = cachedBytes;
    this.isLarge = isLarge;
  }

  evict(): void {
    this.evictions++;
  }
}

test("what is above the limit leaves, but not what is new, pinned or was used", () => {
  const cache = new BlockCache(100);
  const [pinned, used, idle] = [new Entry(40), new Entry(30), new Entry(30)];
  pinned.isPinned = true;
  used.wasUsed = true;
  for (const entry of [pinned, used, idle]) {
    cache.add(entry);
  }
  expect(cache.bytes).toBe(100);
  const added = new Entry(30);
  cache.add(added);
  expect([pinned, used, idle, added].map(({ evictions }) => evictions)).toEqual([0, 0, 1, 0]);
  expect(cache.bytes).toBe(100);
  const next = new Entry(10);
  cache.add(next);
  expect(cache.bytes).toBeLessThanOrEqual(100);
  expect(pinned.evictions).toBe(0);
});

test("an entry is in once, and what was taken out is forgotten without a word", () => {
  const cache = new BlockCache(100);
  const entries = [new Entry(10), new Entry(20), new Entry(30)];
  for (const entry of [...entries, ...entries]) {
    cache.add(entry);
  }
  expect(cache.bytes).toBe(60);
  for (const entry of entries) {
    cache.remove(entry);
    cache.remove(entry);
  }
  expect(cache.bytes).toBe(0);
  expect(entries.map(({ evictions }) => evictions)).toEqual([0, 0, 0]);
});

test("large ones have a limit of their own, beyond that of the others", () => {
  const cache = new BlockCache(320);
  const usual = [new Entry(160), new Entry(160)];
  const large = [new Entry(6, true), new Entry(6, true)];
  for (const entry of [...usual, ...large]) {
    cache.add(entry);
  }
  expect([...usual, ...large].map(({ evictions }) => evictions)).toEqual([0, 0, 1, 0]);
  expect(cache.bytes).toBe(326);
});

test("with no room at all the newest is there until the next one comes", () => {
  const cache = new BlockCache(0);
  const [first, second] = [new Entry(10), new Entry(10)];
  cache.add(first);
  expect(first.evictions).toBe(0);
  cache.add(second);
  expect([first.evictions, second.evictions]).toEqual([1, 0]);
});

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
