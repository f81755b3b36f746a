import { expect, test } from "bun:test";
import { messageCost } from "../../../../src/jetstream/store/message-cost.ts";
import type { StreamConfig } from "../../../../src/jetstream/stream/stream-config.ts";
import { headerBlock } from "../../../../src/protocol/headers.ts";
import { type PlainConfig, type PlainPublish, PlainStream } from "./plain-stream.ts";
import { type Headers, StreamRig, TestListener } from "./stream-rig.ts";

const seeds = Number(process.env["STREAM_MODEL_SEEDS"] ?? 120);
const firstSeed = Number(process.env["STREAM_MODEL_FIRST"] ?? 1);
const steps = 60;
/** A timer of a stream waits at least 25 ms. */
const latestMillis = 30;
const subjects = ["s.a", "s.b", "s.c.d"];

class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed * 2_654_435_761) >>> 0 || 1;
  }

  below(bound: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % bound;
  }

  oneOf<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }
}

/** One stream, its plain twin, and a consumer that counts along. */
class Comparison {
  readonly #dice: Dice;
  readonly #windowMillis: number;
  readonly #rig: StreamRig;
  readonly #plain: PlainStream;
  readonly #listener: TestListener = new TestListener("s.b");
  #config: PlainConfig;

  constructor(seed: number) {
    this.#dice = new Dice(seed);
    this.#windowMillis = this.#dice.oneOf([500, 2000]);
    this.#config = this.#limits();
    this.#plain = new PlainStream(this.#config);
    this.#rig = new StreamRig(this.#full());
    this.#rig.stream.listen(this.#listener);
  }

  step(): void {
    const kind = this.#dice.below(20);
    if (kind < 12) {
      this.#publish();
    } else if (kind < 14) {
      const sequence = this.#dice.below(this.#plain.last + 2);
      const removed = this.#rig.stream.removeMessage(sequence, false, () => {});
      expect(removed).toBe(this.#plain.remove(sequence));
    } else if (kind < 16) {
      this.#purge();
    } else if (kind < 18) {
      this.#rig.time.advance(this.#dice.oneOf([10, 400, 1500]));
    } else if (kind < 19) {
      this.#config = this.#limits();
      this.#rig.stream.update({ ...this.#rig.stream.config, ...this.#full() });
      this.#plain.configure(this.#config);
    } else {
      this.#rig.open(this.#full());
      this.#plain.restart();
      this.#rig.stream.listen(this.#listener);
    }
    this.#settle();
    this.#compare();
  }

  #limits(): PlainConfig {
    const dice = this.#dice;
    const discard = dice.oneOf(["old", "old", "new"] as const);
    const maxMessagesPerSubject = dice.oneOf([-1, -1, 1, 2]);
    return {
      maxMessages: dice.oneOf([-1, 3, 8]),
      maxBytes: dice.oneOf([-1, -1, 150, 400]),
      maxMessagesPerSubject,
      discard,
      discardNewPerSubject: discard === "new" && maxMessagesPerSubject > 0 && dice.below(2) === 0,
      maxAgeMillis: dice.oneOf([0, 0, 1000]),
      windowMillis: this.#windowMillis,
    };
  }

