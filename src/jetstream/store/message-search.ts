// Finding messages by subject and time over an index and something that reads single messages. It holds nothing.

import type { MessageIndex } from "./message-index.ts";
import type { MessageView } from "./message-view.ts";
import type { SubjectFilter } from "./subject-filter.ts";
import { SubjectPlaces } from "./subject-places.ts";

export interface MessageSource {
  /** Fills the view with a message that the index has; false when it cannot be read, and then the index lacks it. */
  readPresent(sequence: number, into: MessageView): boolean;
  /** The first message of a subject from `from` on, sought from its last one in so many steps; 0 is not known. */
  firstFrom(subject: string, last: number, from: number, most: number): number;
  /** The first messages of a subject from `from` to its last one, ascending, sought in so many steps; null: not known. */
  placesFrom(subject: string, last: number, from: number, most: number): Float64Array | null;
}

/** Messages looked at before the index is asked whether there is any point; then twice as many, up to the most. */
const patience = 64;
const patienceMost = 4096;
/** Fewer where it can be known where the next message of a subject is. */
const patienceForOne = 16;
/** Messages of a subject that are gone, and may stand in the way, when there are few others. */
const removedMost = 64;
/** Subjects, and steps along their messages, that are followed to skip what no filter wants. */
const subjectsMost = 64;
const stepsMost = 512;

export class MessageSearch {
  readonly #index: MessageIndex;
  readonly #source: MessageSource;
  readonly #places: SubjectPlaces = new SubjectPlaces();

  constructor(index: MessageIndex, source: MessageSource) {
    this.#index = index;
    this.#source = source;
  }

