// An outlet without a broker: whoever subscribed is called at once, whoever listens is told what was sent. Fast enough
// for thousands of runs.

import type { OutgoingMessage } from "../../../src/base/outgoing-message.ts";
import { PassingMessage } from "../../../src/broker/message.ts";
import type { Subscriber } from "../../../src/broker/subscriber.ts";
import type { Outlet } from "../../../src/jetstream/outlet.ts";
import { matches } from "../../../src/subjects/overlap.ts";

type Rows = ConstructorParameters<typeof PassingMessage>[0];

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What a listener is told: the message as it is shown, byte text and text. */
export interface Heard {
  readonly subject: string;
  readonly reply: string;
  readonly headers: string;
  readonly body: string;
}

export class FakeOutlet implements Outlet {
  readonly account = "A";
  /** Whether a receiver is too full; the waiting are called by makeRoom(). */
  isFull = false;
  readonly #listeners: Map<string, (heard: Heard) => void> = new Map();
  readonly #subscribers: Map<
    object,
    { readonly pattern: string; readonly subscriber: Subscriber }
  > = new Map();
  readonly #waiting: (() => void)[] = [];

  /** What is sent to the subject is told. Disposing ends that. */
  listen(subject: string, onHeard: (heard: Heard) => void): Disposable {
    this.#listeners.set(subject, onHeard);
    return { [Symbol.dispose]: (): void => void this.#listeners.delete(subject) };
  }

  /** A client publishes. Gives the number of receivers inside. */
  arrive(subject: string, body = "", reply = ""): number {
    const message = passingMessage(subject, encoder.encode(body), reply);
    let receivers = 0;
    for (const { pattern, subscriber } of [...this.#subscribers.values()]) {
      if (matches(pattern, subject)) {
        receivers++;
        subscriber.deliver(message);
      }
    }
    return receivers;
  }

  makeRoom(): void {
    this.isFull = false;
    for (const onRoom of this.#waiting.splice(0)) {
      onRoom();
    }
  }

  publish(subject: string, body: Uint8Array | string): number {
    const text = typeof body === "string" ? body : decoder.decode(body);
    return this.#tell(subject, { subject, reply: "", headers: "", body: text });
  }

  deliver(message: OutgoingMessage): number {
    const to = textOf(message.toBytes, message.toStart, message.toLength);
    return this.#tell(to, {
      subject: textOf(message.subjectBytes, message.subjectStart, message.subjectLength) || to,
      reply: textOf(message.replyBytes, message.replyStart, message.replyLength),
      headers: textOf(message.headerBytes, message.headerStart, message.headerLength),
      body: textOf(message.bodyBytes, message.bodyStart, message.bodyLength),
    });
  }

  subscribe(subject: string, subscriber: Subscriber): Disposable {
    const key = {};
    this.#subscribers.set(key, { pattern: subject, subscriber });
    return { [Symbol.dispose]: (): void => void this.#subscribers.delete(key) };
  }

  request(): Disposable {
    return { [Symbol.dispose]: (): void => undefined };
  }

  hasInterest(subject: string): boolean {
    return this.#listeners.has(subject);
  }

  hasListener(subject: string): boolean {
    return this.hasInterest(subject);
  }

  mustWait(onRoom: () => void): boolean {
    if (this.isFull) {
      this.#waiting.push(onRoom);
    }
    return this.isFull;
  }

  #tell(subject: string, heard: Heard): number {
    const listener = this.#listeners.get(subject);
    listener?.(heard);
    return listener === undefined ? 0 : 1;
  }
}

function textOf(bytes: Uint8Array, start: number, length: number): string {
  return length === 0 ? "" : decoder.decode(bytes.subarray(start, start + length));
}

/** One message as a receiver inside is given it. */
export function passingMessage(subject: string, body: Uint8Array, reply = ""): PassingMessage {
  const subjectBytes = encoder.encode(subject);
  const replyBytes = encoder.encode(reply);
  const bodyStart = subjectBytes.length + replyBytes.length;
  const bytes = new Uint8Array(bodyStart + body.length);
  bytes.set(subjectBytes);
  bytes.set(replyBytes, subjectBytes.length);
  bytes.set(body, bodyStart);
  const zero = (): number => 0;
  const rows = {
    count: 1,
    bytes,
    receiver: zero,
    subscription: zero,
    origin: zero,
    account: zero,
    subjectStart: zero,
    subjectLength: (): number => subjectBytes.length,
    replyStart: (): number => subjectBytes.length,
    replyLength: (): number => replyBytes.length,
    headerStart: (): number => bodyStart,
    headerLength: zero,
    bodyStart: (): number => bodyStart,
    bodyLength: (): number => body.length,
    shownStart: zero,
    shownLength: zero,
  };
  return new PassingMessage(rows as unknown as Rows);
}
