// Where the assets of a server live on disk: opens the stores of streams and consumers below one folder, keeps their
// descriptions and finds them again. It knows no stream and no consumer.

import type { CopyBytes } from "../../base/bytes.ts";
import { ServerError } from "../../base/server-error.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Disk } from "../../ports/disk.ts";
import type { Log } from "../../ports/log.ts";
import type { Random } from "../../ports/random.ts";
import type { Timers } from "../../ports/timers.ts";
import { folderName, nameOfFolder } from "../../storage/asset-names.ts";
import { asideEnding, type OnReplaced, readWhole, replaceFile } from "../../storage/atomic-file.ts";
import { beginAfter, endAfter } from "../../storage/clean-end.ts";
import { FolderRemoval } from "../../storage/folder-removal.ts";
import { JournalFile } from "../../storage/journal-file.ts";
import type { LogSurroundings } from "../../storage/log-surroundings.ts";
import { makeStorage } from "../../storage/make-storage.ts";
import type { Sealer, SealerSource } from "../../storage/sealing.ts";
import type { SegmentLimits } from "../../storage/segment-size.ts";
import { AssetSealers, keyName } from "./asset-sealers.ts";
import { FileStore } from "./file-store.ts";
import type { MessageStore } from "./message-store.ts";
import type { StateJournal } from "./state-journal.ts";
import type {
  FoundConsumer,
  FoundStream,
  OnDone,
  Stores,
  StoresStatus,
  StreamPlace,
  StreamStoreOptions,
} from "./stores.ts";

export interface FileStoresOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  /** host.checksumModule. */
  readonly checksumModule: WebAssembly.Module;
  /** Host.memory.copy, where there is one. */
  readonly copyBytes?: CopyBytes;
  /** `<store_dir>/jetstream`: made when it is missing, and locked for this process. */
  readonly folder: string;
  /** 0 is `sync_interval: always`: durable means synced. Else durable means written, and a sync follows this often. */
  readonly syncIntervalMillis: number;
  /** Syncs at the same time; 0 is the default. */
  readonly maxConcurrentIo?: number;
  /** Null keeps everything as it is: no compression, no encryption. */
  readonly sealers: SealerSource | null;
  /** Asks for a commitTurn() at the end of this turn. May be called often. */
  readonly wake: () => void;
  /** Serves streams and consumers of memory storage. */
  readonly memory: Stores;
  /** Smaller ones let tests see in little what happens in large. */
  readonly segmentLimits?: SegmentLimits;
  readonly blockCacheBytes?: number;
  readonly checkpointBytes?: number;
}

/** Throws DiskError when the folder cannot be used, or is held by another process. */
export function openFileStores(options: FileStoresOptions): Stores {
  return new FileStores(options);
}

const lockName = ".lock";
const streamsFolder = "streams";
const consumersFolder = "consumers";
const messagesFolder = "messages";
const descriptionName = "meta";
const stateName = "state";
const originsName = "origins";

class FileStores implements Stores {
  readonly #options: FileStoresOptions;
  readonly #surroundings: LogSurroundings;
  readonly #sealers: AssetSealers;
  readonly #removal: FolderRemoval;
  readonly #lock: Disposable;
  #failure: string | null = null;

  constructor(options: FileStoresOptions) {
    const { disk, folder, timers } = options;
    this.#options = options;
    this.#surroundings = makeStorage(options);
    this.#surroundings.directories.settleNow(folder);
    this.#lock = disk.lock(`${folder}/${lockName}`);
    beginAfter(disk, folder);
    this.#sealers = new AssetSealers(this.#surroundings, options.sealers);
    this.#removal = new FolderRemoval(disk, timers);
  }

