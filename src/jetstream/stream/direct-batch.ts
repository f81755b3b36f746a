// Direct gets of many messages: from a place on, or the last of many subjects. A batch that its reader cannot take in
// one go waits for it and goes on.

import type { MessageStore } from "../store/message-store.ts";
import { MessageView } from "../store/message-view.ts";
import { SubjectFilter } from "../store/subject-filter.ts";
import type { DirectGetRequest } from "./direct-get-request.ts";
import type { MessageFacts } from "./message-facts.ts";
import { sequenceAtNanos } from "./sequence-at.ts";

/** As many last messages are sent at most. */
export const maxLastMessages = 1024;

/** What a batch needs of those who send. */
export interface DirectAnswers {
  readonly store: MessageStore;
  readonly facts: MessageFacts;
  /** Where the request names no limit of its own. */
  readonly maxBytes: number;
  isHeld(sequence: number): boolean;
  mustWait(onRoom: () => void): boolean;
  sendStatus(to: Uint8Array, status: string, isHeld: boolean): void;
  sendMessage(to: Uint8Array, message: MessageView, headers: Uint8Array, isHeld: boolean): void;
}

/** The sequence a request starts at; 0 is not given. */
export function startOf(store: MessageStore, request: DirectGetRequest): number {
  return request.start_time === null ? request.seq : sequenceAtNanos(store, request.start_time);
}

export function beginFacts(facts: MessageFacts, message: MessageView): void {
  facts.begin(message.bytes, message.headerStart, message.headerLength);
  facts.subject(message.bytes, message.subjectStart, message.subjectLength);
  facts.sequence(message.sequence);
  facts.time(message.timeMicros, message.restNanos);
}

/** What both kinds of batches do with a message. */
class BatchSender {
  readonly answers: DirectAnswers;
  readonly to: Uint8Array;
  readonly #hasFacts: boolean;
  readonly #maxBytes: number;
  /** The last that was sent; 0 is none. */
  lastSequence = 0;
  sentBytes = 0;
  #isHeld = false;

  constructor(answers: DirectAnswers, to: Uint8Array, request: DirectGetRequest) {
    this.answers = answers;
    this.to = to;
    this.#hasFacts = !request.no_hdr;
    this.#maxBytes = request.max_bytes === 0 ? answers.maxBytes : request.max_bytes;
  }

  /** False when that was all that may be sent. */
  send(message: MessageView, pending: number): boolean {
    const { facts } = this.answers;
    if (this.#hasFacts) {
      beginFacts(facts, message);
      facts.line("Nats-Num-Pending: ", pending);
      facts.line("Nats-Last-Sequence: ", this.lastSequence);
      facts.end();
    }
    // Behind one that waits, all wait: they come in order.
    this.#isHeld ||= this.answers.isHeld(message.sequence);
    const headers = this.#hasFacts ? facts.block : noHeaders;
    this.answers.sendMessage(this.to, message, headers, this.#isHeld);
    this.lastSequence = message.sequence;
    this.sentBytes += message.subjectLength + message.headerLength + message.bodyLength;
    return this.sentBytes < this.#maxBytes;
  }

  status(status: string): void {
    this.answers.sendStatus(this.to, status, this.#isHeld);
  }
}

const noHeaders: Uint8Array = new Uint8Array(0);

export class BatchRead {
  readonly #sender: BatchSender;
  readonly #store: MessageStore;
  readonly #filter: SubjectFilter;
  readonly #message: MessageView = new MessageView();
  readonly #lastAtStart: number;
  #left: number;
  #next: number;
  #pending: number;
  #hasSent = false;

  constructor(answers: DirectAnswers, to: Uint8Array, request: DirectGetRequest) {
    this.#sender = new BatchSender(answers, to, request);
    this.#store = answers.store;
    this.#filter =
      request.next_by_subj === "" ? SubjectFilter.all : new SubjectFilter([request.next_by_subj]);
    this.#left = request.batch;
    this.#next = Math.max(1, startOf(this.#store, request));
    this.#pending = this.#store.count(this.#filter, this.#next, false);
    this.#lastAtStart = this.#store.state.lastSequence;
  }

  run(): void {
    const message = this.#message;
    while (this.#left > 0) {
      if (this.#hasSent && this.#sender.answers.mustWait(() => this.run())) {
        return;
      }
      if (!this.#store.next(this.#filter, this.#next, message)) {
        break;
      }
      this.#hasSent = true;
      this.#left -= 1;
      this.#next = message.sequence + 1;
      this.#pending = Math.max(0, this.#pending - 1);
      if (!this.#sender.send(message, this.#pending)) {
        break;
      }
    }
    this.#end();
  }

  #end(): void {
    if (!this.#hasSent) {
      this.#sender.status("404 Message Not Found");
      return;
    }
    const pending =
      this.#store.state.lastSequence > this.#lastAtStart
        ? this.#store.count(this.#filter, this.#next, false)
        : this.#pending;
    const { lastSequence } = this.#sender;
    this.#sender.status(
      `204 EOB\r\nNats-Num-Pending: ${pending}\r\nNats-Last-Sequence: ${lastSequence}`,
    );
  }
}

