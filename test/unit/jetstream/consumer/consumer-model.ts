// A pull consumer in the plainest words: maps, lists and loops over all of them. What the real one must agree with.

export interface ModelMessage {
  readonly sequence: number;
  readonly subject: string;
}

export interface ModelRules {
  readonly ackPolicy: "explicit" | "all" | "none";
  readonly waitMillis: number;
  readonly backoffMillis: readonly number[];
  readonly maxDeliver: number;
  readonly maxAckPending: number;
  readonly maxWaiting: number;
  /** Null is all. */
  readonly filter: string | null;
}

interface Waiting {
  readonly sequence: number;
  readonly consumer: number;
  deliveries: number;
  time: number;
  /** Its turn in the queue of redeliveries; null is none. */
  queued: number | null;
}

interface Request {
  readonly noWait: boolean;
  /** Infinity is never. */
  readonly expiresAt: number;
  left: number;
  delivered: number;
}

const grace = 1;

export class ConsumerModel {
  readonly rules: ModelRules;
  readonly messages: ModelMessage[] = [];
  now: number;
  lastSequence = 0;
  /** What clients were told. */
  told: string[] = [];
  pending: Waiting[] = [];
  exceeded: number[] = [];
  requests: Request[] = [];
  deliveredConsumer = 0;
  deliveredStream = 0;
  floorConsumer = 0;
  floorStream = 0;
  #queueTurn = 0;

  constructor(rules: ModelRules, now: number) {
    this.rules = rules;
    this.now = now;
  }

  store(subject: string): void {
    this.lastSequence++;
    this.messages.push({ sequence: this.lastSequence, subject });
  }

  pull(batch: number, noWait: boolean, expiresMillis: number): void {
    const there = this.left().length + this.pending.filter(({ queued }) => queued !== null).length;
    if (noWait && there === 0 && expiresMillis === 0) {
      this.told.push("404 No Messages");
      return;
    }
    const wanted = this.requests.reduce((sum, { left }) => sum + left, 0);
    if (noWait && there > 0 && there < wanted) {
      this.told.push("408 Requests Pending");
      return;
    }
    if (this.requests.length >= this.rules.maxWaiting) {
      this.told.push("409 Exceeded MaxWaiting");
      return;
    }
    this.requests.push({
      noWait,
      expiresAt: expiresMillis === 0 ? Number.POSITIVE_INFINITY : this.now + expiresMillis,
      left: batch,
      delivered: 0,
    });
    this.serve();
  }

  ack(sequence: number, consumer: number): void {
    if (this.rules.ackPolicy === "none" || sequence > this.deliveredStream) {
      return;
    }
    if (this.rules.ackPolicy === "explicit") {
      this.exceeded = this.exceeded.filter((other) => other !== sequence);
      this.#letGo(sequence);
    } else if (consumer > this.floorConsumer && sequence > this.floorStream) {
      this.pending = this.pending.filter((waiting) => waiting.sequence > sequence);
      this.exceeded = this.exceeded.filter((other) => other > sequence);
      this.floorConsumer = consumer;
      this.floorStream = sequence;
    }
    this.serve();
  }

  nak(sequence: number, consumer: number, delayMillis: number | null): void {
    const waiting = this.#find(sequence);
    const isTold = consumer > this.floorConsumer && consumer <= this.deliveredConsumer + 1;
    if (waiting === undefined || !isTold) {
      return;
    }
    if (delayMillis === null) {
      this.#again(waiting);
    } else {
      waiting.queued = null;
      waiting.time = this.now + delayMillis - this.#waitOf(waiting);
    }
    this.serve();
  }

  progress(sequence: number): void {
    const waiting = this.#find(sequence);
    if (waiting !== undefined) {
      waiting.queued = null;
      waiting.time = this.now;
    }
  }

  remove(sequence: number): void {
    const at = this.messages.findIndex((other) => other.sequence === sequence);
    const [message] = at === -1 ? [] : this.messages.splice(at, 1);
    if (message !== undefined && this.#isWanted(message)) {
      this.exceeded = this.exceeded.filter((other) => other !== sequence);
      this.#letGo(sequence);
      this.serve();
    }
  }

  advance(millis: number): void {
    const until = this.now + millis;
    for (let next = this.#nextEvent(); next <= until; next = this.#nextEvent()) {
      this.now = Math.max(this.now, next);
      this.#happen();
    }
    this.now = until;
  }

  /** Requests are gone, and so is what clients asked to have again at once. */
  restart(): void {
    this.requests = [];
    for (const waiting of this.pending) {
      waiting.queued = null;
    }
    this.#happen();
  }

  left(): readonly ModelMessage[] {
    return this.messages.filter(
      (message) => message.sequence > this.deliveredStream && this.#isWanted(message),
    );
  }