  get status(): StoresStatus {
    const { group, gate } = this.#surroundings;
    return { failure: this.#failure, syncs: group.syncs, waits: gate.waits };
  }

  find(only?: string): readonly FoundStream[] {
    const { folder } = this.#options;
    const found: FoundStream[] = [];
    for (const account of only === undefined ? this.#namesIn(folder) : [only]) {
      const streams = `${folder}/${folderName(account)}/${streamsFolder}`;
      this.#sweep(streams);
      for (const stream of this.#finishedIn(streams)) {
        found.push(this.#findStream({ account, stream }));
      }
    }
    return found.sort(byPlace);
  }

  describeStream(place: StreamPlace, description: Uint8Array, onDone: OnDone): void {
    this.#describe(this.#streamFolder(place), contextOf(place), description, onDone);
  }

  describeConsumer(
    place: StreamPlace,
    name: string,
    description: Uint8Array,
    onDone: OnDone,
  ): void {
    const folder = this.#consumerFolder(place, name);
    this.#describe(folder, contextOf(place, name), description, onDone);
  }

  openMessages(place: StreamPlace, options: StreamStoreOptions): MessageStore {
    if (options.storage === "memory") {
      return this.#options.memory.openMessages(place, options);
    }
    const stream = this.#streamFolder(place);
    return new FileStore({
      surroundings: this.#surroundings,
      folder: `${stream}/${messagesFolder}`,
      name: contextOf(place),
      sealer: this.#sealers.of(stream, contextOf(place), options.compression),
      isRelaxed: options.isAsync || this.#options.syncIntervalMillis > 0,
      firstSequence: options.firstSequence,
    });
  }

  openConsumer(place: StreamPlace, name: string, storage: "file" | "memory"): StateJournal {
    return storage === "memory"
      ? this.#options.memory.openConsumer(place, name, storage)
      : this.#journal(this.#consumerFolder(place, name), stateName, contextOf(place, name));
  }

  openOrigins(place: StreamPlace, storage: "file" | "memory"): StateJournal {
    return storage === "memory"
      ? this.#options.memory.openOrigins(place, storage)
      : this.#journal(this.#streamFolder(place), originsName, contextOf(place));
  }

  removeStream(place: StreamPlace, onDone: OnDone): void {
    const streams = `${this.#accountFolder(place)}/${streamsFolder}`;
    this.#options.memory.removeStream(place, () => undefined);
    this.#removal.remove(streams, folderName(place.stream), onDone);
  }

  removeConsumer(place: StreamPlace, name: string, onDone: OnDone): void {
    const consumers = `${this.#streamFolder(place)}/${consumersFolder}`;
    this.#options.memory.removeConsumer(place, name, () => undefined);
    this.#removal.remove(consumers, folderName(name), onDone);
  }

  commitTurn(): void {
    this.#surroundings.group.commitTurn();
    this.#surroundings.cache.buffers.settle();
    this.#options.memory.commitTurn();
  }

  async close(): Promise<void> {
    await this.#options.memory.close();
    this.#surroundings.group.close();
    this.#surroundings.files.closeAll();
    this.#surroundings.cache.buffers.settle();
    endAfter(this.#surroundings.assets, this.#options.disk, this.#options.folder);
    this.#lock[Symbol.dispose]();
  }

  // --- inside

  #accountFolder(place: StreamPlace): string {
    return `${this.#options.folder}/${folderName(place.account)}`;
  }

  #streamFolder(place: StreamPlace): string {
    return `${this.#accountFolder(place)}/${streamsFolder}/${folderName(place.stream)}`;
  }

  #consumerFolder(place: StreamPlace, name: string): string {
    return `${this.#streamFolder(place)}/${consumersFolder}/${folderName(name)}`;
  }

