import { expect, test } from "bun:test";
import type { MessageStore } from "../../../../src/jetstream/store/message-store.ts";
import { MessageView } from "../../../../src/jetstream/store/message-view.ts";
import { SubjectFilter } from "../../../../src/jetstream/store/subject-filter.ts";
import { newMessage } from "../../../contract/message-store/message-store-contract.ts";
import { SimulatedDisk } from "../../../simulation/host/simulated-disk.ts";
import { SimulatedRandom } from "../../../simulation/host/simulated-random.ts";
import { SimulatedTime } from "../../../simulation/host/simulated-time.ts";
import { openStores, place } from "../../../simulation/storage/store-stage.ts";

const count = 12_000;
const filters: readonly SubjectFilter[] = [
  new SubjectFilter(["rare.1"]),
  new SubjectFilter(["rare.2", "rare.3"]),
  new SubjectFilter(["rare.*"]),
  new SubjectFilter(["middling"]),
  new SubjectFilter(["middling", "rare.>"]),
];

function subjectOf(random: SimulatedRandom): string {
  if (random.isOne(1200)) {
    return `rare.${random.below(4)}`;
  }
  return random.isOne(150) ? "middling" : "often";
}

function walk(store: MessageStore, filter: SubjectFilter): readonly number[] {
  const view = new MessageView();
  const found: number[] = [];
  for (let at = 0; store.next(filter, at, view); at = view.sequence + 1) {
    found.push(view.sequence);
  }
  return found;
}

test("messages of few subjects among many others are found, from anywhere, with some of them removed", () => {
  const random = new SimulatedRandom(3);
  const time = new SimulatedTime();
  const disk = new SimulatedDisk({ random, timers: time });
  disk.makeDirectory("/data");
  const store = openStores(disk, time, random, { blockCacheBytes: 100_000 }).openMessages(place, {
    storage: "file",
    compression: "none",
    firstSequence: 1,
    isAsync: false,
  });
  const subjects = new Map<number, string>();
  for (let sequence = 1; sequence <= count; sequence++) {
    const subject = subjectOf(random);
    subjects.set(sequence, subject);
    store.append(newMessage({ sequence, subject }));
  }
  for (const [sequence, subject] of subjects) {
    if (subject !== "often" && random.isOne(3)) {
      store.remove(sequence, random.isOne(2));
      subjects.delete(sequence);
    }
  }
  const view = new MessageView();
  for (const filter of filters) {
    const wanted = [...subjects].filter(([, subject]) => filter.matches(subject));
    expect(walk(store, filter)).toEqual(wanted.map(([sequence]) => sequence));
    for (let turn = 0; turn < 40; turn++) {
      const from = random.below(count);
      const next = wanted.find(([sequence]) => sequence >= from)?.[0] ?? 0;
      expect(store.next(filter, from, view) ? view.sequence : 0).toBe(next);
    }
  }
});
