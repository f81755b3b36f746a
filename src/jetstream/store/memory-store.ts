// A stream's messages in memory. What was written is durable at the end of the turn: whoever made the store calls
// `settle`. It keeps no object per message; the records lie in blocks, and those of one subject know their neighbours.

import { type CopyBytes, copyBytes } from "../../base/bytes.ts";
import { farAway } from "./memory-block.ts";
import { MemoryBlocks } from "./memory-blocks.ts";
import { messageCost } from "./message-cost.ts";
import { MessageIndex, unknownNeighbour } from "./message-index.ts";
import type {
  LostMessages,
  MessageStore,
  NewMessage,
  StoreState,
  SubjectTotals,
} from "./message-store.ts";
import { MessageView } from "./message-view.ts";
import { SpareBlocks } from "./spare-blocks.ts";
import type { SubjectFilter } from "./subject-filter.ts";

export interface MemoryStoreOptions {
  readonly firstSequence: number;
  /** What a message counts: a store in memory may stand in for one in files. */
  readonly cost: "file" | "memory";
  /** The cheapest way there is. */
  readonly copyBytes?: CopyBytes;
  /** Those of all stores of a server. */
  readonly spares?: SpareBlocks;
  /** Something was written: `settle` is wanted at the end of this turn. */
  readonly onWritten: (store: MemoryStore) => void;
}

/** Messages looked at before the index is asked whether there is any point. */
const patience = 2048;
/** Steps back from the last message of a subject to find the next one: who waits is seldom far behind. */
const stepsBack = 16;

export class MemoryStore implements MessageStore {
  readonly lost: LostMessages | null = null;
  readonly failure: string | null = null;
  onDurable: () => void = ignore;
  onFailed: (reason: string) => void = ignore;
  readonly #index: MessageIndex;
  readonly #blocks: MemoryBlocks;
  readonly #options: MemoryStoreOptions;
  /** For the store's own reading. */
  readonly #own: MessageView = new MessageView();
  #written = 0;
  #durable = 0;

  constructor(options: MemoryStoreOptions) {
    this.#options = options;
    const spares = options.spares ?? new SpareBlocks(null);
    this.#blocks = new MemoryBlocks(options.copyBytes ?? copyBytes, spares);
    this.#index = new MessageIndex(this, Math.max(1, options.firstSequence));
  }

  get state(): StoreState {
    return this.#index.state;
  }

  get written(): number {
    return this.#written;
  }

  get durable(): number {
    return this.#durable;
  }

  get memoryBytes(): number {
    return this.#index.memoryBytes + this.#blocks.overheadBytes;
  }

  /** End of turn: what was written is durable. */
  settle(): void {
    if (this.#durable < this.#written) {
      this.#durable = this.#written;
      this.onDurable();
    }
  }

  // --- writing

  append(message: NewMessage): void {
    const { sequence } = message;
    const { cost: kind } = this.#options;
    const { headerLength, bodyLength } = message;
    const cost = messageCost(kind, message.subject.length, headerLength, bodyLength);
    const previous = this.#index.added(message, cost);
    if (previous > 0) {
      const block = this.#blocks.blockOf(previous);
      const at = block?.find(previous) ?? -1;
      block?.setNext(at, sequence - previous);
    }
    this.#blocks.append(message, previous);
    this.#note();
  }

  skipTo(next: number): void {
    if (next > this.#index.state.lastSequence + 1) {
      this.#index.skipTo(next);
      this.#note();
    }
  }

  remove(sequence: number, erases: boolean): boolean {
    if (!this.#index.isPresent(sequence)) {
      return false;
    }
    this.#removePresent(sequence, erases);
    this.#note();
    return true;
  }

  removeBelow(first: number): number {
    const { state } = this.#index;
    const before = state.messages;
    if (first > state.lastSequence) {
      this.#blocks.clear();
      this.#index.clear(first);
    } else {
      while (state.firstSequence < first) {
        this.#removePresent(state.firstSequence, false);
      }
    }
    this.#note();
    return before - state.messages;
  }

  removeAll(): number {
    const { messages, lastSequence } = this.#index.state;
    this.#blocks.clear();
    this.#index.clear(lastSequence + 1);
    this.#note();
    return messages;
  }

  // --- reading

  isPresent(sequence: number): boolean {
    return this.#index.isPresent(sequence);
  }

