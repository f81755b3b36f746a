// Small stores with every single byte changed, and cut at every length, one at a time: never a crash, never a wrong
// payload, never a loss that is not told, never more lost than the record that was hit.

import { describe, expect, test } from "bun:test";
import type { LostMessages, MessageStore } from "../../../src/jetstream/store/message-store.ts";
import { MessageView } from "../../../src/jetstream/store/message-view.ts";
import { SubjectFilter } from "../../../src/jetstream/store/subject-filter.ts";
import { SimulatedDisk } from "../host/simulated-disk.ts";
import { SimulatedRandom } from "../host/simulated-random.ts";
import { SimulatedTime } from "../host/simulated-time.ts";
import { messagesFolder, openStores, place, type StoreVariety } from "./store-stage.ts";

const encoder: TextEncoder = new TextEncoder();
const decoder: TextDecoder = new TextDecoder();
const logPath: string = `${messagesFolder}/0000000001.log`;
const indexPath: string = `${messagesFolder}/index`;

/** What is in the store at the end: sequence and text. */
const stored: ReadonlyMap<number, string> = new Map([
  [1, "first"],
  [2, "second, somewhat longer than the first"],
  [4, ""],
  [6, "sixth ".repeat(30)],
  [9, "ninth, behind numbers that were left out"],
  [10, "tenth"],
  [11, "the last one"],
]);
const removed: readonly number[] = [3, 5];

interface Found {
  readonly messages: ReadonlyMap<number, string>;
  readonly lost: LostMessages | null;
  readonly lastSequence: number;
}

function open(disk: SimulatedDisk, time: SimulatedTime, variety: StoreVariety): MessageStore {
  const stores = openStores(disk, time, new SimulatedRandom(1), variety);
  return stores.openMessages(place, {
    storage: "file",
    compression: "none",
    firstSequence: 1,
    isAsync: false,
  });
}

function append(store: MessageStore, sequence: number, text: string): void {
  const bodyBytes = encoder.encode(text);
  store.append({
    sequence,
    timeMicros: 1_700_000_000_000_000 + sequence,
    restNanos: sequence,
    subject: `subject.${sequence % 3}`,
    headerBytes: bodyBytes,
    headerStart: 0,
    headerLength: 0,
    bodyBytes,
    bodyStart: 0,
    bodyLength: bodyBytes.length,
    expiresMicros: 0,
    tags: 0,
  });
}

/** The files of the store, as a clean end leaves them, or a killed process. */
async function filesOf(
  isClosed: boolean,
  variety: StoreVariety = {},
): Promise<Map<string, Uint8Array>> {
  const time = new SimulatedTime();
  const disk = new SimulatedDisk({ random: new SimulatedRandom(1), timers: time });
  const stores = openStores(disk, time, new SimulatedRandom(1), variety);
  const store = stores.openMessages(place, {
    storage: "file",
    compression: "none",
    firstSequence: 1,
    isAsync: false,
  });
  const commit = async (): Promise<void> => {
    stores.commitTurn();
    await time.until(() => store.durable === store.written);
  };
  for (const sequence of [1, 2, 3, 4, 5, 6]) {
    append(store, sequence, stored.get(sequence) ?? `removed ${sequence}`);
    if (sequence % 2 === 0) {
      await commit();
    }
  }
  store.remove(3, false);
  await commit();
  store.remove(5, true);
  await commit();
  append(store, 9, stored.get(9) ?? "");
  append(store, 10, stored.get(10) ?? "");
  await commit();
  append(store, 11, stored.get(11) ?? "");
  await commit();
  if (isClosed) {
    let isOver = false;
    void store.close().then(() => {
      isOver = true;
    });
    await time.until(() => isOver);
  }
  return disk.files();
}

function read(files: ReadonlyMap<string, Uint8Array>, variety: StoreVariety = {}): Found {
  const time = new SimulatedTime();
  const disk = SimulatedDisk.holding(files, { random: new SimulatedRandom(1), timers: time });
  const store = open(disk, time, variety);
  if (store.failure !== null) {
    throw new Error(store.failure);
  }
  const view = new MessageView();
  const messages = new Map<number, string>();
  for (let at = 0; store.next(SubjectFilter.all, at, view); at = view.sequence + 1) {
    messages.set(view.sequence, decoder.decode(view.body));
    if (view.subject !== `subject.${view.sequence % 3}` || view.restNanos !== view.sequence) {
      throw new Error(`message ${view.sequence} is not as it was stored`);
    }
  }
  for (const sequence of stored.keys()) {
    if (store.read(sequence, view) !== messages.has(sequence)) {
      throw new Error(`message ${sequence} is read and not found, or found and not read`);
    }
  }
  if (store.state.messages !== messages.size) {
    throw new Error(`${messages.size} messages are there, not ${store.state.messages}`);
  }
  return { messages, lost: store.lost, lastSequence: store.state.lastSequence };
}

