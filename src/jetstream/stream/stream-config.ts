// What a stream is asked to be. Durations are nanoseconds as they came (63 bits), counts are numbers.

import type { StreamSourceConfig, SubjectTransformConfig } from "./source-config.ts";

export type Storage = "file" | "memory";
export type Retention = "limits" | "interest" | "workqueue";
export type Discard = "old" | "new";

export interface Placement {
  readonly cluster: string;
  readonly tags: readonly string[];
  readonly preferred: string;
}

export interface RepublishConfig {
  readonly src: string;
  readonly dest: string;
  readonly headersOnly: boolean;
}

/** As kept: defaults are filled in, -1 is no limit. The names on the wire are in stream-config-json.ts. */
export interface StreamConfig {
  readonly name: string;
  readonly description: string;
  readonly subjects: readonly string[];
  readonly retention: Retention;
  readonly maxConsumers: number;
  readonly maxMessages: number;
  readonly maxBytes: number;
  readonly maxAgeNanos: bigint;
  readonly maxMessagesPerSubject: number;
  readonly maxMessageSize: number;
  readonly discard: Discard;
  readonly discardNewPerSubject: boolean;
  readonly storage: Storage;
  readonly replicas: number;
  readonly noAck: boolean;
  readonly duplicateWindowNanos: bigint;
  readonly placement: Placement | null;
  readonly mirror: StreamSourceConfig | null;
  readonly sources: readonly StreamSourceConfig[];
  readonly compression: "none" | "s2";
  /** 0 is not given. */
  readonly firstSequence: number;
  readonly subjectTransform: SubjectTransformConfig | null;
  readonly republish: RepublishConfig | null;
  readonly allowDirect: boolean;
  readonly mirrorDirect: boolean;
  readonly sealed: boolean;
  readonly denyDelete: boolean;
  readonly denyPurge: boolean;
  readonly allowRollup: boolean;
  /** 0 is not given. */
  readonly consumerLimits: {
    readonly inactiveThresholdNanos: bigint;
    readonly maxAckPending: number;
  };
  readonly allowMessageTtl: boolean;
  readonly subjectDeleteMarkerTtlNanos: bigint;
  readonly allowCounter: boolean;
  readonly allowAtomic: boolean;
  readonly allowBatched: boolean;
  readonly allowSchedules: boolean;
  readonly persistMode: "default" | "async";
  /** Null is not given. */
  readonly metadata: Readonly<Record<string, string>> | null;
}
