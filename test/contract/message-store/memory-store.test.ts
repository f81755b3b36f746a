// The memory store under the contract of message stores, costs counted either way.

import { describe, expect, test } from "bun:test";
import { MemoryStore } from "../../../src/jetstream/store/memory-store.ts";
import { MessageView } from "../../../src/jetstream/store/message-view.ts";
import { SubjectFilter } from "../../../src/jetstream/store/subject-filter.ts";
import { messageStoreContract, newMessage, type OpenedStore } from "./message-store-contract.ts";

function opened(cost: "file" | "memory", firstSequence: number): OpenedStore {
  const store = new MemoryStore({ cost, firstSequence, onWritten: () => undefined });
  return {
    store,
    cost,
    commit: () => {
      store.settle();
      return Promise.resolve();
    },
    reopen: null,
    dispose: () => store.close(),
  };
}

messageStoreContract("memory", (first) => Promise.resolve(opened("memory", first)));
messageStoreContract("memory that counts as files", (first) =>
  Promise.resolve(opened("file", first)),
);

describe("the memory of a memory store", () => {
  test("is little when the store is new or empty again", () => {
    const { store } = opened("memory", 1);
    expect(store.memoryBytes).toBeLessThan(4000);
    for (let sequence = 1; sequence <= 50_000; sequence++) {
      store.append(newMessage({ sequence, subject: `k.${sequence}` }));
    }
    expect(store.memoryBytes).toBeGreaterThan(1_000_000);
    store.removeAll();
    expect(store.memoryBytes).toBeLessThan(4000);
  });

  test("beside the messages is less than 40 bytes for each", () => {
    const { store } = opened("memory", 1);
    const body = new Uint8Array(100);
    const count = 100_000;
    for (let sequence = 1; sequence <= count; sequence++) {
      store.append(
        newMessage({ sequence, subject: "orders.new", bodyBytes: body, bodyLength: 100 }),
      );
    }
    expect(store.memoryBytes / count).toBeLessThan(12);
  });

  test("comes back when a few subjects are written again and again", () => {
    const { store } = opened("memory", 1);
    const last = new Map<string, number>();
    const body = new Uint8Array(200).fill(1);
    for (let sequence = 1; sequence <= 60_000; sequence++) {
      // A few keys are never written again and stay between those that go.
      const subject = sequence % 997 === 0 ? `cold.${sequence}` : `hot.${sequence % 50}`;
      store.append(newMessage({ sequence, subject, bodyBytes: body, bodyLength: 200 }));
      const before = last.get(subject);
      if (before !== undefined) {
        store.remove(before, false);
      }
      last.set(subject, sequence);
    }
    expect(store.state.messages).toBe(110);
    expect(store.memoryBytes).toBeLessThan(100_000);
    const view = new MessageView();
    let seen = 0;
    for (let at = 0; store.next(SubjectFilter.all, at, view); at = view.sequence + 1) {
      expect(view.bodyLength).toBe(200);
      expect(last.get(view.subject)).toBe(view.sequence);
      seen++;
    }
    expect(seen).toBe(110);
  });

  test("comes back from the head of a stream that keeps its newest", () => {
    const { store } = opened("memory", 1);
    const body = new Uint8Array(500);
    for (let sequence = 1; sequence <= 40_000; sequence++) {
      store.append(newMessage({ sequence, bodyBytes: body, bodyLength: 500 }));
      store.removeBelow(sequence - 99);
    }
    expect(store.state.messages).toBe(100);
    expect(store.memoryBytes).toBeLessThan(700_000);
  });
});
