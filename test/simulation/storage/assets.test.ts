// Streams and consumers are made, described anew and removed while the power goes: what was answered is so afterwards, and
// what was not is the one or the other.

import { expect, test } from "bun:test";
import type { Stores, StreamPlace } from "../../../src/jetstream/store/stores.ts";
import { SimulatedDisk } from "../host/simulated-disk.ts";
import { SimulatedRandom } from "../host/simulated-random.ts";
import { SimulatedTime } from "../host/simulated-time.ts";
import { openStores, type StoreVariety } from "./store-stage.ts";

const seeds = Number(process.env["MIDGE_SEEDS"] ?? 300);
const firstSeed = Number(process.env["MIDGE_FIRST_SEED"] ?? 1);
const encoder: TextEncoder = new TextEncoder();
const decoder: TextDecoder = new TextDecoder();

/** What an asset may be described as; null is that there is none. The last one is what was asked for last. */
type Possible = (string | null)[];

class AssetStage {
  readonly random: SimulatedRandom;
  readonly #variety: StoreVariety;
  #time: SimulatedTime;
  #disk: SimulatedDisk;
  #stores: Stores;
  readonly #assets: Map<string, Possible> = new Map();
  /** Assets with a request under way: the next one waits for its answer, as JetStream does. */
  readonly #busy: Set<string> = new Set();
  #count = 0;

  constructor(seed: number) {
    this.random = new SimulatedRandom(seed);
    this.#variety = { isSealed: this.random.isOne(3) };
    this.#time = new SimulatedTime();
    this.#disk = new SimulatedDisk({ random: this.random, timers: this.#time });
    this.#disk.makeDirectory("/data");
    this.#disk.syncDirectoryNow("/");
    this.#stores = openStores(this.#disk, this.#time, this.random, this.#variety);
  }

  async live(): Promise<void> {
    const { random } = this;
    const place = { account: random.pick(["A", "b/c"]), stream: `S${random.below(3)}` };
    const consumer = random.isOne(2) ? null : `C${random.below(2)}`;
    const kind = random.below(10);
    if (kind < 5) {
      this.#describe(place, consumer);
    } else if (kind < 7) {
      this.#remove(place, consumer);
    } else {
      await this.#time.advance(random.below(40));
    }
  }

  restart(): void {
    this.#time.forget();
    this.#time = new SimulatedTime();
    const { random } = this;
    const disk = this.#disk;
    this.#disk = random.isOne(4) ? disk.killProcess(this.#time) : disk.losePower(this.#time);
    this.#stores = openStores(this.#disk, this.#time, random, this.#variety);
    this.#check();
    this.#busy.clear();
  }

  #describe(place: StreamPlace, consumer: string | null): void {
    const key = keyOf(place, consumer);
    // A consumer is made in a stream that is there.
    if (this.#isBusy(place, key) || (consumer !== null && !this.#isThere(keyOf(place, null)))) {
      return;
    }
    this.#count++;
    const text = `description ${this.#count}`;
    const done = this.#ask(key, text);
    if (consumer === null) {
      this.#stores.describeStream(place, encoder.encode(text), done);
    } else {
      this.#stores.describeConsumer(place, consumer, encoder.encode(text), done);
    }
  }

  #remove(place: StreamPlace, consumer: string | null): void {
    const key = keyOf(place, consumer);
    const isBusy = [...this.#busy].some((other) => other.startsWith(keyOf(place, null)));
    if (isBusy || !this.#isThere(key)) {
      return;
    }
    const done = this.#ask(key, null);
    if (consumer === null) {
      const own = [...this.#assets.keys()].filter((other) => other.startsWith(`${key}/`));
      const others = own.map((other) => this.#ask(other, null));
      this.#stores.removeStream(place, (failure) => {
        for (const other of [done, ...others]) {
          other(failure);
        }
      });
    } else {
      this.#stores.removeConsumer(place, consumer, done);
    }
  }

  #isBusy(place: StreamPlace, key: string): boolean {
    return this.#busy.has(key) || this.#busy.has(keyOf(place, null));
  }

  #isThere(key: string): boolean {
    const last = this.#assets.get(key)?.at(-1);
    return last !== undefined && last !== null;
  }

  #ask(key: string, text: string | null): (failure: string | null) => void {
    const possible = this.#assets.get(key) ?? [null];
    this.#assets.set(key, [...possible, text]);
    this.#busy.add(key);
    return (failure) => {
      expect(failure).toBeNull();
      this.#assets.set(key, [text]);
      this.#busy.delete(key);
    };
  }

  #check(): void {
    const found = new Map<string, string>();
    for (const { place, description, consumers } of this.#stores.find()) {
      note(found, keyOf(place, null), description);
      for (const consumer of consumers) {
        note(found, keyOf(place, consumer.name), consumer.description);
      }
    }
    for (const [key, possible] of this.#assets) {
      const text = found.get(key) ?? null;
      if (!possible.includes(text)) {
        throw new Error(`${key} is ${text}, and not one of ${JSON.stringify(possible)}`);
      }
      this.#assets.set(key, [text]);
    }
    expect([...found.keys()].filter((key) => !this.#assets.has(key))).toEqual([]);
  }
}

function keyOf(place: StreamPlace, consumer: string | null): string {
  return `${place.account}:${place.stream}${consumer === null ? "" : `/${consumer}`}`;
}

function note(found: Map<string, string>, key: string, description: Uint8Array | null): void {
  if (description === null) {
    throw new Error(`the description of ${key} cannot be read`);
  }
  found.set(key, decoder.decode(description));
}

test("what was answered of streams and consumers is so after any loss of power", async () => {
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    try {
      const stage = new AssetStage(seed);
      for (let life = 0; life < 4; life++) {
        for (let steps = stage.random.below(40); steps >= 0; steps--) {
          await stage.live();
        }
        stage.restart();
      }
    } catch (failure) {
      throw new Error(`seed ${seed}`, { cause: failure });
    }
  }
}, 600_000);