  #journal(folder: string, name: string, context: string): JournalFile {
    return new JournalFile({
      surroundings: this.#surroundings,
      folder,
      name,
      sealer: this.#sealers.of(folder, context, "none"),
      isRelaxed: this.#options.syncIntervalMillis > 0,
    });
  }

  #describe(folder: string, context: string, description: Uint8Array, onDone: OnReplaced): void {
    const sealer = this.#sealers.of(folder, context, "none");
    const content = sealer === null ? description : sealer.seal(description);
    replaceFile(this.#surroundings, folder, descriptionName, content, onDone);
  }

  /** Read when it is asked for: with many streams, all at once would be one long pause. */
  #findStream(place: StreamPlace): FoundStream {
    const description = (): Uint8Array | null =>
      this.#descriptionIn(this.#streamFolder(place), contextOf(place));
    const consumers = (): readonly FoundConsumer[] => this.#consumersOf(place);
    return {
      place,
      get description() {
        return description();
      },
      get consumers() {
        return consumers();
      },
    };
  }

  #consumersOf(place: StreamPlace): readonly FoundConsumer[] {
    const folder = `${this.#streamFolder(place)}/${consumersFolder}`;
    this.#sweep(folder);
    return this.#finishedIn(folder).map((name) => {
      const own = this.#consumerFolder(place, name);
      return { name, description: this.#descriptionIn(own, contextOf(place, name)) };
    });
  }

  /** Null when it cannot be read: it is told of, and stays. */
  #descriptionIn(folder: string, context: string): Uint8Array | null {
    const { log } = this.#options;
    const path = `${folder}/${descriptionName}`;
    try {
      const content = readWhole(this.#surroundings, path);
      if (content === null) {
        log.error(`JetStream: ${path} is missing or damaged`);
        return null;
      }
      const sealer: Sealer | null = this.#sealers.of(folder, context, "none");
      return sealer === null ? content : sealer.open(content).slice();
    } catch (failure) {
      log.error(`JetStream: ${path}: ${messageOf(failure)}`);
      return null;
    }
  }

  /** Sorted. A folder that cannot be read hides only what is in it. */
  #namesIn(folder: string): readonly string[] {
    const { disk, log } = this.#options;
    try {
      return disk.isDirectory(folder)
        ? disk
            .list(folder)
            .filter((name) => this.#isAsset(`${folder}/${name}`))
            .map(nameOfFolder)
            .filter((name) => name !== null)
            .sort()
        : [];
    } catch (failure) {
      log.error(`JetStream: ${folder}: ${messageOf(failure)}`);
      this.#failure ??= messageOf(failure);
      return [];
    }
  }

  /**
   * Takes away what a creation left that was never finished, and so never answered: its description was on its way, or
   * not even that, but perhaps a key. Where a description is missing otherwise, the asset stays and is told of.
   */
  #finishedIn(parent: string): readonly string[] {
    const { log } = this.#options;
    return this.#namesIn(parent).filter((name) => {
      const folder = `${parent}/${folderName(name)}`;
      const isUnfinished = this.#isUnfinished(folder);
      if (isUnfinished) {
        log.notice(`JetStream: ${folder} was never finished`);
        this.#removal.remove(parent, folderName(name), () => undefined);
      }
      return !isUnfinished;
    });
  }

  /** Accounts have no description, most else has. */
  #isAsset(path: string): boolean {
    const { disk } = this.#options;
    return disk.exists(`${path}/${descriptionName}`) || disk.isDirectory(path);
  }

  #isUnfinished(folder: string): boolean {
    const { disk } = this.#options;
    if (disk.exists(`${folder}/${descriptionName}`)) {
      return false;
    }
    const names = disk.list(folder);
    const isEmpty = names.every((entry) => entry.startsWith(keyName));
    const isUnderWay = names.includes(`${descriptionName}${asideEnding}`);
    const hasMore = names.includes(consumersFolder) || names.includes(messagesFolder);
    return (isUnderWay || isEmpty) && !hasMore;
  }

  #sweep(folder: string): void {
    if (this.#options.disk.isDirectory(folder)) {
      this.#removal.sweep(folder);
    }
  }
}

function contextOf(place: StreamPlace, consumer?: string): string {
  const stream = `${place.account}/${place.stream}`;
  return consumer === undefined ? stream : `${stream}/${consumer}`;
}

function byPlace({ place: one }: FoundStream, { place: other }: FoundStream): number {
  const [first, second] =
    one.account === other.account ? [one.stream, other.stream] : [one.account, other.account];
  return first < second ? -1 : 1;
}

function messageOf(failure: unknown): string {
  if (failure instanceof ServerError) {
    return failure.message;
  }
  throw failure;
}
