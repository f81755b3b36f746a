import { expect, test } from "bun:test";
import { DiskError } from "../../../src/base/server-error.ts";
import { OpenFiles } from "../../../src/storage/open-files.ts";
import { storageRig } from "./storage-rig.ts";

function filesWith(limit: number, names: readonly string[]): OpenFiles {
  const { disk } = storageRig();
  for (const name of names) {
    disk.writeText(`/data/${name}`, name);
  }
  return new OpenFiles(disk, limit);
}

test("no more files are open than the limit, the one used longest ago is closed", () => {
  const files = filesWith(2, ["a", "b", "c"]);
  const first = files.file("/data/a");
  files.file("/data/b");
  expect(files.file("/data/a")).toBe(first);
  files.file("/data/c");
  expect(files.size).toBe(2);
  expect(files.file("/data/a")).toBe(first);
});

test("a pinned file stays open until it is unpinned, and goes then if others need its place", () => {
  const files = filesWith(1, ["a", "b"]);
  const pinned = files.pin("/data/a");
  files.file("/data/b");
  expect(files.size).toBe(2);
  expect(files.file("/data/a")).toBe(pinned);
  files.file("/data/b");
  files.unpin(pinned);
  expect(files.size).toBe(1);
});

test("a pinned file that was closed is not what its path names any more", () => {
  const files = filesWith(4, ["a"]);
  const pinned = files.pin("/data/a");
  files.close("/data/a");
  expect(files.size).toBe(0);
  const other = files.pin("/data/a");
  expect(other).not.toBe(pinned);
  files.unpin(pinned);
  expect(files.file("/data/a")).toBe(other);
  files.unpin(other);
  files.close("/data/a");
  expect(files.size).toBe(0);
});

test("opening to create empties the file that was open", () => {
  const files = filesWith(4, ["a"]);
  expect(files.file("/data/a").size()).toBe(1);
  expect(files.file("/data/a", "create").size()).toBe(0);
  expect(files.size).toBe(1);
  files.closeAll();
  expect(files.size).toBe(0);
});

test("a file that is not there fails as the disk does", () => {
  expect(() => filesWith(1, []).file("/data/a")).toThrow(DiskError);
});
