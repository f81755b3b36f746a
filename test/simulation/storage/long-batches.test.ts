// A file store whose batches are long before the turn ends, and whose power goes at any moment: the sync of one batch runs
// while the same turn brings the next.

import { expect, test } from "bun:test";
import { SimulatedDisk } from "../host/simulated-disk.ts";
import { SimulatedRandom } from "../host/simulated-random.ts";
import { SimulatedTime } from "../host/simulated-time.ts";
import { StoreStage } from "./store-stage.ts";

const seeds = Number(process.env["MIDGE_SEEDS"] ?? 30);

function stageOf(seed: number, longBatchBytes: number): StoreStage {
  const random = new SimulatedRandom(seed);
  const time = new SimulatedTime();
  const disk = new SimulatedDisk({ random, timers: time });
  disk.makeDirectory("/data");
  disk.syncDirectoryNow("/");
  return new StoreStage(disk, { random, time, variety: { longBatchBytes } });
}

test("a long batch is written before the turn ends, a short one when it does", async () => {
  const stage = stageOf(1, 2000);
  const { store, stores, disk } = stage;
  const sizes = (): number =>
    [...disk.files().values()].reduce((sum, file) => sum + file.length, 0);
  stage.append();
  await Promise.resolve();
  const before = sizes();
  while (stores.status.syncs === 0) {
    stage.append();
    await Promise.resolve();
  }
  expect(sizes()).toBeGreaterThan(before + 2000);
  const { written } = store;
  stage.append();
  await stage.advance(100);
  expect(store.durable).toBe(written);
  await stage.settle();
  expect(store.durable).toBe(written + 1);
  await stage.end();
});

async function turn(stage: StoreStage): Promise<void> {
  const { random } = stage;
  // What comes of one socket, and what of the next.
  for (let chunks = random.below(6); chunks >= 0; chunks--) {
    for (let left = random.below(5); left >= 0; left--) {
      if (random.isOne(6)) {
        stage.remove();
      } else if (random.isOne(9)) {
        stage.appendBatch();
      } else {
        stage.append();
      }
    }
    await Promise.resolve();
  }
  stage.stores.commitTurn();
  await stage.advance(random.below(25));
}

test("what was durable survives when batches are written before the turn ends", async () => {
  for (let seed = 1; seed <= seeds; seed++) {
    const stage = stageOf(seed, 100 + (seed % 7) * 200);
    try {
      for (let life = 0; life < 3; life++) {
        for (let turns = stage.random.below(12); turns >= 0; turns--) {
          await turn(stage);
        }
        expect(stage.store.failure).toBeNull();
        stage.checkState();
        stage.losePower();
        stage.checkRecovered();
      }
      await stage.end();
    } catch (failure) {
      throw new Error(`seed ${seed}`, { cause: failure });
    }
  }
}, 60_000);
