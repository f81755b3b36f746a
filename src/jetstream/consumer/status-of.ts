// A consumer's numbers as others are shown them.

import type { ConsumerCore } from "./consumer-core.ts";
import type { ConsumerStatus, PriorityGroupStatus } from "./consumer-status.ts";

const nanosPerMilli = 1_000_000;

export function statusOf(core: ConsumerCore): ConsumerStatus {
  const { ledger, config, pull, push, now } = core;
  pull?.dropDead(now);
  return {
    delivered: {
      consumerSequence: ledger.deliveredConsumer,
      streamSequence: ledger.deliveredStream,
      lastActiveNanos: wallNanosOf(core, core.lastDelivered),
    },
    ackFloor: {
      consumerSequence: ledger.floorConsumer,
      streamSequence: ledger.floorStream,
      lastActiveNanos: wallNanosOf(core, core.lastAcknowledged),
    },
    ackPending: ledger.pending.size,
    redelivered: config.maxDeliver === 1 ? 0 : ledger.redelivered,
    waiting: pull?.waiting ?? 0,
    pending: core.cursor.pending,
    isPushBound: push?.isActive ?? false,
    pauseRemainingNanos: pauseLeft(core),
    priorityGroups: priorityGroups(core),
  };
}

/** Null is never. */
function wallNanosOf(core: ConsumerCore, time: number): bigint | null {
  const ago = Math.round((core.now - time) * nanosPerMilli);
  return time === 0 ? null : core.parts.clock.wallNanos() - BigInt(Math.max(0, ago));
}

function pauseLeft(core: ConsumerCore): bigint {
  const { pauseUntilNanos } = core.config;
  const left = pauseUntilNanos === null ? 0n : pauseUntilNanos - core.parts.clock.wallNanos();
  return left > 0n ? left : 0n;
}

function priorityGroups(core: ConsumerCore): readonly PriorityGroupStatus[] {
  const [group] = core.config.priorityGroups;
  const { pin } = core;
  return group === undefined
    ? []
    : [{ group, pinnedClientId: pin?.id ?? "", pinnedNanos: pin?.pinnedNanos ?? null }];
}
