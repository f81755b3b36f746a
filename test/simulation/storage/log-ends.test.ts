// Ends of logs as losses of power leave them, one by one: what was promised is there, and stays.

import { expect, test } from "bun:test";
import { messageTag } from "../../../src/jetstream/store/message-store.ts";
import { SimulatedDisk } from "../host/simulated-disk.ts";
import { SimulatedRandom } from "../host/simulated-random.ts";
import { SimulatedTime } from "../host/simulated-time.ts";
import { messagesFolder, StoreStage, type StoreVariety } from "./store-stage.ts";

const seeds = 20;
const relaxed: StoreVariety = { syncIntervalMillis: 2 };
const longEnoughMillis = 500;
const firstSegment = `${messagesFolder}/0000000001.log`;

function stageOf(seed: number, variety: StoreVariety): StoreStage {
  const random = new SimulatedRandom(seed);
  const time = new SimulatedTime();
  const disk = new SimulatedDisk({ random, timers: time });
  disk.makeDirectory("/data");
  disk.syncDirectoryNow("/");
  return new StoreStage(disk, { random, time, variety });
}

async function appendBatch(stage: StoreStage, length: number): Promise<void> {
  for (let left = length; left > 1; left--) {
    stage.append(messageTag.batchGoesOn);
  }
  stage.append();
  await stage.settle();
  await stage.advance(longEnoughMillis);
}

test.each([{}, relaxed])(
  "a batch is there without its last message, when that was erased",
  async (variety) => {
    for (let seed = 1; seed <= seeds; seed++) {
      const stage = stageOf(seed, variety);
      await appendBatch(stage, 4);
      const { lastSequence } = stage.store.state;
      expect(stage.removeOne(lastSequence, true)).toBe(true);
      await stage.settle();
      // Of the erasing itself any part may be on disk.
      await stage.advance(stage.random.below(60));
      stage.losePower();
      stage.checkRecovered();
      expect(stage.store.state.messages).toBeGreaterThanOrEqual(3);
    }
  },
);

test("what is written while a sync runs, without waiting for one, is synced too", async () => {
  for (let seed = 1; seed <= seeds; seed++) {
    const stage = stageOf(seed, relaxed);
    for (let count = 0; count < 5; count++) {
      stage.append();
      await stage.settle();
      await stage.advance(3);
    }
    await stage.advance(longEnoughMillis);
    stage.losePower();
    stage.checkRecovered();
    expect(stage.store.state.messages).toBe(5);
  }
});

test("a segment whose beginning was never written can be read ever after", async () => {
  const stage = stageOf(1, relaxed);
  for (let count = 0; count < 40; count++) {
    stage.append();
  }
  await stage.closeAndOpen();
  const file = stage.disk.openFile(firstSegment, "update");
  file.write(new Uint8Array(512), 0, 512, 0);
  stage.killProcess();
  const { messages } = stage.store.state;
  expect(messages).toBeGreaterThan(20);
  // Its salt was known from there.
  stage.disk.remove(`${messagesFolder}/index`);
  stage.killProcess();
  expect(stage.store.state.messages).toBe(messages);
  await stage.end();
});

function appendMany(stage: StoreStage, count: number): void {
  for (let left = count; left > 0; left--) {
    stage.append();
  }
}

test("a segment that has yet to get its footer is not written anew", async () => {
  for (let seed = 1; seed <= seeds; seed++) {
    const segmentLimits = { leastBytes: 4000, mostBytes: 4000, leastMillis: 0 };
    const stage = stageOf(seed, { ...relaxed, segmentLimits, blockCacheBytes: 0 });
    appendMany(stage, 60);
    await stage.settle();
    const old = stage.store.state.lastSequence;
    appendMany(stage, 60);
    for (let sequence = 1; sequence <= stage.store.state.lastSequence; sequence++) {
      if (sequence <= old ? sequence % 2 === 0 : sequence % 5 !== 0) {
        stage.removeOne(sequence, true);
      }
    }
    await stage.settle();
    // For a mark the next segment is begun; nobody ends the turn in which it would be written.
    await stage.advance(longEnoughMillis);
    await stage.settle();
    stage.stores.commitTurn();
    await stage.advance(longEnoughMillis);
    expect(stage.store.failure).toBeNull();
    stage.checkState();
    expect(stage.store.lost).toBeNull();
  }
});
