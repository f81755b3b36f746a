// What every message store promises, whatever it keeps its messages in: random sequences of calls against the plain store,
// and the promises about tickets and expiry said one by one.

import { describe, expect, test } from "bun:test";
import { messageCost } from "../../../src/jetstream/store/message-cost.ts";
import {
  type MessageStore,
  messageTag,
  type NewMessage,
} from "../../../src/jetstream/store/message-store.ts";
import { MessageView } from "../../../src/jetstream/store/message-view.ts";
import { SubjectFilter } from "../../../src/jetstream/store/subject-filter.ts";
import { type PlainMessage, PlainStore } from "./plain-store.ts";

/** One store, opened for a test. */
export interface OpenedStore {
  readonly store: MessageStore;
  /** What the store counts its messages by. */
  readonly cost: "file" | "memory";
  /** The end of a turn: when it resolves all that was written is durable and `onDurable` was called. */
  commit(): Promise<void>;
  /** Closes it and opens it again as after a restart; null when it does not survive one. */
  reopen: (() => Promise<MessageStore>) | null;
  /** Removes what is left of it. */
  dispose(): Promise<void>;
}

export type OpenStore = (firstSequence: number) => Promise<OpenedStore>;

const encoder: TextEncoder = new TextEncoder();
const noBytes: Uint8Array = new Uint8Array(0);
const subjects = ["a", "a.b", "a.c", "b.1.x", "b.2.x", "b.2.y", "b.3.\xe9", "c"] as const;
const filters: readonly SubjectFilter[] = [
  SubjectFilter.all,
  ...subjects.map((subject) => new SubjectFilter([subject])),
  ...["a.*", "b.*.x", "b.>", "*", "none", "none.>"].map((pattern) => new SubjectFilter([pattern])),
  new SubjectFilter(["a.>", "b.2.*", "a.b"]),
  new SubjectFilter(["c", "none", "b.1.x"]),
  new SubjectFilter(["a", ">"]),
];
const seeds = 25;
const stepsPerSeed = 120;

/** Small and the same everywhere: a seed gives the same run for ever. */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed * 2_654_435_761 + 1) >>> 0;
  }

  below(bound: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * bound);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }
}

export function newMessage(fields: Partial<NewMessage>): NewMessage {
  return {
    sequence: 1,
    timeMicros: 1_700_000_000_000_000,
    restNanos: 0,
    subject: "a",
    headerBytes: noBytes,
    headerStart: 0,
    headerLength: 0,
    bodyBytes: noBytes,
    bodyStart: 0,
    bodyLength: 0,
    expiresMicros: 0,
    tags: 0,
    ...fields,
  };
}

function withText(headers: string, body: string, fields: Partial<NewMessage>): NewMessage {
  // The bytes stand in the middle of others, as they do in a window of the fabric.
  const bytes = encoder.encode(`..${headers}${body}..`);
  return newMessage({
    headerBytes: bytes,
    headerStart: 2,
    headerLength: headers.length,
    bodyBytes: bytes,
    bodyStart: 2 + headers.length,
    bodyLength: body.length,
    ...fields,
  });
}

function shown(view: MessageView): Omit<PlainMessage, "tags"> {
  return {
    sequence: view.sequence,
    timeMicros: view.timeMicros,
    restNanos: view.restNanos,
    subject: view.subject,
    headers: String.fromCharCode(...view.headers),
    body: String.fromCharCode(...view.body),
    expiresMicros: view.expiresMicros,
  };
}

function withoutTags(message: PlainMessage | null): Omit<PlainMessage, "tags"> | null {
  if (message === null) {
    return null;
  }
  const { tags: _, ...rest } = message;
  return rest;
}

function stateOf(store: MessageStore): Readonly<Record<string, number>> {
  const { state } = store;
  return {
    messages: state.messages,
    bytes: state.bytes,
    firstSequence: state.firstSequence,
    lastSequence: state.lastSequence,
    firstTimeMicros: state.firstTimeMicros,
    firstRestNanos: state.firstRestNanos,
    lastTimeMicros: state.lastTimeMicros,
    lastRestNanos: state.lastRestNanos,
    subjects: state.subjects,
    deleted: state.deleted,
  };
}

