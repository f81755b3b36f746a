import { describe, expect, test } from "bun:test";
import type { StreamRestore } from "../../../src/jetstream/api/backup/stream-restore.ts";
import type { ApiError } from "../../../src/jetstream/api-error.ts";
import type { ConsumerBackup } from "../../../src/jetstream/consumer/consumer-backup.ts";
import type { StreamConfig } from "../../../src/jetstream/stream/stream-config.ts";
import { newMessage } from "../../contract/message-store/message-store-contract.ts";
import { askedConfig } from "./consumer/consumer-rig.ts";
import { EngineRig } from "./engine-rig.ts";
import { plainConfig } from "./stream/stream-rig.ts";

const state: ConsumerBackup = {
  deliveredConsumer: 3,
  deliveredStream: 3,
  floorConsumer: 1,
  floorStream: 1,
  pending: [
    { sequence: 2, consumerSequence: 2, timeMillis: 0 },
    { sequence: 3, consumerSequence: 3, timeMillis: 0 },
  ],
  redelivered: new Map([[3, 1]]),
};

function begin(
  rig: EngineRig,
  config: Partial<StreamConfig> = {},
): { restore: StreamRestore | null; failure: ApiError | null } {
  const begun: { restore: StreamRestore | null; failure: ApiError | null } = {
    restore: null,
    failure: null,
  };
  rig.account().restoreStream({ ...plainConfig, ...config }, (failure, restore) => {
    begun.restore = restore;
    begun.failure = failure;
  });
  return begun;
}

function begunOf(rig: EngineRig, config: Partial<StreamConfig> = {}): StreamRestore {
  const { restore } = begin(rig, config);
  if (restore === null) {
    throw new Error("the restore should have begun");
  }
  for (const sequence of [1, 2, 3, 4, 5]) {
    restore.store.append(newMessage({ sequence, subject: "s.a" }));
  }
  return restore;
}

interface End {
  isDone: boolean;
  failure: ApiError | null;
}

function finish(rig: EngineRig, restore: StreamRestore): End {
  const end: End = { isDone: false, failure: null };
  restore.finish((failure) => {
    end.isDone = true;
    end.failure = failure;
  });
  rig.turn();
  rig.turn();
  return end;
}

async function settled(rig: EngineRig): Promise<void> {
  for (let left = 10; left > 0; left--) {
    await Promise.resolve();
    rig.turn();
  }
}

describe("a stream that is restored", () => {
  test("is seen by nobody before it is whole, and then goes on", () => {
    const rig = new EngineRig().start();
    const restore = begunOf(rig);
    restore.createdNanos = 77n;
    rig.client().publish("s.b", "not for it yet");
    rig.turn();
    expect(rig.account().stream("S")).toBeNull();
    expect(finish(rig, restore)).toEqual({ isDone: true, failure: null });
    expect(rig.stream("S").access.createdNanos).toBe(77n);
    rig.client().publish("s.b", "for it");
    rig.turn();
    expect(rig.stream("S").access.store.state.messages).toBe(6);
  });

  test("brings its consumers to where they stood, and keeps them after a restart", async () => {
    const rig = new EngineRig().start();
    const restore = begunOf(rig);
    const config = { ...askedConfig, durable: "C", name: "C", ackPolicy: "explicit" as const };
    restore.addConsumer({ name: "C", config, createdNanos: 5n, state });
    expect(finish(rig, restore).failure).toBeNull();
    for (const _ of ["now", "after a restart"]) {
      const consumer = rig.stream("S").consumer("C");
      expect(consumer?.createdNanos).toBe(5n);
      expect(consumer?.backup(100)).toMatchObject({
        ...state,
        pending: state.pending.map(({ sequence }) => ({ sequence })),
      });
      expect(consumer?.status().pending).toBe(2);
      await rig.restart();
    }
  });

  test("holds its name from the beginning", () => {
    const rig = new EngineRig().start();
    const restore = begunOf(rig);
    const made = rig.create({});
    expect(made.isDone).toBe(false);
    finish(rig, restore);
    expect(made).toMatchObject({ isDone: true, failure: null });
    expect(begin(rig).failure).toMatchObject({ errCode: 10130 });
  });

  test("is given up when its subjects were taken meanwhile", async () => {
    const rig = new EngineRig().start();
    const restore = begunOf(rig);
    rig.create({ name: "T", subjects: ["s.*"] });
    expect(finish(rig, restore).failure).toMatchObject({ errCode: 10065 });
    await settled(rig);
    expect(rig.account().stream("S")).toBeNull();
    expect(begin(rig, { subjects: ["free"] }).restore).not.toBeNull();
  });

  test("leaves nothing when a consumer cannot be restored", async () => {
    const rig = new EngineRig().start();
    const restore = begunOf(rig);
    const config = { ...askedConfig, durable: "C", name: "C", filterSubject: "s..x" };
    restore.addConsumer({ name: "C", config, createdNanos: null, state });
    expect(finish(rig, restore).failure).not.toBeNull();
    await settled(rig);
    expect(rig.account().stream("S")).toBeNull();
    expect(rig.stores.find()).toEqual([]);
  });

  test("leaves nothing when it is abandoned, and its name is free", async () => {
    const rig = new EngineRig().start();
    begunOf(rig).abandon();
    const made = rig.create({});
    await settled(rig);
    expect(made).toMatchObject({ isDone: true, failure: null });
    expect(rig.stream("S").access.store.state.messages).toBe(0);
  });

  test("is given up when the server stops, and takes no more", async () => {
    const rig = new EngineRig().start();
    const restore = begunOf(rig);
    await rig.restart();
    expect(restore.refusal()).not.toBeNull();
    expect(rig.account().stream("S")).toBeNull();
    expect(rig.stores.find()).toEqual([]);
  });

  test("may hold no more than its account", () => {
    const rig = new EngineRig({ A: { maxStorage: 200 } }).start();
    const { restore } = begin(rig);
    expect(restore?.refusal()).toBeNull();
    for (const sequence of [1, 2, 3, 4, 5, 6, 7]) {
      restore?.store.append(newMessage({ sequence, subject: "s.a" }));
    }
    expect(restore?.refusal()).toMatchObject({ errCode: 10047 });
  });
});
