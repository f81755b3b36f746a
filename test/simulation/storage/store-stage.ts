// A file store on the simulated disk, and what a plain list says should be in it. The list knows which changes are durable
// and which may or may not have happened when the power goes.

import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SilentLog } from "../../../src/host/silent-log.ts";
import { openFileStores } from "../../../src/jetstream/store/file-stores.ts";
import { MemoryStores } from "../../../src/jetstream/store/memory-stores.ts";
import { messageCost } from "../../../src/jetstream/store/message-cost.ts";
import {
  type MessageStore,
  messageTag,
  type NewMessage,
} from "../../../src/jetstream/store/message-store.ts";
import { MessageView } from "../../../src/jetstream/store/message-view.ts";
import type { Stores } from "../../../src/jetstream/store/stores.ts";
import { SubjectFilter } from "../../../src/jetstream/store/subject-filter.ts";
import type { SegmentLimits } from "../../../src/storage/segment-size.ts";
import type { SimulatedDisk } from "../host/simulated-disk.ts";
import type { SimulatedRandom } from "../host/simulated-random.ts";
import { SimulatedTime } from "../host/simulated-time.ts";
import { ToySealer } from "./toy-sealer.ts";

const checksumModule = new WebAssembly.Module(
  readFileSync(join(import.meta.dir, "../../../build/checksum.wasm")),
);

export const place = { account: "A", stream: "S" } as const;
export const storeFolder = "/data/jetstream";
export const messagesFolder: string = `${storeFolder}/A/streams/S/messages`;

/** What differs from a server. */
export interface StoreVariety {
  readonly syncIntervalMillis?: number;
  readonly segmentLimits?: SegmentLimits;
  readonly blockCacheBytes?: number;
  readonly checkpointBytes?: number;
  readonly longBatchBytes?: number;
  readonly isSealed?: boolean;
}

export function openStores(
  disk: SimulatedDisk,
  time: SimulatedTime,
  random: SimulatedRandom,
  variety: StoreVariety,
): Stores {
  const { isSealed, ...others } = variety;
  return openFileStores({
    disk,
    clock: time,
    timers: time,
    random,
    log: new SilentLog(),
    checksumModule,
    folder: storeFolder,
    syncIntervalMillis: 0,
    sealers: isSealed === true ? { sealerFor: () => new ToySealer() } : null,
    wake: () => undefined,
    memory: new MemoryStores({ wake: () => undefined }),
    ...others,
  });
}

interface Stored {
  readonly text: string;
  readonly cost: number;
  /** The ticket of its append; of its removal, Infinity when it was not removed. */
  readonly added: number;
  removed: number;
}

export interface StageOptions {
  readonly random: SimulatedRandom;
  /** That of the disk. */
  readonly time: SimulatedTime;
  readonly variety: StoreVariety;
}

/** So long after it was written all is synced, where a sync is not waited for. */
const surelySyncedMillis = 200;

export class StoreStage {
  readonly random: SimulatedRandom;
  readonly #variety: StoreVariety;
  disk: SimulatedDisk;
  time: SimulatedTime;
  stores: Stores;
  store: MessageStore;
  /** All that may be in the store, by sequence. */
  #messages: Map<number, Stored> = new Map();
  /** The last sequence given to a message that is durable. */
  #durableLast = 0;
  /** The last change that was durable when the power went. */
  #durable = 0;
  /** The last change that must have been synced. */
  #synced = 0;
  #lastTimeMicros = 1_700_000_000_000_000;
  readonly #view: MessageView = new MessageView();

  constructor(disk: SimulatedDisk, options: StageOptions) {
    this.random = options.random;
    this.#variety = options.variety;
    this.disk = disk;
    this.time = options.time;
    this.stores = this.#openStores();
    this.store = this.#openStore();
  }

