// What a store knows of its messages without reading them: the state, the totals of each subject, what was deleted, what
// expires, what bears a tag. Both stores have one. It holds no message; where one must be looked at it asks the store.

import { assert } from "../../base/assert.ts";
import { DeadlineQueue } from "../../base/deadline-queue.ts";
import { SequenceSet } from "../../base/sequence-set.ts";
import { SubjectTree } from "../../subjects/subject-tree.ts";
import { type IndexSource, readIndex, writeIndex } from "./index-dump.ts";
import { IndexState } from "./index-state.ts";
import { messageTag, type NewMessage, type SubjectTotals } from "./message-store.ts";
import type { MessageView } from "./message-view.ts";
import type { SubjectFilter } from "./subject-filter.ts";

/** What the index asks of its store. */
export interface IndexedStore {
  /** The first message with the subject from `from` to `to`; 0 when there is none. A literal in byte text. */
  firstOf(subject: string, from: number, to: number): number;
  /** The last message with the subject from `from` to `to`; 0 when there is none. */
  lastOf(subject: string, from: number, to: number): number;
  /** How many messages from `from` to `to` the filter wants. */
  countOf(filter: SubjectFilter, from: number, to: number): number;
}

/** A neighbour of the same subject that the store does not know. */
export const unknownNeighbour: number = -1;

const tags: readonly number[] = Object.values(messageTag);
/** Subjects looked at before the index says that it cannot narrow a search. */
const mostBounds = 4096;

export class MessageIndex {
  readonly state: IndexState;
  readonly #store: IndexedStore;
  #deletes: SequenceSet = new SequenceSet();
  readonly #subjects: SubjectTree = new SubjectTree();
  readonly #expiry: DeadlineQueue = new DeadlineQueue((sequence) => this.isPresent(sequence));
  /** Of each tag, in the order of `tags`. */
  #tagged: SequenceSet[] = tags.map(() => new SequenceSet());

  constructor(store: IndexedStore, firstSequence: number) {
    this.#store = store;
    this.state = new IndexState(firstSequence);
  }

  get memoryBytes(): number {
    const tagged = this.#tagged.reduce((sum, set) => sum + set.memoryBytes, 0);
    const { memoryBytes } = this.#subjects;
    return memoryBytes + this.#deletes.memoryBytes + this.#expiry.memoryBytes + tagged + 512;
  }

  isPresent(sequence: number): boolean {
    const { firstSequence, lastSequence } = this.state;
    return sequence >= firstSequence && sequence <= lastSequence && !this.#deletes.has(sequence);
  }

  /** The first message from `from` on; above lastSequence when there is none. */
  nextPresent(from: number): number {
    const start = Math.max(from, this.state.firstSequence);
    return this.#deletes.size === 0 ? start : this.#deletes.nextAbsent(start);
  }

  /** The last message up to `upTo`; below firstSequence when there is none. */
  previousPresent(upTo: number): number {
    const start = Math.min(upTo, this.state.lastSequence);
    return this.#deletes.size === 0 ? start : this.#deletes.previousAbsent(start);
  }

  eachGap(visit: (first: number, last: number) => boolean | undefined): void {
    this.#deletes.eachRun(visit);
  }

  // --- changes

  /** Numbers left out count as deleted. Gives the last message of the same subject, 0 when it is the only one. */
  added(message: NewMessage, cost: number): number {
    const { state } = this;
    const { sequence } = message;
    assert(sequence > state.lastSequence, "a message is not behind the last one");
    this.skipTo(sequence);
    if (state.messages === 0) {
      state.firstTimeMicros = message.timeMicros;
      state.firstRestNanos = message.restNanos;
    }
    state.lastSequence = sequence;
    state.lastTimeMicros = message.timeMicros;
    state.lastRestNanos = message.restNanos;
    state.messages++;
    state.bytes += cost;
    if (message.expiresMicros > 0) {
      this.#expiry.add(sequence, message.expiresMicros);
    }
    if (message.tags !== 0) {
      this.#tag(sequence, message.tags);
    }
    return this.#count(message.subject, sequence);
  }

  /** The next message gets at least `next`. */
  skipTo(next: number): void {
    const { state } = this;
    if (next <= state.lastSequence + 1) {
      return;
    }
    if (state.messages === 0) {
      state.firstSequence = next;
    } else {
      this.#deletes.addRange(state.lastSequence + 1, next - 1);
      state.deleted = this.#deletes.size;
    }
    state.lastSequence = next - 1;
  }

