// How messages leave a stream, and who hears of it: consumers that want the subject, and schedules. Called by apply.ts
// and what it uses, by nobody else.

import { hasWildcard } from "../../subjects/subject.ts";
import type { MessageStore } from "../store/message-store.ts";
import { MessageView } from "../store/message-view.ts";
import { SubjectFilter } from "../store/subject-filter.ts";
import type { FilterGroups } from "./filter-groups.ts";
import { largestJump } from "./rules/limits.ts";
import type { PurgeRequest } from "./stream-access.ts";
import type { ScheduleFeature } from "./stream-features.ts";

/** Up to so many removals are told one by one; more only as a purge. */
export const toldOneByOne = 16;

export class Removal {
  schedules: ScheduleFeature | null = null;
  readonly #store: MessageStore;
  readonly #groups: FilterGroups;
  readonly #message: MessageView = new MessageView();
  /** What goes now is purged. */
  #isPurging = false;

  constructor(store: MessageStore, groups: FilterGroups) {
    this.#store = store;
    this.#groups = groups;
  }

  /** A consumer was the last to need it: no other consumer has to hear of it. */
  acknowledged(sequence: number): boolean {
    return this.schedules === null
      ? this.#store.remove(sequence, false)
      : this.one(sequence, false);
  }

  /** False when there is no such message. */
  one(sequence: number, erases: boolean): boolean {
    if (!this.#isHeard) {
      return this.#store.remove(sequence, erases);
    }
    const isRead = this.#store.read(sequence, this.#message);
    const subject = isRead ? this.#message.subject : "";
    if (!this.#store.remove(sequence, erases)) {
      return false;
    }
    if (isRead) {
      this.#tell(sequence, subject);
    }
    return true;
  }

  get #isHeard(): boolean {
    return this.#groups.listenerCount > 0 || this.schedules !== null;
  }

  /** The oldest message. False when there is none. */
  oldest(): boolean {
    const { state } = this.#store;
    return state.messages > 0 && this.one(state.firstSequence, false);
  }

  /** All below `first`. */
  below(first: number): number {
    const removed = this.#store.removeBelow(first);
    if (removed > 0) {
      this.#tellPurged("");
    }
    return removed;
  }

  /** Gives how many messages went. A sequence behind the last one lets the stream go on there. */
  purge(request: PurgeRequest): number {
    this.#isPurging = true;
    const removed = this.#purge(request);
    this.#isPurging = false;
    return removed;
  }

  #purge(request: PurgeRequest): number {
    const isAll = request.filter === "" || request.filter === ">";
    if (request.sequence === 1) {
      return 0;
    }
    if (isAll && request.sequence > 1) {
      const first = Math.min(request.sequence, largestJump);
      const former = this.#store.state.firstSequence;
      const removed = this.#store.removeBelow(first);
      if (first > this.#store.state.lastSequence + 1) {
        this.#store.skipTo(first);
      }
      if (removed > 0 || this.#store.state.firstSequence !== former) {
        this.#tellPurged("");
      }
      return removed;
    }
    return isAll
      ? this.#purgeAll(request.keep)
      : this.#purgeFiltered(request.filter, request.sequence, request.keep);
  }

  /** Of a subject, its oldest until `most` are left. */
  downTo(subject: string, most: number): void {
    let totals = this.#store.subjectTotals(subject);
    while (totals !== null && totals.messages > most && this.#store.remove(totals.first, false)) {
      if (this.#isHeard) {
        this.#tell(totals.first, subject);
      }
      totals = this.#store.subjectTotals(subject);
    }
  }

  /** The oldest until so many are left: by the index alone. */
  #purgeAll(keep: number): number {
    const { state } = this.#store;
    const most = state.messages - keep;
    if (keep > 0 && most > 0 && most <= toldOneByOne) {
      while (state.messages > keep && this.oldest()) {}
      return most;
    }
    let removed = keep === 0 ? this.#store.removeAll() : 0;
    while (keep > 0 && state.messages > keep) {
      removed += this.#store.removeBelow(state.firstSequence + 1);
    }
    if (removed > 0) {
      this.#tellPurged("");
    }
    return removed;
  }

  #purgeFiltered(filter: string, sequence: number, keep: number): number {
    if (!hasWildcard(filter)) {
      const found = this.#store.subjectTotals(filter)?.messages ?? 0;
      const removed = this.#removeSubject(filter, sequence, found - keep, found);
      return this.#told(filter, removed, found);
    }
    const wanted = new SubjectFilter([filter]);
    const found = this.#store.count(wanted, 1, false);
    if (keep > 0) {
      return found > keep ? this.#removeNext(wanted, sequence, found - keep) : 0;
    }
    const subjects: string[] = [];
    this.#store.eachSubject(wanted, (subject) => {
      subjects.push(subject);
      return true;
    });
    let removed = 0;
    for (const subject of subjects) {
      removed += this.#removeSubject(subject, sequence, found, found);
    }
    return this.#told(filter, removed, found);
  }

  /** What was not told one by one is told as a purge. */
  #told(filter: string, removed: number, ofAll: number): number {
    if (removed > 0 && ofAll > toldOneByOne) {
      this.#tellPurged(filter);
    }
    return removed;
  }

  /** Its oldest, by the index alone: nothing of a large message is read. `ofAll` are to go at most. */
  #removeSubject(subject: string, below: number, most: number, ofAll: number): number {
    const isTold = ofAll <= toldOneByOne && this.#isHeard;
    let removed = 0;
    let totals = this.#store.subjectTotals(subject);
    while (totals !== null && removed < most && (below === 0 || totals.first < below)) {
      const sequence = totals.first;
      if (!this.#store.remove(sequence, false)) {
        break;
      }
      removed++;
      if (isTold) {
        this.#tell(sequence, subject);
      }
      totals = this.#store.subjectTotals(subject);
    }
    return removed;
  }

  /** In order of sequence. */
  #removeNext(wanted: SubjectFilter, below: number, most: number): number {
    let removed = 0;
    let from = 1;
    while (removed < most && this.#store.next(wanted, from, this.#message)) {
      const { sequence } = this.#message;
      if (below > 0 && sequence >= below) {
        break;
      }
      const subject = this.#message.subject;
      this.#store.remove(sequence, false);
      removed++;
      if (most <= toldOneByOne) {
        this.#tell(sequence, subject);
      }
      from = sequence + 1;
    }
    if (removed > 0 && most > toldOneByOne) {
      this.#tellPurged(wanted.patterns[0] ?? "");
    }
    return removed;
  }

  #tell(sequence: number, subject: string): void {
    this.schedules?.removed(sequence, subject);
    if (this.#groups.listenerCount === 0) {
      return;
    }
    for (const group of this.#groups.matching(subject)) {
      for (const listener of [...group.listeners]) {
        listener.onRemoved(sequence, subject, this.#isPurging);
      }
    }
  }

  #tellPurged(filter: string): void {
    this.schedules?.purged();
    for (const group of [...this.#groups.touching(filter)]) {
      for (const listener of [...group.listeners]) {
        listener.onPurged();
      }
    }
  }
}