  next(filter: SubjectFilter, from: number, into: MessageView): boolean {
    const index = this.#index;
    const { state } = index;
    let sequence = index.nextPresent(from);
    const { literal } = filter;
    if (literal !== null && sequence <= state.lastSequence) {
      if (this.#isWanted(filter, sequence, into)) {
        return true;
      }
      sequence = index.nextPresent(this.#startOf(filter, literal, sequence + 1));
    }
    let stretch = literal === null ? patience : patienceForOne;
    for (let left = stretch; sequence <= state.lastSequence; left--) {
      if (left === 0) {
        const possible = this.#firstPossible(filter, sequence);
        if (possible === 0) {
          break;
        }
        sequence = index.nextPresent(possible);
        stretch = Math.min(stretch * 2, patienceMost);
        left = stretch;
      }
      if (this.#isWanted(filter, sequence, into)) {
        return true;
      }
      sequence = index.nextPresent(sequence + 1);
    }
    into.sequence = 0;
    return false;
  }

  previous(filter: SubjectFilter, upTo: number, into: MessageView): boolean {
    const index = this.#index;
    const { state } = index;
    let sequence = index.previousPresent(upTo);
    if (filter.literal !== null) {
      sequence = Math.min(sequence, index.lastOf(filter.literal));
    }
    for (let left = patience; sequence >= state.firstSequence && state.messages > 0; left--) {
      if (left === 0) {
        left = patience;
        sequence = index.previousPresent(index.lastPossible(filter, sequence));
        if (sequence < state.firstSequence) {
          break;
        }
      }
      if (this.#isWanted(filter, sequence, into)) {
        return true;
      }
      sequence = index.previousPresent(sequence - 1);
    }
    into.sequence = 0;
    return false;
  }

  /** The first sequence whose message is not older; lastSequence + 1 when there is none. */
  sequenceAt(timeMicros: number, view: MessageView): number {
    const index = this.#index;
    const { state } = index;
    let low = state.firstSequence;
    let high = state.lastSequence + 1;
    while (low < high) {
      const middle = low + Math.floor((high - low) / 2);
      const sequence = index.nextPresent(middle);
      const isOlder =
        sequence <= state.lastSequence &&
        this.#source.readPresent(sequence, view) &&
        view.timeMicros < timeMicros;
      if (isOlder) {
        low = sequence + 1;
      } else {
        high = middle;
      }
    }
    return Math.min(index.nextPresent(low), state.lastSequence + 1);
  }

  countOf(filter: SubjectFilter, from: number, to: number, view: MessageView): number {
    const index = this.#index;
    let count = 0;
    for (let at = index.nextPresent(from); at <= to; at = index.nextPresent(at + 1)) {
      if (this.#isWanted(filter, at, view)) {
        count++;
      }
    }
    return count;
  }

  firstOf(subject: string, from: number, to: number, view: MessageView): number {
    const index = this.#index;
    for (let at = index.nextPresent(from); at <= to; at = index.nextPresent(at + 1)) {
      if (this.#hasSubject(at, subject, view)) {
        return at;
      }
    }
    return 0;
  }

  lastOf(subject: string, from: number, to: number, view: MessageView): number {
    const index = this.#index;
    const lowest = Math.max(from, index.state.firstSequence);
    for (let at = index.previousPresent(to); at >= lowest; at = index.previousPresent(at - 1)) {
      if (this.#hasSubject(at, subject, view)) {
        return at;
      }
    }
    return 0;
  }

  /** The messages of a subject lie between two that the index knows, and some may have been found before. */
  #startOf(filter: SubjectFilter, subject: string, from: number): number {
    const possible = this.#index.firstPossible(filter, from);
    if (possible === 0) {
      return this.#index.state.lastSequence + 1;
    }
    return Math.max(possible, this.#places.next(subject, possible));
  }

  /** Where the next wanted message may be at the earliest; 0 when there is none. */
  #firstPossible(filter: SubjectFilter, from: number): number {
    const possible = this.#index.firstPossible(filter, from);
    if (possible !== from) {
      return possible;
    }
    const { literal } = filter;
    return literal === null
      ? this.#nextOfFew(filter, from)
      : Math.max(from, this.#placeFrom(filter, literal, from));
  }

  /** 0 is not known. */
  #placeFrom(filter: SubjectFilter, subject: string, from: number): number {
    const index = this.#index;
    const known = this.#places.next(subject, from);
    if (known > 0) {
      return known;
    }
    const last = index.lastPossible(filter, index.state.lastSequence);
    const messages = index.messagesOf(subject);
    if (!this.#places.isWorthIt(messages, (last - from) / messages)) {
      return 0;
    }
    const places = this.#source.placesFrom(subject, last, from, messages * 2 + removedMost);
    return places === null ? 0 : this.#places.learn(subject, from, places);
  }

  /** With few wanted messages left, it is known where the next one is. */
  #nextOfFew(filter: SubjectFilter, from: number): number {
    let lowest = Number.MAX_SAFE_INTEGER;
    let subjects = subjectsMost;
    let steps = stepsMost;
    this.#index.eachSubject(filter, (subject, { messages, first, last }) => {
      subjects--;
      if (last < from) {
        return subjects > 0;
      }
      steps -= messages;
      const isPossible = subjects > 0 && steps > 0;
      const next =
        first >= from ? first : isPossible ? this.#next(subject, last, from, messages) : 0;
      lowest = next === 0 ? from : Math.min(lowest, next);
      return isPossible && next > 0;
    });
    return subjects > 0 && steps > 0 && lowest < Number.MAX_SAFE_INTEGER ? lowest : from;
  }

  #next(subject: string, last: number, from: number, most: number): number {
    return this.#source.firstFrom(subject, last, from, most + 1);
  }

  #isWanted(filter: SubjectFilter, sequence: number, into: MessageView): boolean {
    return (
      this.#source.readPresent(sequence, into) &&
      filter.matchesAt(into.bytes, into.subjectStart, into.subjectLength)
    );
  }

  #hasSubject(sequence: number, subject: string, view: MessageView): boolean {
    return (
      this.#source.readPresent(sequence, view) &&
      view.subjectLength === subject.length &&
      view.subject === subject
    );
  }
}
