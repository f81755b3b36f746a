// A consumer's journal whose power goes at any moment: what is found is what it once was, and not older than what was
// durable. And with every byte of it changed, and cut at every length.

import { describe, expect, test } from "bun:test";
import type { StateJournal } from "../../../src/jetstream/store/state-journal.ts";
import type { Stores } from "../../../src/jetstream/store/stores.ts";
import { SimulatedDisk } from "../host/simulated-disk.ts";
import { SimulatedRandom } from "../host/simulated-random.ts";
import { SimulatedTime } from "../host/simulated-time.ts";
import { openStores, place, type StoreVariety, storeFolder } from "./store-stage.ts";

const seeds = Number(process.env["MIDGE_SEEDS"] ?? 400);
const firstSeed = Number(process.env["MIDGE_FIRST_SEED"] ?? 1);
const encoder: TextEncoder = new TextEncoder();
const decoder: TextDecoder = new TextDecoder();
const consumerFolder: string = `${storeFolder}/A/streams/S/consumers/C`;

/** What stands in the journal: the snapshot and the changes behind it. */
type State = readonly string[];

function stateOf(journal: StateJournal): State {
  const recovered = journal.takeRecovered();
  return recovered === null
    ? []
    : [recovered.snapshot, ...recovered.changes].map((bytes) => decoder.decode(bytes));
}

class JournalStage {
  readonly random: SimulatedRandom;
  readonly #variety: StoreVariety;
  disk: SimulatedDisk;
  time: SimulatedTime;
  stores: Stores;
  journal: StateJournal;
  /** All it ever was since it was opened, by ticket. */
  #history: State[] = [[]];
  #count = 0;

  constructor(seed: number) {
    this.random = new SimulatedRandom(seed);
    this.time = new SimulatedTime();
    this.disk = new SimulatedDisk({ random: this.random, timers: this.time });
    this.disk.makeDirectory("/data");
    this.disk.syncDirectoryNow("/");
    this.#variety = {
      isSealed: this.random.isOne(3),
      syncIntervalMillis: this.random.isOne(4) ? 30 : 0,
    };
    this.stores = this.#open();
    this.journal = this.stores.openConsumer(place, "C", "file");
    this.#history = [stateOf(this.journal)];
  }

  get isRelaxed(): boolean {
    return (this.#variety.syncIntervalMillis ?? 0) > 0;
  }

  append(): void {
    const text = this.#text("change");
    const before = this.#history.at(-1) ?? [];
    this.journal.append(encoder.encode(text));
    this.#note([...(before.length === 0 ? [""] : before), text]);
  }

  replace(): void {
    const text = this.#text("snapshot");
    this.journal.replace(encoder.encode(text));
    this.#note([text]);
  }

  async settle(): Promise<void> {
    const { journal } = this;
    journal.wantDurable();
    this.stores.commitTurn();
    while (journal.durable < journal.written) {
      await this.time.advance(5);
      this.stores.commitTurn();
    }
  }

  /** The power goes, and comes back. */
  restart(isKillOnly: boolean): void {
    const { durable } = this.journal;
    const history = this.#history;
    this.time.forget();
    this.time = new SimulatedTime();
    this.disk = isKillOnly ? this.disk.killProcess(this.time) : this.disk.losePower(this.time);
    this.stores = this.#open();
    this.journal = this.stores.openConsumer(place, "C", "file");
    const found = stateOf(this.journal);
    const least = this.isRelaxed ? 0 : durable;
    const isKnown = history.some((state, ticket) => ticket >= least && areSame(state, found));
    if (!isKnown) {
      const wanted = JSON.stringify(history.slice(least));
      throw new Error(`found ${JSON.stringify(found)}, wanted one of ${wanted}`);
    }
    this.#history = [found];
  }

  #note(state: State): void {
    expect(this.journal.written).toBe(this.#history.push(state) - 1);
  }

  #text(kind: string): string {
    this.#count++;
    const length = this.random.isOne(6) ? this.random.below(2000) : this.random.below(30);
    return `${kind} ${this.#count} ${"x".repeat(length)}`;
  }

  #open(): Stores {
    return openStores(this.disk, this.time, this.random, this.#variety);
  }
}

