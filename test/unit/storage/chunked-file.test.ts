import { expect, test } from "bun:test";
import { ChunkedReader, ChunkedWriter } from "../../../src/storage/chunked-file.ts";
import { ToySealer } from "../../simulation/storage/toy-sealer.ts";
import { storageRig } from "./storage-rig.ts";

const { disk, surroundings } = storageRig();
const { checksum } = surroundings;
const parts = [3, 0, 1000, 70, 5000, 1].map((length, part) =>
  Uint8Array.from({ length }, (_, at) => part * 7 + at),
);

for (const sealer of [null, new ToySealer()]) {
  const how = sealer === null ? "plain" : "sealed";

  test(`what was written in parts is read in parts, whatever the chunks (${how})`, () => {
    for (const chunkBytes of [1, 64, 999, 1 << 20]) {
      using file = disk.openFile("/data/chunks", "create");
      const writer = new ChunkedWriter(file, checksum, chunkBytes, sealer);
      for (const part of parts) {
        writer.write(part);
      }
      expect(writer.end()).toBe(file.size());
      const reader = new ChunkedReader(file, checksum, sealer);
      for (const part of parts) {
        expect(reader.take(part.length)?.slice()).toEqual(part);
      }
      expect(reader.take(1)).toBeNull();
    }
  });

  test(`nothing is read from a chunk that was changed or cut (${how})`, () => {
    using file = disk.openFile("/data/changed", "create");
    const writer = new ChunkedWriter(file, checksum, 64, sealer);
    writer.write(new Uint8Array(200).fill(9));
    writer.end();
    const whole = disk.readBytes("/data/changed");
    for (let at = 0; at < whole.length; at++) {
      const changed = whole.slice();
      changed[at] = (changed[at] ?? 0) ^ 4;
      for (const content of [changed, whole.slice(0, at)]) {
        using other = disk.openFile("/data/other", "create");
        other.write(content, 0, content.length, 0);
        const taken = new ChunkedReader(other, checksum, sealer).take(200);
        // Behind the last chunk stands only the mark of the end.
        const isBehind = at >= whole.length - 12;
        expect(taken === null || (isBehind && taken.every((byte) => byte === 9))).toBe(true);
      }
    }
  });
}