function missingIn(found: Found): readonly number[] {
  return [...stored.keys()].filter((sequence) => !found.messages.has(sequence));
}

/** Nothing but what was stored, or was stored and removed while that is told to be in doubt. */
function checkContents(found: Found): void {
  for (const [sequence, text] of found.messages) {
    const isRisen = removed.includes(sequence) && found.lost !== null;
    if (text !== stored.get(sequence) && !(isRisen && text === `removed ${sequence}`)) {
      throw new Error(`message ${sequence} came back as ${text}`);
    }
  }
}

function changed(
  files: ReadonlyMap<string, Uint8Array>,
  path: string,
  at: number,
  by: number,
): Map<string, Uint8Array> {
  const bytes = (files.get(path) ?? new Uint8Array(0)).slice();
  bytes[at] = (bytes[at] ?? 0) ^ by;
  return new Map([...files, [path, bytes]]);
}

function without(
  files: ReadonlyMap<string, Uint8Array>,
  path: string,
): ReadonlyMap<string, Uint8Array> {
  return new Map([...files].filter(([name]) => name !== path));
}

/** Every byte is turned into another one: by turns all of it, and one bit of it. */
function eachByte(
  path: string,
  files: ReadonlyMap<string, Uint8Array>,
  most: number,
  variety: StoreVariety = {},
): void {
  const { length } = files.get(path) ?? new Uint8Array(0);
  for (let at = 0; at < length; at++) {
    const by = at % 3 === 0 ? 0xff : 1 << (at % 8);
    try {
      const found = read(changed(files, path, at, by), variety);
      checkContents(found);
      checkLosses(found, most);
    } catch (failure) {
      throw new Error(`byte ${at} of ${path} changed by ${by}`, { cause: failure });
    }
  }
  expect(length).toBeGreaterThan(100);
}

/** What is missing is what is told to be lost, and no more than that; no sequence is given again. */
function checkLosses(found: Found, most: number): void {
  const missing = missingIn(found);
  const told = [...(found.lost?.sequences ?? [])].sort((one, other) => one - other);
  if (missing.length > most || told.join() !== missing.join() || found.lastSequence !== 11) {
    throw new Error(`missing ${missing.join()}, told ${told.join()}, last ${found.lastSequence}`);
  }
}

const closed = await filesOf(true);
const killed = await filesOf(false);

describe("a byte that was changed", () => {
  test("in the log of a store that was closed", () => {
    eachByte(logPath, closed, 1);
  });

  test("in the checkpoint of a store that was closed", () => {
    eachByte(indexPath, closed, 0);
  });

  test("in the log of a store without a checkpoint", () => {
    eachByte(logPath, without(closed, indexPath), 1);
  });

  test("in the log of a store whose process was killed", () => {
    eachByte(logPath, killed, 1);
  });
});

describe("a byte that was changed in sealed frames", async () => {
  const variety = { isSealed: true };
  const files = await filesOf(true, variety);

  // The largest frame holds two messages.
  test("of a store that was closed", () => {
    eachByte(logPath, files, 2, variety);
  });

  test("of a store without a checkpoint", () => {
    eachByte(logPath, without(files, indexPath), 2, variety);
  });

  test("of its checkpoint", () => {
    eachByte(indexPath, files, 0, variety);
  });

  test("none is lost without it", () => {
    expect(read(files, variety).messages).toEqual(new Map(stored));
  });
});

describe("a file that was cut", () => {
  test("the log of a store that was closed: all that is gone is told", () => {
    const whole = closed.get(logPath) ?? new Uint8Array(0);
    for (let length = 0; length < whole.length; length++) {
      try {
        const found = read(new Map([...closed, [logPath, whole.slice(0, length)]]));
        checkContents(found);
        checkLosses(found, stored.size);
      } catch (failure) {
        throw new Error(`${logPath} cut at ${length}`, { cause: failure });
      }
    }
  });

  test("the checkpoint: nothing is gone", () => {
    const whole = closed.get(indexPath) ?? new Uint8Array(0);
    for (let length = 0; length < whole.length; length++) {
      const found = read(new Map([...closed, [indexPath, whole.slice(0, length)]]));
      expect(missingIn(found)).toEqual([]);
      expect(found.lost).toBeNull();
      checkContents(found);
    }
  });

  test("the log of a store whose process was killed: what is left is right", () => {
    const whole = killed.get(logPath) ?? new Uint8Array(0);
    for (let length = 0; length < whole.length; length++) {
      const found = read(new Map([...killed, [logPath, whole.slice(0, length)]]));
      for (const [sequence, text] of found.messages) {
        expect(text).toBe(stored.get(sequence) ?? `removed ${sequence}`);
      }
    }
  });
});

test("a store that was not touched has everything and lost nothing", () => {
  for (const files of [closed, killed, without(closed, indexPath)]) {
    const found = read(files);
    expect(found.messages).toEqual(new Map(stored));
    expect(found.lost).toBeNull();
  }
});