  get isRelaxed(): boolean {
    return (this.#variety.syncIntervalMillis ?? 0) > 0;
  }

  // --- changes

  append(tags = 0): void {
    const { random, store } = this;
    if (store.failure !== null) {
      return;
    }
    const sequence = store.state.lastSequence + (random.isOne(12) ? 1 + random.below(4) : 1);
    const length = random.isOne(8) ? random.below(3000) : random.below(120);
    const bodyBytes = Uint8Array.from({ length }, (_, at) => 1 + ((sequence * 7 + at) % 250));
    const headerBytes = new TextEncoder().encode(random.isOne(4) ? "NATS/1.0\r\nA: b\r\n\r\n" : "");
    this.#lastTimeMicros += random.below(1000);
    const message: NewMessage = {
      sequence,
      timeMicros: this.#lastTimeMicros,
      restNanos: random.below(1000),
      subject: `s.${random.below(6)}`,
      headerBytes,
      headerStart: 0,
      headerLength: headerBytes.length,
      bodyBytes,
      bodyStart: 0,
      bodyLength: bodyBytes.length,
      expiresMicros: random.isOne(5) ? this.#lastTimeMicros + 1000 : 0,
      tags,
    };
    store.append(message);
    const { subject } = message;
    this.#messages.set(sequence, {
      text: textOf(message),
      cost: messageCost("file", subject.length, headerBytes.length, length),
      added: store.written,
      removed: Number.POSITIVE_INFINITY,
    });
  }

  /** All of them, or none: but for the last one they promise another. */
  appendBatch(): void {
    for (let left = 1 + this.random.below(6); left > 0; left--) {
      this.append(messageTag.batchGoesOn);
    }
    this.append();
  }

  remove(): void {
    const { state } = this.store;
    const sequence =
      state.firstSequence + this.random.below(state.lastSequence - state.firstSequence + 2);
    this.removeOne(sequence, this.random.isOne(2));
  }

  removeOne(sequence: number, erases: boolean): boolean {
    const isRemoved = this.store.remove(sequence, erases);
    if (isRemoved) {
      this.#noteRemoved((at) => at === sequence);
    }
    return isRemoved;
  }

  removeBelow(): void {
    const { state, failure } = this.store;
    if (failure !== null) {
      return;
    }
    const span = state.lastSequence - state.firstSequence + 3;
    const first = state.firstSequence + this.random.below(Math.max(1, Math.ceil(span / 3)));
    this.store.removeBelow(first);
    this.#noteRemoved((at) => at < first);
  }

  removeAll(): void {
    if (this.store.failure === null) {
      this.store.removeAll();
      this.#noteRemoved(() => true);
    }
  }

  skip(): void {
    this.store.skipTo(this.store.state.lastSequence + 1 + this.random.below(5));
  }

  // --- what happens to it

  async advance(millis: number): Promise<void> {
    const { durable } = this.store;
    await this.time.advance(millis);
    if (millis >= surelySyncedMillis) {
      this.#synced = Math.max(this.#synced, durable);
    }
  }

  async settle(): Promise<void> {
    const { store, stores } = this;
    while (store.failure === null && store.durable < store.written) {
      stores.commitTurn();
      await this.time.until(() => store.durable === store.written || store.failure !== null);
    }
  }

  losePower(): void {
    this.#restart((time) => this.disk.losePower(time));
  }

  killProcess(): void {
    this.#restart((time) => this.disk.killProcess(time));
  }

  /** As after a repair: the disk is found by another process, and works. */
  async repairAndOpen(): Promise<void> {
    this.disk.fault = () => null;
    this.disk.capacity = Number.MAX_SAFE_INTEGER;
    await this.time.advance(1000);
    this.killProcess();
  }

  async closeAndOpen(): Promise<void> {
    await this.#done(this.store.close());
    await this.#done(this.stores.close());
    this.#synced = this.store.durable;
    this.#reopen();
  }

  async end(): Promise<void> {
    await this.#done(this.store.close());
    await this.#done(this.stores.close());
  }

  /** A promise that simulated time has to bring about. */
  async #done(promise: Promise<void>): Promise<void> {
    let isDone = false;
    void promise.then(() => {
      isDone = true;
    });
    await this.time.until(() => isDone);
    await promise;
  }

  // --- checks

  /** After a start: what is durable is there, nothing else but what may be, and nothing is lost. */
  checkRecovered(): void {
    const { store } = this;
    expect(store.failure).toBeNull();
    if (!this.isRelaxed) {
      expect(store.lost).toBeNull();
    }
    expect(store.state.lastSequence).toBeGreaterThanOrEqual(this.#durableLast);
    const found = this.#readAll();
    for (const [sequence, text] of found) {
      const known = this.#messages.get(sequence);
      if (known?.text !== text) {
        expect(known?.text, `message ${sequence} was never stored so`).toBe(text);
      }
    }
    for (const [sequence, known] of this.#messages) {
      this.#checkMessage(sequence, known, found.has(sequence));
    }
    this.#checkNoHoles(found);
    this.#checkNoOpenBatch();
    this.#forgetOthers(found);
    this.checkState();
  }

  /** The state is that of the messages that can be read. */
  checkState(): void {
    const { state } = this.store;
    const found = this.#readAll();
    const sequences = [...found.keys()];
    const subjects = new Set([...found.values()].map((text) => text.split(" ")[0]));
    const cost = sequences.reduce((sum, at) => sum + (this.#messages.get(at)?.cost ?? 0), 0);
    const first = sequences[0] ?? state.lastSequence + 1;
    expect({ ...pick(state) }).toEqual({
      messages: found.size,
      bytes: cost,
      firstSequence: first,
      subjects: subjects.size,
      deleted: found.size === 0 ? 0 : state.lastSequence - first + 1 - found.size,
    });
    for (const subject of subjects) {
      const own = sequences.filter((at) => found.get(at)?.startsWith(`${subject} `));
      expect(this.store.subjectTotals(subject ?? "")).toEqual({
        messages: own.length,
        first: own[0] ?? 0,
        last: own.at(-1) ?? 0,
      });
    }
  }

  #checkMessage(sequence: number, known: Stored, isFound: boolean): void {
    const durable = this.#durable;
    const isWanted = known.added <= durable && known.removed === Number.POSITIVE_INFINITY;
    if (isWanted && !isFound) {
      throw new Error(`message ${sequence} was durable and is gone`);
    }
    if (known.removed <= durable && isFound) {
      throw new Error(`the removal of message ${sequence} was durable, and it is there`);
    }
  }

  /** The store does not end in the middle of a batch. */
  #checkNoOpenBatch(): void {
    const { lastSequence } = this.store.state;
    this.store.eachTagged(messageTag.batchGoesOn, lastSequence, (view) => {
      throw new Error(`message ${view.sequence} promises another one that is not there`);
    });
  }

  /** Of messages that were not durable the first ones may be there, but none behind one that is not. */
  #checkNoHoles(found: ReadonlyMap<number, string>): void {
    if (this.isRelaxed) {
      return;
    }
    let missing = 0;
    for (const [sequence, known] of this.#messages) {
      const mayBeRemoved = known.removed !== Number.POSITIVE_INFINITY;
      if (!found.has(sequence) && !mayBeRemoved && missing === 0) {
        missing = sequence;
      }
      if (missing > 0 && found.has(sequence)) {
        throw new Error(`${sequence} is there without ${missing}`);
      }
    }
  }

  #restart(diskAfter: (time: SimulatedTime) => SimulatedDisk): void {
    this.time.forget();
    this.time = new SimulatedTime();
    this.disk = diskAfter(this.time);
    this.#reopen();
  }

  #reopen(): void {
    this.#durable = this.isRelaxed ? this.#synced : this.store.durable;
    for (const [sequence, { added }] of this.#messages) {
      if (added <= this.#durable) {
        this.#durableLast = Math.max(this.#durableLast, sequence);
      }
    }
    this.stores = this.#openStores();
    this.store = this.#openStore();
  }

  /** What was found is what there is from now on, all of it durable. */
  #forgetOthers(found: ReadonlyMap<number, string>): void {
    const kept = new Map<number, Stored>();
    for (const [sequence, known] of this.#messages) {
      if (found.has(sequence)) {
        kept.set(sequence, { ...known, added: 0, removed: Number.POSITIVE_INFINITY });
      }
    }
    this.#messages = kept;
    this.#durable = 0;
    this.#synced = 0;
    // The number of one that cannot be read is not yet written down.
    const lastFound = [...found.keys()].at(-1) ?? 0;
    this.#durableLast = this.isRelaxed ? lastFound : this.store.state.lastSequence;
  }

  #noteRemoved(isRemoved: (sequence: number) => boolean): void {
    for (const [sequence, known] of this.#messages) {
      if (known.removed === Number.POSITIVE_INFINITY && isRemoved(sequence)) {
        known.removed = this.store.written;
      }
    }
  }

  #readAll(): Map<number, string> {
    const found = new Map<number, string>();
    let at = 0;
    while (this.store.next(SubjectFilter.all, at, this.#view)) {
      const view = this.#view;
      found.set(
        view.sequence,
        textOf({
          ...view,
          subject: view.subject,
          headerBytes: view.headers,
          headerStart: 0,
          bodyBytes: view.body,
          bodyStart: 0,
          tags: 0,
        }),
      );
      at = view.sequence + 1;
    }
    return found;
  }

  #openStores(): Stores {
    return openStores(this.disk, this.time, this.random, this.#variety);
  }

  #openStore(): MessageStore {
    return this.stores.openMessages(place, {
      storage: "file",
      compression: "none",
      firstSequence: 1,
      isAsync: false,
    });
  }
}

function textOf(message: NewMessage): string {
  const { subject, timeMicros, restNanos, expiresMicros, headerBytes, bodyBytes } = message;
  const content = Buffer.concat([headerBytes, bodyBytes]).toString("latin1");
  return `${subject} ${timeMicros} ${restNanos} ${expiresMicros} ${content}`;
}

function pick(state: MessageStore["state"]): Readonly<Record<string, number>> {
  const { messages, bytes, firstSequence, subjects, deleted } = state;
  return { messages, bytes, firstSequence, subjects, deleted };
}
