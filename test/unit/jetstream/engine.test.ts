import { describe, expect, test } from "bun:test";
import { encodeStreamDescription } from "../../../src/jetstream/stream/stream-config-json.ts";
import { noAccountLimits } from "../../../src/jetstream/tenancy.ts";
import { EngineRig } from "./engine-rig.ts";
import { plainConfig } from "./stream/stream-rig.ts";

const encoder = new TextEncoder();
const place = { account: "A", stream: "S" };

function texts(messages: readonly { readonly body: Uint8Array }[]): readonly object[] {
  return messages.map(({ body }) => JSON.parse(new TextDecoder().decode(body)));
}

describe("streams of an account", () => {
  test("a stream is answered for when its description is durable, and takes nothing before", () => {
    const rig = new EngineRig().start();
    rig.stores.isHolding = true;
    const made = rig.create({});
    expect(made.isDone).toBe(false);
    rig.client().publish("s.early", "x");
    rig.turn();
    rig.stores.release();
    expect(made).toMatchObject({ isDone: true, failure: null });
    rig.client().publish("s.late", "y");
    rig.turn();
    expect(rig.stream("S").access.store.state.messages).toBe(1);
  });

  test("who asks for the same while it is made gets the same, who asks for another is refused", () => {
    const rig = new EngineRig().start();
    rig.stores.isHolding = true;
    const first = rig.create({});
    const same = rig.create({});
    const other = rig.create({ maxMessages: 5 });
    rig.stores.release();
    rig.turn();
    expect(first.value).toBe(rig.stream("S"));
    expect(same.value).toBe(rig.stream("S"));
    expect(other.failure).toMatchObject({ errCode: 10058 });
  });

  test("a description that cannot be written leaves no stream, and the name free", async () => {
    const rig = new EngineRig().start();
    rig.stores.refusal = "the disk says no";
    expect(rig.create({}).failure).toMatchObject({
      errCode: 10049,
      description: "error creating store for stream",
    });
    expect(rig.account().stream("S")).toBeNull();
    await Promise.resolve();
    rig.stores.refusal = null;
    await settled(rig);
    expect(rig.create({}).failure).toBeNull();
  });

  test("no two streams have the same subjects, also not after an update", () => {
    const rig = new EngineRig().start();
    rig.create({});
    expect(rig.create({ name: "T", subjects: ["s.1"] }).failure).toMatchObject({ errCode: 10065 });
    rig.create({ name: "T", subjects: ["t.>"] });
    const update = rig.update("T", { subjects: ["t.>", "s.*"] });
    expect(update.failure).toMatchObject({ errCode: 10065 });
    expect(rig.update("S", { subjects: ["u"] }).failure).toBeNull();
    expect(rig.update("T", { subjects: ["t.>", "s.*"] }).failure).toBeNull();
  });

  test("what is kept for consumers from now on is kept for those that are there", () => {
    const rig = new EngineRig().start();
    for (const name of ["S", "T"]) {
      const subjects = [`${name}.>`];
      rig.create({ name, subjects });
      rig.client().publish(`${name}.1`, "x");
      rig.turn();
      if (name === "T") {
        rig.addConsumer(name, { durable: "C" });
      }
      expect(rig.update(name, { subjects, retention: "interest" }).failure).toBeNull();
      rig.turn();
    }
    expect(rig.stream("S").access.store.state).toMatchObject({ messages: 0, firstSequence: 2 });
    expect(rig.stream("T").access.store.state.messages).toBe(1);
  });

  test("while an update becomes durable nobody takes what either configuration needs", () => {
    const rig = new EngineRig().start();
    rig.create({});
    rig.stores.isHolding = true;
    const update = rig.update("S", { subjects: ["u"] });
    expect(update.isDone).toBe(false);
    const wanted = { name: "T", subjects: ["u"] };
    expect(rig.create(wanted).failure).toMatchObject({ errCode: 10065 });
    const former = { name: "T", subjects: ["s.1"] };
    expect(rig.create(former).failure).toMatchObject({ errCode: 10065 });
    rig.stores.release();
    expect(update.failure).toBeNull();
    expect(rig.create(former).failure).toBeNull();
    rig.stores.refusal = "the disk says no";
    expect(rig.update("S", { subjects: ["v"] }).failure).toMatchObject({ errCode: 10069 });
    expect(rig.stream("S").access.config.subjects).toEqual(["u"]);
  });

  test("a deleted stream's name is given again when its files are gone", async () => {
    const rig = new EngineRig().start();
    rig.create({});
    rig.client().publish("s.1", "x");
    rig.turn();
    rig.stores.isHolding = true;
    const removed = rig.remove("S");
    const again = rig.create({});
    await settled(rig);
    expect([removed.isDone, again.isDone]).toEqual([false, false]);
    rig.stores.release();
    await settled(rig);
    expect(removed).toMatchObject({ isDone: true, failure: null });
    expect(again).toMatchObject({ isDone: true, failure: null });
    expect(rig.stream("S").access.store.state.messages).toBe(0);
  });

  test("what happens to streams is announced to who listens", async () => {
    const rig = new EngineRig({ A: {} }, { domain: "hub" }).start();
    const heard = rig.heard("$JS.EVENT.ADVISORY.STREAM.>");
    rig.create({});
    rig.update("S", { maxMessages: 5 });
    rig.remove("S");
    await settled(rig);
    expect(texts(heard)).toMatchObject(
      ["create", "modify", "delete"].map((action) => ({
        type: "io.nats.jetstream.advisory.v1.stream_action",
        stream: "S",
        action,
        domain: "hub",
      })),
    );
  });
});

