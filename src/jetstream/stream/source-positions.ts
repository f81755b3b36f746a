// Where a stream stands in each of its sources, so that it goes on there after a restart: written down now and then, and
// behind that read from the messages themselves, which say where they came from.

import { utf8Bytes, utf8Text } from "../../base/bytes.ts";
import { parseJson } from "../../base/decode.ts";
import { MessageView } from "../store/message-view.ts";
import type { RecoveredState, StateJournal } from "../store/state-journal.ts";
import { SubjectFilter } from "../store/subject-filter.ts";
import { NatsHeaders, natsHeader } from "./nats-headers.ts";
import { parseSourceHeader, type SourcePlace } from "./source-header.ts";
import type { StreamCore } from "./stream-features.ts";

/** So long after a change at most it is written. */
const writeAfterMillis = 1_000;
/** Sources that were taken out of the configuration are remembered too, up to so many in all. */
const mostRemembered = 10_000;

export class SourcePositions {
  readonly #core: StreamCore;
  readonly #journal: StateJournal;
  /** By index name, the origin's sequence. */
  readonly #positions: Map<string, number> = new Map();
  #timer: Disposable | null = null;
  #isDirty = false;
  /** Waits for the messages that it speaks of to be durable. */
  #pending: Uint8Array | null = null;

  constructor(core: StreamCore, journal: StateJournal) {
    this.#core = core;
    this.#journal = journal;
  }

  /** Reads what is known of these sources; `streamOf` gives the names that older headers have for each. */
  recover(indexNames: readonly string[], streamOf: (indexName: string) => string): void {
    const behind = this.#readJournal(this.#journal.takeRecovered());
    const missing = new Set(indexNames);
    this.#scan(behind, (place) => {
      for (const name of missing) {
        if (
          place.indexName === name ||
          (place.indexName === "" && streamOf(name) === place.stream)
        ) {
          this.#positions.set(name, Math.max(place.sequence, this.of(name)));
          missing.delete(name);
        }
      }
      return missing.size > 0;
    });
  }

  /** 0 is: nothing of it was ever taken. */
  of(indexName: string): number {
    return this.#positions.get(indexName) ?? 0;
  }

  moved(indexName: string, sequence: number): void {
    this.#positions.delete(indexName);
    this.#positions.set(indexName, sequence);
    this.#isDirty = true;
    this.#timer ??= this.#core.timers.after(writeAfterMillis, () => {
      this.#timer = null;
      this.write();
    });
  }

  /** When all that was stored up to now is durable. */
  write(): void {
    if (!this.#isDirty) {
      return;
    }
    this.#isDirty = false;
    for (const name of this.#positions.keys()) {
      if (this.#positions.size <= mostRemembered) {
        break;
      }
      this.#positions.delete(name);
    }
    const state = [this.#core.store.state.lastSequence, [...this.#positions]];
    const snapshot = utf8Bytes(JSON.stringify(state));
    this.#pending = snapshot;
    this.#core.whenDurable((failure) => {
      if (failure === null && this.#pending === snapshot) {
        this.#writePending();
      }
    });
  }

  #writePending(): void {
    if (this.#pending !== null) {
      this.#journal.replace(this.#pending);
      this.#pending = null;
    }
  }

  stop(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
    this.write();
  }

  /** The messages are closed: they are durable, or never will be. */
  close(): Promise<void> {
    if (this.#core.failure === null) {
      this.#writePending();
    }
    return this.#journal.close();
  }

  /** Gives up to which sequence of this stream the journal knows. */
  #readJournal(state: RecoveredState | null): number {
    const parsed = state === null ? null : parseJson(utf8Text(state.snapshot));
    if (!parsed?.ok || !Array.isArray(parsed.value)) {
      return 0;
    }
    const [upTo, positions]: unknown[] = parsed.value;
    if (typeof upTo !== "number" || !Array.isArray(positions)) {
      return 0;
    }
    for (const entry of positions) {
      const [name, sequence]: unknown[] = Array.isArray(entry) ? entry : [];
      if (typeof name === "string" && typeof sequence === "number") {
        this.#positions.set(name, sequence);
      }
    }
    return upTo;
  }

  /** From the last message back to `behind`, as long as `visit` wants more. */
  #scan(behind: number, visit: (place: SourcePlace) => boolean): void {
    const { store } = this.#core;
    const view = new MessageView();
    const headers = new NatsHeaders();
    let upTo = store.state.lastSequence;
    while (upTo > behind && store.previous(SubjectFilter.all, upTo, view)) {
      upTo = view.sequence - 1;
      if (view.sequence <= behind) {
        return;
      }
      headers.clear();
      if (view.headerLength > 0) {
        headers.read(view.bytes, view.headerStart, view.headerLength);
      }
      const place = parseSourceHeader(headers.text(natsHeader.streamSource));
      if (place !== null && place.stream !== "" && !visit(place)) {
        return;
      }
    }
  }
}
