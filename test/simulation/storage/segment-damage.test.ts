// A log of several segments, of which one is cut, or gone: what it held is told as lost, with and without a checkpoint, and
// the others have all of theirs.

import { describe, expect, test } from "bun:test";
import { MessageView } from "../../../src/jetstream/store/message-view.ts";
import { SubjectFilter } from "../../../src/jetstream/store/subject-filter.ts";
import { newMessage } from "../../contract/message-store/message-store-contract.ts";
import { SimulatedDisk } from "../host/simulated-disk.ts";
import { SimulatedRandom } from "../host/simulated-random.ts";
import { SimulatedTime } from "../host/simulated-time.ts";
import { messagesFolder, openStores, place, type StoreVariety } from "./store-stage.ts";

const variety: StoreVariety = {
  segmentLimits: { leastBytes: 900, mostBytes: 900, leastMillis: 0 },
};
const options = {
  storage: "file",
  compression: "none",
  firstSequence: 1,
  isAsync: false,
} as const;
const count = 60;
const removed: ReadonlySet<number> = new Set([1, 2, 3, 20, 21, 35]);

async function filesOf(): Promise<Map<string, Uint8Array>> {
  const time = new SimulatedTime();
  const disk = new SimulatedDisk({ random: new SimulatedRandom(1), timers: time });
  const stores = openStores(disk, time, new SimulatedRandom(1), variety);
  const store = stores.openMessages(place, options);
  const settle = async (): Promise<void> => {
    stores.commitTurn();
    await time.until(() => store.durable === store.written);
  };
  for (let sequence = 1; sequence <= count; sequence++) {
    const bodyBytes = new Uint8Array(50).fill(sequence);
    store.append(newMessage({ sequence, subject: `s.${sequence % 4}`, bodyBytes, bodyLength: 50 }));
    if (sequence % 3 === 0) {
      await settle();
    }
  }
  for (const sequence of removed) {
    store.remove(sequence, false);
    await settle();
  }
  let isOver = false;
  void store.close().then(() => {
    isOver = true;
  });
  await time.until(() => isOver);
  return disk.files();
}

/** Throws when what is missing is not what is told. Gives how many messages are there. */
function check(files: ReadonlyMap<string, Uint8Array>): number {
  const time = new SimulatedTime();
  const disk = SimulatedDisk.holding(files, { random: new SimulatedRandom(1), timers: time });
  const store = openStores(disk, time, new SimulatedRandom(1), variety).openMessages(
    place,
    options,
  );
  const view = new MessageView();
  const found = new Set<number>();
  for (let at = 0; store.next(SubjectFilter.all, at, view); at = view.sequence + 1) {
    const { sequence } = view;
    found.add(sequence);
    if (!view.body.every((byte) => byte === sequence) || view.bodyLength !== 50) {
      throw new Error(`message ${sequence} is not as it was stored`);
    }
  }
  const told = new Set(store.lost?.sequences);
  for (let sequence = 1; sequence <= count; sequence++) {
    const isStored = !removed.has(sequence);
    if (isStored !== (found.has(sequence) || told.has(sequence))) {
      throw new Error(`message ${sequence}: stored ${isStored}, told ${told.has(sequence)}`);
    }
  }
  if (store.state.messages !== found.size || store.state.lastSequence !== count) {
    throw new Error(`${store.state.messages} messages up to ${store.state.lastSequence}`);
  }
  return found.size;
}

describe("a log of several segments", async () => {
  const files = await filesOf();
  const index = `${messagesFolder}/index`;
  const segments = [...files.keys()].filter((path) => path.endsWith(".log"));
  const without = (path: string): Map<string, Uint8Array> =>
    new Map([...files].filter(([name]) => name !== path));

  test("is whole with and without its checkpoint", () => {
    expect(segments.length).toBeGreaterThan(5);
    expect(check(files)).toBe(count - removed.size);
    expect(check(without(index))).toBe(count - removed.size);
  });

  test.each(segments)("tells all that was in %s when that is gone", (path) => {
    expect(check(without(path))).toBeLessThanOrEqual(count - removed.size);
  });

  test("tells what was in the middle of it without a checkpoint too", () => {
    for (const path of segments.slice(0, -3)) {
      const left = new Map([...without(path)].filter(([name]) => name !== index));
      expect(check(left)).toBeLessThan(count - removed.size);
    }
  });

  test.each(segments)("tells all that was cut off %s", (path) => {
    const whole = files.get(path) ?? new Uint8Array(0);
    for (let length = 0; length < whole.length; length += 7) {
      const cut = new Map([...files, [path, whole.slice(0, length)]]);
      try {
        check(cut);
      } catch (failure) {
        throw new Error(`cut at ${length} of ${whole.length}`, { cause: failure });
      }
    }
  });
});
