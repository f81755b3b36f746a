// What a stream must, may and must not hold, from what its publishers and purgers were told. Every body carries its own
// identity and a digest of all of it. It knows neither servers nor connections.

import type { Dice } from "../fuzz/road-dice.ts";

const digestLength = 16;

function digest(text: string): string {
  return Bun.hash.xxHash64(text).toString(16).padStart(digestLength, "0");
}

export function bodyOf(identity: string, dice: Dice): string {
  const size = dice.onceIn(20) ? dice.between(1000, 40_000) : dice.between(0, 300);
  const text = `${identity} ${"abcdefghij".repeat(Math.ceil(size / 10)).slice(0, size)}`;
  return digest(text) + text;
}

/** Null when the body is not as somebody made it. */
export function identityOf(body: string): string | null {
  const text = body.slice(digestLength);
  const space = text.indexOf(" ");
  return space > 0 && body.slice(0, digestLength) === digest(text) ? text.slice(0, space) : null;
}

type Fate = "unknown" | "stored" | "refused" | "gone";

export interface Attempt {
  readonly identity: string;
  readonly subject: string;
  readonly body: string;
  readonly sentAt: number;
  fate: Fate;
  storedAt: number;
  sequence: number;
  mayBeGone: boolean;
  mustBeGone: boolean;
}

export interface FoundMessage {
  readonly seq: number;
  readonly subject: string;
  readonly body: string;
}

/** Whether a removal reaches a message; the sequence is null where nobody knows it yet. */
export type Covers = (subject: string, sequence: number | null) => boolean;

export class Removal {
  readonly covers: Covers;
  readonly sentAt: number;
  isOver = false;

  constructor(covers: Covers, sentAt: number) {
    this.covers = covers;
    this.sentAt = sentAt;
  }
}

export class StreamLedger {
  readonly name: string;
  /** What may be in the stream now. */
  readonly live: Map<string, Attempt> = new Map();
  /** Who ever had a sequence. */
  readonly owners: Map<number, string> = new Map();
  readonly faults: string[];
  highest = 0;
  acknowledged = 0;
  readonly #buried: Map<string, Fate> = new Map();
  readonly #removals: Removal[] = [];
  #clock = 0;
  #identities = 0;

  constructor(name: string, faults: string[]) {
    this.name = name;
    this.faults = faults;
  }

  attempt(subject: string, dice: Dice): Attempt {
    this.#identities += 1;
    this.#clock += 1;
    const identity = `${this.name}-${this.#identities}`;
    const made: Attempt = {
      identity,
      subject,
      body: bodyOf(identity, dice),
      sentAt: this.#clock,
      fate: "unknown",
      storedAt: 0,
      sequence: 0,
      mayBeGone: false,
      mustBeGone: false,
    };
    this.live.set(identity, made);
    return made;
  }

  /** The server said, by an acknowledgement, a delivery or an answer, that this is stored. */
  stored(attempt: Attempt, sequence: number): void {
    this.#clock += 1;
    this.#own(sequence, attempt.identity);
    if (attempt.fate === "stored") {
      if (attempt.sequence !== sequence) {
        this.#fault(`${attempt.identity} stands at ${attempt.sequence} and at ${sequence}`);
      }
      return;
    }
    if (attempt.fate !== "unknown") {
      this.#fault(`${attempt.identity} was ${attempt.fate} and is stored at ${sequence}`);
    }
    attempt.fate = "stored";
    attempt.sequence = sequence;
    attempt.storedAt = this.#clock;
    this.acknowledged += 1;
  }

  /** The server said that this is not stored. */
  refused(attempt: Attempt): void {
    if (attempt.fate === "stored") {
      this.#fault(`${attempt.identity} was stored at ${attempt.sequence} and refused`);
    }
    attempt.fate = "refused";
    this.#bury(attempt);
  }

  /** A message that a consumer brought, which therefore must be stored. */
  delivered(message: FoundMessage): Attempt | null {
    const identity = identityOf(message.body);
    const attempt = identity === null ? undefined : this.live.get(identity);
    if (identity === null) {
      this.#fault(`delivered at ${message.seq}: altered, "${message.body.slice(0, 60)}"`);
      return null;
    }
    if (attempt === undefined) {
      // Removed while it was under way.
      if (this.owners.get(message.seq) !== identity) {
        this.#fault(`delivered at ${message.seq}: ${identity}, which nobody published there`);
      }
      return null;
    }
    if (attempt.subject !== message.subject) {
      this.#fault(`${identity} was delivered on ${message.subject}, sent on ${attempt.subject}`);
    }
    this.stored(attempt, message.seq);
    return attempt;
  }

