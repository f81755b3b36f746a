// What every disk promises. A simulated one must pass this too.

import { describe, expect, test } from "bun:test";
import { DiskError } from "../../../src/base/server-error.ts";
import type { Disk, DiskFile } from "../../../src/ports/disk.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (thrown) {
    return thrown instanceof DiskError ? thrown.code : "another error";
  }
  return "none";
}

/** Files at places, syncs, locks: what stores need. */
export function fileContract(name: string, disk: Disk, folder: () => string): void {
  describe(name, () => {
    const at = (file: string): string => `${folder()}/${file}`;
    const textOf = (file: DiskFile): string => {
      const bytes = new Uint8Array(file.size());
      expect(file.read(bytes, 0, bytes.length, 0)).toBe(bytes.length);
      return new TextDecoder().decode(bytes);
    };

    test("a file is written and read at places", () => {
      using file = disk.openFile(at("places"), "create");
      file.write(ascii("..hello.."), 2, 5, 0);
      file.write(ascii("J"), 0, 1, 0);
      file.writeAll([ascii(" wor"), ascii(""), ascii("ld")], 5);
      expect(file.size()).toBe(11);
      expect(textOf(file)).toBe("Jello world");
      const into = new Uint8Array(8).fill(46);
      expect(file.read(into, 2, 4, 6)).toBe(4);
      expect(new TextDecoder().decode(into)).toBe("..worl..");
      expect(file.path).toBe(at("places"));
    });

    test("reading behind the end gives fewer bytes, or none", () => {
      using file = disk.openFile(at("short"), "create");
      file.write(ascii("abc"), 0, 3, 0);
      const into = new Uint8Array(10);
      expect(file.read(into, 0, 10, 1)).toBe(2);
      expect(file.read(into, 0, 10, 3)).toBe(0);
      expect(file.read(into, 0, 10, 99)).toBe(0);
    });

    test("what is left out when writing behind the end reads as zeros", () => {
      using file = disk.openFile(at("hole"), "create");
      file.write(ascii("x"), 0, 1, 4);
      const into = new Uint8Array(5).fill(7);
      expect(file.read(into, 0, 5, 0)).toBe(5);
      expect([...into]).toEqual([0, 0, 0, 0, 120]);
    });

    test("a file is cut and lengthened", () => {
      using file = disk.openFile(at("cut"), "create");
      file.write(ascii("hello"), 0, 5, 0);
      file.truncate(2);
      expect(textOf(file)).toBe("he");
      file.truncate(4);
      expect(file.size()).toBe(4);
      expect(textOf(file)).toBe("he\0\0");
    });

    test("opening to create empties what is there, to read or update needs it", () => {
      using made = disk.openFile(at("again"), "create");
      made.write(ascii("old"), 0, 3, 0);
      using update = disk.openFile(at("again"), "update");
      expect(textOf(update)).toBe("old");
      update.write(ascii("O"), 0, 1, 0);
      using read = disk.openFile(at("again"), "read");
      expect(textOf(read)).toBe("Old");
      using anew = disk.openFile(at("again"), "create");
      expect(anew.size()).toBe(0);
      expect(codeOf(() => disk.openFile(at("nowhere"), "update"))).toBe("ENOENT");
      expect(codeOf(() => disk.openFile(at("nowhere"), "read"))).toBe("ENOENT");
      expect(codeOf(() => disk.openFile(folder(), "update"))).toBe("EISDIR");
    });

    test("a sync answers later, of files and of folders", async () => {
      using file = disk.openFile(at("synced"), "create");
      file.write(ascii("x"), 0, 1, 0);
      file.syncNow();
      disk.syncDirectoryNow(folder());
      disk.syncVolumeNow(folder());
      const told: string[] = [];
      await new Promise<void>((resolve) => {
        const count = (what: string, failure: DiskError | null): void => {
          told.push(failure === null ? what : failure.message);
          if (told.length === 2) {
            resolve();
          }
        };
        file.sync((failure) => {
          count("file", failure);
        });
        disk.syncDirectory(folder(), (failure) => {
          count("folder", failure);
        });
        expect(told).toEqual([]);
      });
      expect(told.sort()).toEqual(["file", "folder"]);
      expect(codeOf(() => disk.syncDirectoryNow(at("nowhere")))).toBe("ENOENT");
    });

    test("a file that was renamed or removed is still the file that was opened", () => {
      using file = disk.openFile(at("moved"), "create");
      disk.rename(at("moved"), at("moved.there"));
      file.write(ascii("x"), 0, 1, 0);
      expect(disk.size(at("moved.there"))).toBe(1);
      disk.remove(at("moved.there"));
      file.write(ascii("y"), 0, 1, 1);
      expect(textOf(file)).toBe("xy");
    });

    test("a folder goes with all that is in it, and one that is not there is gone already", () => {
      disk.makeDirectory(at("tree/inner"));
      disk.writeText(at("tree/inner/a"), "a");
      disk.removeDirectory(at("tree"));
      expect(disk.exists(at("tree"))).toBe(false);
      disk.removeDirectory(at("tree"));
    });

    test("a lock is held once, until it is given back", () => {
      const held = disk.lock(at("lock"));
      expect(codeOf(() => disk.lock(at("lock")))).toBe("EWOULDBLOCK");
      held[Symbol.dispose]();
      held[Symbol.dispose]();
      using again = disk.lock(at("lock"));
      expect(again).toBeDefined();
    });

    test("the volume has less free than it holds", () => {
      const { free, total } = disk.space(folder());
      expect(free).toBeGreaterThan(0);
      expect(total).toBeGreaterThanOrEqual(free);
    });
  });
}

