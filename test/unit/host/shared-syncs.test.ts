import { describe, expect, test } from "bun:test";
import { DiskError } from "../../../src/base/server-error.ts";
import { SharedSyncs } from "../../../src/host/shared-syncs.ts";
import type { OnSynced } from "../../../src/ports/disk.ts";

interface Stage {
  /** Wants `key` synced, under a name; gives whether a sync of its own was made. */
  readonly want: (key: string, name: string) => boolean;
  /** Syncs that began and did not end, by the name of who began them. */
  readonly running: Map<string, OnSynced>;
  readonly told: string[];
}

function stage(): Stage {
  const syncs = new SharedSyncs();
  const running = new Map<string, OnSynced>();
  const told: string[] = [];
  const want = (key: string, name: string): boolean =>
    syncs.join(
      key,
      (onSynced) => running.set(name, onSynced),
      (failure) => told.push(failure === null ? name : `${name}: ${failure.message}`),
    );
  return { want, running, told };
}

function end(running: Map<string, OnSynced>, name: string, failure: DiskError | null = null): void {
  const onSynced = running.get(name);
  running.delete(name);
  onSynced?.(failure);
}

describe("a shared sync", () => {
  test("begins at once when none runs, for each key", () => {
    const { want, running } = stage();
    expect([want("a", "one"), want("b", "two")]).toEqual([true, true]);
    expect([...running.keys()]).toEqual(["one", "two"]);
  });

  test("is not the one that ran before it was wanted", () => {
    const { want, running, told } = stage();
    want("a", "one");
    expect([want("a", "two"), want("a", "three"), want("a", "four")]).toEqual([true, false, false]);
    expect([...running.keys()]).toEqual(["one"]);
    end(running, "one");
    expect(told).toEqual(["one"]);
    expect([...running.keys()]).toEqual(["two"]);
    want("a", "five");
    end(running, "two");
    expect(told).toEqual(["one", "two", "three", "four"]);
    end(running, "five");
    expect(told.at(-1)).toBe("five");
    expect(want("a", "six")).toBe(true);
    expect([...running.keys()]).toEqual(["six"]);
  });

  test("tells all who waited for it of its failure, and nobody else", () => {
    const { want, running, told } = stage();
    for (const name of ["one", "two", "three"]) {
      want("a", name);
    }
    end(running, "one");
    want("a", "four");
    end(running, "two", new DiskError("sync", "gone"));
    end(running, "four");
    expect(told).toEqual([
      "one",
      expect.stringMatching(/^two: /),
      expect.stringMatching(/^three: /),
      "four",
    ]);
  });
});