  get status(): string {
    const redelivered =
      this.rules.maxDeliver === 1
        ? 0
        : this.exceeded.length + this.pending.filter(({ deliveries }) => deliveries > 1).length;
    return JSON.stringify({
      delivered: [this.deliveredConsumer, this.deliveredStream],
      floor: [this.floorConsumer, this.floorStream],
      ackPending: this.pending.length,
      redelivered,
      pending: this.left().length,
      waiting: this.requests.length,
    });
  }

  serve(): void {
    for (;;) {
      const [request] = this.requests;
      if (request === undefined) {
        return;
      }
      const [again] = this.pending
        .filter(({ queued }) => queued !== null)
        .sort((one, other) => (one.queued ?? 0) - (other.queued ?? 0));
      const [fresh] = this.left();
      if (again !== undefined) {
        again.deliveries++;
        again.time = this.now;
        again.queued = null;
        this.#tell(again.sequence, again.deliveries, this.left().length);
      } else if (this.#isFull) {
        return;
      } else if (fresh === undefined) {
        this.#ranDry();
        return;
      } else {
        this.#deliver(fresh);
      }
      this.#served(request);
    }
  }

  get #isFull(): boolean {
    const { maxAckPending } = this.rules;
    return maxAckPending > 0 && this.pending.length >= maxAckPending;
  }

  #deliver(message: ModelMessage): void {
    this.deliveredStream = message.sequence;
    this.#tell(message.sequence, 1, this.left().length);
    if (this.rules.ackPolicy === "none") {
      this.floorConsumer = this.deliveredConsumer;
      this.floorStream = message.sequence;
    } else {
      this.pending.push({
        sequence: message.sequence,
        consumer: this.deliveredConsumer,
        deliveries: 1,
        time: this.now,
        queued: null,
      });
    }
  }

  #tell(sequence: number, deliveries: number, pending: number): void {
    this.deliveredConsumer++;
    this.told.push(`${deliveries}.${sequence}.${this.deliveredConsumer}.${pending}`);
  }

  #served(request: Request): void {
    request.left--;
    request.delivered++;
    this.requests.shift();
    if (request.left > 0) {
      this.requests.push(request);
    }
  }

  #ranDry(): void {
    for (const request of [...this.requests]) {
      const isEnded = request.expiresAt === Number.POSITIVE_INFINITY || request.delivered > 0;
      if (request.noWait && isEnded) {
        this.told.push("404 No Messages");
        this.requests = this.requests.filter((other) => other !== request);
      }
    }
  }

  #letGo(sequence: number): void {
    const waiting = this.#find(sequence);
    if (waiting === undefined) {
      return;
    }
    this.pending = this.pending.filter((other) => other !== waiting);
    const [next] = this.pending.filter((other) => other.sequence > sequence);
    if (this.pending.length === 0) {
      this.floorConsumer = this.deliveredConsumer;
      this.floorStream = this.deliveredStream;
    } else if (waiting.consumer === this.floorConsumer + 1) {
      this.floorConsumer = next === undefined ? waiting.consumer : next.consumer - 1;
      this.floorStream = next === undefined ? sequence : next.sequence - 1;
    }
  }

  #again(waiting: Waiting): void {
    const { maxDeliver } = this.rules;
    if (maxDeliver > 0 && waiting.deliveries >= maxDeliver) {
      this.exceeded.push(waiting.sequence);
      this.pending = this.pending.filter((other) => other !== waiting);
    } else if (waiting.queued === null) {
      this.#queueTurn++;
      waiting.queued = this.#queueTurn;
    }
  }

  #waitOf({ deliveries }: Waiting): number {
    const { backoffMillis, waitMillis } = this.rules;
    const step = Math.min(deliveries, backoffMillis.length) - 1;
    return (backoffMillis[step] ?? waitMillis) + grace;
  }

  #dueOf(waiting: Waiting): number {
    return waiting.queued === null
      ? waiting.time + this.#waitOf(waiting)
      : Number.POSITIVE_INFINITY;
  }

  #nextEvent(): number {
    return Math.min(
      ...this.requests.map(({ expiresAt }) => expiresAt),
      ...this.pending.map((waiting) => this.#dueOf(waiting)),
    );
  }

  #happen(): void {
    for (const request of [...this.requests]) {
      if (request.expiresAt <= this.now) {
        this.told.push(`408 Request Timeout ${request.left}`);
        this.requests = this.requests.filter((other) => other !== request);
      }
    }
    for (const waiting of [...this.pending]) {
      if (this.#dueOf(waiting) <= this.now) {
        this.#again(waiting);
      }
    }
    this.serve();
  }

  #find(sequence: number): Waiting | undefined {
    return this.pending.find((waiting) => waiting.sequence === sequence);
  }

  #isWanted({ subject }: ModelMessage): boolean {
    return this.rules.filter === null || subject === this.rules.filter;
  }
}