export class LastOfManyRead {
  readonly #sender: BatchSender;
  readonly #store: MessageStore;
  readonly #request: DirectGetRequest;
  readonly #message: MessageView = new MessageView();
  #sequences: readonly number[] = [];
  #upTo = 0;
  #at = 0;
  #pending = 0;
  #sent = 0;

  constructor(answers: DirectAnswers, to: Uint8Array, request: DirectGetRequest) {
    this.#sender = new BatchSender(answers, to, request);
    this.#store = answers.store;
    this.#request = request;
  }

  run(): void {
    this.#upTo = this.#ceiling();
    const found = this.#upTo > 0 ? lastSequences(this.#store, this.#request, this.#upTo) : [];
    if (found === null) {
      this.#sender.status("413 Too Many Results");
    } else if (found.length === 0) {
      this.#sender.status("404 No Results");
    } else {
      this.#sequences = found;
      this.#pending = found.length;
      this.#continue();
    }
  }

  /** 0 when nothing is old enough. */
  #ceiling(): number {
    const { up_to_seq: upToSequence, up_to_time: upToTime } = this.#request;
    const { firstSequence, lastSequence } = this.#store.state;
    if (upToTime !== null) {
      const behind = sequenceAtNanos(this.#store, upToTime);
      return behind <= firstSequence ? 0 : behind - 1;
    }
    return upToSequence === 0 ? lastSequence : upToSequence;
  }

  #continue(): void {
    const message = this.#message;
    const { batch, seq } = this.#request;
    for (; this.#at < this.#sequences.length; this.#at++) {
      const sequence = this.#sequences[this.#at] ?? 0;
      const isFirst = this.#sent === 0;
      if (!isFirst && this.#sender.answers.mustWait(() => this.#continue())) {
        return;
      }
      this.#pending -= 1;
      if (sequence < seq || !this.#store.read(sequence, message)) {
        continue;
      }
      this.#sent += 1;
      if (!this.#sender.send(message, this.#pending) || this.#sent === batch) {
        break;
      }
    }
    const { lastSequence } = this.#sender;
    this.#sender.status(
      `204 EOB\r\nNats-Num-Pending: ${this.#pending}\r\nNats-Last-Sequence: ${lastSequence}` +
        `\r\nNats-UpTo-Sequence: ${this.#upTo}`,
    );
  }
}

/** In order, each once; null when they are too many. */
function lastSequences(
  store: MessageStore,
  request: DirectGetRequest,
  upTo: number,
): readonly number[] | null {
  const found = new Set<number>();
  const newer: string[] = [];
  for (const pattern of request.multi_last) {
    store.eachSubject(new SubjectFilter([pattern]), (subject, totals) => {
      if (totals.last <= upTo) {
        found.add(totals.last);
      } else if (totals.first <= upTo) {
        newer.push(subject);
      }
      return found.size + newer.length <= maxLastMessages * 2;
    });
    addNewer(store, newer.splice(0), upTo, found);
    if (found.size > maxLastMessages) {
      return null;
    }
  }
  return [...found].sort((one, other) => one - other);
}

/** Subjects whose last message is newer than that: the one before. */
function addNewer(
  store: MessageStore,
  subjects: readonly string[],
  upTo: number,
  found: Set<number>,
): void {
  const message = new MessageView();
  for (const subject of subjects) {
    if (store.previous(new SubjectFilter([subject]), upTo, message)) {
      found.add(message.sequence);
    }
  }
}
