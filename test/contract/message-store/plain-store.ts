// A message store as plainly as it can be said: a list of messages. The contract suite holds the real ones to it.

import type { NewMessage, SubjectTotals } from "../../../src/jetstream/store/message-store.ts";
import type { SubjectFilter } from "../../../src/jetstream/store/subject-filter.ts";

export interface PlainMessage {
  readonly sequence: number;
  readonly timeMicros: number;
  readonly restNanos: number;
  readonly subject: string;
  readonly headers: string;
  readonly body: string;
  readonly expiresMicros: number;
  readonly tags: number;
}

export class PlainStore {
  #messages: PlainMessage[] = [];
  #last: number;
  #lastTime: readonly [number, number] = [0, 0];
  readonly #cost: (message: PlainMessage) => number;

  constructor(firstSequence: number, cost: (message: PlainMessage) => number) {
    this.#last = firstSequence - 1;
    this.#cost = cost;
  }

  get messages(): readonly PlainMessage[] {
    return this.#messages;
  }

  get lastSequence(): number {
    return this.#last;
  }

  get firstSequence(): number {
    return this.#messages[0]?.sequence ?? this.#last + 1;
  }

  get state(): Readonly<Record<string, number>> {
    const [first] = this.#messages;
    const span = this.#last - this.firstSequence + 1;
    return {
      messages: this.#messages.length,
      bytes: this.#messages.reduce((sum, message) => sum + this.#cost(message), 0),
      firstSequence: this.firstSequence,
      lastSequence: this.#last,
      firstTimeMicros: first?.timeMicros ?? 0,
      firstRestNanos: first?.restNanos ?? 0,
      lastTimeMicros: this.#lastTime[0],
      lastRestNanos: this.#lastTime[1],
      subjects: new Set(this.#messages.map((message) => message.subject)).size,
      deleted: span - this.#messages.length,
    };
  }

  append(message: NewMessage): void {
    const text = (bytes: Uint8Array, start: number, length: number): string =>
      String.fromCharCode(...bytes.subarray(start, start + length));
    this.#messages.push({
      sequence: message.sequence,
      timeMicros: message.timeMicros,
      restNanos: message.restNanos,
      subject: message.subject,
      headers: text(message.headerBytes, message.headerStart, message.headerLength),
      body: text(message.bodyBytes, message.bodyStart, message.bodyLength),
      expiresMicros: message.expiresMicros,
      tags: message.tags,
    });
    this.#last = message.sequence;
    this.#lastTime = [message.timeMicros, message.restNanos];
  }

  skipTo(next: number): void {
    this.#last = Math.max(this.#last, next - 1);
  }

  remove(sequence: number): boolean {
    return this.#keep((message) => message.sequence !== sequence) > 0;
  }

  removeBelow(first: number): number {
    this.skipTo(first);
    return this.#keep((message) => message.sequence >= first);
  }

  removeAll(): number {
    return this.#keep(() => false);
  }

  read(sequence: number): PlainMessage | null {
    return this.#messages.find((message) => message.sequence === sequence) ?? null;
  }

  next(filter: SubjectFilter, from: number): PlainMessage | null {
    return this.#wanted(filter, from)[0] ?? null;
  }

  previous(filter: SubjectFilter, upTo: number): PlainMessage | null {
    return this.#wanted(filter, 0).findLast((message) => message.sequence <= upTo) ?? null;
  }

  sequenceAt(timeMicros: number): number {
    const found = this.#messages.find((message) => message.timeMicros >= timeMicros);
    return found?.sequence ?? this.#last + 1;
  }

  subjects(filter: SubjectFilter): readonly (readonly [string, SubjectTotals])[] {
    const wanted = this.#wanted(filter, 0);
    const subjects = [...new Set(wanted.map((message) => message.subject))].sort();
    return subjects.map((subject) => {
      const own = wanted.filter((message) => message.subject === subject);
      const [first, last] = [own[0]?.sequence ?? 0, own.at(-1)?.sequence ?? 0];
      return [subject, { messages: own.length, first, last }] as const;
    });
  }

  count(filter: SubjectFilter, from: number, lastOnly: boolean): number {
    return lastOnly
      ? this.subjects(filter).filter(([, { last }]) => last >= from).length
      : this.#wanted(filter, from).length;
  }

  gaps(): readonly (readonly [number, number])[] {
    const gaps: [number, number][] = [];
    for (let sequence = this.firstSequence; sequence <= this.#last; sequence++) {
      const last = gaps.at(-1);
      if (this.read(sequence) !== null) {
        continue;
      }
      if (last !== undefined && last[1] === sequence - 1) {
        last[1] = sequence;
      } else {
        gaps.push([sequence, sequence]);
      }
    }
    return gaps;
  }

  tagged(tag: number, from: number): readonly number[] {
    return this.#messages
      .filter(({ sequence, tags }) => sequence >= from && (tags & tag) !== 0)
      .map(({ sequence }) => sequence);
  }

  expired(now: number, max: number): readonly number[] {
    return this.#messages
      .filter(({ expiresMicros }) => expiresMicros > 0 && expiresMicros <= now)
      .sort(
        (one, other) => one.expiresMicros - other.expiresMicros || one.sequence - other.sequence,
      )
      .map(({ sequence }) => sequence)
      .slice(0, max);
  }

  get nextExpiryMicros(): number {
    const times = this.#messages.map((message) => message.expiresMicros).filter((time) => time > 0);
    return times.length === 0 ? 0 : Math.min(...times);
  }

  #keep(isKept: (message: PlainMessage) => boolean): number {
    const before = this.#messages.length;
    this.#messages = this.#messages.filter(isKept);
    return before - this.#messages.length;
  }

  #wanted(filter: SubjectFilter, from: number): readonly PlainMessage[] {
    return this.#messages.filter(
      (message) => message.sequence >= from && filter.matches(message.subject),
    );
  }
}
