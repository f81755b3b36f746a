// A file store whose power goes at any moment, over and over, from thousands of seeds: what was durable is there again,
// what is there was stored, and the store goes on.

import { expect, test } from "bun:test";
import type { SegmentLimits } from "../../../src/storage/segment-size.ts";
import { SimulatedDisk } from "../host/simulated-disk.ts";
import { SimulatedRandom } from "../host/simulated-random.ts";
import { SimulatedTime } from "../host/simulated-time.ts";
import { messagesFolder, StoreStage, type StoreVariety } from "./store-stage.ts";

const strictSeeds = Number(process.env["MIDGE_SEEDS"] ?? 500);
const firstSeed = Number(process.env["MIDGE_FIRST_SEED"] ?? 1);

async function live(stage: StoreStage): Promise<void> {
  const { random } = stage;
  const kind = random.below(100);
  if (kind < 5) {
    stage.appendBatch();
  } else if (kind < 55) {
    for (let left = random.below(8); left >= 0; left--) {
      stage.append();
    }
  } else if (kind < 68) {
    stage.remove();
  } else if (kind < 71) {
    stage.removeBelow();
  } else if (kind < 72) {
    stage.removeAll();
  } else if (kind < 74) {
    stage.skip();
  } else if (kind < 90) {
    stage.stores.commitTurn();
  } else if (kind < 97) {
    await stage.advance(random.below(random.isOne(3) ? 400 : 25));
  } else {
    await stage.settle();
  }
}

async function restart(stage: StoreStage): Promise<void> {
  const kind = stage.random.below(10);
  if (kind < 7) {
    stage.losePower();
  } else if (kind < 8) {
    stage.killProcess();
  } else {
    await stage.closeAndOpen();
  }
  if (stage.random.isOne(6) && stage.disk.exists(`${messagesFolder}/index`)) {
    // Shortcuts can be taken away at any time.
    stage.disk.remove(`${messagesFolder}/index`);
  }
}

/** So small that segments come and go all the time. */
const tiny: SegmentLimits = { leastBytes: 6000, mostBytes: 20_000, leastMillis: 0 };

function varietyOf(random: SimulatedRandom, syncIntervalMillis: number): StoreVariety {
  return {
    syncIntervalMillis,
    isSealed: random.isOne(3),
    ...(random.isOne(4) ? {} : { segmentLimits: tiny }),
    ...(random.isOne(2) ? {} : { checkpointBytes: random.pick([1000, 15_000]) }),
    ...(random.isOne(2) ? {} : { blockCacheBytes: random.pick([0, 20_000]) }),
  };
}

async function run(seed: number, syncIntervalMillis: number): Promise<void> {
  const random = new SimulatedRandom(seed);
  const time = new SimulatedTime();
  const disk = new SimulatedDisk({ random, timers: time });
  disk.makeDirectory("/data");
  disk.syncDirectoryNow("/");
  const variety = varietyOf(random, syncIntervalMillis);
  const stage = new StoreStage(disk, { random, time, variety });
  for (let life = 0; life < 4; life++) {
    for (let steps = random.below(60); steps >= 0; steps--) {
      await live(stage);
    }
    expect(stage.store.failure).toBeNull();
    stage.checkState();
    await restart(stage);
    stage.checkRecovered();
  }
  await stage.end();
}

async function runAll(seeds: Iterable<number>, syncIntervalMillis: number): Promise<void> {
  for (const seed of seeds) {
    try {
      await run(seed, syncIntervalMillis);
    } catch (failure) {
      throw new Error(`seed ${seed}, sync interval ${syncIntervalMillis}`, { cause: failure });
    }
  }
}

function* range(first: number, count: number): Iterable<number> {
  for (let seed = first; seed < first + count; seed++) {
    yield seed;
  }
}

/** Seeds that found faults, each another one. */
const telling = {
  strict: [100_859],
  relaxed: [100_115, 201_765, 301_456, 301_498, 306_045, 307_149, 600_321],
};

test("what was durable survives every loss of power", async () => {
  await runAll(range(firstSeed, strictSeeds), 0);
  await runAll(telling.strict, 0);
}, 600_000);

test("a store that is synced now and then gives back only what was stored", async () => {
  await runAll(range(firstSeed, Math.ceil(strictSeeds / 5)), 30);
  await runAll(telling.relaxed, 30);
}, 600_000);
