import { expect, test } from "bun:test";
import { fullBlockBytes, SpareBlocks } from "../../../../src/jetstream/store/spare-blocks.ts";

class Warming {
  readonly buffers: Uint8Array[] = [];
  readonly #done: (() => void)[] = [];

  readonly warm = (bytes: Uint8Array, onDone: () => void): void => {
    this.buffers.push(bytes);
    this.#done.push(onDone);
  };

  end(): void {
    for (const done of this.#done.splice(0)) {
      done();
    }
  }
}

test("a block is there at once, and the next ones are made ready", () => {
  const warming = new Warming();
  const spares = new SpareBlocks(warming.warm);
  const first = spares.take();
  expect(first.byteLength).toBe(fullBlockBytes);
  expect(warming.buffers.map(({ length }) => length)).toEqual([fullBlockBytes]);
  expect(spares.take().buffer).not.toBe(warming.buffers[0]?.buffer);
  expect(warming.buffers.length).toBe(3);
  warming.end();
  const buffers = new Set(warming.buffers.map(({ buffer }) => buffer));
  expect(buffers.has(spares.take().buffer)).toBe(true);
});

test("no block is given twice, and no more are made ready than are worth it", () => {
  const warming = new Warming();
  const spares = new SpareBlocks(warming.warm);
  const given = new Set<ArrayBuffer>();
  for (let count = 1; count <= 60; count++) {
    given.add(spares.take().buffer);
    expect(given.size).toBe(count);
    expect(warming.buffers.length - given.size).toBeLessThanOrEqual(12);
    if (count % 7 === 0) {
      warming.end();
    }
  }
});

test("without a way to make blocks ready they are made when they are needed", () => {
  const spares = new SpareBlocks(null);
  expect(spares.take().buffer).not.toBe(spares.take().buffer);
});
