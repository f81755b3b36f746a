// A stream's messages in files: an index in memory over a log on disk. It decides which records still count; how they lie
// on disk the log knows. Messages are read through a bounded cache; none are held.

import { ServerError } from "../../base/server-error.ts";
import type { Block } from "../../storage/block.ts";
import { fieldOffset, recordKind } from "../../storage/record.ts";
import { SegmentedLog } from "../../storage/segmented-log.ts";
import { FileCheckpoints } from "./file-checkpoints.ts";
import {
  type FileStoreParts,
  nothingRecovered,
  type RecoveredFileStore,
  recoverFileStore,
} from "./file-store-recovery.ts";
import type { LostList } from "./lost-list.ts";
import { messageCost } from "./message-cost.ts";
import { type MessageIndex, unknownNeighbour } from "./message-index.ts";
import { MessageSearch } from "./message-search.ts";
import type {
  LostMessages,
  MessageStore,
  NewMessage,
  StoreState,
  SubjectTotals,
} from "./message-store.ts";
import { MessageView } from "./message-view.ts";
import { backPointer, fillView } from "./record-view.ts";
import { SubjectChains } from "./subject-chains.ts";
import type { SubjectFilter } from "./subject-filter.ts";

/** What a subject's messages are followed back one by one for; with more of them the log is searched. */
const hopsMost = 256;

export class FileStore implements MessageStore {
  onDurable: () => void = ignore;
  onFailed: (reason: string) => void = ignore;
  readonly #index: MessageIndex;
  readonly #search: MessageSearch;
  readonly #chains: SubjectChains = new SubjectChains(this);
  readonly #log: SegmentedLog;
  readonly #lost: LostList;
  readonly #checkpoints: FileCheckpoints;
  /** For the store's own reading. */
  readonly #own: MessageView = new MessageView();

