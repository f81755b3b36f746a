// Where a consumer stands in its stream: which message is next for the first time, and how many more there are. The
// number is kept exact by counting once and then only what comes, what goes, and what was taken.

import type { MessageView } from "../store/message-view.ts";
import type { StreamAccess } from "../stream/stream-access.ts";
import type { StreamListener } from "../stream/stream-listener.ts";
import type { ConsumerConfig } from "./consumer-config.ts";

const nanosPerMicro = 1000n;
/** A consumer that asks for more waits for what never comes. */
const highestStart = BigInt(Number.MAX_SAFE_INTEGER - 1);

export class Cursor {
  readonly #stream: StreamAccess;
  readonly #listener: StreamListener;
  /** Not delivered before, from here on. */
  #next = 1;
  /** `storedFor` plus this is how many there are. */
  #basis = 0;
  /** The next one is further than the stream has come: what is stored before it is not to be counted. */
  #isAhead = false;
  /** Only the last message of each subject, ascending, up to #resume; those that are gone are negative. */
  #lasts: Float64Array | null = null;
  #lastsAt = 0;
  #lastsLeft = 0;
  #resume = 0;

  constructor(stream: StreamAccess, listener: StreamListener) {
    this.#stream = stream;
    this.#listener = listener;
  }

  get next(): number {
    return this.#next;
  }

  /** Up to here only the last message of each subject is delivered; 0 is not so. */
  get resume(): number {
    return this.#resume;
  }

  /** Where the configuration says; gives the first sequence that may be delivered. The stream must be listened to. */
  begin(config: ConsumerConfig, view: MessageView): number {
    const { store } = this.#stream;
    const { firstSequence, lastSequence } = store.state;
    let start = this.#chosen(config, view);
    if (config.optStartSequence === 0n && start > lastSequence) {
      start = lastSequence + 1;
    } else if (start < firstSequence) {
      start = firstSequence;
    }
    const listsLasts =
      config.deliverPolicy === "last_per_subject" &&
      this.#stream.config.maxMessagesPerSubject !== 1;
    this.moveTo(start, listsLasts ? this.#stream.visibleSequence : 0);
    if (listsLasts) {
      this.#next = Math.max(start, this.#lasts?.[0] ?? this.#stream.visibleSequence);
    }
    return this.#next;
  }

  /** Goes on from there. The stream must be listened to. */
  moveTo(next: number, resume: number): void {
    this.#next = next;
    this.#resume = resume;
    this.recount();
  }

  /** Counts anew, after much has changed. */
  recount(): void {
    const stream = this.#stream;
    const { store } = stream;
    this.#next = Math.max(this.#next, store.state.firstSequence);
    this.#lasts = null;
    this.#lastsLeft = 0;
    if (this.#resume >= this.#next) {
      this.#listLasts();
    } else {
      this.#resume = 0;
    }
    const from = this.#lasts === null ? this.#next : this.#resume + 1;
    const rest = store.count(this.#listener.filter, from, false);
    this.#basis = rest + this.#lastsLeft - stream.storedFor(this.#listener);
    this.#isAhead = this.#next > store.state.lastSequence + 1;
  }

  /** The stream has come to where the consumer waits for it. */
  #catchUp(): void {
    if (this.#isAhead && this.#next <= this.#stream.store.state.lastSequence) {
      this.recount();
    }
  }

  /** How many are still to be delivered for the first time. `stored` is the stream's counter. */
  pendingOf(stored: number): number {
    return Math.max(0, this.#basis + stored);
  }

  get pending(): number {
    this.#catchUp();
    return this.#next > this.#stream.store.state.lastSequence
      ? 0
      : this.pendingOf(this.#stream.storedFor(this.#listener));
  }

  /** Fills the view with the next message that is visible; false when there is none yet. */
  read(view: MessageView): boolean {
    const stream = this.#stream;
    if (this.#isAhead) {
      this.#catchUp();
    }
    if (this.#lasts !== null && this.#readListed(view)) {
      return true;
    }
    const visible = stream.visibleSequence;
    if (this.#next > visible) {
      return false;
    }
    const from = stream.earliestFor(this.#listener, this.#next);
    if (
      from <= visible &&
      stream.store.next(this.#listener.filter, from, view) &&
      view.sequence <= visible
    ) {
      return true;
    }
    this.#next = visible + 1;
    if (visible === stream.store.state.lastSequence) {
      this.#basis = -stream.storedFor(this.#listener);
    }
    return false;
  }

  /** The message that was read is delivered. */
  take(sequence: number): void {
    this.#next = sequence + 1;
    this.#basis--;
    const lasts = this.#lasts;
    if (lasts !== null && lasts[this.#lastsAt] === sequence) {
      this.#lastsAt++;
      this.#lastsLeft--;
    }
  }

  /** A message that the filter wants is gone. */
  removed(sequence: number): void {
    if (sequence < this.#next) {
      return;
    }
    const lasts = this.#lasts;
    if (lasts === null || sequence > this.#resume) {
      this.#basis--;
      return;
    }
    const at = placeOf(lasts, this.#lastsAt, sequence);
    if (at !== -1) {
      lasts[at] = -sequence;
      this.#lastsLeft--;
      this.#basis--;
    }
  }

  #chosen(config: ConsumerConfig, view: MessageView): number {
    const { store, visibleSequence } = this.#stream;
    const { firstSequence, lastSequence } = store.state;
    if (config.optStartSequence > 0n) {
      return Number(
        config.optStartSequence > highestStart ? highestStart : config.optStartSequence,
      );
    }
    switch (config.deliverPolicy) {
      case "last":
        return store.previous(this.#listener.filter, visibleSequence, view)
          ? view.sequence
          : firstSequence;
      case "by_start_time":
        return sequenceAtTime(this.#stream, config.optStartTimeNanos ?? 0n, view);
      case "new":
        return lastSequence + 1;
      default:
        return firstSequence;
    }
  }

  #listLasts(): void {
    const { store } = this.#stream;
    const found: number[] = [];
    store.eachSubject(this.#listener.filter, (_subject, { last }) => {
      if (last >= this.#next && last <= this.#resume) {
        found.push(last);
      }
      return true;
    });
    this.#lasts = Float64Array.from(found).sort();
    this.#lastsAt = 0;
    this.#lastsLeft = found.length;
  }

  #readListed(view: MessageView): boolean {
    const lasts = this.#lasts;
    while (lasts !== null && this.#lastsAt < lasts.length) {
      const sequence = lasts[this.#lastsAt] ?? 0;
      if (sequence > 0 && this.#stream.store.read(sequence, view)) {
        return true;
      }
      this.#lastsAt++;
      if (sequence > 0) {
        this.#lastsLeft--;
        this.#basis--;
      }
    }
    this.#lasts = null;
    this.#next = Math.max(this.#next, this.#resume + 1);
    this.#resume = 0;
    return false;
  }
}

/** They ascend but for their signs. -1 is not there. */
function placeOf(sequences: Float64Array, from: number, wanted: number): number {
  let low = from;
  let high = sequences.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (Math.abs(sequences[middle] ?? 0) < wanted) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return sequences[low] === wanted ? low : -1;
}

/** The first message that is not older. */
function sequenceAtTime(stream: StreamAccess, nanos: bigint, view: MessageView): number {
  const { store } = stream;
  let sequence = store.sequenceAt(Number(nanos / nanosPerMicro));
  while (store.read(sequence, view) && view.timeNanos < nanos) {
    sequence++;
  }
  return sequence;
}
