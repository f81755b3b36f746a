// Stores that live in memory: for a server's memory streams, for embedding without a disk, and for tests. As a disk would,
// it keeps what is of file storage when a store is closed and opened again; what is of memory storage is gone then.

import { type CopyBytes, copyBytes } from "../../base/bytes.ts";
import { MemoryJournal } from "./memory-journal.ts";
import { MemoryStore } from "./memory-store.ts";
import type { MessageStore } from "./message-store.ts";
import { SpareBlocks, type Warm } from "./spare-blocks.ts";
import type { StateJournal } from "./state-journal.ts";
import type {
  FoundStream,
  OnDone,
  Stores,
  StoresStatus,
  StreamPlace,
  StreamStoreOptions,
} from "./stores.ts";

export interface MemoryStoresOptions {
  /** Host.memory.copy, where there is one. */
  readonly copyBytes?: CopyBytes;
  /** Host.memory.warm, where there is one. */
  readonly warm?: Warm;
  /** Asks for a commitTurn() at the end of this turn. */
  readonly wake: () => void;
}

interface KeptConsumer {
  description: Uint8Array | null;
  /** The last one opened: it has what the next one recovers. */
  journal: MemoryJournal | null;
}

interface KeptStream {
  readonly place: StreamPlace;
  description: Uint8Array | null;
  messages: MemoryStore | null;
  readonly consumers: Map<string, KeptConsumer>;
  readonly origins: KeptConsumer;
}

interface Settling {
  settle(): void;
}

const storesStatus: StoresStatus = {
  failure: null,
  syncs: 0,
  waits: { waiters: 0, waits: 0, waitMillis: 0, maxWaitMillis: 0 },
};

export class MemoryStores implements Stores {
  readonly #options: MemoryStoresOptions;
  readonly #streams: Map<string, KeptStream> = new Map();
  readonly #spares: SpareBlocks;
  #dirty: Settling[] = [];
  #done: OnDone[] = [];

  constructor(options: MemoryStoresOptions) {
    this.#options = options;
    this.#spares = new SpareBlocks(options.warm ?? null);
  }

  get status(): StoresStatus {
    return storesStatus;
  }

  find(account?: string): readonly FoundStream[] {
    const described = [...this.#streams.values()].filter(
      ({ description, place }) =>
        description !== null && (account === undefined || place.account === account),
    );
    return described.sort(byPlace).map(({ place, description, consumers }) => ({
      place,
      description,
      consumers: [...consumers]
        .filter(([, consumer]) => consumer.description !== null)
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([name, consumer]) => ({ name, description: consumer.description })),
    }));
  }

  describeStream(place: StreamPlace, description: Uint8Array, onDone: OnDone): void {
    this.#streamAt(place).description = description.slice();
    this.#whenCommitted(onDone);
  }

  describeConsumer(
    place: StreamPlace,
    name: string,
    description: Uint8Array,
    onDone: OnDone,
  ): void {
    this.#consumerAt(place, name).description = description.slice();
    this.#whenCommitted(onDone);
  }

  openMessages(place: StreamPlace, options: StreamStoreOptions): MessageStore {
    const stream = this.#streamAt(place);
    const known = stream.messages;
    if (known !== null && options.storage === "file") {
      return known;
    }
    const made = new MemoryStore({
      firstSequence: options.firstSequence,
      cost: options.storage,
      copyBytes: this.#options.copyBytes ?? copyBytes,
      spares: this.#spares,
      onWritten: this.#note,
    });
    stream.messages = options.storage === "file" ? made : null;
    return made;
  }

  openConsumer(place: StreamPlace, name: string, storage: "file" | "memory"): StateJournal {
    return this.#openJournal(this.#consumerAt(place, name), storage);
  }

  openOrigins(place: StreamPlace, storage: "file" | "memory"): StateJournal {
    return this.#openJournal(this.#streamAt(place).origins, storage);
  }

  removeStream(place: StreamPlace, onDone: OnDone): void {
    this.#streams.delete(keyOf(place));
    this.#whenCommitted(onDone);
  }

  removeConsumer(place: StreamPlace, name: string, onDone: OnDone): void {
    this.#streams.get(keyOf(place))?.consumers.delete(name);
    this.#whenCommitted(onDone);
  }

  commitTurn(): void {
    const dirty = this.#dirty;
    const done = this.#done;
    this.#dirty = [];
    this.#done = [];
    for (const one of dirty) {
      one.settle();
    }
    for (const onDone of done) {
      onDone(null);
    }
  }

  close(): Promise<void> {
    this.commitTurn();
    return Promise.resolve();
  }

  readonly #note = (written: Settling): void => {
    this.#wakeOnce();
    this.#dirty.push(written);
  };

  #whenCommitted(onDone: OnDone): void {
    this.#wakeOnce();
    this.#done.push(onDone);
  }

  #wakeOnce(): void {
    if (this.#dirty.length === 0 && this.#done.length === 0) {
      this.#options.wake();
    }
  }

  #openJournal(consumer: KeptConsumer, storage: "file" | "memory"): StateJournal {
    const keeps = storage === "file";
    const recovered = keeps ? (consumer.journal?.contents ?? null) : null;
    const journal = new MemoryJournal({ keeps, recovered, onWritten: this.#note });
    consumer.journal = journal;
    return journal;
  }

  #streamAt(place: StreamPlace): KeptStream {
    const key = keyOf(place);
    const known = this.#streams.get(key);
    if (known !== undefined) {
      return known;
    }
    const made: KeptStream = {
      place,
      description: null,
      messages: null,
      consumers: new Map(),
      origins: emptyConsumer(),
    };
    this.#streams.set(key, made);
    return made;
  }

  #consumerAt(place: StreamPlace, name: string): KeptConsumer {
    const { consumers } = this.#streamAt(place);
    const known = consumers.get(name);
    if (known !== undefined) {
      return known;
    }
    const made = emptyConsumer();
    consumers.set(name, made);
    return made;
  }
}

function emptyConsumer(): KeptConsumer {
  return { description: null, journal: null };
}

function keyOf(place: StreamPlace): string {
  return `${place.account.length}:${place.account}/${place.stream}`;
}

function byPlace(one: KeptStream, other: KeptStream): number {
  const [first, second] = [one.place, other.place];
  if (first.account !== second.account) {
    return first.account < second.account ? -1 : 1;
  }
  return first.stream < second.stream ? -1 : 1;
}
