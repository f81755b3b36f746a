// A rig for the engine: accounts over the plain fabric, stores in memory that outlive a restart and can be held back,
// time by hand.

import { InternalClient } from "../../../src/broker/internal-client.ts";
import type { KeptMessage } from "../../../src/broker/message.ts";
import { Router } from "../../../src/broker/router.ts";
import type { AccountAssets } from "../../../src/jetstream/account-assets.ts";
import type { AccountStream } from "../../../src/jetstream/account-stream.ts";
import type {
  AccountUsageLimits,
  ApiConsumer,
  ConsumerAction,
} from "../../../src/jetstream/api/api-context.ts";
import type { ApiError } from "../../../src/jetstream/api-error.ts";
import { BrokerOutlet } from "../../../src/jetstream/broker-outlet.ts";
import type { ConsumerConfig } from "../../../src/jetstream/consumer/consumer-config.ts";
import { Engine } from "../../../src/jetstream/engine.ts";
import type { EngineSettings } from "../../../src/jetstream/engine-settings.ts";
import { MemoryStores } from "../../../src/jetstream/store/memory-stores.ts";
import type { OnDone, StreamPlace } from "../../../src/jetstream/store/stores.ts";
import type { StreamConfig } from "../../../src/jetstream/stream/stream-config.ts";
import { defaultStreamSettings } from "../../../src/jetstream/stream/stream-parts.ts";
import { noAccountLimits } from "../../../src/jetstream/tenancy.ts";
import type { Tenant } from "../../../src/jetstream/tenant.ts";
import { PlainFabric } from "../../reference/plain-fabric.ts";
import { CountingRandom, KeptLog, ManualTime } from "../broker/broker-rig.ts";
import { askedConfig } from "./consumer/consumer-rig.ts";
import { plainConfig } from "./stream/stream-rig.ts";

const gigabyte = 2 ** 30;

export const plainSettings: EngineSettings = {
  maxMemory: gigabyte,
  maxStore: gigabyte,
  domain: "",
  isStrict: true,
  requestQueueLimit: 100,
  infoQueueLimit: 100,
  namesDomainInAcks: false,
  maxAckPending: 0,
  maxRequestBatch: 0,
  duplicateWindowNanos: 0n,
  stream: defaultStreamSettings,
};

/** Stores that keep back when something is durable, or refuse to describe. */
class HeldStores extends MemoryStores {
  isHolding = false;
  refusal: string | null = null;
  readonly #held: (() => void)[] = [];

  override describeStream(place: StreamPlace, description: Uint8Array, onDone: OnDone): void {
    if (this.refusal === null) {
      super.describeStream(place, description, (failure) => this.#later(() => onDone(failure)));
    } else {
      onDone(this.refusal);
    }
  }

  override removeStream(place: StreamPlace, onDone: OnDone): void {
    super.removeStream(place, (failure) => this.#later(() => onDone(failure)));
  }

  release(): void {
    this.isHolding = false;
    for (const done of this.#held.splice(0)) {
      done();
    }
  }

  #later(done: () => void): void {
    if (this.isHolding) {
      this.#held.push(done);
    } else {
      done();
    }
  }
}

export interface Outcome<T> {
  isDone: boolean;
  failure: ApiError | null;
  value: T | null;
}

export class EngineRig {
  readonly time: ManualTime = new ManualTime();
  readonly log: KeptLog = new KeptLog();
  readonly stores: HeldStores;
  readonly settings: EngineSettings;
  outOfStorage = 0;
  engine: Engine;
  isReady = false;
  readonly #fabric: PlainFabric = new PlainFabric(1);
  readonly #router: Router = new Router(this.#fabric);
  readonly #clients: Map<string, InternalClient> = new Map();
  readonly #hooks: Set<() => void> = new Set();
  #isWanted = false;
  limits: Readonly<Record<string, AccountUsageLimits | null>>;