  /** Files that cannot be read make a store that has failed. */
  constructor(parts: FileStoreParts) {
    const { recovered, failure } = attemptRecovery(parts, this);
    const { index, lost, list, nextSequence } = recovered;
    this.#index = index;
    this.#lost = lost;
    this.#search = new MessageSearch(index, this);
    const { surroundings, folder, sealer, isRelaxed } = parts;
    const { firstSequence, lastTimeMicros, lastRestNanos } = index.state;
    this.#log = new SegmentedLog(
      {
        surroundings,
        folder,
        sealer,
        isRelaxed,
        list,
        firstSequence,
        nextSequence,
        lastTimeMicros,
        lastRestNanos,
      },
      {
        onWritten: () => {
          this.#checkpoints.onWritten();
        },
        isPresent: (sequence) => index.isPresent(sequence),
        onSynced: () => {
          this.#checkpoints.onSynced();
        },
        onDurable: () => {
          this.onDurable();
        },
        onFailed: (reason) => {
          this.onFailed(reason);
        },
      },
    );
    const { recoveredBytes } = recovered;
    this.#checkpoints = new FileCheckpoints(parts, this.#log, index, lost, recoveredBytes);
    if (failure !== null) {
      this.#log.fail(failure);
      return;
    }
    if (!recovered.isFirstTimeKnown) {
      this.#readFirstTime();
    }
    for (const sequence of recovered.risen) {
      this.remove(sequence, false);
    }
  }

  get state(): StoreState {
    return this.#index.state;
  }

  get lost(): LostMessages | null {
    return this.#lost.isEmpty ? null : this.#lost;
  }

  get written(): number {
    return this.#log.written;
  }

  get durable(): number {
    return this.#log.durable;
  }

  get failure(): string | null {
    return this.#log.failure;
  }

  get memoryBytes(): number {
    return this.#index.memoryBytes + this.#log.memoryBytes;
  }

  // --- writing

  append(message: NewMessage): void {
    if (this.#log.failure !== null) {
      return;
    }
    const { headerLength, bodyLength } = message;
    const cost = messageCost("file", message.subject.length, headerLength, bodyLength);
    const previous = this.#index.added(message, cost);
    this.#log.append(message, previous);
  }

  skipTo(next: number): void {
    if (this.#log.failure === null && next > this.#index.state.lastSequence + 1) {
      this.#index.skipTo(next);
      this.#log.skipTo(next);
      this.#noteHead();
    }
  }

  remove(sequence: number, erases: boolean): boolean {
    const isThere = this.#log.failure === null && this.#index.isPresent(sequence);
    return isThere && this.#guarded(() => this.#removePresent(sequence, erases));
  }

  removeBelow(first: number): number {
    const { state } = this.#index;
    if (this.#log.failure !== null) {
      return 0;
    }
    const before = state.messages;
    if (first > state.lastSequence) {
      this.#removeAllBelow(first);
      return before;
    }
    while (state.firstSequence < first && this.#log.failure === null) {
      const sequence = state.firstSequence;
      this.#guarded(() => this.#removePresent(sequence, false));
    }
    this.#log.removeBelow(state.firstSequence);
    return before - state.messages;
  }

  removeAll(): number {
    const { messages, lastSequence } = this.#index.state;
    if (this.#log.failure !== null) {
      return 0;
    }
    this.#removeAllBelow(lastSequence + 1);
    return messages;
  }

  // --- reading

  read(sequence: number, into: MessageView): boolean {
    if (this.#index.isPresent(sequence) && this.readPresent(sequence, into)) {
      return true;
    }
    into.sequence = 0;
    return false;
  }

  next(filter: SubjectFilter, from: number, into: MessageView): boolean {
    return this.#search.next(filter, from, into);
  }

  previous(filter: SubjectFilter, upTo: number, into: MessageView): boolean {
    return this.#search.previous(filter, upTo, into);
  }

  sequenceAt(timeMicros: number): number {
    return this.#search.sequenceAt(timeMicros, this.#own);
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
    this.#index.eachTagged(tag, from, (sequence) =>
      this.readPresent(sequence, view) ? visit(view) : true,
    );
  }

  get nextExpiryMicros(): number {
    return this.#index.nextExpiryMicros;
  }

  expired(nowMicros: number, max: number): readonly number[] {
    return this.#index.expired(nowMicros, max);
  }

  async close(): Promise<void> {
    await this.#log.settle();
    await this.#checkpoints.close();
    this.#log.release();
  }

  // --- what the index and the search ask

  /** A message that the index has. False: it cannot be read any more, and counts as lost from now on. */
  readPresent(sequence: number, into: MessageView): boolean {
    const isRead = this.#fill(sequence, into);
    if (!isRead && this.#log.failure === null) {
      this.#lose(sequence);
    }
    return isRead;
  }

  firstOf(subject: string, from: number, to: number): number {
    const hops = this.#index.messagesOf(subject) - 1;
    if (hops < hopsMost && hops * hopsMost < to - from) {
      const found = this.#chains.before(subject, to, hops);
      if (found > 0) {
        return found;
      }
    }
    return this.#search.firstOf(subject, from, to, this.#own);
  }

  firstFrom(subject: string, last: number, from: number, most: number): number {
    return this.#chains.firstFrom(subject, last, from, most);
  }

  placesFrom(subject: string, last: number, from: number, most: number): Float64Array | null {
    return this.#chains.placesFrom(subject, last, from, most);
  }

  lastOf(subject: string, from: number, to: number): number {
    return this.#search.lastOf(subject, from, to, this.#own);
  }

  countOf(filter: SubjectFilter, from: number, to: number): number {
    return this.#search.countOf(filter, from, to, this.#own);
  }

  isPresent(sequence: number): boolean {
    return this.#index.isPresent(sequence);
  }

  /** Null when it cannot be read; a failing disk freezes the store. */
  blockOf(sequence: number): Block | null {
    try {
      return this.#log.list.blockOf(sequence);
    } catch (failure) {
      this.#failed(failure);
      return null;
    }
  }

  // --- inside

  #fill(sequence: number, into: MessageView): boolean {
    const block = this.blockOf(sequence);
    const at = block?.find(sequence) ?? -1;
    if (block === null || at < 0 || block.bytes[at + fieldOffset.kind] !== recordKind.message) {
      return false;
    }
    fillView(into, block.bytes, block.view, at);
    return true;
  }

  #guarded(work: () => boolean): boolean {
    try {
      return work();
    } catch (failure) {
      this.#failed(failure);
      return false;
    }
  }

  #failed(failure: unknown): void {
    if (!(failure instanceof ServerError)) {
      throw failure;
    }
    this.#log.fail(failure.message);
  }

  /** Throws DiskError. */
  #removePresent(sequence: number, erases: boolean): boolean {
    const view = this.#own;
    const index = this.#index;
    const block = this.#log.list.blockOf(sequence);
    const at = block?.find(sequence) ?? -1;
    if (block === null || at < 0) {
      this.#lose(sequence);
      return false;
    }
    fillView(view, block.bytes, block.view, at);
    const length = block.view.getUint32(at + fieldOffset.length, true);
    const cost = messageCost("file", view.subjectLength, view.headerLength, view.bodyLength);
    const back = backPointer(block.view, at, sequence);
    const previous = back > 0 && !index.isPresent(back) ? unknownNeighbour : back;
    const isFirst = sequence === index.state.firstSequence;
    const isHeadMoved = index.removed(view, cost, previous, unknownNeighbour);
    if (isFirst) {
      this.#log.uncount(sequence, length);
      this.#log.removeBelow(index.state.firstSequence);
      this.#log.dropHead();
    } else {
      this.#log.remove(sequence, length);
    }
    if (erases) {
      this.#log.erase(sequence);
    }
    if (isHeadMoved) {
      this.#readFirstTime();
    }
    return true;
  }

  #removeAllBelow(first: number): void {
    this.#index.clear(first);
    this.#log.uncountAll();
    this.#log.removeBelow(first);
    this.#noteHead();
    this.#log.dropHead();
  }

  #noteHead(): void {
    this.#log.firstSequence = this.#index.state.firstSequence;
  }

  #readFirstTime(): void {
    const { state } = this.#index;
    const view = this.#own;
    // One that cannot be read is lost, and the next one is the first.
    while (state.messages > 0 && this.#log.failure === null) {
      if (this.#fill(state.firstSequence, view)) {
        this.#index.setFirstTime(view.timeMicros, view.restNanos);
        return;
      }
      if (this.#log.failure === null) {
        this.#noteLost(state.firstSequence);
      }
    }
  }

  /** It was stored, and is not there any more: never served, and told. */
  #lose(sequence: number): void {
    if (this.#noteLost(sequence)) {
      this.#readFirstTime();
    }
  }

  /** True: the first message is another one now. */
  #noteLost(sequence: number): boolean {
    this.#lost.add(sequence);
    this.#checkpoints.forbid();
    return this.#index.vanished(sequence);
  }
}

function attemptRecovery(
  parts: FileStoreParts,
  store: FileStore,
): { readonly recovered: RecoveredFileStore; readonly failure: string | null } {
  try {
    return { recovered: recoverFileStore(parts, store), failure: null };
  } catch (failure) {
    if (!(failure instanceof ServerError)) {
      throw failure;
    }
    return { recovered: nothingRecovered(parts, store), failure: failure.message };
  }
}

function ignore(): void {
  // Nobody listens yet.
}