  read(sequence: number, into: MessageView): boolean {
    if (!this.#index.isPresent(sequence)) {
      into.sequence = 0;
      return false;
    }
    this.#readPresent(sequence, into);
    return true;
  }

  next(filter: SubjectFilter, from: number, into: MessageView): boolean {
    const { state } = this.#index;
    let sequence = this.#index.nextPresent(from);
    if (filter.literal !== null && sequence <= state.lastSequence) {
      this.#readPresent(sequence, into);
      if (filter.matchesAt(into.bytes, into.subjectStart, into.subjectLength)) {
        return true;
      }
      const known = this.#nextOfSubject(filter.literal, from, into);
      if (known !== unknownNeighbour) {
        return known > 0 && this.read(known, into);
      }
    }
    for (let left = patience; sequence <= state.lastSequence; left--) {
      if (left === 0) {
        sequence = this.#index.firstPossible(filter, sequence);
        if (sequence === 0) {
          break;
        }
        left = patience;
        sequence = this.#index.nextPresent(sequence);
      }
      this.#readPresent(sequence, into);
      if (filter.matchesAt(into.bytes, into.subjectStart, into.subjectLength)) {
        return true;
      }
      sequence = this.#index.nextPresent(sequence + 1);
    }
    into.sequence = 0;
    return false;
  }

  previous(filter: SubjectFilter, upTo: number, into: MessageView): boolean {
    const { state } = this.#index;
    let sequence = this.#index.previousPresent(upTo);
    if (filter.literal !== null) {
      const last = this.#index.lastOf(filter.literal);
      if (last <= sequence) {
        return this.read(last, into);
      }
    }
    for (let left = patience; sequence >= state.firstSequence && state.messages > 0; left--) {
      if (left === 0) {
        left = patience;
        sequence = this.#index.previousPresent(this.#index.lastPossible(filter, sequence));
        if (sequence < state.firstSequence) {
          break;
        }
      }
      this.#readPresent(sequence, into);
      if (filter.matchesAt(into.bytes, into.subjectStart, into.subjectLength)) {
        return true;
      }
      sequence = this.#index.previousPresent(sequence - 1);
    }
    into.sequence = 0;
    return false;
  }

