// Messages that grow too old: by the stream's max_age, or by their own Nats-TTL (ADR-43). One timer per stream. Where the
// stream wants markers, the last message of a subject leaves one behind instead of vanishing.

import { utf8Text } from "../../base/bytes.ts";
import { goDuration } from "../../base/go-time.ts";
import type { Timers } from "../../ports/timers.ts";
import { headerBlock } from "../../protocol/headers.ts";
import type { MessageStore } from "../store/message-store.ts";
import { MessageView } from "../store/message-view.ts";
import { SubjectFilter } from "../store/subject-filter.ts";
import type { MessageClock } from "./message-clock.ts";
import { MessageDraft } from "./message-draft.ts";
import { neverExpires, parseTtl } from "./message-ttl.ts";
import { NatsHeaders, natsHeader } from "./nats-headers.ts";
import type { StoredView } from "./stored-view.ts";
import type { StreamEntry } from "./stream-entry.ts";

const nanosPerMicro = 1000n;
const microsPerMilli = 1000;
/** Timers fire no sooner, however much there is to do: others want a turn too. */
const leastWaitMillis = 25;
/** Checked one by one and removed in one go; the rest in the next turn. */
const mostAtOnce = 2000;
const purged = "PURGE";

export interface ExpirySurroundings {
  readonly store: MessageStore;
  readonly view: StoredView;
  readonly clock: MessageClock;
  readonly timers: Timers;
  readonly commit: (entry: StreamEntry) => void;
  /** Admits and stores a marker; false when it cannot be stored. */
  readonly mark: (draft: MessageDraft) => boolean;
}

export class Expiry {
  readonly #around: ExpirySurroundings;
  readonly #message: MessageView = new MessageView();
  readonly #headers: NatsHeaders = new NatsHeaders();
  #timer: Disposable | null = null;
  #dueMicros = Number.POSITIVE_INFINITY;
  #isRunning = false;
  /** All before it bear `Nats-TTL: never`. */
  #agesFrom = 1;
  #maxAgeMicros = 0;

  constructor(around: ExpirySurroundings) {
    this.#around = around;
  }

  start(): void {
    this.#isRunning = true;
    this.configured();
  }

  stop(): void {
    this.#isRunning = false;
    this.#disarm();
  }

  configured(): void {
    this.#maxAgeMicros = Number(this.#around.view.config.maxAgeNanos / nanosPerMicro);
    this.#agesFrom = 1;
    this.#disarm();
    if (this.#isRunning) {
      this.#run();
    }
  }

  /** A message was stored. */
  stored(draft: MessageDraft): void {
    if (this.#maxAgeMicros > 0) {
      this.#arm(draft.timeMicros + this.#maxAgeMicros);
    }
    if (draft.expiresMicros > 0) {
      this.#arm(draft.expiresMicros);
    }
    if (draft.messageId !== "") {
      this.#arm(draft.timeMicros + this.#around.view.windowMicros * 2);
    }
  }

