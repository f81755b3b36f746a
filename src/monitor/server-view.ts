// What the pages show, as one interface. The pages are pure functions of it; where it comes from they do not know.

import type { Trade } from "../accounts/imports.ts";
import type {
  ClosedConnectionRecord,
  ConnectionRecord,
  SubscriptionRecord,
} from "../broker/connection-record.ts";
import type { MappingOptions, Options } from "../config/options.ts";
import type {
  ApiAccount,
  ApiConsumer,
  ApiContext,
  ApiStream,
} from "../jetstream/api/api-context.ts";
import type { AssetFailure } from "../jetstream/engine.ts";
import type { AccountTraffic } from "../system/server-facts.ts";
import type { SystemView } from "../system/system-view.ts";

export interface SoftwareFacts {
  readonly gitCommit: string;
  /** The runtime and its version. */
  readonly runtime: string;
  readonly protocol: number;
  readonly executableName: string;
}

/** Of the interest graph. */
export interface InterestFigures {
  readonly subscriptions: number;
  readonly cachedSubjects: number;
  readonly inserts: number;
  readonly removes: number;
  readonly matches: number;
  readonly cacheHits: number;
  readonly maxFanout: number;
  readonly averageFanout: number;
}

export interface AccountDetail {
  readonly traffic: AccountTraffic;
  readonly isSystem: boolean;
  readonly hasJetStream: boolean;
  readonly updatedNanos: bigint;
  readonly trade: Trade;
  readonly mappings: readonly MappingOptions[];
}

/** JetStream from inside: its accounts with what they have. */
export interface JetStreamView {
  readonly isRecovered: boolean;
  readonly context: ApiContext;
  readonly accounts: Iterable<ApiAccount>;
  readonly failures: readonly AssetFailure[];
  account(name: string): ApiAccount | null;
  /** Those of its consumers that clients do not see. */
  directConsumersOf(stream: ApiStream): Iterable<ApiConsumer>;
}

export interface ServerView extends SystemView {
  /** Null: it is off. */
  jetStream(): JetStreamView | null;
  options(): Options;
  readonly software: SoftwareFacts;
  nowNanos(): bigint;
  configLoadNanos(): bigint;
  isAuthRequired(): boolean;
  /** Where clients are listened for; 0 when they are not. */
  clientPort(): number;
  monitorPort(): number;
  /** Where websockets are listened for; 0 when they are not. */
  websocketPort(): number;
  connectUrls(): readonly string[];
  /** Why clients cannot be served now; null when they can. */
  notReady(): string | null;
  systemAccount(): string | null;
  accountNames(): readonly string[];
  account(name: string): AccountDetail | undefined;
  openConnections(): Iterable<ConnectionRecord>;
  /** Oldest first. */
  closedConnections(): readonly ClosedConnectionRecord[];
  /** What it is subscribed to, or was when it closed; in byte texts. */
  subscriptionsOf(
    connection: ConnectionRecord | ClosedConnectionRecord,
  ): readonly SubscriptionRecord[];
  interest(): InterestFigures;
}