  #full(): Partial<StreamConfig> {
    const { maxAgeMillis, windowMillis, ...limits } = this.#config;
    return {
      ...limits,
      maxAgeNanos: BigInt(maxAgeMillis) * 1_000_000n,
      duplicateWindowNanos: BigInt(windowMillis) * 1_000_000n,
      allowRollup: true,
      allowMessageTtl: true,
    };
  }

  #publish(): void {
    const dice = this.#dice;
    const subject = dice.oneOf(subjects);
    const lastOfSubject =
      this.#plain.messages.findLast((message) => message.subject === subject)?.sequence ?? 0;
    const asked: PlainPublish = {
      subject,
      body: "x".repeat(dice.below(60)),
      id: dice.below(3) === 0 ? `id${dice.below(4)}` : "",
      expectedLast: dice.below(8) === 0 ? Math.max(0, this.#plain.last - dice.below(2)) : null,
      expectedOfSubject: dice.below(8) === 0 ? Math.max(0, lastOfSubject - dice.below(2)) : null,
      rollup: dice.oneOf(["", "", "", "", "", "sub", "all"]),
      ttl: dice.oneOf([0, 0, 0, 1, 2, -1]),
    };
    const headers = headersOf(asked);
    const entries = Object.entries(headers);
    const headerLength = entries.length === 0 ? 0 : headerBlock(entries).length;
    const cost = messageCost("file", subject.length, headerLength, asked.body.length);
    const expected = this.#plain.publish(asked, cost, this.#rig.time.wallMillis());
    expect(outcomeOf(this.#rig.publish(subject, asked.body, headers))).toBe(expected);
  }

  #purge(): void {
    const dice = this.#dice;
    const filter = dice.oneOf(["", ...subjects]);
    const sequence = dice.below(3) === 0 ? dice.below(this.#plain.last + 4) : 0;
    const keep = sequence === 0 && dice.below(2) === 0 ? dice.below(4) : 0;
    expect(this.#rig.stream.purgeNow({ filter, sequence, keep })).toBe(
      this.#plain.purge(filter, sequence, keep),
    );
  }

  /** Timers may be late by a little: time passes until nothing has just fallen due. */
  #settle(): void {
    this.#rig.time.advance(0);
    let quiet = 0;
    while (quiet < latestMillis) {
      const before = this.#plain.messages.length;
      this.#rig.time.advance(1);
      this.#plain.expire(this.#rig.time.wallMillis());
      quiet = this.#plain.messages.length < before ? 0 : quiet + 1;
    }
  }

  #compare(): void {
    const { state } = this.#rig.store;
    const plain = this.#plain;
    const wanted = plain.messages.map(({ sequence, subject, body }) => [sequence, subject, body]);
    const found = this.#rig
      .stored()
      .map(({ sequence, subject, body }) => [sequence, subject, body]);
    expect(found).toEqual(wanted);
    expect([state.messages, state.bytes, state.firstSequence, state.lastSequence]).toEqual([
      plain.messages.length,
      plain.bytes,
      plain.first,
      plain.last,
    ]);
    expect(this.#rig.usage).toEqual({ messages: state.messages, bytes: state.bytes });
  }
}

function headersOf(asked: PlainPublish): Headers {
  return {
    ...(asked.id === "" ? {} : { "Nats-Msg-Id": asked.id }),
    ...(asked.expectedLast === null
      ? {}
      : { "Nats-Expected-Last-Sequence": String(asked.expectedLast) }),
    ...(asked.expectedOfSubject === null
      ? {}
      : { "Nats-Expected-Last-Subject-Sequence": String(asked.expectedOfSubject) }),
    ...(asked.rollup === "" ? {} : { "Nats-Rollup": asked.rollup }),
    ...(asked.ttl === 0 ? {} : { "Nats-TTL": asked.ttl === -1 ? "never" : String(asked.ttl) }),
  };
}

function outcomeOf(answer: string): string {
  const parsed: unknown = JSON.parse(answer);
  const { seq, duplicate, error } = parsed as {
    readonly seq: number;
    readonly duplicate?: boolean;
    readonly error?: { readonly err_code: number; readonly description: string };
  };
  if (error !== undefined) {
    return `${error.err_code} ${error.description}`;
  }
  return duplicate === true ? `duplicate ${seq}` : `ok ${seq}`;
}

test(`random publishes, removals, purges, limits, restarts and time: ${seeds} seeds`, () => {
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    const comparison = new Comparison(seed);
    for (let step = 0; step < steps; step++) {
      try {
        comparison.step();
      } catch (fault) {
        const where = `STREAM_MODEL_FIRST=${seed} STREAM_MODEL_SEEDS=1, step ${step}: ${fault}`;
        throw new Error(where, { cause: fault });
      }
    }
  }
});
