// What a consumer is built from, and the small wishes it has to those around it.

import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { Random } from "../../ports/random.ts";
import type { Timers } from "../../ports/timers.ts";
import type { StateJournal } from "../store/state-journal.ts";
import type { StreamAccess } from "../stream/stream-access.ts";
import type { ConsumerConfig } from "./consumer-config.ts";
import type { InterestWatch } from "./interest-watch.ts";
import type { TurnQueue } from "./turn-queue.ts";

/** Settings of the server, as they count when the consumer is made. */
export interface ConsumerSettings {
  /** "" is none. */
  readonly domain: string;
  /** Eight letters and digits made of the account's name: a token of the longer form of acknowledgement subjects. */
  readonly accountHash: string;
  /** `js_ack_fc_v2`: acknowledgement and flow control subjects name domain and account. */
  readonly namesDomainInAcks: boolean;
  readonly maxPayload: number;
  /** What a request may ask for at most by `Nats-Required-Api-Level`. */
  readonly apiLevel: number;
}

export interface ConsumerEvents {
  /** An advisory or a metric; `event` begins with its type, the receiver adds id and time. Sent when somebody listens. */
  advise(subject: string, type: string, event: Readonly<Record<string, unknown>>): void;
  /** Nobody used it for as long as `inactive_threshold` says: the owner deletes it. */
  onInactive(): void;
  /** Its journal failed, once: nothing gets durable any more. */
  onFailed(reason: string): void;
}

export interface ConsumerParts {
  readonly stream: StreamAccess;
  /** Checked, defaults filled in (consumer-defaults.ts). */
  readonly config: ConsumerConfig;
  readonly name: string;
  readonly createdNanos: bigint;
  /** Null keeps no state: a direct consumer. */
  readonly journal: StateJournal | null;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  /** Shared by all consumers of a server; run before `stores.commitTurn()`. */
  readonly turns: TurnQueue;
  /** Shared by all consumers of a server. */
  readonly interests: InterestWatch;
  readonly settings: ConsumerSettings;
  readonly events: ConsumerEvents;
}