  /**
   * The message in the view is gone. Neighbours are the messages of the same subject next to it, 0 for none. True: the
   * first message is another one now, and `setFirstTime` must be called before the state is read.
   */
  removed(
    view: MessageView,
    cost: number,
    previous: number = unknownNeighbour,
    next: number = unknownNeighbour,
  ): boolean {
    const { state } = this;
    const { sequence } = view;
    assert(this.isPresent(sequence), "there is no message to remove");
    this.#uncount(view, previous, next);
    if (view.expiresMicros > 0) {
      this.#expiry.noteDead();
    }
    this.#untag(sequence);
    state.messages--;
    state.bytes -= cost;
    return this.#leaveGap(sequence);
  }

  /**
   * A message is gone and nothing of it can be read: the totals of its subject, and what it cost, stay as they were. True:
   * as with `removed`.
   */
  vanished(sequence: number): boolean {
    assert(this.isPresent(sequence), "there is no message to miss");
    this.#untag(sequence);
    this.state.messages--;
    return this.#leaveGap(sequence);
  }

  setFirstTime(micros: number, restNanos: number): void {
    this.state.firstTimeMicros = micros;
    this.state.firstRestNanos = restNanos;
  }

  /** Everything is gone, and what comes has at least `next`. */
  clear(next: number): void {
    this.state.messages = 0;
    this.#emptied(Math.max(next, this.state.lastSequence + 1));
  }

  // --- subjects

  /** Null when no message has the subject. */
  totals(subject: string): SubjectTotals | null {
    const entry = this.#subjects.find(subject);
    return entry === 0 ? null : this.#exactTotals(entry, subject);
  }

  /** As `totals(...).last`, 0 when no message has it; makes no object. */
  lastOf(subject: string): number {
    const entry = this.#subjects.find(subject);
    if (entry === 0) {
      return 0;
    }
    this.#settle(entry, subject);
    return this.#subjects.last(entry);
  }

  /** As `totals(...).first`, 0 when no message has it; makes no object. */
  firstOf(subject: string): number {
    const entry = this.#subjects.find(subject);
    if (entry === 0) {
      return 0;
    }
    this.#settle(entry, subject);
    return this.#subjects.first(entry);
  }

  /** As `totals(...).messages`, 0 when no message has it; makes no object. */
  messagesOf(subject: string): number {
    const entry = this.#subjects.find(subject);
    return entry === 0 ? 0 : this.#subjects.messages(entry);
  }

