import { expect, test } from "bun:test";
import { readWhole, replaceFile, replaceFileNow } from "../../../src/storage/atomic-file.ts";
import { type StorageRig, storageRig } from "./storage-rig.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function replaced(rig: StorageRig, folder: string, text: string): Promise<string | null> {
  let result: string | null | undefined;
  replaceFile(rig.surroundings, folder, "meta", bytes(text), (failure) => {
    result = failure;
  });
  expect(result).toBeUndefined();
  await rig.time.until(() => result !== undefined);
  return result ?? null;
}

test("a file is replaced whole, in folders that are made for it", async () => {
  const rig = storageRig();
  expect(await replaced(rig, "/data/a/b", "first")).toBeNull();
  expect(await replaced(rig, "/data/a/b", "second")).toBeNull();
  expect(readWhole(rig.surroundings, "/data/a/b/meta")).toEqual(bytes("second"));
  expect(rig.disk.list("/data/a/b")).toEqual(["meta"]);
});

test("what was replaced survives a loss of power, the folders above it too", async () => {
  for (const isNow of [true, false]) {
    const rig = storageRig();
    if (isNow) {
      replaceFileNow(rig.surroundings, "/data/a/b", "meta", bytes("kept"));
    } else {
      expect(await replaced(rig, "/data/a/b", "kept")).toBeNull();
    }
    rig.disk.syncDirectoryNow("/");
    const disk = rig.disk.losePower(rig.time);
    expect(readWhole({ ...rig.surroundings, disk }, "/data/a/b/meta")).toEqual(bytes("kept"));
  }
});

test("a failure is told, never before the call is over", async () => {
  for (const action of ["open", "write", "sync", "rename"]) {
    const rig = storageRig();
    rig.disk.fault = (asked) => (asked === action ? "EIO" : null);
    expect(await replaced(rig, "/data/a", "text")).toContain("input/output error");
  }
});

test("what was damaged, cut or is missing is not read", async () => {
  const rig = storageRig();
  await replaced(rig, "/data", "the text");
  const whole = rig.disk.readBytes("/data/meta");
  for (let at = 0; at < whole.length; at++) {
    const changed = whole.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    for (const content of [changed, whole.slice(0, at)]) {
      using file = rig.disk.openFile("/data/meta", "create");
      file.write(content, 0, content.length, 0);
      expect(readWhole(rig.surroundings, "/data/meta")).toBeNull();
    }
  }
  expect(readWhole(rig.surroundings, "/data/nothing")).toBeNull();
});
