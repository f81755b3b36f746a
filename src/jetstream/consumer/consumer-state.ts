// A consumer's ledger as bytes: a snapshot, and the changes since. Times are written as wall time and read as time that
// went by; a clock that was set back in between makes waits longer, never shorter than none.
//
//   snapshot   version, wall time, resume, delivered (2), floor (2),
//              how many wait, then each: sequence - last one, consumer sequence - last one, age, deliveries
//              how many exceeded, then each: sequence, deliveries
//   changes    operations, one behind the other; 0x80 + n is "delivered, n behind the last one"
//
// All numbers are varints. What the bytes of a damaged journal say is checked, not believed.

import type { ConsumerLedger, LedgerRecorder } from "./consumer-ledger.ts";
import { VarintReader } from "./varint-reader.ts";
import { VarintWriter } from "./varint-writer.ts";

const snapshotVersion = 1;

const operation = {
  delivered: 1,
  redelivered: 2,
  acknowledged: 3,
  acknowledgedAll: 4,
  exceeded: 5,
  forgotten: 6,
  waitsFrom: 7,
  time: 8,
  moved: 9,
} as const;

const shortDelivery = 0x80;
const longestShort = 0x7f;
/** Deliveries of so many milliseconds are written with one time. */
const timeGrainMillis = 50;
const keptChangeBytes = 4096;

export interface StateClock {
  /** Of the ledger's times. */
  readonly now: number;
  readonly wallMillis: number;
}

export interface WriterSurroundings extends StateClock {
  /** Up to this change the stream is durable. */
  readonly streamDurable: number;
}

interface RemovedMessage {
  readonly sequence: number;
  readonly ticket: number;
}

/** Writes the changes of a turn, one behind the other. */
export class ChangeWriter implements LedgerRecorder {
  readonly #ledger: ConsumerLedger;
  readonly #clock: WriterSurroundings;
  readonly #changes: VarintWriter = new VarintWriter();
  #time = Number.NEGATIVE_INFINITY;
  #lastAcknowledged = 0;
  #hasMoved = false;
  /** The next delivery is written with its sequence. */
  #hasJumped = false;
  /** In order of their tickets. */
  #removed: RemovedMessage[] = [];

  constructor(ledger: ConsumerLedger, clock: WriterSurroundings) {
    this.#ledger = ledger;
    this.#clock = clock;
  }

  get isEmpty(): boolean {
    return this.#changes.length === 0 && !this.#hasMoved;
  }

  get length(): number {
    return this.#changes.length;
  }

  /** What was changed since the last call; valid until the next change. */
  take(): Uint8Array {
    const changes = this.#changes;
    if (this.#hasMoved) {
      const { deliveredConsumer, deliveredStream, floorConsumer, floorStream } = this.#ledger;
      changes.byte(operation.moved);
      changes.number(deliveredConsumer);
      changes.number(deliveredStream);
      changes.number(floorConsumer);
      changes.number(floorStream);
    }
    const { bytes } = changes;
    this.drop();
    return bytes;
  }

  drop(): void {
    if (this.#changes.length > keptChangeBytes) {
      this.#changes.trim(keptChangeBytes);
    } else {
      this.#changes.clear();
    }
    this.#time = Number.NEGATIVE_INFINITY;
    this.#lastAcknowledged = 0;
    this.#hasMoved = false;
  }

  delivered(sequence: number, previous: number, time: number): void {
    this.settle();
    this.#writeTime(time);
    const step = this.#hasJumped ? 0 : sequence - previous;
    this.#hasJumped = false;
    if (step > 0 && step <= longestShort) {
      this.#changes.byte(shortDelivery | step);
    } else {
      this.#changes.byte(operation.delivered);
      this.#changes.number(sequence);
    }
  }

  redelivered(sequence: number, time: number): void {
    this.settle();
    this.#writeTime(time);
    this.#write(operation.redelivered, sequence);
  }