export function diskContract(name: string, disk: Disk, folder: () => string): void {
  describe(name, () => {
    const at = (file: string): string => `${folder()}/${file}`;

    test("what was written is read again, as text and as bytes", () => {
      disk.writeText(at("a.txt"), "grüße\n");
      expect(disk.readText(at("a.txt"))).toBe("grüße\n");
      expect(disk.readBytes(at("a.txt"))).toEqual(ascii("grüße\n"));
      expect(disk.size(at("a.txt"))).toBe(8);
    });

    test("a file that is not there fails with ENOENT in the words of the system", () => {
      let failure: unknown;
      try {
        disk.readText(at("missing"));
      } catch (thrown) {
        failure = thrown;
      }
      expect(failure).toBeInstanceOf(DiskError);
      expect((failure as DiskError).code).toBe("ENOENT");
      expect((failure as DiskError).message).toBe(
        `open ${at("missing")}: no such file or directory`,
      );
    });

    test("appending keeps what was there and counts it", () => {
      disk.writeText(at("b.log"), "old\n");
      const file = disk.append(at("b.log"));
      expect(file.size).toBe(4);
      file.write("new\n");
      expect(file.size).toBe(8);
      file[Symbol.dispose]();
      file[Symbol.dispose]();
      expect(disk.readText(at("b.log"))).toBe("old\nnew\n");
    });

    test("a renamed file is only under its new name, a removed one nowhere", () => {
      disk.writeText(at("c"), "c");
      disk.rename(at("c"), at("d"));
      expect([disk.exists(at("c")), disk.exists(at("d"))]).toEqual([false, true]);
      disk.remove(at("d"));
      expect(disk.exists(at("d"))).toBe(false);
      expect(() => disk.remove(at("d"))).toThrow(DiskError);
    });

    test("a folder lists its files by name", () => {
      disk.makeDirectory(at("inner/most"));
      disk.makeDirectory(at("inner/most"));
      disk.writeText(at("inner/z"), "");
      disk.writeText(at("inner/a"), "");
      expect(disk.list(at("inner"))).toEqual(["a", "most", "z"]);
      expect(disk.isDirectory(at("inner"))).toBe(true);
      expect(disk.isDirectory(at("inner/a"))).toBe(false);
      expect(disk.isDirectory(at("nowhere"))).toBe(false);
    });

    test("a path beside another stands in its folder, unless it is absolute", () => {
      expect(disk.beside("/etc/nats/main.conf", "users.conf")).toBe("/etc/nats/users.conf");
      expect(disk.beside("/etc/nats/main.conf", "../users.conf")).toBe("/etc/users.conf");
      expect(disk.beside("/etc/nats/main.conf", "/srv/users.conf")).toBe("/srv/users.conf");
      expect(disk.absolute("x").startsWith("/")).toBe(true);
    });
  });
}
