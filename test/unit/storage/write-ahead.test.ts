import { expect, test } from "bun:test";
import { WriteAhead } from "../../../src/storage/write-ahead.ts";
import { storageRig } from "./storage-rig.ts";

const batch = new Uint8Array(100).fill(1);

function writeMany(sizeOf: (count: number) => number, everyMillis: number): number {
  const { disk } = storageRig();
  using file = disk.openFile("/data/log", "create");
  const ahead = new WriteAhead();
  let end = 0;
  for (let count = 1; count <= 30; count++) {
    const bytes = new Uint8Array(sizeOf(count)).fill(1);
    ahead.write(file, [bytes], end, count * everyMillis);
    end += bytes.length;
  }
  const slack = file.size() - end;
  expect(
    disk
      .readBytes("/data/log")
      .subarray(end)
      .every((byte) => byte === 0),
  ).toBe(true);
  ahead.cut(file, end);
  expect(file.size()).toBe(end);
  return slack;
}

test("a log that is synced for every few messages gets zeros written ahead of it", () => {
  expect(writeMany(() => 100, 1)).toBeGreaterThan(10_000);
});

test("a log that is written now and then, or in large batches, gets none", () => {
  expect(writeMany(() => 100, 1000)).toBe(0);
  expect(writeMany(() => 10_000, 1)).toBe(0);
});

test("a disk without room for zeros still takes the records", () => {
  const { disk } = storageRig();
  using file = disk.openFile("/data/log", "create");
  const ahead = new WriteAhead();
  disk.capacity = 2000;
  for (let count = 0; count < 20; count++) {
    ahead.write(file, [batch], count * 100, count);
  }
  expect(disk.readBytes("/data/log").subarray(0, 2000)).toEqual(new Uint8Array(2000).fill(1));
});