function areSame(one: State, other: State): boolean {
  return one.length === other.length && one.every((text, at) => text === other[at]);
}

async function live(stage: JournalStage): Promise<void> {
  const kind = stage.random.below(20);
  if (kind < 10) {
    stage.append();
  } else if (kind < 12) {
    stage.replace();
  } else if (kind < 15) {
    stage.journal.wantDurable();
  } else if (kind < 18) {
    stage.stores.commitTurn();
  } else if (kind < 19) {
    await stage.time.advance(stage.random.below(30));
  } else {
    await stage.settle();
  }
}

test("a journal comes back as it was when it was durable, or later", async () => {
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    try {
      const stage = new JournalStage(seed);
      for (let life = 0; life < 5; life++) {
        for (let steps = stage.random.below(40); steps >= 0; steps--) {
          await live(stage);
        }
        stage.restart(stage.random.isOne(4));
      }
    } catch (failure) {
      throw new Error(`seed ${seed}`, { cause: failure });
    }
  }
}, 600_000);

const wanted: State = ["the snapshot", "first change", "second change", "", "the last one"];

async function journalFiles(): Promise<Map<string, Uint8Array>> {
  const random = new SimulatedRandom(1);
  const time = new SimulatedTime();
  const disk = new SimulatedDisk({ random, timers: time });
  const stores = openStores(disk, time, random, {});
  const journal = stores.openConsumer(place, "C", "file");
  const [snapshot = "", ...changes] = wanted;
  journal.replace(encoder.encode(snapshot));
  stores.commitTurn();
  for (const change of changes) {
    journal.append(encoder.encode(change));
    stores.commitTurn();
  }
  let isOver = false;
  void journal.close().then(() => {
    isOver = true;
  });
  await time.until(() => isOver);
  return disk.files();
}

function read(files: ReadonlyMap<string, Uint8Array>): { state: State; isDamaged: boolean } {
  const random = new SimulatedRandom(1);
  const time = new SimulatedTime();
  const disk = SimulatedDisk.holding(files, { random, timers: time });
  const journal = openStores(disk, time, random, {}).openConsumer(place, "C", "file");
  return { state: stateOf(journal), isDamaged: journal.isDamaged };
}

/** One of them may be missing. */
function isWithout(state: State, most: number): boolean {
  let at = 0;
  for (const text of wanted) {
    at += state[at] === text ? 1 : 0;
  }
  return at === state.length && state.length >= wanted.length - most;
}

describe("a journal's file", async () => {
  const files = await journalFiles();
  const [path = ""] = [...files.keys()].filter((name) => name.startsWith(consumerFolder));
  const bytes = files.get(path) ?? new Uint8Array(0);

  test("that was not touched has everything", () => {
    expect(read(files)).toEqual({ state: wanted, isDamaged: false });
  });

  test("with any byte changed loses the change that was hit at most, and says so", () => {
    for (let at = 0; at < bytes.length; at++) {
      for (const by of [0xff, 1 << (at % 8)]) {
        const changed = bytes.slice();
        changed[at] = (changed[at] ?? 0) ^ by;
        const { state, isDamaged } = read(new Map([...files, [path, changed]]));
        const isWhole = areSame(state, wanted);
        if (!(isWithout(state, 1) && (isWhole || isDamaged))) {
          throw new Error(`byte ${at} changed by ${by}: ${JSON.stringify({ state, isDamaged })}`);
        }
      }
    }
    expect(bytes.length).toBeGreaterThan(100);
  });

  test("that was cut has the first of its changes", () => {
    for (let length = 0; length < bytes.length; length++) {
      const { state } = read(new Map([...files, [path, bytes.slice(0, length)]]));
      expect(wanted.slice(0, state.length)).toEqual([...state]);
    }
  });
});
