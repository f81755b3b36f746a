// What the streams of all accounts share: stores, time, the ends of turns, the server's limits.

import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { Random } from "../ports/random.ts";
import type { Timers } from "../ports/timers.ts";
import type { InterestWatch } from "./consumer/interest-watch.ts";
import type { TurnQueue } from "./consumer/turn-queue.ts";
import type { EngineSettings } from "./engine-settings.ts";
import type { Stores } from "./store/stores.ts";
import type { FeatureMaker } from "./stream/feature-maker.ts";
import type { ServerResources } from "./tenancy.ts";

export interface AccountSurroundings {
  readonly stores: Stores;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  readonly turns: TurnQueue;
  readonly interests: InterestWatch;
  readonly features: FeatureMaker;
  readonly resources: ServerResources;
  /** As they count now: a reload may change some. */
  readonly settings: EngineSettings;
  /** 22 letters and digits, never the same. */
  newId(): string;
  /** Eight letters and digits that stand for a name. */
  hashOf(name: string): string;
  sha256(bytes: Uint8Array): Uint8Array;
  /** An asset cannot write, sync or read its files any more. */
  onFailed(account: string, stream: string, reason: string): void;
}
