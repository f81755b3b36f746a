// What a consumer is asked to be. Durations are nanoseconds as they came (63 bits), counts are numbers.

export type DeliverPolicy =
  | "all"
  | "last"
  | "new"
  | "by_start_sequence"
  | "by_start_time"
  | "last_per_subject";
export type AckPolicy = "none" | "all" | "explicit" | "flow_control";
export type PriorityPolicy = "none" | "overflow" | "pinned_client" | "prioritized";

/** As kept: defaults are filled in. The names on the wire are in consumer-config-json.ts. */
export interface ConsumerConfig {
  /** "" is ephemeral. */
  readonly durable: string;
  readonly name: string;
  readonly description: string;
  readonly deliverPolicy: DeliverPolicy;
  /** 0 is not given. */
  readonly optStartSequence: bigint;
  readonly optStartTimeNanos: bigint | null;
  readonly ackPolicy: AckPolicy;
  readonly ackWaitNanos: bigint;
  readonly maxDeliver: number;
  readonly backoffNanos: readonly bigint[];
  readonly filterSubject: string;
  readonly filterSubjects: readonly string[];
  readonly replay: "instant" | "original";
  readonly rateLimitBitsPerSecond: bigint;
  readonly sampleFrequency: string;
  readonly maxWaiting: number;
  readonly maxAckPending: number;
  readonly flowControl: boolean;
  readonly headersOnly: boolean;
  readonly maxRequestBatch: number;
  readonly maxRequestExpiresNanos: bigint;
  readonly maxRequestMaxBytes: number;
  readonly deliverSubject: string;
  readonly deliverGroup: string;
  readonly idleHeartbeatNanos: bigint;
  readonly inactiveThresholdNanos: bigint;
  readonly replicas: number;
  readonly memoryStorage: boolean;
  readonly direct: boolean;
  readonly sourcing: boolean;
  /** Null is not given. */
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly pauseUntilNanos: bigint | null;
  readonly priorityGroups: readonly string[];
  readonly priorityPolicy: PriorityPolicy;
  readonly priorityTimeoutNanos: bigint;
}