  sequenceAt(timeMicros: number): number {
    const { firstSequence, lastSequence } = this.#index.state;
    let low = firstSequence;
    let high = lastSequence + 1;
    while (low < high) {
      const middle = low + Math.floor((high - low) / 2);
      const sequence = this.#index.nextPresent(middle);
      if (sequence <= lastSequence && this.#timeOf(sequence) < timeMicros) {
        low = sequence + 1;
      } else {
        high = middle;
      }
    }
    return Math.min(this.#index.nextPresent(low), lastSequence + 1);
  }

  subjectTotals(subject: string): SubjectTotals | null {
    return this.#index.totals(subject);
  }

  eachSubject(
    filter: SubjectFilter,
    visit: (subject: string, totals: SubjectTotals) => boolean | undefined,
  ): void {
    this.#index.eachSubject(filter, visit);
  }

  count(filter: SubjectFilter, from: number, lastOnly: boolean): number {
    return this.#index.count(filter, from, lastOnly);
  }

  eachGap(visit: (first: number, last: number) => boolean | undefined): void {
    this.#index.eachGap(visit);
  }

  eachTagged(
    tag: number,
    from: number,
    visit: (message: MessageView) => boolean | undefined,
  ): void {
    const view = new MessageView();
    this.#index.eachTagged(tag, from, (sequence) => {
      this.#readPresent(sequence, view);
      return visit(view);
    });
  }

  get nextExpiryMicros(): number {
    return this.#index.nextExpiryMicros;
  }

  expired(nowMicros: number, max: number): readonly number[] {
    return this.#index.expired(nowMicros, max);
  }

  close(): Promise<void> {
    this.settle();
    return Promise.resolve();
  }

  // --- what the index asks

  firstOf(subject: string, from: number, to: number): number {
    for (let at = this.#index.nextPresent(from); at <= to; at = this.#index.nextPresent(at + 1)) {
      if (this.#hasSubject(at, subject)) {
        return at;
      }
    }
    return 0;
  }

  lastOf(subject: string, from: number, to: number): number {
    const { firstSequence } = this.#index.state;
    const lowest = Math.max(from, firstSequence);
    let at = this.#index.previousPresent(to);
    while (at >= lowest) {
      if (this.#hasSubject(at, subject)) {
        return at;
      }
      at = this.#index.previousPresent(at - 1);
    }
    return 0;
  }

  countOf(filter: SubjectFilter, from: number, to: number): number {
    const view = this.#own;
    let count = 0;
    for (let at = this.#index.nextPresent(from); at <= to; at = this.#index.nextPresent(at + 1)) {
      this.#readPresent(at, view);
      if (filter.matchesAt(view.bytes, view.subjectStart, view.subjectLength)) {
        count++;
      }
    }
    return count;
  }

  #note(): void {
    this.#written++;
    if (this.#written === this.#durable + 1) {
      this.#options.onWritten(this);
    }
  }

  #readPresent(sequence: number, into: MessageView): void {
    const block = this.#blocks.blockOf(sequence);
    block?.read(sequence, block.find(sequence), into);
  }

  #timeOf(sequence: number): number {
    const block = this.#blocks.blockOf(sequence);
    return block?.timeMicrosAt(block.find(sequence)) ?? 0;
  }

  #hasSubject(sequence: number, subject: string): boolean {
    this.#readPresent(sequence, this.#own);
    return this.#own.subjectLength === subject.length && this.#own.subject === subject;
  }

  #removePresent(sequence: number, erases: boolean): void {
    const view = this.#own;
    const block = this.#blocks.blockOf(sequence);
    if (block === null) {
      return;
    }
    const at = block.find(sequence);
    block.read(sequence, at, view);
    const before = block.previousAt(at);
    const behind = block.nextAt(at);
    const previous = before === farAway ? unknownNeighbour : before && sequence - before;
    const next = behind === farAway ? unknownNeighbour : behind && sequence + behind;
    this.#joinNeighbours(previous, next);
    const { cost: kind } = this.#options;
    const cost = messageCost(kind, view.subjectLength, view.headerLength, view.bodyLength);
    const isHeadMoved = this.#index.removed(view, cost, previous, next);
    const { firstSequence } = this.#index.state;
    this.#blocks.drop(sequence, erases, firstSequence);
    if (isHeadMoved) {
      this.#readPresent(firstSequence, view);
      this.#index.setFirstTime(view.timeMicros, view.restNanos);
    }
  }

  /** The messages of the same subject before and behind a message that goes now follow each other. */
  #joinNeighbours(previous: number, next: number): void {
    const areKnown = previous !== unknownNeighbour && next !== unknownNeighbour;
    const between = areKnown && previous > 0 && next > 0 ? next - previous : 0;
    const distance = areKnown ? between : farAway;
    const before = previous > 0 ? this.#blocks.blockOf(previous) : null;
    before?.setNext(before.find(previous), distance);
    const behind = next > 0 ? this.#blocks.blockOf(next) : null;
    behind?.setPrevious(behind.find(next), distance);
  }

  /** The first message of the subject from `from` on; 0 when there is none, unknownNeighbour when it must be searched. */
  #nextOfSubject(subject: string, from: number, into: MessageView): number {
    const index = this.#index;
    const last = index.lastOf(subject);
    if (last <= from) {
      return last === from ? last : 0;
    }
    const before = from - 1;
    if (index.isPresent(before)) {
      const block = this.#blocks.blockOf(before);
      const at = block?.find(before) ?? -1;
      block?.read(before, at, into);
      const distance = block?.nextAt(at) ?? 0;
      if (distance > 0 && distance < farAway && into.subject === subject) {
        return before + distance;
      }
    }
    const first = index.firstOf(subject);
    return first >= from ? first : this.#backFrom(last, from);
  }

  /** From the last message of a subject to the first one from `from` on, when that is not far. */
  #backFrom(last: number, from: number): number {
    let sequence = last;
    for (let left = stepsBack; left > 0; left--) {
      const block = this.#blocks.blockOf(sequence);
      const distance = block?.previousAt(block.find(sequence)) ?? farAway;
      if (distance === farAway) {
        return unknownNeighbour;
      }
      if (distance === 0 || sequence - distance < from) {
        return sequence;
      }
      sequence -= distance;
    }
    return unknownNeighbour;
  }
}

function ignore(): void {
  // Nobody listens yet.
}