  acknowledged(sequence: number): void {
    this.settle();
    this.#changes.byte(operation.acknowledged);
    this.#changes.signed(sequence - this.#lastAcknowledged);
    this.#lastAcknowledged = sequence;
  }

  /**
   * Not a change before it is settled: what is written may be durable before the removal is, and would skip a message
   * that is still there after a crash. Until then who recovers asks the stream what is there.
   */
  removed(sequence: number, ticket: number): void {
    this.#removed.push({ sequence, ticket });
  }

  /** What is durable by now is a change like others, and comes before those that follow. */
  settle(): void {
    if (this.#removed.length === 0) {
      return;
    }
    const { streamDurable } = this.#clock;
    const isDue = ({ ticket }: RemovedMessage): boolean => ticket <= streamDurable;
    const due = this.#removed.filter(isDue);
    if (due.length > 0) {
      this.#removed = this.#removed.filter((removed) => !isDue(removed));
      for (const { sequence } of due) {
        this.acknowledged(sequence);
      }
    }
  }

  acknowledgedAll(sequence: number, consumerSequence: number): void {
    this.settle();
    this.#write(operation.acknowledgedAll, sequence);
    this.#changes.number(consumerSequence);
  }

  exceeded(sequence: number): void {
    this.settle();
    this.#write(operation.exceeded, sequence);
  }

  forgotten(sequence: number): void {
    this.settle();
    this.#write(operation.forgotten, sequence);
  }

  waitsFrom(sequence: number, time: number): void {
    this.settle();
    const { now } = this.#clock;
    this.#writeTime(now);
    this.#write(operation.waitsFrom, sequence);
    this.#changes.signed(Math.round(time - this.#time));
  }

  moved(): void {
    this.#hasMoved = true;
  }

  jumped(): void {
    this.#hasJumped = true;
  }

  #write(code: number, sequence: number): void {
    this.#changes.byte(code);
    this.#changes.number(sequence);
  }

  #writeTime(time: number): void {
    if (Math.abs(time - this.#time) > timeGrainMillis) {
      this.#time = time;
      const { now, wallMillis } = this.#clock;
      this.#changes.byte(operation.time);
      this.#changes.number(Math.max(0, Math.round(wallMillis - now + time)));
    }
  }
}

/** `resume`: up to here only the last message of each subject is delivered; 0 is not so. */
export function snapshotOf(ledger: ConsumerLedger, clock: StateClock, resume: number): Uint8Array {
  const writer = new VarintWriter();
  const { pending, exceeded } = ledger;
  writer.byte(snapshotVersion);
  writer.number(Math.max(0, Math.round(clock.wallMillis)));
  writer.number(resume);
  writer.number(ledger.deliveredConsumer);
  writer.number(ledger.deliveredStream);
  writer.number(ledger.floorConsumer);
  writer.number(ledger.floorStream);
  writer.number(pending.size);
  let sequence = 0;
  let consumerSequence = 0;
  for (let index = pending.first(); index !== -1; index = pending.after(index)) {
    writer.number(pending.sequence(index) - sequence);
    writer.signed(pending.consumerSequence(index) - consumerSequence);
    writer.signed(Math.round(clock.now - pending.time(index)));
    writer.number(pending.deliveries(index));
    sequence = pending.sequence(index);
    consumerSequence = pending.consumerSequence(index);
  }
  writer.number(exceeded.size);
  for (const [exceededSequence, deliveries] of exceeded) {
    writer.number(exceededSequence);
    writer.number(deliveries);
  }
  return writer.bytes;
}