test("what is put into a bucket under the domain's name gets there", () => {
  const rig = new EngineRig({ A: {} }, { domain: "hub" }).start();
  rig.create({ name: "KV_B", subjects: ["$KV.B.>"] });
  const heard = rig.heard("answer");
  rig.client().publish("$JS.hub.API.$KV.B.key", "value", { reply: "answer" });
  rig.turn();
  expect(texts(heard)).toMatchObject([{ stream: "KV_B", seq: 1 }]);
  expect(rig.stream("KV_B").access.store.subjectTotals("$KV.B.key")?.messages).toBe(1);
});

describe("limits", () => {
  test("an account has so many streams and no more", () => {
    const rig = new EngineRig({ A: { maxStreams: 1 } }).start();
    rig.create({});
    const second = rig.create({ name: "T", subjects: ["t"] });
    expect(second.failure).toMatchObject({ errCode: 10027 });
    expect(rig.create({}).failure).toBeNull();
  });

  test("what streams may hold is reserved, in the account and in the server", () => {
    const rig = new EngineRig({ A: { maxStorage: 1000 } }, { maxMemory: 2000 }).start();
    expect(rig.create({ maxBytes: 600 }).failure).toBeNull();
    const file = { name: "T", subjects: ["t"], maxBytes: 600 };
    expect(rig.create(file).failure).toMatchObject({ errCode: 10047 });
    expect(rig.update("S", { maxBytes: 1001 }).failure).toMatchObject({ errCode: 10047 });
    expect(rig.update("S", { maxBytes: 1000 }).failure).toBeNull();
    const memory = { ...file, storage: "memory", maxBytes: 2001 } as const;
    expect(rig.create(memory).failure).toMatchObject({ errCode: 10028 });
    expect(rig.account().usage()).toMatchObject({ streams: 1, reservedStorage: 1000 });
    expect(rig.engine.resources.reserved.file).toBe(1000);
  });

  test("a publish beyond the account's bytes is refused, and gives way when something went", async () => {
    const rig = new EngineRig({ A: { maxStorage: 100 } }).start();
    rig.create({});
    const heard = rig.heard("answer");
    const publish = (): object => {
      rig.client().publish("s.1", "x".repeat(50), { reply: "answer" });
      rig.turn();
      return texts(heard).at(-1) ?? {};
    };
    expect(publish()).toEqual({ stream: "S", seq: 1 });
    expect(publish()).toMatchObject({ error: { err_code: 10002 } });
    expect(rig.account().usage().storage).toBe(83);
    rig.stream("S").access.purge({ filter: "", sequence: 0, keep: 0 }, () => undefined);
    rig.turn();
    expect(publish()).toMatchObject({ stream: "S" });
    rig.remove("S");
    await settled(rig);
    expect(rig.account().usage().storage).toBe(0);
    expect(rig.engine.resources.used.file).toBe(0);
  });

  test("accounts that want more together than the server has do not start", () => {
    const rig = new EngineRig(
      { A: { maxMemory: 600 }, B: { maxMemory: 600 } },
      { maxMemory: 1000 },
    );
    expect(() => rig.start()).toThrow("insufficient memory resources available");
  });

  test("an account without JetStream is told so", () => {
    const rig = new EngineRig({ A: null }).start();
    expect(rig.create({}).failure).toMatchObject({ errCode: 10039 });
  });
});

