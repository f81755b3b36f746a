// A stream in obvious code: a list of messages and the rules read one after the other. Nothing of it is fast, and nothing
// of it is shared with the stream it is compared to.

import type { StreamConfig } from "../../../../src/jetstream/stream/stream-config.ts";

export interface PlainPublish {
  readonly subject: string;
  readonly body: string;
  readonly id: string;
  /** Null is not given. */
  readonly expectedLast: number | null;
  readonly expectedOfSubject: number | null;
  readonly rollup: "" | "sub" | "all";
  /** Seconds; 0 is none, -1 is never. */
  readonly ttl: number;
}

export interface PlainMessage {
  readonly sequence: number;
  readonly subject: string;
  readonly body: string;
  readonly cost: number;
  readonly millis: number;
  readonly ttl: number;
}

type Limits = Pick<
  StreamConfig,
  "maxMessages" | "maxBytes" | "maxMessagesPerSubject" | "discard" | "discardNewPerSubject"
>;

export interface PlainConfig extends Limits {
  readonly maxAgeMillis: number;
  readonly windowMillis: number;
}

export class PlainStream {
  config: PlainConfig;
  messages: PlainMessage[] = [];
  last = 0;
  #ids: { readonly id: string; readonly sequence: number; readonly millis: number }[] = [];

  constructor(config: PlainConfig) {
    this.config = config;
  }

  get bytes(): number {
    return this.messages.reduce((sum, { cost }) => sum + cost, 0);
  }

  get first(): number {
    return this.messages[0]?.sequence ?? this.last + 1;
  }

  /** "ok 5", "duplicate 3", or the number and text of the refusal. */
  publish(asked: PlainPublish, cost: number, millis: number): string {
    const known = this.#ids.findLast(
      ({ id, millis: at }) => id === asked.id && millis - at < this.config.windowMillis,
    );
    if (asked.id !== "" && known !== undefined) {
      return `duplicate ${known.sequence}`;
    }
    const refusal = this.#refusal(asked, cost);
    if (refusal !== null) {
      return refusal;
    }
    this.last += 1;
    const { subject, body, ttl } = asked;
    this.messages.push({ sequence: this.last, subject, body, cost, millis, ttl });
    if (asked.id !== "") {
      this.#ids.push({ id: asked.id, sequence: this.last, millis });
    }
    this.#keepLimits(subject);
    if (asked.rollup === "sub") {
      this.purge(subject, 0, 1);
    } else if (asked.rollup === "all") {
      this.purge("", 0, 1);
    }
    return `ok ${this.last}`;
  }

  remove(sequence: number): boolean {
    const before = this.messages.length;
    this.messages = this.messages.filter((message) => message.sequence !== sequence);
    return this.messages.length < before;
  }

  purge(subject: string, below: number, keep: number): number {
    if (below === 1) {
      return 0;
    }
    const found = this.messages.filter((message) => subject === "" || message.subject === subject);
    const most = keep > 0 ? Math.max(0, found.length - keep) : found.length;
    const going = new Set(
      found.slice(0, most).filter(({ sequence }) => below === 0 || sequence < below),
    );
    this.messages = this.messages.filter((message) => !going.has(message));
    if (subject === "" && below > this.last + 1) {
      this.last = below - 1;
    }
    return going.size;
  }

  configure(config: PlainConfig): void {
    this.config = config;
    this.#keepTotals();
    for (const subject of new Set(this.messages.map((message) => message.subject))) {
      this.#keepOfSubject(subject);
    }
  }

  /** Ids are found again in the messages: those of messages that are gone are gone. */
  restart(): void {
    const sequences = new Set(this.messages.map(({ sequence }) => sequence));
    this.#ids = this.#ids.filter(({ sequence }) => sequences.has(sequence));
  }

  /** What is too old goes. */
  expire(millis: number): void {
    const { maxAgeMillis } = this.config;
    this.messages = this.messages.filter(({ millis: at, ttl }) => {
      const isAged = maxAgeMillis > 0 && ttl !== -1 && millis - at >= maxAgeMillis;
      const isExpired = ttl > 0 && millis >= at + ttl * 1000;
      return !isAged && !isExpired;
    });
  }

  #of(subject: string): readonly PlainMessage[] {
    return this.messages.filter((message) => message.subject === subject);
  }

  #refusal(asked: PlainPublish, cost: number): string | null {
    const lastOfSubject = this.#of(asked.subject).at(-1)?.sequence ?? 0;
    if (asked.expectedOfSubject !== null && asked.expectedOfSubject !== lastOfSubject) {
      return `10071 wrong last sequence: ${lastOfSubject}`;
    }
    if (asked.expectedLast !== null && asked.expectedLast !== this.last) {
      return `10071 wrong last sequence: ${this.last}`;
    }
    return this.#fullRefusal(asked, cost);
  }

  #fullRefusal(asked: PlainPublish, cost: number): string | null {
    const { discard, discardNewPerSubject, maxBytes, maxMessages, maxMessagesPerSubject } =
      this.config;
    if (discard !== "new") {
      return null;
    }
    const ofSubject = this.#of(asked.subject);
    const replaces = maxMessagesPerSubject > 0 && ofSubject.length >= maxMessagesPerSubject;
    if (replaces && discardNewPerSubject && asked.rollup === "") {
      return "10077 maximum messages per subject exceeded";
    }
    if (maxMessages > 0 && this.messages.length >= maxMessages && !replaces) {
      return "10077 maximum messages exceeded";
    }
    const isOver = maxBytes > 0 && this.bytes + cost > maxBytes;
    const fits = replaces && (ofSubject[0]?.cost ?? 0) >= cost;
    return isOver && !fits ? "10077 maximum bytes exceeded" : null;
  }

  #keepLimits(subject: string): void {
    this.#keepOfSubject(subject);
    this.#keepTotals();
  }

  #keepOfSubject(subject: string): void {
    const { maxMessagesPerSubject } = this.config;
    while (maxMessagesPerSubject > 0 && this.#of(subject).length > maxMessagesPerSubject) {
      this.remove(this.#of(subject)[0]?.sequence ?? 0);
    }
  }

  #keepTotals(): void {
    const { discard, maxBytes, maxMessages } = this.config;
    while (discard === "old" && maxMessages > 0 && this.messages.length > maxMessages) {
      this.messages.shift();
    }
    while (discard === "old" && maxBytes > 0 && this.bytes > maxBytes) {
      this.messages.shift();
    }
  }
}
