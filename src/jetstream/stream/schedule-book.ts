// When each schedule of a stream is due (ADR-51), and what is published then: a copy of the schedule's own message, or of
// the last one of another subject. The stream is the only record of schedules; here they are found in order of time.

import { readableText } from "../../base/byte-text.ts";
import { DeadlineQueue } from "../../base/deadline-queue.ts";
import { parseGoTime } from "../../base/parse-go-time.ts";
import { withHeader, withoutHeaders } from "../../protocol/headers.ts";
import { messageTag } from "../store/message-store.ts";
import { MessageView } from "../store/message-view.ts";
import { MessageDraft } from "./message-draft.ts";
import { NatsHeaders, natsHeader } from "./nats-headers.ts";
import { endsSchedule, isSpec, readSchedule } from "./schedule-rules.ts";
import { firingText, nextFiring, type ScheduleSpec } from "./schedule-spec.ts";
import type { StreamCore } from "./stream-features.ts";

const nanosPerMicro = 1000n;
/** So many fire in one go; the others follow at once. */
const firedAtOnce = 1000;
/** The wall clock may be set: we look again so often. */
const longestSleepMillis = 30_000;
/** What could not be stored is tried again. */
const retryMicros = 5_000_000;
/** What belongs to the schedule and not to what it publishes. */
const ownHeaders = new Set(["Nats-Msg-Id", "Nats-TTL", "Nats-Rollup"]);
const ownHeaderPrefixes = ["Nats-Schedule", "Nats-Expected-"];

interface Waiting {
  readonly subject: string;
  /** When it is due by its own rule. */
  readonly nanos: bigint;
  /** When we try: later than that after a failure. */
  readonly atMicros: number;
}

export class ScheduleBook {
  readonly #core: StreamCore;
  readonly #view: MessageView = new MessageView();
  readonly #headers: NatsHeaders = new NatsHeaders();
  readonly #draft: MessageDraft = new MessageDraft();
  readonly #waiting: Map<number, Waiting> = new Map();
  /** Of each subject the sequence of its schedule. */
  readonly #sequences: Map<string, number> = new Map();
  readonly #queue: DeadlineQueue;
  #recovered: number[] = [];
  #timer: Disposable | null = null;
  #wakesAtMicros = 0;
  #isStarted = false;

