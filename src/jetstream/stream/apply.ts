// The only way a stream changes. An entry is applied whole, in one call, and never refused: whatever could speak against
// it was asked before it was committed.

import { unreachable } from "../../base/assert.ts";
import type { MessageStore, NewMessage } from "../store/message-store.ts";
import type { FilterGroups } from "./filter-groups.ts";
import type { MessageDraft } from "./message-draft.ts";
import type { Removal } from "./removal.ts";
import type { Retention } from "./retention.ts";
import type { StoredView } from "./stored-view.ts";
import type { StreamConfig } from "./stream-config.ts";
import type { StreamEntry } from "./stream-entry.ts";
import type { ScheduleFeature } from "./stream-features.ts";
import type { StorageBudget } from "./stream-parts.ts";
import type { Visibility } from "./visibility.ts";

const none: Uint8Array = new Uint8Array(0);

export interface ApplyParts {
  readonly store: MessageStore;
  readonly view: StoredView;
  readonly groups: FilterGroups;
  readonly visibility: Visibility;
  readonly removal: Removal;
  readonly retention: Retention;
  readonly budget: StorageBudget;
  /** The configuration was exchanged. */
  readonly onConfigured: (former: StreamConfig, current: StreamConfig) => void;
}

export class Apply {
  schedules: ScheduleFeature | null = null;
  readonly #parts: ApplyParts;
  readonly #store: MessageStore;
  readonly #message: NewMessage = {
    sequence: 0,
    timeMicros: 0,
    restNanos: 0,
    subject: "",
    headerBytes: none,
    headerStart: 0,
    headerLength: 0,
    bodyBytes: none,
    bodyStart: 0,
    bodyLength: 0,
    expiresMicros: 0,
    tags: 0,
  };
  #messages: number;
  #bytes: number;

  constructor(parts: ApplyParts) {
    this.#parts = parts;
    this.#store = parts.store;
    this.#messages = parts.store.state.messages;
    this.#bytes = parts.store.state.bytes;
  }

  /** Gives how many messages a removal or purge took away. */
  apply(entry: StreamEntry): number {
    const removed = this.#do(entry);
    this.#account();
    return removed;
  }

  #do(entry: StreamEntry): number {
    switch (entry.kind) {
      case "append":
        this.#append(entry);
        return 0;
      case "unwanted":
        this.#skipUnwanted(entry.draft);
        return 0;
      case "skip":
        this.#store.skipTo(entry.next);
        this.#parts.visibility.stored(this.#store.written, entry.next - 1, 0);
        return 0;
      case "remove":
        return this.#parts.removal.one(entry.sequence, entry.erases) ? 1 : 0;
      case "acknowledged":
        return this.#parts.removal.acknowledged(entry.sequence) ? 1 : 0;
      case "purge":
        return this.#parts.removal.purge(entry);
      case "configure":
        this.#configure(entry.config);
        return 0;
      default:
        return unreachable(entry);
    }
  }

  #append(draft: MessageDraft): void {
    const { groups, retention, visibility, view } = this.#parts;
    const store = this.#store;
    const message = this.#message;
    const before = store.state.bytes;
    message.sequence = draft.sequence;
    message.timeMicros = draft.timeMicros;
    message.restNanos = draft.restNanos;
    message.subject = draft.subject;
    message.headerBytes = draft.headerBytes;
    message.headerStart = draft.headerStart;
    message.headerLength = draft.headerLength;
    message.bodyBytes = draft.bodyBytes;
    message.bodyStart = draft.bodyStart;
    message.bodyLength = draft.bodyLength;
    message.expiresMicros = draft.expiresMicros;
    message.tags = draft.tags;
    store.append(message);
    visibility.stored(store.written, draft.sequence, store.state.bytes - before);
    this.#remember(draft);
    groups.stored(draft.subject, draft.sequence);
    retention.enforceAfter(draft.subject);
    if (draft.headerLength > 0) {
      this.#rollUp(draft, 1);
    }
    this.schedules?.stored(draft);
    view.lastMessageId = draft.messageId;
  }

  #skipUnwanted(draft: MessageDraft): void {
    const store = this.#store;
    store.skipTo(draft.sequence + 1);
    this.#parts.visibility.stored(store.written, draft.sequence, 0);
    this.#remember(draft);
    this.#rollUp(draft, 0);
    this.#parts.view.lastMessageId = draft.messageId;
  }

  #remember(draft: MessageDraft): void {
    const { view } = this.#parts;
    if (draft.messageId !== "" && view.windowMicros > 0) {
      view.duplicates.add(draft.messageId, draft.sequence, draft.timeMicros);
    }
  }

  /** What the message replaces goes together with its coming. */
  #rollUp(draft: MessageDraft, keep: number): void {
    const { removal } = this.#parts;
    if (draft.rollup !== "") {
      removal.purge({ filter: draft.rollup === "sub" ? draft.subject : "", sequence: 0, keep });
    }
    if (draft.purgesSchedule !== "") {
      removal.purge({ filter: draft.purgesSchedule, sequence: 0, keep: 0 });
    }
  }

  #configure(config: StreamConfig): void {
    const { view, retention, onConfigured } = this.#parts;
    const former = view.config;
    view.config = config;
    retention.configure(config);
    retention.enforceAll();
    onConfigured(former, config);
  }

  #account(): void {
    const { messages, bytes } = this.#store.state;
    if (messages !== this.#messages || bytes !== this.#bytes) {
      this.#parts.budget.changed(messages - this.#messages, bytes - this.#bytes);
      this.#messages = messages;
      this.#bytes = bytes;
    }
  }
}
