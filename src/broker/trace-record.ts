// The record of one message on its way: what happened to it, event by event, and the JSON that is published of it. It
// observes nothing itself.

import { readableText } from "../base/byte-text.ts";
import { goJson, omitEmpty } from "../base/go-json.ts";
import { goTime } from "../base/go-time.ts";
import type { Clock } from "../ports/clock.ts";
import type { KeptTrace } from "./subscriber.ts";
import type { TraceWish } from "./trace-headers.ts";

/** Why somebody who listens did not get the message, as the reference words it. */
export const undelivered = {
  noEcho: "Not delivered because of no echo",
  denied: "Not delivered because subscription denies this subject",
  closed: "Not delivered because client is closed",
} as const;
export type Undelivered = (typeof undelivered)[keyof typeof undelivered];

/** Of a connection, as events name it. The kind of clients is 0. */
export interface TracedConnection {
  readonly cid: number;
  readonly name: string;
  readonly account: string;
}

export interface Egress {
  readonly to: TracedConnection;
  readonly subject: string;
  /** "" is none. */
  readonly queue: string;
  /** Null when it was delivered. */
  readonly error: Undelivered | null;
}

const clientKind = 0;

/** Texts are readable ones. */
export class TraceRecord {
  readonly #clock: Clock;
  readonly #wish: TraceWish;
  readonly #messageSize: number;
  readonly #origin: TracedConnection;
  readonly #events: object[] = [];
  readonly #subject: string;
  readonly #startNanos: bigint;
  /** Why the message went no further than here. */
  #error = "";

  constructor(
    clock: Clock,
    wish: TraceWish,
    messageSize: number,
    origin: TracedConnection,
    subject: string,
  ) {
    this.#clock = clock;
    this.#wish = wish;
    this.#messageSize = messageSize;
    this.#origin = origin;
    this.#subject = subject;
    this.#startNanos = clock.wallNanos();
  }

  /** The message was refused. */
  refused(error: string): void {
    this.#error = error;
  }

  mapped(to: string): void {
    this.#add("sm", { to });
  }

  /** It left for the account of a stream import. */
  exported(account: string, to: string): void {
    this.#add("se", { acc: account, to });
  }

  /** It left for the account of a service, or came back from there. */
  imported(account: string, from: string, to: string): void {
    this.#add("si", { acc: account, from, to });
  }

  egress({ to, subject, queue, error }: Egress): void {
    const { cid, name, account } = to;
    this.#add("eg", {
      kind: clientKind,
      cid,
      name: omitEmpty(name),
      acc: account === this.#origin.account ? undefined : account,
      sub: omitEmpty(subject),
      queue: omitEmpty(queue),
      error: error ?? undefined,
    });
  }

  kept({ stream, subject, hasNoInterest }: KeptTrace): void {
    this.#add("js", {
      stream: readableText(stream),
      subject: omitEmpty(readableText(subject)),
      nointerest: omitEmpty(hasNoInterest),
    });
  }

  /** `server` says who tells this. */
  json(server: object): string {
    return goJson({
      server,
      request: {
        header: omitEmpty(this.#wish.headers),
        msgsize: omitEmpty(this.#messageSize),
      },
      events: [this.#ingress, ...this.#events],
    });
  }

  get #ingress(): object {
    const { cid, name, account } = this.#origin;
    return {
      type: "in",
      ts: goTime(this.#startNanos),
      kind: clientKind,
      cid,
      name: omitEmpty(name),
      acc: account,
      subj: this.#subject,
      error: omitEmpty(this.#error),
    };
  }

  #add(type: string, event: object): void {
    this.#events.push({ type, ts: goTime(this.#clock.wallNanos()), ...event });
  }
}
