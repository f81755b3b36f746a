// The view of what is stored. The local committer leaves nothing in flight, so that this is all there is.

import { hasWildcard } from "../../subjects/subject.ts";
import { messageCost } from "../store/message-cost.ts";
import type { MessageStore } from "../store/message-store.ts";
import { MessageView } from "../store/message-view.ts";
import { SubjectFilter } from "../store/subject-filter.ts";
import type { DuplicateWindow } from "./duplicate-window.ts";
import type { MessageClock } from "./message-clock.ts";
import type { StreamConfig } from "./stream-config.ts";
import type { StreamView } from "./stream-view.ts";

const nanosPerMicro = 1000n;

export class StoredView implements StreamView {
  /** This and the configuration are set by apply.ts alone. */
  lastMessageId = "";
  #config: StreamConfig;
  #windowMicros = 0;
  readonly duplicates: DuplicateWindow;
  readonly #store: MessageStore;
  readonly #clock: MessageClock;
  readonly #message: MessageView = new MessageView();

  constructor(
    store: MessageStore,
    duplicates: DuplicateWindow,
    clock: MessageClock,
    config: StreamConfig,
  ) {
    this.#store = store;
    this.duplicates = duplicates;
    this.#clock = clock;
    this.#config = config;
    this.config = config;
  }

  get config(): StreamConfig {
    return this.#config;
  }

  set config(config: StreamConfig) {
    this.#config = config;
    this.#windowMicros = Number(config.duplicateWindowNanos / nanosPerMicro);
  }

  get windowMicros(): number {
    return this.#windowMicros;
  }

  get lastSequence(): number {
    return this.#store.state.lastSequence;
  }

  get messages(): number {
    return this.#store.state.messages;
  }

  get bytes(): number {
    return this.#store.state.bytes;
  }

  /** Whatever is older has left the window. */
  get windowStartMicros(): number {
    return this.#clock.nowMicros() - this.#windowMicros + 1;
  }

  sequenceOfMessageId(id: string): number {
    const { duplicates } = this;
    const found = duplicates.find(id);
    // The clock is asked for no message that is new.
    return found > 0 && duplicates.foundMicros >= this.windowStartMicros ? found : 0;
  }

  lastSequenceOf(subject: string): number {
    if (!hasWildcard(subject)) {
      return this.#store.subjectTotals(subject)?.last ?? 0;
    }
    const isFound = this.#store.previous(
      new SubjectFilter([subject]),
      this.lastSequence,
      this.#message,
    );
    return isFound ? this.#message.sequence : 0;
  }

  messagesOf(subject: string): number {
    return this.#store.subjectTotals(subject)?.messages ?? 0;
  }

  oldestCostOf(subject: string): number {
    const totals = this.#store.subjectTotals(subject);
    const message = this.#message;
    if (totals === null || !this.#store.read(totals.first, message)) {
      return 0;
    }
    return messageCost(
      this.config.storage,
      message.subjectLength,
      message.headerLength,
      message.bodyLength,
    );
  }
}
