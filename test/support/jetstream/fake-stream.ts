// A stream of nothing but a store in memory and its listeners: what is stored is durable and visible when the turn ends,
// or when it is said so.

import type { Outlet } from "../../../src/jetstream/outlet.ts";
import { MemoryStore } from "../../../src/jetstream/store/memory-store.ts";
import { MessageView } from "../../../src/jetstream/store/message-view.ts";
import { SubjectFilter } from "../../../src/jetstream/store/subject-filter.ts";
import type { OnStreamDone, StreamAccess } from "../../../src/jetstream/stream/stream-access.ts";
import type { StreamConfig } from "../../../src/jetstream/stream/stream-config.ts";
import type { StreamListener } from "../../../src/jetstream/stream/stream-listener.ts";

const encoder = new TextEncoder();
const none = new Uint8Array(0);

interface Listening {
  stored: number;
  isAwake: boolean;
}

export class FakeStream implements StreamAccess {
  readonly account = "A";
  readonly name = "S";
  readonly createdNanos = 0n;
  readonly config: StreamConfig;
  readonly store: MemoryStore = new MemoryStore({
    firstSequence: 1,
    cost: "memory",
    onWritten: () => undefined,
  });
  readonly outlet: Outlet;
  visibleSequence = 0;
  readonly acknowledgements: number[] = [];
  readonly #listeners: Map<StreamListener, Listening> = new Map();
  readonly #view: MessageView = new MessageView();

  constructor(outlet: Outlet, config: StreamConfig) {
    this.outlet = outlet;
    this.config = config;
  }

  /** Not visible before show(). */
  add(subject: string, timeMicros: number, body: Uint8Array = encoder.encode("x")): void {
    this.store.append({
      sequence: this.store.state.lastSequence + 1,
      timeMicros,
      restNanos: 0,
      subject,
      headerBytes: none,
      headerStart: 0,
      headerLength: 0,
      bodyBytes: body,
      bodyStart: 0,
      bodyLength: body.length,
      expiresMicros: 0,
      tags: 0,
    });
    for (const [listener, listening] of this.#listeners) {
      if (listener.filter.matches(subject)) {
        listening.stored++;
      }
    }
  }

  /** All that was added may be delivered. */
  show(): void {
    const before = this.visibleSequence;
    this.store.settle();
    this.visibleSequence = this.store.state.lastSequence;
    for (const [listener, { isAwake }] of [...this.#listeners]) {
      const isWanted = this.store.next(listener.filter, before + 1, this.#view);
      if (isAwake && isWanted) {
        listener.onStored(this.visibleSequence);
      }
    }
  }

  remove(sequence: number): boolean {
    if (!this.store.read(sequence, this.#view)) {
      return false;
    }
    const { subject } = this.#view;
    this.store.remove(sequence, false);
    for (const listener of [...this.#listeners.keys()]) {
      if (listener.filter.matches(subject)) {
        listener.onRemoved(sequence, subject);
      }
    }
    return true;
  }

  storedFor(listener: StreamListener): number {
    return this.#listeners.get(listener)?.stored ?? 0;
  }

  earliestFor(_listener: StreamListener, from: number): number {
    return from;
  }

  listen(listener: StreamListener): Disposable {
    this.#listeners.set(listener, { stored: 0, isAwake: false });
    return { [Symbol.dispose]: (): void => void this.#listeners.delete(listener) };
  }

  setAwake(listener: StreamListener, isAwake: boolean): void {
    const listening = this.#listeners.get(listener);
    if (listening !== undefined) {
      listening.isAwake = isAwake;
    }
  }

  acknowledged(_listener: StreamListener, sequence: number): void {
    this.acknowledgements.push(sequence);
  }

  retire(): void {
    // Keeps all.
  }

  removeMessage(sequence: number, _erases: boolean, onDone: OnStreamDone): boolean {
    const isThere = this.remove(sequence);
    onDone(null);
    return isThere;
  }

  /** All messages of one subject, or all. */
  purge({ filter }: { readonly filter: string }): number {
    const wanted = new SubjectFilter(filter === "" ? [] : [filter]);
    let count = 0;
    for (let next = 1; this.store.next(wanted, next, this.#view); next++) {
      next = this.#view.sequence;
      this.store.remove(next, false);
      count++;
    }
    for (const listener of [...this.#listeners.keys()]) {
      listener.onPurged();
    }
    return count;
  }
}