/** Into a new ledger without a recorder. Gives `resume`; null when the bytes are no snapshot: the ledger is spoilt then. */
export function readSnapshot(
  ledger: ConsumerLedger,
  snapshot: Uint8Array,
  clock: StateClock,
): number | null {
  const reader = new VarintReader(snapshot);
  if (reader.byte() !== snapshotVersion) {
    return null;
  }
  const gone = Math.max(0, clock.wallMillis - reader.number());
  const resume = reader.number();
  ledger.deliveredConsumer = reader.number();
  ledger.deliveredStream = reader.number();
  ledger.floorConsumer = reader.number();
  ledger.floorStream = reader.number();
  const { pending } = ledger;
  let sequence = 0;
  let consumerSequence = 0;
  for (let left = reader.number(); left > 0 && !reader.isBroken; left--) {
    const step = reader.number();
    sequence += step;
    consumerSequence += reader.signed();
    const time = clock.now - gone - reader.signed();
    const deliveries = reader.number();
    if (reader.isBroken || step === 0) {
      return null;
    }
    pending.setOwnDue(pending.add(sequence, consumerSequence, time, deliveries), true);
  }
  for (let left = reader.number(); left > 0 && !reader.isBroken; left--) {
    ledger.exceeded.set(reader.number(), reader.number());
  }
  return reader.isBroken ? null : resume;
}

/** Makes changes again. False when some of the bytes made no sense: what stands before them was done. */
export function replay(ledger: ConsumerLedger, changes: Uint8Array, clock: StateClock): boolean {
  return new Replay(ledger, clock).run(changes);
}

class Replay {
  readonly #ledger: ConsumerLedger;
  readonly #clock: StateClock;
  #time: number;
  #lastAcknowledged = 0;

  constructor(ledger: ConsumerLedger, clock: StateClock) {
    this.#ledger = ledger;
    this.#clock = clock;
    this.#time = clock.now;
  }

  run(changes: Uint8Array): boolean {
    const reader = new VarintReader(changes);
    while (!reader.isAtEnd) {
      const code = reader.byte();
      const isDone =
        code >= shortDelivery
          ? this.#deliver(this.#ledger.deliveredStream + (code - shortDelivery))
          : this.#apply(code, reader);
      if (!isDone || reader.isBroken) {
        return false;
      }
    }
    return true;
  }

  #apply(code: number, reader: VarintReader): boolean {
    const ledger = this.#ledger;
    if (code === operation.acknowledged) {
      this.#lastAcknowledged += reader.signed();
      ledger.acknowledge(this.#lastAcknowledged);
      return true;
    }
    const value = reader.number();
    if (reader.isBroken) {
      return false;
    }
    switch (code) {
      case operation.time:
        this.#time = this.#clock.now - Math.max(0, this.#clock.wallMillis - value);
        return true;
      case operation.delivered:
        return this.#deliver(value);
      case operation.acknowledgedAll:
        ledger.acknowledgeAll(value, reader.number());
        return true;
      case operation.forgotten:
        ledger.forget(value);
        return true;
      case operation.moved:
        return this.#move(value, reader);
      default:
        return this.#applyToPending(code, ledger.pending.find(value), reader);
    }
  }

  #applyToPending(code: number, index: number, reader: VarintReader): boolean {
    const ledger = this.#ledger;
    const delay = code === operation.waitsFrom ? reader.signed() : 0;
    if (index === -1 || reader.isBroken) {
      return false;
    }
    switch (code) {
      case operation.redelivered:
        ledger.redeliver(index, this.#time);
        return true;
      case operation.exceeded:
        ledger.exceed(index);
        return true;
      case operation.waitsFrom:
        ledger.waitFrom(index, this.#time + delay);
        return true;
      default:
        return false;
    }
  }

  #deliver(sequence: number): boolean {
    const ledger = this.#ledger;
    if (sequence <= ledger.deliveredStream) {
      return false;
    }
    ledger.deliver(sequence, this.#time);
    ledger.pending.setOwnDue(ledger.pending.find(sequence), true);
    return true;
  }

  #move(deliveredConsumer: number, reader: VarintReader): boolean {
    const ledger = this.#ledger;
    const deliveredStream = reader.number();
    const floorConsumer = reader.number();
    const floorStream = reader.number();
    if (reader.isBroken) {
      return false;
    }
    ledger.deliveredConsumer = deliveredConsumer;
    ledger.deliveredStream = deliveredStream;
    ledger.floorConsumer = floorConsumer;
    ledger.floorStream = floorStream;
    return true;
  }
}
