// Assets that take no part, because they are damaged or want more than this server can: they keep their names, are
// told of, and can be deleted. Nothing of theirs on disk is touched.

import type { ApiConsumer } from "./api/api-context.ts";
import type { ConsumerBackup } from "./consumer/consumer-backup.ts";
import type { ConsumerConfig } from "./consumer/consumer-config.ts";
import type { ConsumerStatus } from "./consumer/consumer-status.ts";
import type { Outlet } from "./outlet.ts";
import type { MessageStore } from "./store/message-store.ts";
import type { OnStreamDone, PurgeRequest, StreamAccess } from "./stream/stream-access.ts";
import type { StreamConfig } from "./stream/stream-config.ts";
import type { StreamListener } from "./stream/stream-listener.ts";

const nowhere = { consumerSequence: 0, streamSequence: 0, lastActiveNanos: null };
const untouched: Disposable = { [Symbol.dispose]: (): void => undefined };

export class OfflineStream implements StreamAccess {
  readonly account: string;
  readonly name: string;
  readonly config: StreamConfig;
  readonly createdNanos: bigint;
  /** Empty. */
  readonly store: MessageStore;
  readonly outlet: Outlet;
  readonly visibleSequence = 0;

  constructor(
    outlet: Outlet,
    config: StreamConfig,
    createdNanos: bigint,
    emptyStore: MessageStore,
  ) {
    this.account = outlet.account;
    this.name = config.name;
    this.config = config;
    this.createdNanos = createdNanos;
    this.store = emptyStore;
    this.outlet = outlet;
  }

  storedFor(_listener: StreamListener): number {
    return 0;
  }

  earliestFor(_listener: StreamListener, from: number): number {
    return from;
  }

  listen(_listener: StreamListener): Disposable {
    return untouched;
  }

  setAwake(_listener: StreamListener, _isAwake: boolean): void {}

  acknowledged(_listener: StreamListener, _sequence: number): void {}

  retire(_listener: StreamListener): void {}

  removeMessage(_sequence: number, _erases: boolean, _onDone: OnStreamDone): boolean {
    return false;
  }

  purge(_request: PurgeRequest, onDone: OnStreamDone): number {
    onDone(null);
    return 0;
  }
}

export class OfflineConsumer implements ApiConsumer {
  readonly name: string;
  readonly config: ConsumerConfig;
  readonly createdNanos: bigint;
  readonly offlineReason: string;

  constructor(name: string, config: ConsumerConfig, createdNanos: bigint, offlineReason: string) {
    this.name = name;
    this.config = config;
    this.createdNanos = createdNanos;
    this.offlineReason = offlineReason;
  }

  status(): ConsumerStatus {
    return {
      delivered: nowhere,
      ackFloor: nowhere,
      ackPending: 0,
      redelivered: 0,
      waiting: 0,
      pending: 0,
      isPushBound: false,
      pauseRemainingNanos: 0n,
      priorityGroups: [],
    };
  }

  /** Not asked for: backups leave out what takes no part. */
  backup(_lastSequence: number): ConsumerBackup {
    return {
      deliveredConsumer: 0,
      deliveredStream: 0,
      floorConsumer: 0,
      floorStream: 0,
      pending: [],
      redelivered: new Map(),
    };
  }

  unpin(_group: string): boolean {
    return false;
  }

  reset(_sequence: bigint, onDone: (failure: string | null, startsFrom: number) => void): void {
    onDone(this.offlineReason, 0);
  }
}
