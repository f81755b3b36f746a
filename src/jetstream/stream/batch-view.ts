// A stream as it would be behind the messages of a batch that are not committed yet: what the rules see while the batch
// is judged message by message. It decides nothing.

import { matches } from "../../subjects/overlap.ts";
import { hasWildcard } from "../../subjects/subject.ts";
import { type CostKind, messageCost } from "../store/message-cost.ts";
import type { MessageDraft } from "./message-draft.ts";
import type { StreamView } from "./stream-view.ts";

/** A view that also knows messages that no store has yet. */
export interface StagedView extends StreamView {
  /** Null: that sequence is stored, or not yet given. */
  stagedAt(sequence: number): MessageDraft | null;
}

interface SubjectInBatch {
  last: number;
  messages: number;
}

export class BatchView implements StagedView {
  readonly #stored: StreamView;
  readonly #costKind: CostKind;
  readonly #before: number;
  readonly #drafts: MessageDraft[] = [];
  readonly #subjects: Map<string, SubjectInBatch> = new Map();
  readonly #messageIds: Set<string> = new Set();
  #bytes = 0;

  constructor(stored: StreamView, costKind: CostKind) {
    this.#stored = stored;
    this.#costKind = costKind;
    this.#before = stored.lastSequence;
  }

  get drafts(): readonly MessageDraft[] {
    return this.#drafts;
  }

  /** Admitted: it stands behind all others from now on. */
  add(draft: MessageDraft): void {
    this.#drafts.push(draft);
    this.#bytes += messageCost(
      this.#costKind,
      draft.subject.length,
      draft.headerLength,
      draft.bodyLength,
    );
    if (draft.messageId !== "") {
      this.#messageIds.add(draft.messageId);
    }
    const found = this.#subjects.get(draft.subject);
    if (found === undefined) {
      this.#subjects.set(draft.subject, { last: this.lastSequence, messages: 1 });
    } else {
      found.last = this.lastSequence;
      found.messages++;
    }
  }

  hasSubject(subject: string): boolean {
    return this.#subjects.has(subject);
  }

  hasMessageId(id: string): boolean {
    return this.#messageIds.has(id);
  }

  stagedAt(sequence: number): MessageDraft | null {
    return this.#drafts[sequence - this.#before - 1] ?? null;
  }

  get lastSequence(): number {
    return this.#before + this.#drafts.length;
  }

  get lastMessageId(): string {
    return this.#drafts.at(-1)?.messageId ?? this.#stored.lastMessageId;
  }

  sequenceOfMessageId(id: string): number {
    return this.#stored.sequenceOfMessageId(id);
  }

  lastSequenceOf(subject: string): number {
    if (!hasWildcard(subject)) {
      return this.#subjects.get(subject)?.last ?? this.#stored.lastSequenceOf(subject);
    }
    let last = this.#stored.lastSequenceOf(subject);
    for (const [staged, found] of this.#subjects) {
      if (found.last > last && matches(subject, staged)) {
        last = found.last;
      }
    }
    return last;
  }

  messagesOf(subject: string): number {
    return this.#stored.messagesOf(subject) + (this.#subjects.get(subject)?.messages ?? 0);
  }

  oldestCostOf(subject: string): number {
    return this.#stored.oldestCostOf(subject);
  }

  get messages(): number {
    return this.#stored.messages + this.#drafts.length;
  }

  get bytes(): number {
    return this.#stored.bytes + this.#bytes;
  }
}