  eachSubject(
    filter: SubjectFilter,
    visit: (subject: string, totals: SubjectTotals) => boolean | undefined,
  ): void {
    this.#eachEntry(filter, (entry, subject) => {
      const { text } = subject;
      return visit(text, this.#exactTotals(entry, text));
    });
  }

  /**
   * Where a search for the filter from `from` on may begin: no wanted message lies before. 0: there is none at all. It
   * costs more than looking at a few messages, and is for filters that are not all.
   */
  firstPossible(filter: SubjectFilter, from: number): number {
    const subjects = this.#subjects;
    let lowest = 0;
    let left = mostBounds;
    this.#eachEntry(filter, (entry) => {
      left--;
      if (subjects.last(entry) >= from) {
        const first = Math.max(subjects.first(entry), from);
        lowest = lowest === 0 ? first : Math.min(lowest, first);
      }
      if (left === 0) {
        lowest = from;
      }
      return left > 0 && lowest !== from;
    });
    return lowest;
  }

  /** As firstPossible, backwards: no wanted message lies behind it, up to `upTo`. */
  lastPossible(filter: SubjectFilter, upTo: number): number {
    const subjects = this.#subjects;
    let highest = 0;
    let left = mostBounds;
    this.#eachEntry(filter, (entry) => {
      left--;
      if (subjects.first(entry) <= upTo) {
        highest = Math.max(highest, Math.min(subjects.last(entry), upTo));
      }
      if (left === 0) {
        highest = upTo;
      }
      return left > 0 && highest !== upTo;
    });
    return highest;
  }

  /** How many messages from `from` on the filter wants; of each subject only its last when `lastOnly`. */
  count(filter: SubjectFilter, from: number, lastOnly: boolean): number {
    const { state } = this;
    const start = Math.max(from, state.firstSequence);
    if (start > state.lastSequence) {
      return 0;
    }
    if (filter.isAll && !lastOnly) {
      return start === state.firstSequence
        ? state.messages
        : state.lastSequence - start + 1 - this.#deletes.countBetween(start, state.lastSequence);
    }
    return lastOnly ? this.#countLasts(filter, start) : this.#countMatching(filter, start);
  }

  // --- expiry and tags

  get nextExpiryMicros(): number {
    return this.#expiry.next();
  }

  expired(nowMicros: number, max: number): readonly number[] {
    return this.#expiry.due(nowMicros, max);
  }

  /** Messages that bear the tag, from `from` on, in order. */
  eachTagged(tag: number, from: number, visit: (sequence: number) => boolean | undefined): void {
    this.#tagged[tags.indexOf(tag)]?.eachRun((first, last) => {
      for (let sequence = Math.max(first, from); sequence <= last; sequence++) {
        if (visit(sequence) === false) {
          return false;
        }
      }
      return true;
    }, from);
  }

  // --- on disk

  /** All of it as bytes: views, to be written before the next change. */
  dump(): readonly Uint8Array[] {
    return writeIndex({
      state: this.state.dump(),
      deletes: this.#deletes.dump(),
      expiry: this.#expiry.dump(),
      tagged: this.#tagged.map((set) => set.dump()),
      subjects: this.#subjects.dump(),
    });
  }

  /** Replaces all. False when the bytes cannot be those of `dump`: it is empty then. Their checksum is the caller's. */
  load(source: IndexSource): boolean {
    const parts = readIndex(source, tags.length);
    const deletes = parts === null ? null : SequenceSet.load(parts.deletes);
    const tagged = parts?.tagged.map((bytes) => SequenceSet.load(bytes)) ?? [];
    const sets = tagged.filter((set) => set !== null);
    this.#expiry.clear();
    const isLoaded =
      parts !== null &&
      deletes !== null &&
      sets.length === tags.length &&
      this.state.load(parts.state) &&
      this.#expiry.load(parts.expiry) &&
      this.#subjects.load(parts.subjects);
    if (!isLoaded) {
      this.clear(this.state.lastSequence + 1);
      return false;
    }
    this.#deletes = deletes;
    this.#tagged = sets;
    this.state.deleted = deletes.size;
    this.state.subjects = this.#subjects.size;
    return true;
  }

  #tag(sequence: number, sum: number): void {
    for (let index = 0; index < tags.length; index++) {
      if ((sum & (tags[index] ?? 0)) !== 0) {
        this.#tagged[index]?.add(sequence);
      }
    }
  }

  /** True: another message is the first one now. Cutting a bitmap counts it anew: only where something is to go. */
  #leaveGap(sequence: number): boolean {
    const { state } = this;
    if (state.messages === 0) {
      this.#emptied(state.lastSequence + 1);
      return false;
    }
    const isFirst = sequence === state.firstSequence;
    if (isFirst) {
      state.firstSequence = this.#deletes.nextAbsent(sequence + 1);
      if (state.firstSequence > sequence + 1) {
        this.#deletes.removeBelow(state.firstSequence);
      }
    } else {
      this.#deletes.add(sequence);
    }
    state.deleted = this.#deletes.size;
    return isFirst;
  }

  #untag(sequence: number): void {
    for (const set of this.#tagged) {
      if (set.size > 0) {
        set.remove(sequence);
      }
    }
  }

  #emptied(next: number): void {
    const { state } = this;
    state.bytes = 0;
    state.firstSequence = next;
    state.lastSequence = next - 1;
    state.firstTimeMicros = 0;
    state.firstRestNanos = 0;
    state.subjects = 0;
    state.deleted = 0;
    this.#deletes.clear();
    this.#subjects.clear();
    this.#expiry.clear();
    for (const set of this.#tagged) {
      set.clear();
    }
  }

  /** Gives the last message of the subject before; unknownNeighbour when that is doubtful. */
  #count(subject: string, sequence: number): number {
    const subjects = this.#subjects;
    const entry = subjects.insert(subject);
    const messages = subjects.messages(entry);
    if (messages === 0) {
      subjects.set(entry, 1, sequence, sequence);
      this.state.subjects = subjects.size;
      return 0;
    }
    const before = subjects.isLastDoubtful(entry) ? unknownNeighbour : subjects.last(entry);
    if (before === unknownNeighbour) {
      subjects.setDoubts(entry, subjects.isFirstDoubtful(entry), false);
    }
    subjects.set(entry, messages + 1, subjects.first(entry), sequence);
    return before;
  }

  #uncount(view: MessageView, previous: number, next: number): void {
    const subjects = this.#subjects;
    const { bytes, subjectStart, subjectLength, sequence } = view;
    const entry = subjects.findAt(bytes, subjectStart, subjectLength);
    assert(entry !== 0, "the subject of a message is not in the index");
    const messages = subjects.messages(entry) - 1;
    if (messages === 0) {
      subjects.removeAt(bytes, subjectStart, subjectLength);
      this.state.subjects = subjects.size;
      return;
    }
    let first = subjects.first(entry);
    let last = subjects.last(entry);
    let isFirstDoubtful = subjects.isFirstDoubtful(entry);
    let isLastDoubtful = subjects.isLastDoubtful(entry);
    if (sequence === first) {
      isFirstDoubtful = next <= 0;
      first = isFirstDoubtful ? sequence + 1 : next;
    }
    if (sequence === last) {
      isLastDoubtful = previous <= 0;
      last = isLastDoubtful ? sequence - 1 : previous;
    }
    if (messages === 1 && isFirstDoubtful !== isLastDoubtful) {
      first = isFirstDoubtful ? last : first;
      last = first;
      isFirstDoubtful = false;
      isLastDoubtful = false;
    }
    subjects.set(entry, messages, first, last);
    subjects.setDoubts(entry, isFirstDoubtful, isLastDoubtful);
  }

  #exactTotals(entry: number, subject: string): SubjectTotals {
    this.#settle(entry, subject);
    const subjects = this.#subjects;
    return {
      messages: subjects.messages(entry),
      first: subjects.first(entry),
      last: subjects.last(entry),
    };
  }

  /** A doubtful first is a bound from below, a doubtful last one from above: the store finds the message. */
  #settle(entry: number, subject: string): void {
    const subjects = this.#subjects;
    const isFirstDoubtful = subjects.isFirstDoubtful(entry);
    const isLastDoubtful = subjects.isLastDoubtful(entry);
    if (!isFirstDoubtful && !isLastDoubtful) {
      return;
    }
    let first = subjects.first(entry);
    let last = subjects.last(entry);
    first = isFirstDoubtful ? this.#store.firstOf(subject, first, last) || first : first;
    last = isLastDoubtful ? this.#store.lastOf(subject, first, last) || last : last;
    subjects.set(entry, subjects.messages(entry), first, last);
    subjects.setDoubts(entry, false, false);
  }

  #eachEntry(
    filter: SubjectFilter,
    visit: (entry: number, subject: { readonly text: string }) => boolean | undefined,
  ): void {
    const { literal } = filter;
    if (filter.isAll) {
      this.#subjects.each(visit);
    } else if (literal === null) {
      this.#subjects.match(filter.patterns, visit);
    } else {
      const entry = this.#subjects.find(literal);
      if (entry !== 0) {
        visit(entry, { text: literal });
      }
    }
  }

  #countLasts(filter: SubjectFilter, from: number): number {
    const subjects = this.#subjects;
    let count = 0;
    this.#eachEntry(filter, (entry, subject) => {
      if (subjects.isLastDoubtful(entry) && subjects.last(entry) >= from) {
        this.#settle(entry, subject.text);
      }
      count += subjects.last(entry) >= from ? 1 : 0;
      return true;
    });
    return count;
  }

  #countMatching(filter: SubjectFilter, from: number): number {
    const subjects = this.#subjects;
    let total = 0;
    let behind = 0;
    let hasBoth = false;
    this.#eachEntry(filter, (entry) => {
      const messages = subjects.messages(entry);
      total += messages;
      if (subjects.first(entry) >= from) {
        behind += messages;
      } else if (subjects.last(entry) >= from) {
        hasBoth = true;
      }
      return true;
    });
    if (!hasBoth) {
      return behind;
    }
    const { firstSequence, lastSequence } = this.state;
    return from - firstSequence < lastSequence - from
      ? total - this.#store.countOf(filter, firstSequence, from - 1)
      : this.#store.countOf(filter, from, lastSequence);
  }
}
