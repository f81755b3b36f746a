// A disk that is full or fails: the store stops, says so once, acknowledges nothing more and loses nothing that was
// acknowledged.

import { describe, expect, test } from "bun:test";
import { SimulatedDisk } from "../host/simulated-disk.ts";
import { SimulatedRandom } from "../host/simulated-random.ts";
import { SimulatedTime } from "../host/simulated-time.ts";
import { openStores, place, StoreStage, type StoreVariety } from "./store-stage.ts";

const seeds = Number(process.env["MIDGE_SEEDS"] ?? 150);
const codes: Readonly<Record<string, readonly string[]>> = {
  read: ["EIO"],
  write: ["EIO", "ENOSPC", "EDQUOT"],
  sync: ["EIO"],
  open: ["EMFILE", "EIO"],
  rename: ["EIO"],
};

function stageOf(seed: number, variety: StoreVariety): StoreStage {
  const random = new SimulatedRandom(seed);
  const time = new SimulatedTime();
  const disk = new SimulatedDisk({ random, timers: time });
  disk.makeDirectory("/data");
  disk.syncDirectoryNow("/");
  return new StoreStage(disk, { random, time, variety });
}

async function work(stage: StoreStage, steps: number): Promise<void> {
  const { random } = stage;
  for (let left = steps; left > 0; left--) {
    const kind = random.below(20);
    if (kind < 12) {
      stage.append();
    } else if (kind < 15) {
      stage.remove();
    } else if (kind < 16) {
      stage.removeBelow();
    } else if (kind < 19) {
      stage.stores.commitTurn();
    } else {
      await stage.time.advance(random.below(300));
    }
  }
}

function checked(stage: StoreStage, what: string): void {
  try {
    stage.checkRecovered();
  } catch (failure) {
    throw new Error(what, { cause: failure });
  }
}

describe("a full disk", () => {
  test("stops the store; what was durable is there when there is room again", async () => {
    for (let seed = 1; seed <= seeds; seed++) {
      const stage = stageOf(seed, {});
      stage.disk.capacity = 1000 + stage.random.below(20_000);
      const told: string[] = [];
      stage.store.onFailed = (reason) => told.push(reason);
      await work(stage, 150);
      await stage.settle();
      const { store } = stage;
      if (store.failure !== null) {
        expect(told).toEqual([store.failure]);
        expect(store.failure).toContain("no space left on device");
        const { written, durable } = store;
        stage.stores.commitTurn();
        expect([store.written, store.durable]).toEqual([written, durable]);
        expect(store.remove(store.state.firstSequence, true)).toBe(false);
      }
      await stage.repairAndOpen();
      checked(stage, `seed ${seed}`);
      await stage.settle();
    }
  }, 600_000);
});

describe("a failing disk", () => {
  test("never takes what was durable", async () => {
    let failures = 0;
    for (let seed = 1; seed <= seeds; seed++) {
      const variety = { segmentLimits: { leastBytes: 4000, mostBytes: 10_000, leastMillis: 0 } };
      const stage = stageOf(seed, { ...variety, blockCacheBytes: 20_000 });
      const { random } = stage;
      let left = random.below(25);
      const action = random.pick(Object.keys(codes));
      stage.disk.fault = (asked) => {
        left -= asked === action ? 1 : 0;
        return asked === action && left < 0 ? random.pick(codes[asked] ?? ["EIO"]) : null;
      };
      await work(stage, 200);
      await stage.settle();
      failures += stage.store.failure === null ? 0 : 1;
      if (random.isOne(2)) {
        stage.disk.fault = () => null;
        stage.losePower();
      } else {
        await stage.repairAndOpen();
      }
      checked(stage, `seed ${seed}, ${action} fails`);
    }
    expect(failures).toBeGreaterThan(seeds / 6);
  }, 600_000);

  test("that cannot be read at the start makes a store that has failed, and takes nothing", async () => {
    const stage = stageOf(5, {});
    for (let count = 0; count < 50; count++) {
      stage.append();
    }
    await stage.settle();
    await stage.end();
    const lengths = (): readonly unknown[] =>
      [...stage.disk.files()]
        .filter(([path]) => path.includes("/messages/"))
        .map(([path, { length }]) => [path, length]);
    const before = lengths();
    expect(before.length).toBe(2);
    stage.disk.fault = (action, path) =>
      action === "read" && path.endsWith(".log") ? "EIO" : null;
    const stores = openStores(stage.disk, stage.time, stage.random, {});
    const options = {
      storage: "file",
      compression: "none",
      firstSequence: 1,
      isAsync: false,
    } as const;
    const store = stores.openMessages(place, options);
    expect(store.failure).toContain("input/output error");
    expect(store.state.messages).toBe(0);
    expect(lengths()).toEqual(before);
  });
});