  constructor(
    limits: Readonly<Record<string, Partial<AccountUsageLimits> | null>> = { A: {} },
    settings: Partial<EngineSettings> = {},
  ) {
    this.limits = Object.fromEntries(
      Object.entries(limits).map(([name, some]) => [name, some && { ...noAccountLimits, ...some }]),
    );
    this.settings = { ...plainSettings, ...settings };
    this.stores = new HeldStores({ wake: () => this.#want() });
    this.engine = this.#make();
  }

  start(): this {
    this.engine.start(() => {
      this.isReady = true;
    });
    return this;
  }

  /** Another engine over what is stored. */
  async restart(): Promise<void> {
    const stopped = this.engine.stop();
    this.turn();
    await stopped;
    this.isReady = false;
    this.engine = this.#make();
    this.start();
    this.turn();
  }

  turn(): void {
    this.time.turn();
  }

  account(name = "A"): AccountAssets {
    const found = this.engine.account(name);
    if (found === null) {
      throw new Error(`there is no account ${name}`);
    }
    return found;
  }

  client(name = "A"): InternalClient {
    let client = this.#clients.get(name);
    if (client === undefined) {
      client = new InternalClient(this.#road(), this.#fabric.openAccount());
      this.#clients.set(name, client);
    }
    return client;
  }

  /** What the account hears on a subject, from now on. */
  heard(subject: string, account = "A"): KeptMessage[] {
    const messages: KeptMessage[] = [];
    this.client(account).subscribe(subject, { deliver: (one) => messages.push(one.keep()) });
    return messages;
  }

  /** Asked for; settled after a turn unless something is held back. */
  create(config: Partial<StreamConfig>, account = "A"): Outcome<AccountStream> {
    const outcome = pending<AccountStream>();
    const whole = { ...plainConfig, ...config };
    this.account(account).createStream(whole, false, (failure, stream) => {
      const hosted = stream && this.account(account).stream(stream.access.name);
      settle(outcome, failure, hosted);
    });
    this.turn();
    return outcome;
  }

  update(name: string, config: Partial<StreamConfig>): Outcome<AccountStream> {
    const outcome = pending<AccountStream>();
    const stream = this.stream(name);
    const whole = { ...stream.access.config, ...config };
    this.account().updateStream(stream, whole, false, (failure) =>
      settle(outcome, failure, this.account().stream(name)),
    );
    this.turn();
    return outcome;
  }

  remove(name: string): Outcome<null> {
    const outcome = pending<null>();
    this.account().deleteStream(this.stream(name), (failure) => settle(outcome, failure, null));
    return outcome;
  }

  addConsumer(
    stream: string,
    config: Partial<ConsumerConfig>,
    action: ConsumerAction = "",
  ): Outcome<ApiConsumer> {
    const outcome = pending<ApiConsumer>();
    const whole = { ...askedConfig, ...config };
    const hosted = this.stream(stream);
    this.account().createConsumer(hosted, whole, action, false, (failure, consumer) =>
      settle(outcome, failure, consumer),
    );
    this.turn();
    return outcome;
  }

  stream(name: string): AccountStream {
    const found = this.account().stream(name);
    if (found === null) {
      throw new Error(`there is no stream ${name}`);
    }
    return found;
  }

  #want(): void {
    if (!this.#isWanted) {
      this.#isWanted = true;
      this.time.endOfTurn(() => {
        this.#isWanted = false;
        this.#router.route();
        for (const hook of this.#hooks) {
          hook();
        }
        this.#router.route();
      });
    }
  }

  #road(): ConstructorParameters<typeof InternalClient>[0] {
    return {
      fabric: this.#fabric,
      router: this.#router,
      timers: this.time,
      random: new CountingRandom(),
      wantFlush: () => this.#want(),
      whenRoom: () => undefined,
    };
  }

  #make(): Engine {
    return new Engine({
      settings: this.settings,
      openStores: () => this.stores,
      clock: this.time,
      timers: this.time,
      random: new CountingRandom(),
      log: this.log,
      serverName: "eyes",
      serverId: "NID",
      version: "2.14.0",
      tenants: this.tenants(),
      systemOutlet: new BrokerOutlet("$SYS", this.client("$SYS")),
      turnEnd: {
        want: () => this.#want(),
        beforeFlush: (action) => {
          this.#hooks.add(action);
          return { [Symbol.dispose]: () => this.#hooks.delete(action) };
        },
        interestChanges: () => 0,
      },
      hashOf: (name) => `${name}HASHHASH`.slice(0, 8),
      sha256: (bytes) => new Uint8Array(new Bun.CryptoHasher("sha256").update(bytes).digest()),
      requester: () => null,
      onOutOfStorage: () => {
        this.outOfStorage += 1;
      },
    });
  }

  tenants(): readonly Tenant[] {
    return Object.entries(this.limits).map(([name, limits]) => ({
      name,
      isSystem: false,
      outlet: new BrokerOutlet(name, this.client(name)),
      limits,
      isServedElsewhere: false,
    }));
  }
}

function pending<T>(): Outcome<T> {
  return { isDone: false, failure: null, value: null };
}

function settle<T>(outcome: Outcome<T>, failure: ApiError | null, value: T | null): void {
  outcome.isDone = true;
  outcome.failure = failure;
  outcome.value = value;
}
