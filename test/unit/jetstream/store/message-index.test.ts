import { describe, expect, test } from "bun:test";
import { IndexBytes } from "../../../../src/jetstream/store/index-dump.ts";
import { type IndexedStore, MessageIndex } from "../../../../src/jetstream/store/message-index.ts";
import { messageTag } from "../../../../src/jetstream/store/message-store.ts";
import { MessageView } from "../../../../src/jetstream/store/message-view.ts";
import { SubjectFilter } from "../../../../src/jetstream/store/subject-filter.ts";
import { newMessage } from "../../../contract/message-store/message-store-contract.ts";

/** A store that knows no neighbours, as files do: the index must ask. */
class Listed implements IndexedStore {
  readonly subjects: Map<number, string> = new Map();
  readonly index: MessageIndex = new MessageIndex(this, 1);
  asked = 0;

  add(sequence: number, subject: string, fields: { expires?: number; tags?: number } = {}): void {
    this.subjects.set(sequence, subject);
    const { expires = 0, tags = 0 } = fields;
    this.index.added(newMessage({ sequence, subject, expiresMicros: expires, tags }), 10);
  }

  remove(sequence: number): void {
    const subject = this.subjects.get(sequence) ?? "";
    this.subjects.delete(sequence);
    const view = new MessageView();
    view.sequence = sequence;
    view.bytes = new TextEncoder().encode(subject);
    view.subjectLength = view.bytes.length;
    this.index.removed(view, 10);
  }

  firstOf(subject: string, from: number, to: number): number {
    this.asked++;
    return this.#of(subject, from, to)[0] ?? 0;
  }

  lastOf(subject: string, from: number, to: number): number {
    this.asked++;
    return this.#of(subject, from, to).at(-1) ?? 0;
  }

  countOf(filter: SubjectFilter, from: number, to: number): number {
    const wanted = [...this.subjects].filter(
      ([sequence, subject]) => sequence >= from && sequence <= to && filter.matches(subject),
    );
    return wanted.length;
  }

  #of(subject: string, from: number, to: number): readonly number[] {
    return [...this.subjects]
      .filter(([sequence, own]) => own === subject && sequence >= from && sequence <= to)
      .map(([sequence]) => sequence);
  }
}

function dumped(index: MessageIndex): Uint8Array {
  const parts = index.dump();
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

describe("the index of a store that knows no neighbours", () => {
  test("finds the first and the last of a subject when they are asked for, and only then", () => {
    const store = new Listed();
    for (let sequence = 1; sequence <= 9; sequence++) {
      store.add(sequence, sequence % 3 === 0 ? "b" : "a");
    }
    store.remove(1);
    store.remove(2);
    store.remove(8);
    expect(store.asked).toBe(0);
    expect(store.index.totals("a")).toEqual({ messages: 3, first: 4, last: 7 });
    expect(store.asked).toBe(2);
    expect(store.index.totals("a")).toEqual({ messages: 3, first: 4, last: 7 });
    expect(store.asked).toBe(2);
  });

  test("needs no search when one message is left and one end is known", () => {
    const store = new Listed();
    store.add(1, "k");
    store.add(2, "k");
    store.remove(1);
    expect(store.index.totals("k")).toEqual({ messages: 1, first: 2, last: 2 });
    store.add(3, "k");
    store.remove(3);
    expect(store.index.totals("k")).toEqual({ messages: 1, first: 2, last: 2 });
    expect(store.asked).toBe(0);
  });

  test("a new message ends the doubt about the last one", () => {
    const store = new Listed();
    for (const sequence of [1, 2, 3]) {
      store.add(sequence, "k");
    }
    store.remove(3);
    store.add(4, "k");
    expect(store.index.lastOf("k")).toBe(4);
    expect(store.asked).toBe(0);
  });

  test("narrows a search by what it knows of subjects", () => {
    const store = new Listed();
    store.add(1, "a.1");
    store.add(50, "b");
    store.add(70, "a.2");
    store.add(80, "b");
    const filter = new SubjectFilter(["a.*"]);
    expect(store.index.firstPossible(filter, 2)).toBe(70);
    expect(store.index.firstPossible(filter, 71)).toBe(0);
    expect(store.index.lastPossible(filter, 60)).toBe(1);
    expect(store.index.lastPossible(filter, 75)).toBe(70);
    expect(store.index.firstPossible(new SubjectFilter(["b"]), 60)).toBe(60);
  });
});

describe("an index on disk", () => {
  function filled(): Listed {
    const store = new Listed();
    for (let sequence = 1; sequence <= 3000; sequence++) {
      const tags = sequence % 5 === 0 ? messageTag.messageId | messageTag.sourced : 0;
      store.add(sequence, `s.${sequence % 700}`, { expires: sequence % 7 ? 0 : sequence, tags });
    }
    for (let sequence = 1; sequence < 3000; sequence += 3) {
      store.remove(sequence);
    }
    return store;
  }

  test("is the same when it is loaded", () => {
    const { index } = filled();
    const other = new Listed();
    expect(other.index.load(new IndexBytes(dumped(index)))).toBe(true);
    expect({ ...other.index.state }).toEqual({ ...index.state });
    expect(dumped(other.index)).toEqual(dumped(index));
    expect(other.index.totals("s.5")?.messages).toBe(index.totals("s.5")?.messages ?? -1);
    expect(other.index.expired(100, 3)).toEqual(index.expired(100, 3));
    const tagged: number[] = [];
    other.index.eachTagged(messageTag.sourced, 2980, (sequence) => {
      tagged.push(sequence);
      return true;
    });
    expect(tagged).toEqual([2985, 2990, 3000]);
    other.index.added(newMessage({ sequence: 3001, subject: "s.new" }), 10);
    expect(other.index.state.messages).toBe(index.state.messages + 1);
  });

  test("that ends too early is refused, and leaves an empty one", () => {
    const bytes = dumped(filled().index);
    for (let length = 0; length < bytes.length; length += 997) {
      const { index } = new Listed();
      expect(index.load(new IndexBytes(bytes.subarray(0, length)))).toBe(false);
      expect(index.state.messages).toBe(0);
      expect(index.state.subjects).toBe(0);
    }
  });
});
