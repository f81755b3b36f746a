// A consumer's state as backups hold it, and from there as its journal does. It knows no archive.

import { ConsumerLedger } from "./consumer-ledger.ts";
import { type StateClock, snapshotOf } from "./consumer-state.ts";

export interface BackedUpPending {
  /** Of the stream. */
  readonly sequence: number;
  readonly consumerSequence: number;
  /** Of the delivery, wall time. */
  readonly timeMillis: number;
}

export interface ConsumerBackup {
  readonly deliveredConsumer: number;
  readonly deliveredStream: number;
  readonly floorConsumer: number;
  readonly floorStream: number;
  readonly pending: readonly BackedUpPending[];
  /** Sequences that were delivered again, and how often again. */
  readonly redelivered: ReadonlyMap<number, number>;
}

/** What is above `lastSequence` was delivered after the backup was begun, and is left out. */
export function backupOf(
  ledger: ConsumerLedger,
  clock: StateClock,
  lastSequence: number,
): ConsumerBackup {
  const { pending, exceeded } = ledger;
  const waiting: BackedUpPending[] = [];
  const redelivered = new Map<number, number>();
  for (let index = pending.first(); index !== -1; index = pending.after(index)) {
    const sequence = pending.sequence(index);
    if (sequence > lastSequence) {
      break;
    }
    waiting.push({
      sequence,
      consumerSequence: pending.consumerSequence(index),
      timeMillis: Math.max(0, Math.round(clock.wallMillis - clock.now + pending.time(index))),
    });
    if (pending.deliveries(index) > 1) {
      redelivered.set(sequence, pending.deliveries(index) - 1);
    }
  }
  for (const [sequence, deliveries] of exceeded) {
    if (sequence <= lastSequence) {
      redelivered.set(sequence, Math.max(1, deliveries - 1));
    }
  }
  return {
    deliveredConsumer: ledger.deliveredConsumer,
    deliveredStream: Math.min(ledger.deliveredStream, lastSequence),
    floorConsumer: ledger.floorConsumer,
    floorStream: Math.min(ledger.floorStream, lastSequence),
    pending: waiting,
    redelivered,
  };
}

/** As a journal's snapshot, from which a consumer recovers. */
export function snapshotOfBackup(backup: ConsumerBackup, wallMillis: number): Uint8Array {
  const ledger = new ConsumerLedger();
  ledger.deliveredConsumer = backup.deliveredConsumer;
  ledger.deliveredStream = backup.deliveredStream;
  ledger.floorConsumer = backup.floorConsumer;
  ledger.floorStream = backup.floorStream;
  const waiting = [...backup.pending].sort((one, other) => one.sequence - other.sequence);
  const known = new Set<number>();
  for (const { sequence, consumerSequence, timeMillis } of waiting) {
    if (!known.has(sequence)) {
      known.add(sequence);
      const deliveries = 1 + (backup.redelivered.get(sequence) ?? 0);
      ledger.pending.add(sequence, consumerSequence, timeMillis, deliveries);
    }
  }
  for (const [sequence, again] of backup.redelivered) {
    if (!known.has(sequence)) {
      ledger.exceeded.set(sequence, again + 1);
    }
  }
  return snapshotOf(ledger, { now: wallMillis, wallMillis }, 0);
}