  constructor(core: StreamCore) {
    this.#core = core;
    this.#queue = new DeadlineQueue(
      (sequence, deadline) => this.#waiting.get(sequence)?.atMicros === deadline,
    );
  }

  /** Schedules that wait for their time. */
  get size(): number {
    return this.#waiting.size;
  }

  // --- what is stored

  stored(draft: MessageDraft): void {
    const { headers, subject } = draft;
    if ((draft.tags & messageTag.schedule) !== 0) {
      this.#add(draft.sequence, subject, readSchedule(headers), this.#timeOf(draft));
    } else if (!headers.hasValue(natsHeader.scheduler)) {
      // Any other message on the subject takes the schedule's place.
      this.#forgetSubject(subject);
    }
    const next = headers.text(natsHeader.scheduleNext);
    if (next === endsSchedule) {
      this.#forgetSubject(draft.purgesSchedule);
    } else if (next !== "") {
      this.#renew(headers.text(natsHeader.scheduler), parseGoTime(next));
    }
    this.#arm();
  }

  /** Looked at when the stream starts: nothing else is read while the store goes over its messages. */
  recovered(message: MessageView): void {
    this.#recovered.push(message.sequence);
  }

  removed(sequence: number, subject: string): void {
    if (this.#sequences.get(subject) === sequence) {
      this.#forgetSubject(subject);
    }
  }

  /** A schedule whose message is gone is found out when it is due; here is only seen to that they stay few. */
  purged(): void {
    if (this.#waiting.size <= this.#core.store.state.messages) {
      return;
    }
    for (const [subject, sequence] of this.#sequences) {
      if (this.#core.store.subjectTotals(subject)?.last !== sequence) {
        this.#forgetSubject(subject);
      }
    }
  }

  // --- life

  start(): void {
    this.#isStarted = true;
    const recovered = this.#recovered;
    this.#recovered = [];
    for (const sequence of recovered) {
      this.#recover(sequence);
    }
    this.#arm();
  }

  stop(): void {
    this.#isStarted = false;
    this.#sleep();
  }

  #recover(sequence: number): void {
    if (!this.#read(sequence)) {
      return;
    }
    const { subject, timeNanos } = this.#view;
    if (this.#core.store.subjectTotals(subject)?.last !== sequence) {
      return;
    }
    const reading = readSchedule(this.#headers);
    const target = this.#headers.text(natsHeader.scheduleTarget);
    this.#add(sequence, subject, reading, timeNanos);
    if (isSpec(reading) && reading.kind !== "at") {
      // What it published last says when it is due next.
      const last = this.#core.store.subjectTotals(target)?.last ?? 0;
      if (
        last > sequence &&
        this.#read(last) &&
        this.#headers.text(natsHeader.scheduler) === subject
      ) {
        this.#renew(subject, parseGoTime(this.#headers.text(natsHeader.scheduleNext)));
      }
    }
  }

  // --- time

  #add(
    sequence: number,
    subject: string,
    reading: ReturnType<typeof readSchedule>,
    lastNanos: bigint,
  ): void {
    this.#forgetSubject(subject);
    const nanos = isSpec(reading) ? nextFiring(reading, lastNanos, this.#now()) : null;
    if (nanos !== null) {
      this.#sequences.set(subject, sequence);
      this.#await(sequence, subject, nanos, microsFrom(nanos));
    }
  }

  #renew(subject: string, nanos: bigint | null): void {
    const sequence = this.#sequences.get(subject);
    if (sequence !== undefined && nanos !== null) {
      this.#queue.noteDead();
      this.#await(sequence, subject, nanos, microsFrom(nanos));
    }
  }

  #await(sequence: number, subject: string, nanos: bigint, atMicros: number): void {
    this.#waiting.set(sequence, { subject, nanos, atMicros });
    this.#queue.add(sequence, atMicros);
  }

  #forgetSubject(subject: string): void {
    const sequence = this.#sequences.get(subject);
    if (sequence !== undefined) {
      this.#sequences.delete(subject);
      this.#waiting.delete(sequence);
      this.#queue.noteDead();
    }
  }

  #arm(): void {
    const next = this.#isStarted ? this.#queue.next() : 0;
    if (next === 0 || (this.#timer !== null && this.#wakesAtMicros <= next)) {
      return;
    }
    this.#sleep();
    const wait = Math.ceil((next - microsFrom(this.#now())) / 1000);
    this.#wakesAtMicros = next;
    this.#timer = this.#core.timers.after(Math.min(Math.max(wait, 1), longestSleepMillis), () =>
      this.#wake(),
    );
  }

  #sleep(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
  }

  #wake(): void {
    this.#timer = null;
    const now = this.#now();
    if (this.#core.failure === null) {
      const due = [...this.#queue.due(microsFrom(now), firedAtOnce)];
      for (const sequence of due.sort((a, b) => a - b)) {
        this.#fire(sequence, now);
      }
    }
    this.#arm();
  }

  // --- firing

  #fire(sequence: number, now: bigint): void {
    const waiting = this.#waiting.get(sequence);
    if (waiting === undefined) {
      return;
    }
    const draft = this.#read(sequence) ? this.#drafted(waiting, now) : null;
    if (draft === null) {
      this.#forgetSubject(waiting.subject);
      return;
    }
    const refusal = this.#core.storeFromOrigin(draft);
    if (refusal !== null) {
      this.#core.log.warn(
        `JetStream: the schedule on ${waiting.subject} of stream ${this.#core.name} could not publish: ${refusal.description}`,
      );
    }
    if (this.#waiting.get(sequence) === waiting) {
      // Not stored, or not as it was published: it must not fire without end.
      this.#await(sequence, waiting.subject, waiting.nanos, microsFrom(now) + retryMicros);
    }
  }

  /** What the schedule that was just read publishes now; null when it is none any more. */
  #drafted(waiting: Waiting, now: bigint): MessageDraft | null {
    const headers = this.#headers;
    const spec = readSchedule(headers);
    const target = headers.text(natsHeader.scheduleTarget);
    const source = headers.text(natsHeader.scheduleSource);
    const ttl = headers.text(natsHeader.scheduleTtl);
    const rollup = headers.text(natsHeader.scheduleRollup);
    if (!isSpec(spec) || target === "") {
      return null;
    }
    const next = nextText(spec, waiting.nanos, now);
    if (next === null) {
      return null;
    }
    const sourced = source === "" ? 0 : (this.#core.store.subjectTotals(source)?.last ?? 0);
    if (sourced > 0 && !this.#read(sourced)) {
      return null;
    }
    let block = withoutHeaders(this.#view.headers, isOwnHeader);
    block = withHeader(block, "Nats-Scheduler", readableText(waiting.subject));
    block = withHeader(block, "Nats-Schedule-Next", next);
    block = ttl === "" ? block : withHeader(block, "Nats-TTL", ttl);
    block = rollup === "" ? block : withHeader(block, "Nats-Rollup", rollup);
    const draft = this.#draft;
    draft.clear();
    draft.isFromOrigin = true;
    draft.subject = target;
    draft.setHeaders(block);
    draft.setBody(this.#view.body.slice());
    return draft;
  }

  /** Fills view and headers. */
  #read(sequence: number): boolean {
    const view = this.#view;
    if (!this.#core.store.read(sequence, view)) {
      return false;
    }
    this.#headers.clear();
    if (view.headerLength > 0) {
      this.#headers.read(view.bytes, view.headerStart, view.headerLength);
    }
    return true;
  }

  #timeOf(draft: MessageDraft): bigint {
    return BigInt(draft.timeMicros) * nanosPerMicro + BigInt(draft.restNanos);
  }

  #now(): bigint {
    return this.#core.clock.wallNanos();
  }
}

/** Null: there is no next time, and the schedule was of those that repeat. */
function nextText(spec: ScheduleSpec, lastNanos: bigint, now: bigint): string | null {
  if (spec.kind === "at") {
    return endsSchedule;
  }
  const next = nextFiring(spec, lastNanos, now);
  return next === null ? null : firingText(spec, next);
}

function isOwnHeader(key: string): boolean {
  return ownHeaders.has(key) || ownHeaderPrefixes.some((prefix) => key.startsWith(prefix));
}

/** Rounded up: a time is due when it has passed. */
function microsFrom(nanos: bigint): number {
  return Number((nanos + nanosPerMicro - 1n) / nanosPerMicro);
}
