import { describe, expect, test } from "bun:test";
import { MemoryStores } from "../../../../src/jetstream/store/memory-stores.ts";
import type { StreamStoreOptions } from "../../../../src/jetstream/store/stores.ts";
import { newMessage } from "../../../contract/message-store/message-store-contract.ts";

const place = { account: "A", stream: "S" };
const file: StreamStoreOptions = {
  storage: "file",
  compression: "none",
  firstSequence: 1,
  isAsync: false,
};
const text = (written: string): Uint8Array => new TextEncoder().encode(written);

describe("stores in memory", () => {
  test("ask for one end of turn, however much is written", () => {
    let woken = 0;
    const stores = new MemoryStores({ wake: () => woken++ });
    const store = stores.openMessages(place, file);
    const journal = stores.openConsumer(place, "C", "memory");
    const done: (string | null)[] = [];
    store.append(newMessage({ sequence: 1 }));
    store.append(newMessage({ sequence: 2 }));
    journal.append(text("change"));
    stores.describeStream(place, text("S"), (failure) => done.push(failure));
    expect([woken, store.durable, journal.durable, done]).toEqual([1, 0, 0, []]);
    stores.commitTurn();
    expect([store.durable, journal.durable, done]).toEqual([2, 1, [null]]);
    store.append(newMessage({ sequence: 3 }));
    expect(woken).toBe(2);
  });

  test("what a listener writes is left for the next turn", () => {
    let woken = 0;
    const stores = new MemoryStores({ wake: () => woken++ });
    const store = stores.openMessages(place, file);
    store.append(newMessage({ sequence: 1 }));
    store.onDurable = () => {
      if (store.state.messages < 3) {
        store.append(newMessage({ sequence: store.state.lastSequence + 1 }));
      }
    };
    stores.commitTurn();
    expect([store.written, store.durable, woken]).toEqual([2, 1, 2]);
    stores.commitTurn();
    stores.commitTurn();
    expect([store.written, store.durable]).toEqual([3, 3]);
  });

  test("keep what is of file storage, and find it sorted", () => {
    const stores = new MemoryStores({ wake: () => undefined });
    const none = (): void => undefined;
    stores.describeStream({ account: "B", stream: "A" }, text("BA"), none);
    stores.describeStream({ account: "A", stream: "Z" }, text("AZ"), none);
    stores.describeStream(place, text("AS"), none);
    stores.describeConsumer(place, "two", text("2"), none);
    stores.describeConsumer(place, "one", text("1"), none);
    stores.openMessages(place, file).append(newMessage({ sequence: 1 }));
    const journal = stores.openConsumer(place, "one", "file");
    expect(journal.takeRecovered()).toBeNull();
    journal.replace(text("state"));
    journal.append(text("more"));
    const found = stores.find();
    expect(found.map((stream) => [stream.place.account, stream.place.stream])).toEqual([
      ["A", "S"],
      ["A", "Z"],
      ["B", "A"],
    ]);
    expect(found[0]?.consumers.map(({ name }) => name)).toEqual(["one", "two"]);
    expect(stores.openMessages(place, file).state.messages).toBe(1);
    const again = stores.openConsumer(place, "one", "file");
    const recovered = again.takeRecovered();
    expect(recovered?.snapshot).toEqual(text("state"));
    expect(recovered?.changes).toEqual([text("more")]);
    stores.removeStream(place, none);
    expect(stores.find().length).toBe(2);
    expect(stores.openMessages(place, file).state.messages).toBe(0);
  });

  test("forget what is of memory storage", () => {
    const stores = new MemoryStores({ wake: () => undefined });
    const memory = { ...file, storage: "memory" as const };
    stores.openMessages(place, memory).append(newMessage({ sequence: 1 }));
    const journal = stores.openConsumer(place, "C", "memory");
    journal.append(text("change"));
    expect(journal.changeBytes).toBe(0);
    expect(stores.openMessages(place, memory).state.messages).toBe(0);
    expect(stores.openConsumer(place, "C", "memory").takeRecovered()).toBeNull();
  });
});
