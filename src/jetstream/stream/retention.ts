// What a stream keeps: limits of messages, bytes and messages of a subject, and messages that somebody still needs. The
// age of messages is in expiry.ts.

import { unreachable } from "../../base/assert.ts";
import type { MessageStore } from "../store/message-store.ts";
import { MessageView } from "../store/message-view.ts";
import { SubjectFilter } from "../store/subject-filter.ts";
import type { FilterGroup, FilterGroups } from "./filter-groups.ts";
import type { Removal } from "./removal.ts";
import type { StreamConfig } from "./stream-config.ts";
import type { StreamListener } from "./stream-listener.ts";

export class Retention {
  readonly #store: MessageStore;
  readonly #groups: FilterGroups;
  readonly #removal: Removal;
  readonly #message: MessageView = new MessageView();
  #config: StreamConfig;
  /** Whether a message may push out others: asked for every message. */
  #hasLimits = false;

  constructor(store: MessageStore, groups: FilterGroups, removal: Removal, config: StreamConfig) {
    this.#store = store;
    this.#groups = groups;
    this.#removal = removal;
    this.#config = config;
    this.configure(config);
  }

  configure(config: StreamConfig): void {
    this.#config = config;
    const makesRoom = config.discard === "old" && (config.maxMessages > 0 || config.maxBytes > 0);
    this.#hasLimits = makesRoom || config.maxMessagesPerSubject > 0;
  }

  /** A message of this subject was stored. */
  enforceAfter(subject: string): void {
    if (!this.#hasLimits) {
      return;
    }
    const most = this.#config.maxMessagesPerSubject;
    if (most > 0) {
      this.#removal.downTo(subject, most);
    }
    this.#makeRoom();
  }

  /** After recovery, and when the limits changed. */
  enforceAll(): void {
    this.#makeRoom();
    const most = this.#config.maxMessagesPerSubject;
    if (most <= 0) {
      return;
    }
    const over: string[] = [];
    this.#store.eachSubject(SubjectFilter.all, (subject, totals) => {
      if (totals.messages > most) {
        over.push(subject);
      }
      return true;
    });
    for (const subject of over) {
      this.#removal.downTo(subject, most);
    }
  }

  /** A consumer is done with the message. Gives whether nobody else needs it. */
  isDone(sequence: number, by: StreamListener): boolean {
    switch (this.#config.retention) {
      case "limits":
        return false;
      case "workqueue":
        // Filters of a work queue's consumers never overlap.
        return true;
      case "interest":
        return this.#groups.listenerCount === 1 || !this.#isNeeded(sequence, by);
      default:
        return unreachable(this.#config.retention);
    }
  }

  /**
   * Messages from `from` on that nobody needs, in order. `leaving` counts no more. What no consumer of a work queue wants
   * waits for one.
   */
  unneeded(from: number, leaving: StreamListener | null): readonly number[] {
    const found: number[] = [];
    const isQueue = this.#config.retention === "workqueue";
    let next = from;
    while (this.#store.next(SubjectFilter.all, next, this.#message)) {
      const { sequence } = this.#message;
      const groups = this.#groups.matching(this.#message.subject);
      if (!(isQueue && groups.length === 0) && !isNeededBy(groups, sequence, leaving)) {
        found.push(sequence);
      }
      next = sequence + 1;
    }
    return found;
  }

  #makeRoom(): void {
    const { discard, maxMessages, maxBytes } = this.#config;
    if (discard !== "old") {
      return;
    }
    const { state } = this.#store;
    while (maxMessages > 0 && state.messages > maxMessages && this.#removal.oldest()) {}
    while (maxBytes > 0 && state.bytes > maxBytes && this.#removal.oldest()) {}
  }

  #isNeeded(sequence: number, leaving: StreamListener | null): boolean {
    if (!this.#groups.isFiltering) {
      return isNeededBy(this.#groups.matching(""), sequence, leaving);
    }
    // A message that is not there needs no decision: it counts as needed.
    return (
      !this.#store.read(sequence, this.#message) ||
      isNeededBy(this.#groups.matching(this.#message.subject), sequence, leaving)
    );
  }
}

function isNeededBy(
  groups: readonly FilterGroup[],
  sequence: number,
  leaving: StreamListener | null,
): boolean {
  for (const group of groups) {
    for (const listener of group.listeners) {
      if (listener !== leaving && listener.needs(sequence)) {
        return true;
      }
    }
  }
  return false;
}