describe("consumers of a stream", () => {
  test("are made, found again under the same configuration, and changed", () => {
    const rig = new EngineRig().start();
    rig.create({});
    const made = rig.addConsumer("S", {});
    expect(made).toMatchObject({ isDone: true, failure: null });
    expect(rig.addConsumer("S", {}, "create").value).toBe(made.value);
    const other = rig.addConsumer("S", { maxAckPending: 5 }, "create");
    expect(other.failure).toMatchObject({ errCode: 10148 });
    expect(rig.addConsumer("S", { maxAckPending: 5 }, "update").failure).toBeNull();
    expect(rig.stream("S").consumer("C")?.config.maxAckPending).toBe(5);
    const missing = rig.addConsumer("S", { durable: "D", name: "D" }, "update");
    expect(missing.failure).toMatchObject({ errCode: 10149 });
  });

  test("are no more than stream and account allow", () => {
    const rig = new EngineRig({ A: { maxConsumers: 1 } }).start();
    rig.create({});
    rig.addConsumer("S", {});
    const second = rig.addConsumer("S", { durable: "D", name: "D" });
    expect(second.failure).toMatchObject({ errCode: 10026 });
  });

  test("narrower limits of the stream are refused while a consumer exceeds them", () => {
    const rig = new EngineRig().start();
    rig.create({});
    rig.addConsumer("S", { maxAckPending: 500 });
    const consumerLimits = { inactiveThresholdNanos: 0n, maxAckPending: 100 };
    expect(rig.update("S", { consumerLimits }).failure).toMatchObject({
      errCode: 10069,
      description: "change to limits violates consumers: C",
    });
  });

  test("an ephemeral one goes when nobody used it", async () => {
    const rig = new EngineRig().start();
    rig.create({});
    rig.addConsumer("S", { durable: "", name: "E", inactiveThresholdNanos: 1_000_000_000n });
    expect(rig.stream("S").consumerCount).toBe(1);
    rig.time.advance(3000);
    await settled(rig);
    expect(rig.stream("S").consumerCount).toBe(0);
  });
});

describe("after a restart", () => {
  test("streams and durable consumers are there, what was in memory is not", async () => {
    const rig = new EngineRig().start();
    rig.create({});
    rig.create({ name: "M", subjects: ["m"], storage: "memory" });
    rig.addConsumer("S", {});
    rig.client().publish("s.1", "x");
    rig.turn();
    await rig.restart();
    expect(rig.isReady).toBe(true);
    expect(rig.stream("S").access.store.state.messages).toBe(1);
    expect(rig.stream("S").consumer("C")?.status().pending).toBe(1);
    expect(rig.account().stream("M")).toBeNull();
    expect(rig.account().usage().storage).toBeGreaterThan(0);
    rig.client().publish("s.2", "y");
    rig.turn();
    expect(rig.stream("S").access.store.state.messages).toBe(2);
  });

  test("what cannot be read or is of a higher level stays, offline, and hides nobody", async () => {
    const rig = new EngineRig().start();
    rig.create({});
    const newer = { ...plainConfig, name: "N", metadata: { "_nats.req.level": "9" } };
    const done = (): void => undefined;
    const level = encodeStreamDescription({ config: newer, createdNanos: 5n });
    rig.stores.describeStream({ account: "A", stream: "N" }, level, done);
    rig.stores.describeStream({ account: "A", stream: "X" }, encoder.encode("{oops"), done);
    const unknown = '{"created":"2026-01-01T00:00:00Z","config":{"name":"U","fancy":1}}';
    rig.stores.describeStream({ account: "A", stream: "U" }, encoder.encode(unknown), done);
    rig.turn();
    await rig.restart();
    expect(rig.stream("S").offlineReason).toBe("");
    expect(rig.stream("N").offlineReason).toBe(
      "unsupported - required API level: 9, current API level: 4",
    );
    expect(rig.stream("U").offlineReason).toContain('unknown field "fancy"');
    expect(rig.stream("X").offlineReason).toContain("decoding error");
    const asked = rig.addConsumer("N", {});
    expect(asked.failure).toMatchObject({ errCode: 10194 });
  });

  test("an unsupported consumer takes its stream offline", async () => {
    const rig = new EngineRig().start();
    rig.create({});
    rig.stores.describeConsumer(place, "C", encoder.encode("{}"), () => undefined);
    rig.turn();
    await rig.restart();
    expect(rig.stream("S").offlineReason).toBe('stopped - unsupported consumer "C"');
    expect(rig.stream("S").consumer("C")?.offlineReason).not.toBe("");
  });

  test("streams of accounts that are not served stay on disk", async () => {
    const rig = new EngineRig({ A: {}, B: {} }).start();
    rig.create({}, "B");
    rig.limits = { A: rig.limits["A"] ?? null, B: null };
    await rig.restart();
    expect(rig.engine.account("B")?.stream("S")).toBeNull();
    expect(rig.stores.find()).toHaveLength(1);
    rig.limits = { A: rig.limits["A"] ?? null, B: rig.limits["A"] ?? null };
    await rig.engine.applyTenants(() => rig.tenants());
    expect(rig.engine.account("B")?.stream("S")?.offlineReason).toBe("");
  });
});