  #arm(dueMicros: number): void {
    if (!this.#isRunning || dueMicros >= this.#dueMicros) {
      return;
    }
    this.#disarm();
    this.#dueMicros = dueMicros;
    const wait = (dueMicros - this.#around.clock.nowMicros()) / microsPerMilli;
    this.#timer = this.#around.timers.after(Math.max(leastWaitMillis, Math.ceil(wait)), () =>
      this.#run(),
    );
  }

  #disarm(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
    this.#dueMicros = Number.POSITIVE_INFINITY;
  }

  #run(): void {
    this.#disarm();
    const { store, view, clock } = this.#around;
    if (store.failure !== null) {
      return;
    }
    const now = clock.nowMicros();
    if (this.#maxAgeMicros > 0) {
      this.#expireAges(now);
    }
    if (view.config.allowMessageTtl && store.nextExpiryMicros > 0) {
      for (const sequence of store.expired(now, mostAtOnce)) {
        this.#expire(sequence);
      }
    }
    view.duplicates.forgetBefore(view.windowStartMicros);
    this.#arm(this.#nextDue());
  }

  #nextDue(): number {
    const { store, view } = this.#around;
    let due = Number.POSITIVE_INFINITY;
    if (this.#maxAgeMicros > 0 && this.#nextAged()) {
      due = this.#message.timeMicros + this.#maxAgeMicros;
    }
    if (view.config.allowMessageTtl && store.nextExpiryMicros > 0) {
      due = Math.min(due, store.nextExpiryMicros);
    }
    if (view.duplicates.size > 0) {
      due = Math.min(due, view.duplicates.oldestMicros + view.windowMicros * 2);
    }
    return due;
  }

  #expireAges(now: number): void {
    const { store, view, commit } = this.#around;
    // A message as old as the limit goes.
    const before = now - this.#maxAgeMicros + 1;
    const { config } = view;
    const mayStay = config.allowMessageTtl || config.mirror !== null || config.sources.length > 0;
    if (!mayStay && config.subjectDeleteMarkerTtlNanos === 0n) {
      const first = store.sequenceAt(before);
      if (first > store.state.firstSequence) {
        commit({ kind: "purge", filter: "", sequence: first, keep: 0 });
      }
      return;
    }
    for (let done = 0; done < mostAtOnce && this.#nextAged(); done++) {
      if (this.#message.timeMicros >= before) {
        return;
      }
      this.#expire(this.#message.sequence);
    }
  }

  /** The oldest message that may age, into #message. */
  #nextAged(): boolean {
    const message = this.#message;
    while (this.#around.store.next(SubjectFilter.all, this.#agesFrom, message)) {
      if (message.headerLength === 0 || !this.#isForEver(message)) {
        return true;
      }
      this.#agesFrom = message.sequence + 1;
    }
    return false;
  }

  #isForEver(message: MessageView): boolean {
    this.#headers.read(message.bytes, message.headerStart, message.headerLength);
    return (
      this.#headers.has(natsHeader.ttl) &&
      parseTtl(this.#headers.text(natsHeader.ttl)) === neverExpires
    );
  }

  #expire(sequence: number): void {
    const { store, view, commit, mark } = this.#around;
    const isMarked = view.config.subjectDeleteMarkerTtlNanos > 0n && this.#leavesMarker(sequence);
    if (!isMarked || !mark(this.#markerFor(this.#message.subject))) {
      commit({ kind: "remove", sequence, erases: false });
    }
    // A failed store removes nothing: what is not gone must not be tried for ever.
    if (store.failure === null && store.read(sequence, this.#message)) {
      commit({ kind: "remove", sequence, erases: false });
    }
  }

  /** The last of its subject does, unless it is a marker itself. */
  #leavesMarker(sequence: number): boolean {
    const { store } = this.#around;
    const message = this.#message;
    if (
      !store.read(sequence, message) ||
      (store.subjectTotals(message.subject)?.messages ?? 0) !== 1
    ) {
      return false;
    }
    this.#headers.read(message.bytes, message.headerStart, message.headerLength);
    return !isMarker(this.#headers);
  }

  #markerFor(subject: string): MessageDraft {
    const nanos = this.#around.view.config.subjectDeleteMarkerTtlNanos;
    const draft = new MessageDraft();
    draft.subject = subject;
    draft.isFromOrigin = true;
    draft.setHeaders(
      headerBlock([
        ["Nats-Marker-Reason", "MaxAge"],
        ["Nats-TTL", goDuration(Number(nanos - (nanos % 1_000_000_000n)))],
        ["Nats-Rollup", "sub"],
      ]),
    );
    return draft;
  }
}

/** Made by a server, or the purge of a key-value bucket's key. */
function isMarker(headers: NatsHeaders): boolean {
  const operation = headers.value(natsHeader.keyValueOperation);
  return (
    headers.hasValue(natsHeader.markerReason) ||
    (operation !== null && utf8Text(operation) === purged)
  );
}
