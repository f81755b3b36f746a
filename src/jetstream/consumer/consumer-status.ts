// How a consumer stands, as pages and the API show it.

export interface ConsumerPosition {
  readonly consumerSequence: number;
  readonly streamSequence: number;
  /** Null is never. */
  readonly lastActiveNanos: bigint | null;
}

export interface PriorityGroupStatus {
  readonly group: string;
  /** "" is nobody. */
  readonly pinnedClientId: string;
  readonly pinnedNanos: bigint | null;
}

export interface ConsumerStatus {
  readonly delivered: ConsumerPosition;
  readonly ackFloor: ConsumerPosition;
  readonly ackPending: number;
  readonly redelivered: number;
  readonly waiting: number;
  readonly pending: number;
  readonly isPushBound: boolean;
  /** 0 is not paused. */
  readonly pauseRemainingNanos: bigint;
  readonly priorityGroups: readonly PriorityGroupStatus[];
}