  removing(covers: Covers): Removal {
    this.#clock += 1;
    const removal = new Removal(covers, this.#clock);
    this.#removals.push(removal);
    for (const attempt of this.live.values()) {
      attempt.mayBeGone ||= covers(attempt.subject, attempt.sequence || null);
    }
    return removal;
  }

  /** Answered: what was stored before it was asked for is gone for good, unless the removal spares some. */
  removed(removal: Removal, mustBeGone = true): void {
    this.#clock += 1;
    removal.isOver = true;
    for (const attempt of this.live.values()) {
      if (!removal.covers(attempt.subject, attempt.sequence || null)) {
        continue;
      }
      attempt.mayBeGone = true;
      if (mustBeGone && attempt.fate === "stored" && attempt.storedAt < removal.sentAt) {
        attempt.mustBeGone = true;
      }
    }
  }

  /** The server is dead: whatever was asked and not answered may have happened. */
  roundOver(): void {
    for (const removal of this.#removals) {
      if (!removal.isOver) {
        this.removed(removal, false);
      }
    }
    this.#removals.length = 0;
  }

  /** Compares with all that the stream holds. Afterwards everything is settled: stored, or gone for good. */
  check(found: readonly FoundMessage[], lastSequence: number): void {
    const seen = new Set<string>();
    let former = 0;
    for (const message of found) {
      if (message.seq <= former) {
        this.#fault(`${message.seq} comes after ${former}`);
      }
      former = message.seq;
      this.#checkOne(message, seen);
    }
    for (const attempt of this.live.values()) {
      if (seen.has(attempt.identity)) {
        attempt.mayBeGone = false;
        continue;
      }
      if (attempt.fate === "stored" && !attempt.mayBeGone) {
        this.#fault(`${attempt.identity} at ${attempt.sequence} is missing`);
      }
      attempt.fate = "gone";
      this.#bury(attempt);
    }
    if (lastSequence < this.highest) {
      this.#fault(`the last sequence is ${lastSequence}, ${this.highest} was given`);
    }
  }

  #checkOne(message: FoundMessage, seen: Set<string>): void {
    const identity = identityOf(message.body);
    if (identity === null) {
      this.#fault(`${message.seq} is altered: "${message.body.slice(0, 60)}"`);
      return;
    }
    if (seen.has(identity)) {
      this.#fault(`${identity} is there twice, again at ${message.seq}`);
    }
    seen.add(identity);
    const attempt = this.live.get(identity);
    if (attempt === undefined) {
      const fate = this.#buried.get(identity) ?? "never sent";
      this.#fault(`${identity} was ${fate} and is there, at ${message.seq}`);
      return;
    }
    if (attempt.mustBeGone) {
      this.#fault(`${identity} at ${message.seq} was removed and is there`);
    }
    if (attempt.subject !== message.subject) {
      this.#fault(`${identity} was sent on ${attempt.subject} and is on ${message.subject}`);
    }
    this.stored(attempt, message.seq);
  }

  /** The newest message on a subject, once everything is settled. */
  lastOn(subject: string): number {
    let last = 0;
    for (const attempt of this.live.values()) {
      if (attempt.subject === subject && attempt.fate === "stored") {
        last = Math.max(last, attempt.sequence);
      }
    }
    return last;
  }

  #own(sequence: number, identity: string): void {
    const owner = this.owners.get(sequence);
    if (owner !== undefined && owner !== identity) {
      this.#fault(`${sequence} was given to ${owner} and to ${identity}`);
    }
    this.owners.set(sequence, identity);
    this.highest = Math.max(this.highest, sequence);
  }

  #bury(attempt: Attempt): void {
    this.live.delete(attempt.identity);
    this.#buried.set(attempt.identity, attempt.fate);
  }

  #fault(text: string): void {
    this.faults.push(`${this.name}: ${text}`);
  }
}

/** What one consumer was given, and what it has in writing as settled. */
export class ConsumerLedger {
  readonly name: string;
  readonly stream: StreamLedger;
  readonly delivered: Set<number> = new Set();
  /** Which life of the server confirmed that a sequence is settled. */
  readonly #confirmed: Map<number, number> = new Map();
  #life = 0;
  /** Came in the life that confirmed them: a copy may have been under way. */
  lateCopies = 0;

  constructor(name: string, stream: StreamLedger) {
    this.name = name;
    this.stream = stream;
  }

  confirm(sequence: number): void {
    this.#confirmed.set(sequence, this.#life);
  }

  /** The server died: no copy of what it sent is under way any more. */
  nextLife(): void {
    this.#life += 1;
  }

  take(message: FoundMessage): Attempt | null {
    const life = this.#confirmed.get(message.seq);
    if (life === this.#life) {
      this.lateCopies += 1;
    } else if (life !== undefined) {
      this.stream.faults.push(
        `${this.stream.name} > ${this.name}: ${message.seq} comes back in life ${this.#life}, confirmed in ${life}`,
      );
    }
    this.delivered.add(message.seq);
    return this.stream.delivered(message);
  }

  /** Everything that is in the stream has been delivered at least once. */
  checkDrained(): void {
    for (const attempt of this.stream.live.values()) {
      if (attempt.fate === "stored" && !this.delivered.has(attempt.sequence)) {
        this.stream.faults.push(
          `${this.stream.name} > ${this.name}: ${attempt.sequence} was never delivered`,
        );
      }
    }
  }
}
