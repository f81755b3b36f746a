// What the rounds of killing work on: the streams, buckets and consumers that live through all of them, and the ledgers of
// what their clients were told. A round is one life of the server as its clients see it.

import {
  AckPolicy,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StoreCompression,
} from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { connect, type NatsConnection, nanos } from "@nats-io/transport-node";
import type { Dice } from "../fuzz/road-dice.ts";
import { ConsumerLedger, StreamLedger } from "./kill-ledger.ts";

export const ackWaitMillis = 2500;

/** One key of the bucket: written by one writer, one write after the other. */
export interface KeyLedger {
  readonly key: string;
  /** Values in their order; null is a deletion. All but a last uncertain one were acknowledged. */
  readonly values: (string | null)[];
  revision: number;
  uncertain: string | null | undefined;
}

/** A message id and the bodies that were sent under it. */
export interface MessageId {
  readonly id: string;
  readonly identities: string[];
  sequence: number;
}

/** Something that is there or not, or has a number, and that one client changes. */
export interface Standing {
  answered: number;
  asked: number;
}

export interface Batch {
  readonly identities: readonly string[];
}

export class World {
  readonly faults: string[] = [];
  readonly dice: Dice;
  readonly isSealed: boolean;
  readonly events: StreamLedger;
  readonly work: StreamLedger;
  readonly purged: StreamLedger;
  readonly pull: ConsumerLedger;
  readonly push: ConsumerLedger;
  readonly workers: ConsumerLedger;
  readonly purgedPull: ConsumerLedger;
  readonly keys: readonly KeyLedger[];
  messageIds: MessageId[] = [];
  #messageIdCount = 0;
  batches: Batch[] = [];
  /** The number in the description of a stream, and of a consumer. */
  readonly streamEdits: Standing = { answered: 0, asked: 0 };
  readonly consumerEdits: Standing = { answered: 0, asked: 0 };
  /** Streams and consumers that come and go: 1 when there. */
  readonly comingStreams: Map<string, Standing> = new Map();
  readonly comingConsumers: Map<string, Standing> = new Map();
  readonly counts: Record<string, number> = {};

  constructor(dice: Dice, isSealed: boolean) {
    this.dice = dice;
    this.isSealed = isSealed;
    this.events = new StreamLedger("EV", this.faults);
    this.work = new StreamLedger("WQ", this.faults);
    this.purged = new StreamLedger("PU", this.faults);
    this.pull = new ConsumerLedger("pull", this.events);
    this.push = new ConsumerLedger("push", this.events);
    this.workers = new ConsumerLedger("workers", this.work);
    this.purgedPull = new ConsumerLedger("pull", this.purged);
    this.keys = Array.from({ length: 8 }, (_, at) => ({
      key: `key.${at}`,
      values: [],
      revision: 0,
      uncertain: undefined,
    }));
  }

  get consumers(): readonly ConsumerLedger[] {
    return [this.pull, this.push, this.workers, this.purgedPull];
  }

  newMessageId(): MessageId {
    this.#messageIdCount += 1;
    const made = { id: `id-${this.#messageIdCount}`, identities: [], sequence: 0 };
    this.messageIds.push(made);
    return made;
  }

  count(what: string, by = 1): void {
    this.counts[what] = (this.counts[what] ?? 0) + by;
  }
}

export class Round {
  readonly world: World;
  readonly connection: NatsConnection;
  readonly client: JetStreamClient;
  readonly manager: JetStreamManager;
  #isOver = false;

  constructor(world: World, connection: NatsConnection, manager: JetStreamManager) {
    this.world = world;
    this.connection = connection;
    this.client = jetstream(connection, { timeout: 4000 });
    this.manager = manager;
  }

  static async open(world: World, port: number): Promise<Round> {
    const connection = await connect({ servers: `127.0.0.1:${port}`, reconnect: false });
    const manager = await jetstreamManager(connection, { timeout: 4000, checkAPI: false });
    return new Round(world, connection, manager);
  }

  /** From here on the server may die at any moment: nothing that fails counts. */
  end(): void {
    this.#isOver = true;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The answer, or null when the server died meanwhile. A refusal by a living server is a fault. */
  async asked<T>(what: string, answer: Promise<T>): Promise<T | null> {
    try {
      return await answer;
    } catch (cause) {
      if (!this.#isOver) {
        this.world.faults.push(`${what}: ${String(cause)}`);
      }
      return null;
    }
  }

  get dice(): Dice {
    return this.world.dice;
  }
}

/** Makes what lives through all rounds. */
export async function furnish(round: Round): Promise<void> {
  const { manager } = round;
  const common = {
    allow_direct: true,
    duplicate_window: nanos(1_800_000),
    compression: round.world.isSealed ? StoreCompression.S2 : StoreCompression.None,
  };
  await manager.streams.add({ name: "EV", subjects: ["ev.>"], allow_atomic: true, ...common });
  await manager.streams.add({
    name: "WQ",
    subjects: ["wq.>"],
    retention: RetentionPolicy.Workqueue,
    ...common,
  });
  await manager.streams.add({ name: "PU", subjects: ["pu.>"], ...common });
  await manager.streams.add({ name: "UP", subjects: ["up.>"], description: "0" });
  const explicit = { ack_policy: AckPolicy.Explicit, ack_wait: nanos(ackWaitMillis) };
  const wide = { ...explicit, max_ack_pending: 5000 };
  await manager.consumers.add("EV", { durable_name: "pull", ...wide });
  await manager.consumers.add("EV", {
    durable_name: "push",
    deliver_subject: "push.ev",
    flow_control: true,
    idle_heartbeat: nanos(1000),
    ...wide,
  });
  await manager.consumers.add("WQ", { durable_name: "workers", ...wide });
  await manager.consumers.add("PU", { durable_name: "pull", ...wide });
  await manager.consumers.add("UP", { durable_name: "edited", description: "0", ...explicit });
  await new Kvm(round.client).create("kill", { history: 3 });
}