describe("accounts that change while it runs", () => {
  test("what is being created in others is let alone", async () => {
    const rig = new EngineRig({ A: {}, B: null }).start();
    const asked: (string | undefined)[] = [];
    const find = rig.stores.find.bind(rig.stores);
    rig.stores.find = (account) => {
      asked.push(account);
      return find(account);
    };
    await rig.engine.applyTenants(() => rig.tenants());
    expect(asked).toEqual([]);
    rig.limits = { A: rig.limits["A"] ?? null, B: noAccountLimits };
    await rig.engine.applyTenants(() => rig.tenants());
    expect(asked).toEqual(["B"]);
  });

  test("an account that comes back waits until its streams are closed", async () => {
    const rig = new EngineRig({ A: {} }).start();
    rig.create({});
    const before = rig.stream("S");
    const whole = rig.tenants();
    const without = whole.map((tenant) => ({ ...tenant, limits: null }));
    const off = rig.engine.applyTenants(() => without);
    const on = rig.engine.applyTenants(() => whole);
    await settled(rig);
    await Promise.all([off, on]);
    expect(rig.stream("S").offlineReason).toBe("");
    expect(before === rig.stream("S")).toBe(false);
  });

  test("it is told who the accounts are when their turn comes", async () => {
    const rig = new EngineRig({ A: {} }).start();
    rig.create({});
    const on = rig.limits["A"] ?? null;
    const dropped = rig.engine.dropAccounts(["A"]);
    rig.limits = { A: null };
    const applied = rig.engine.applyTenants(() => rig.tenants());
    rig.limits = { A: on };
    await settled(rig);
    await Promise.all([dropped, applied]);
    expect(rig.account("A").isEnabled).toBe(true);
    expect(rig.stream("S").offlineReason).toBe("");
  });
});

describe("a storage that fails", () => {
  test("is told once, and healthy streams go on", () => {
    const rig = new EngineRig().start();
    rig.create({});
    rig.create({ name: "T", subjects: ["t"] });
    rig.stream("S").access.store.onFailed("EIO: broken");
    rig.stream("S").access.store.onFailed("EIO: broken");
    expect(rig.engine.failures).toEqual([{ account: "A", stream: "S", reason: "EIO: broken" }]);
    expect(rig.outOfStorage).toBe(0);
  });

  test("a full disk ends JetStream, and the system account hears of it", () => {
    const rig = new EngineRig().start();
    rig.create({});
    const heard = rig.heard("$JS.EVENT.ADVISORY.SERVER.OUT_OF_STORAGE", "$SYS");
    rig.stream("S").access.store.onFailed("ENOSPC: no space left on device");
    rig.turn();
    expect(rig.outOfStorage).toBe(1);
    expect(texts(heard)).toMatchObject([
      {
        type: "io.nats.jetstream.advisory.v1.server_out_of_space",
        server: "eyes",
        server_id: "NID",
        stream: "S",
        cluster: "",
      },
    ]);
  });
});

/** Closing is told by promises. */
async function settled(rig: EngineRig): Promise<void> {
  for (let round = 0; round < 10; round++) {
    await Promise.resolve();
    rig.turn();
  }
}