/** The real store and the plain one, driven alike. */
class Pair {
  store: MessageStore;
  readonly plain: PlainStore;
  readonly #dice: Dice;
  readonly #view: MessageView = new MessageView();
  #time = 1_700_000_000_000_000;

  constructor(opened: OpenedStore, firstSequence: number, dice: Dice) {
    this.store = opened.store;
    this.#dice = dice;
    this.plain = new PlainStore(firstSequence, ({ subject, headers, body }) =>
      messageCost(opened.cost, subject.length, headers.length, body.length),
    );
  }

  change(): void {
    const dice = this.#dice;
    const kind = dice.below(100);
    const near = this.#nearSequence();
    if (kind < 60) {
      this.#append();
    } else if (kind < 90) {
      expect(this.store.remove(near, dice.below(2) === 0)).toBe(this.plain.remove(near));
    } else if (kind < 93) {
      this.store.skipTo(near);
      this.plain.skipTo(near);
    } else if (kind < 98) {
      expect(this.store.removeBelow(near)).toBe(this.plain.removeBelow(near));
    } else {
      expect(this.store.removeAll()).toBe(this.plain.removeAll());
    }
    expect(stateOf(this.store)).toEqual(this.plain.state);
  }

  look(): void {
    const dice = this.#dice;
    const near = this.#nearSequence();
    const filter = dice.pick(filters);
    const found = this.store.read(near, this.#view);
    expect(found ? shown(this.#view) : null).toEqual(withoutTags(this.plain.read(near)));
    const next = this.store.next(filter, near, this.#view);
    expect(next ? shown(this.#view) : null).toEqual(withoutTags(this.plain.next(filter, near)));
    const previous = this.store.previous(filter, near, this.#view);
    expect(previous ? shown(this.#view) : null).toEqual(
      withoutTags(this.plain.previous(filter, near)),
    );
    const isLastOnly = dice.below(2) === 0;
    expect(this.store.count(filter, near, isLastOnly)).toBe(
      this.plain.count(filter, near, isLastOnly),
    );
    const time = this.#time - dice.below(400);
    expect(this.store.sequenceAt(time)).toBe(this.plain.sequenceAt(time));
  }

  lookAtAll(): void {
    const { store, plain } = this;
    expect(stateOf(store)).toEqual(plain.state);
    for (const filter of filters) {
      this.#lookAtFilter(filter);
    }
    const gaps: [number, number][] = [];
    store.eachGap((first, last) => {
      gaps.push([first, last]);
      return true;
    });
    expect(gaps).toEqual([...plain.gaps()] as [number, number][]);
    for (const tag of Object.values(messageTag)) {
      const from = this.#nearSequence();
      const tagged: number[] = [];
      store.eachTagged(tag, from, (view) => {
        tagged.push(view.sequence);
        return true;
      });
      expect(tagged).toEqual([...plain.tagged(tag, from)]);
    }
    const now = this.#time + this.#dice.below(2000) - 1000;
    expect(store.expired(now, 5)).toEqual([...plain.expired(now, 5)]);
    expect(store.expired(now, 5)).toEqual([...plain.expired(now, 5)]);
    expect(store.nextExpiryMicros).toBe(plain.nextExpiryMicros);
  }

  #lookAtFilter(filter: SubjectFilter): void {
    const seen: number[] = [];
    let at = 0;
    while (this.store.next(filter, at, this.#view)) {
      seen.push(this.#view.sequence);
      at = this.#view.sequence + 1;
    }
    const wanted = this.plain.messages.filter(({ subject }) => filter.matches(subject));
    expect(seen).toEqual(wanted.map(({ sequence }) => sequence));
    const totals: unknown[] = [];
    this.store.eachSubject(filter, (subject, found) => {
      totals.push([subject, { ...found }]);
      return true;
    });
    expect(totals).toEqual([...this.plain.subjects(filter)]);
    if (filter.literal !== null) {
      const own = this.plain.subjects(filter)[0]?.[1] ?? null;
      expect(this.store.subjectTotals(filter.literal)).toEqual(own);
    }
  }

  #append(): void {
    const dice = this.#dice;
    this.#time += dice.below(20);
    const hasHeaders = dice.below(3) === 0;
    const message = withText(
      hasHeaders ? `NATS/1.0\r\nK: ${"v".repeat(dice.below(20))}\r\n\r\n` : "",
      "body ".repeat(dice.below(60)).slice(dice.below(5)),
      {
        sequence: this.plain.lastSequence + (dice.below(10) === 0 ? 1 + dice.below(5) : 1),
        timeMicros: this.#time,
        restNanos: dice.below(1000),
        subject: dice.pick(subjects),
        expiresMicros: dice.below(4) === 0 ? this.#time + 1 + dice.below(1000) : 0,
        tags: dice.below(3) === 0 ? dice.below(8) : 0,
      },
    );
    this.plain.append(message);
    this.store.append(message);
  }

  #nearSequence(): number {
    const { firstSequence, lastSequence } = this.plain;
    return Math.max(0, firstSequence - 3 + this.#dice.below(lastSequence - firstSequence + 7));
  }
}

export function messageStoreContract(name: string, open: OpenStore): void {
  describe(`a message store (${name})`, () => {
    test("agrees with a plain list after any calls", async () => {
      for (let seed = 1; seed <= seeds; seed++) {
        const dice = new Dice(seed);
        const first = dice.pick([1, 1, 7, 65_530]);
        const opened = await open(first);
        const pair = new Pair(opened, first, dice);
        for (let step = 0; step < stepsPerSeed; step++) {
          pair.change();
          pair.look();
          if (dice.below(20) === 0) {
            await opened.commit();
          }
        }
        pair.lookAtAll();
        await opened.commit();
        if (opened.reopen !== null) {
          pair.store = await opened.reopen();
          pair.lookAtAll();
        }
        await opened.dispose();
      }
    });

    test("a sequence far away leaves the numbers between deleted", async () => {
      const opened = await open(1);
      const { store } = opened;
      store.append(newMessage({ sequence: 1 }));
      store.append(newMessage({ sequence: 1_000_000_000_000, subject: "b" }));
      expect(store.state.deleted).toBe(999_999_999_998);
      const view = new MessageView();
      expect(store.next(SubjectFilter.all, 2, view)).toBe(true);
      expect(view.sequence).toBe(1_000_000_000_000);
      expect(store.remove(1, false)).toBe(true);
      expect(store.state.firstSequence).toBe(1_000_000_000_000);
      expect(store.state.deleted).toBe(0);
      await opened.dispose();
    });

    test("what is written is durable with the end of the turn, and that is told afterwards", async () => {
      const opened = await open(1);
      const { store } = opened;
      const told: number[] = [];
      store.onDurable = () => told.push(store.durable);
      store.append(newMessage({ sequence: 1 }));
      store.append(newMessage({ sequence: 2 }));
      const ticket = store.written;
      expect(ticket).toBeGreaterThanOrEqual(2);
      expect(told).toEqual([]);
      await opened.commit();
      expect(store.durable).toBe(ticket);
      expect(told.at(-1)).toBe(ticket);
      for (const change of [
        () => store.remove(1, true),
        () => store.skipTo(10),
        () => store.removeBelow(5),
        () => store.removeAll(),
      ]) {
        const before = store.written;
        change();
        expect(store.written).toBeGreaterThan(before);
        await opened.commit();
        expect(store.durable).toBe(store.written);
      }
      await opened.dispose();
    });

    test("removing below a number that was never given moves the next one there", async () => {
      const opened = await open(1);
      const { store } = opened;
      store.append(newMessage({ sequence: 1 }));
      expect(store.removeBelow(100)).toBe(1);
      expect(store.state.firstSequence).toBe(100);
      expect(store.state.lastSequence).toBe(99);
      store.append(newMessage({ sequence: 100 }));
      expect(store.state.messages).toBe(1);
      await opened.dispose();
    });

    test("a spoilt view says so", async () => {
      const opened = await open(1);
      const { store } = opened;
      store.append(newMessage({ sequence: 1, subject: "a" }));
      const view = new MessageView();
      expect(store.read(1, view)).toBe(true);
      expect(store.next(new SubjectFilter(["b"]), 1, view)).toBe(false);
      expect(store.previous(new SubjectFilter(["b"]), 1, view)).toBe(false);
      expect(store.read(2, view)).toBe(false);
      await opened.dispose();
    });

    test("messages of any size come back as they were", async () => {
      const opened = await open(1);
      const { store } = opened;
      const sizes = [0, 1, 3, 4, 127, 128, 1000, 70_000, 300_000, 5, 1_100_000, 2];
      for (const [index, size] of sizes.entries()) {
        const body = Uint8Array.from({ length: size }, (_, at) => (at * 7 + index) & 255);
        store.append(
          newMessage({ sequence: index + 1, bodyBytes: body, bodyLength: size, subject: "s.t" }),
        );
      }
      await opened.commit();
      const view = new MessageView();
      for (const [index, size] of sizes.entries()) {
        expect(store.read(index + 1, view)).toBe(true);
        expect(view.bodyLength).toBe(size);
        expect(view.body.every((byte, at) => byte === ((at * 7 + index) & 255))).toBe(true);
      }
      await opened.dispose();
    });

    test("a filter that wants one in ten thousand finds it from both ends", async () => {
      const opened = await open(1);
      const { store } = opened;
      const count = 10_000;
      for (let sequence = 1; sequence <= count; sequence++) {
        const subject = sequence === 7000 ? "rare.one" : `often.${sequence % 10}`;
        store.append(newMessage({ sequence, subject }));
      }
      await opened.commit();
      const view = new MessageView();
      const rare = new SubjectFilter(["rare.*"]);
      expect(store.next(rare, 1, view)).toBe(true);
      expect(view.sequence).toBe(7000);
      expect(store.next(rare, 7001, view)).toBe(false);
      expect(store.previous(rare, count, view)).toBe(true);
      expect(view.sequence).toBe(7000);
      expect(store.previous(rare, 6999, view)).toBe(false);
      expect(store.count(rare, 1, false)).toBe(1);
      expect(store.count(new SubjectFilter(["often.3"]), 5000, false)).toBe(500);
      expect(store.count(new SubjectFilter(["often.*"]), 6999, true)).toBe(10);
      await opened.dispose();
    });

    test("one subject of fifty is read through, while its messages go and come", async () => {
      const opened = await open(1);
      const { store } = opened;
      const dice = new Dice(7);
      const wanted = new SubjectFilter(["s.7"]);
      const there: number[] = [];
      const add = (count: number): void => {
        for (let left = count; left > 0; left--) {
          const sequence = store.state.lastSequence + 1;
          const number = dice.below(50);
          store.append(newMessage({ sequence, subject: `s.${number}` }));
          if (number === 7) {
            there.push(sequence);
          }
        }
      };
      const view = new MessageView();
      const next = (from: number): number => (store.next(wanted, from, view) ? view.sequence : 0);
      const nextThere = (from: number): number => there.find((at) => at >= from) ?? 0;
      add(3000);
      await opened.commit();
      for (let at = 0, round = 0; ; at = nextThere(at + 1), round++) {
        expect(next(at + 1)).toBe(nextThere(at + 1));
        if (nextThere(at + 1) === 0) {
          break;
        }
        const gone = dice.below(8) === 0 ? there.splice(dice.below(there.length), 1) : [];
        for (const sequence of gone) {
          expect(store.remove(sequence, false)).toBe(true);
        }
        if (round < 20) {
          add(40);
        }
        const anywhere = dice.below(store.state.lastSequence) + 1;
        expect(next(anywhere)).toBe(nextThere(anywhere));
      }
      await opened.commit();
      await opened.dispose();
    });
  });
}
