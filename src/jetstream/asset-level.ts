// Which API level an asset needs, as its metadata says it: written down when it is made, shown with the server's own
// version in answers, read again after a restart.

import type { ConsumerConfig } from "./consumer/consumer-config.ts";
import { zeroTimeNanos } from "./consumer/consumer-config-json.ts";
import type { StreamConfig } from "./stream/stream-config.ts";

export type Metadata = Readonly<Record<string, string>>;

const requiredLevel = "_nats.req.level";
const serverVersion = "_nats.ver";
const serverLevel = "_nats.level";

const levelOf = { v2_11: 1, v2_12: 2, v2_14: 4 } as const;

export function levelOfStream(config: StreamConfig): number {
  if (config.allowBatched) {
    return levelOf.v2_14;
  }
  const isOf12 = config.allowCounter || config.allowAtomic || config.allowSchedules;
  if (isOf12 || config.persistMode === "async") {
    return levelOf.v2_12;
  }
  return config.allowMessageTtl || config.subjectDeleteMarkerTtlNanos > 0n ? levelOf.v2_11 : 0;
}

export function levelOfConsumer(config: ConsumerConfig): number {
  if (config.ackPolicy === "flow_control") {
    return levelOf.v2_14;
  }
  const hasPriority =
    config.priorityPolicy !== "none" ||
    config.priorityTimeoutNanos !== 0n ||
    config.priorityGroups.length > 0;
  const { pauseUntilNanos: until } = config;
  const pauses = until !== null && until !== zeroTimeNanos;
  return pauses || hasPriority ? levelOf.v2_11 : 0;
}

/** What is kept: the level, and nothing that answers only show. */
export function keptMetadata(metadata: Metadata | null, level: number): Metadata {
  const { [serverVersion]: _version, [serverLevel]: _level, ...kept } = metadata ?? {};
  return { ...kept, [requiredLevel]: String(level) };
}

/** What answers show. */
export function shownMetadata(metadata: Metadata | null, version: string, level: number): Metadata {
  return { ...metadata, [serverVersion]: version, [serverLevel]: String(level) };
}

/** Of an asset that was found; 0 when it says nothing. */
export function requiredLevelOf(metadata: Metadata | null): number {
  const level = Number(metadata?.[requiredLevel] ?? 0);
  return Number.isInteger(level) ? level : Number.POSITIVE_INFINITY;
}
