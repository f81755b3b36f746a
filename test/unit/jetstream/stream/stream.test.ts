import { describe, expect, test } from "bun:test";
import { apiErrors } from "../../../../src/jetstream/api-error.ts";
import { StreamRig, TestListener } from "./stream-rig.ts";

const error = (code: number, errCode: number, description: string): string =>
  JSON.stringify({
    error: { code, err_code: errCode, description },
    stream: "S",
    seq: 0,
  });

describe("a publish", () => {
  test("is stored and acknowledged with its sequence", () => {
    const rig = new StreamRig();
    expect(rig.publish("s.a", "one")).toBe('{"stream":"S","seq":1}');
    expect(rig.publish("s.b", "two")).toBe('{"stream":"S","seq":2}');
    expect(rig.stored()).toEqual([
      { sequence: 1, subject: "s.a", headers: {}, body: "one" },
      { sequence: 2, subject: "s.b", headers: {}, body: "two" },
    ]);
  });

  test("is acknowledged with the domain where there is one", () => {
    const rig = new StreamRig({}, { domain: "hub" });
    expect(rig.publish("s.a")).toBe('{"stream":"S","domain":"hub","seq":1}');
  });

  test("is not acknowledged before it is durable", () => {
    const rig = new StreamRig();
    rig.isHolding = true;
    const heard = rig.ask("s.a", "one");
    rig.time.turn();
    expect(heard).toEqual([]);
    expect(rig.stream.visibleSequence).toBe(0);
    rig.release();
    expect(heard).toHaveLength(1);
    expect(rig.stream.visibleSequence).toBe(1);
  });

  test("is stored without an answer when the stream gives none, or nobody asked", () => {
    const rig = new StreamRig({ noAck: true });
    expect(rig.send("s.a", "one")).toEqual([]);
    expect(rig.sequences).toEqual([1]);
    const other = new StreamRig();
    other.client.publish("s.a", "one");
    other.time.turn();
    expect(other.sequences).toEqual([1]);
  });

  test("goes through the stream's transform of subjects; what does not match stays as it is", () => {
    const rig = new StreamRig({ subjectTransform: { src: "s.in.*", dest: "s.out.$1" } });
    rig.publish("s.in.x");
    rig.publish("s.other");
    expect(rig.stored().map(({ subject }) => subject)).toEqual(["s.out.x", "s.other"]);
  });

  test("keeps its headers, but no status, no request information and no wish for a trace", () => {
    const rig = new StreamRig();
    const block = new TextEncoder().encode(
      "NATS/1.0 503 Busy\r\nA: 1\r\nNats-Request-Info: x\r\nNats-Trace-Dest: t\r\n\r\n",
    );
    rig.client.publish("s.a", "", { headers: block });
    rig.client.publish("s.a", "", { headers: new TextEncoder().encode("NATS/1.0 503\r\n\r\n") });
    rig.time.turn();
    expect(rig.stored().map(({ headers }) => headers)).toEqual([
      { A: "1", "Nats-Trace-Dest": "trace disabled" },
      {},
    ]);
  });

  test("above the limit of what may wait is refused at once, and only that", () => {
    const rig = new StreamRig({}, { maxBufferedMessages: 2 });
    rig.isHolding = true;
    const waiting = [rig.ask("s.a"), rig.ask("s.a")];
    const late = rig.ask("s.a");
    expect(late).toEqual([
      {
        status: "429 Too Many Requests",
        headers: {},
        body: error(429, 10167, "too many requests"),
      },
    ]);
    rig.release();
    expect(waiting.map((heard) => heard.length)).toEqual([1, 1]);
    expect(rig.publish("s.a")).toBe('{"stream":"S","seq":3}');
  });

  test("is refused by the account's budget, which is told of every change", () => {
    const rig = new StreamRig();
    rig.publish("s.a", "12345");
    expect(rig.usage).toEqual({ messages: 1, bytes: 30 + 3 + 5 });
    rig.overBudget = apiErrors.accountResourcesExceeded;
    expect(rig.publish("s.a")).toBe(error(400, 10002, "resource limits exceeded for account"));
    rig.stream.purgeNow({ filter: "", sequence: 0, keep: 0 });
    expect(rig.usage).toEqual({ messages: 0, bytes: 0 });
  });

  test("to a sealed stream is refused", () => {
    const rig = new StreamRig({ sealed: true });
    expect(rig.publish("s.a")).toBe(error(400, 10109, "invalid operation on sealed stream"));
  });
});

describe("a store that fails", () => {
  test("turns what waits into refusals, says so once, and takes nothing more", () => {
    const rig = new StreamRig();
    rig.isHolding = true;
    const waiting = rig.ask("s.a");
    const done: unknown[] = [];
    rig.stream.removeMessage(1, false, (failure) => done.push(failure?.errCode));
    rig.store.break("disk full");
    const failed = error(503, 10077, "disk full");
    expect(waiting.map(({ body }) => body)).toEqual([failed]);
    expect(done).toEqual([10077]);
    expect(rig.failures).toEqual(["disk full"]);
    expect(rig.publish("s.a")).toBe(failed);
    expect(rig.store.state.lastSequence).toBe(1);
  });

  test("tells a purge and a removal that they cannot be done", () => {
    const rig = new StreamRig();
    rig.publish("s.a");
    rig.store.break("gone");
    const done: unknown[] = [];
    rig.stream.purge({ filter: "", sequence: 0, keep: 0 }, (failure) => done.push(failure));
    rig.stream.removeMessage(1, true, (failure) => done.push(failure));
    expect(done).toEqual([]);
    rig.time.turn();
    expect(done).toEqual([
      apiErrors.streamStoreFailed("gone"),
      apiErrors.streamStoreFailed("gone"),
    ]);
    expect(rig.sequences).toEqual([1]);
  });
});

describe("duplicates", () => {
  const id = { "Nats-Msg-Id": "m1" };

  test("are answered with the first one's sequence, and not stored", () => {
    const rig = new StreamRig();
    expect(rig.publish("s.a", "1", id)).toBe('{"stream":"S","seq":1}');
    expect(rig.publish("s.a", "2", id)).toBe('{"stream":"S","seq":1,"duplicate": true}');
    expect(rig.sequences).toEqual([1]);
  });

  test("are not answered before the first one is durable", () => {
    const rig = new StreamRig();
    rig.isHolding = true;
    rig.ask("s.a", "", id);
    const heard = rig.ask("s.a", "", id);
    rig.time.turn();
    expect(heard).toEqual([]);
    rig.release();
    expect(heard).toHaveLength(1);
  });

  test("are none any more when the window has passed", () => {
    const rig = new StreamRig({ duplicateWindowNanos: 1_000_000_000n });
    rig.publish("s.a", "", id);
    rig.time.advance(900);
    expect(rig.publish("s.a", "", id)).toContain("duplicate");
    rig.time.advance(101);
    expect(rig.publish("s.a", "", id)).toBe('{"stream":"S","seq":2}');
    rig.time.advance(5000);
    expect(rig.stream.rememberedIds).toBe(0);
  });

  test("are known before the expected sequence is asked for: a retry does not conflict with itself", () => {
    const rig = new StreamRig();
    const headers = { ...id, "Nats-Expected-Last-Subject-Sequence": "0" };
    rig.publish("s.a", "", headers);
    expect(rig.publish("s.a", "", headers)).toBe('{"stream":"S","seq":1,"duplicate": true}');
  });

  test("are known after a restart, and so is the last id", () => {
    const rig = new StreamRig();
    rig.publish("s.a", "", id);
    rig.publish("s.a", "", { "Nats-Msg-Id": "m2" });
    rig.open({});
    expect(rig.publish("s.a", "", id)).toContain('"seq":1,"duplicate": true');
    expect(rig.publish("s.a", "", { "Nats-Expected-Last-Msg-Id": "m2" })).toContain('"seq":3');
  });
});

describe("listeners", () => {
  test("are woken once a turn, when something they want is visible", () => {
    const rig = new StreamRig();
    const all = new TestListener();
    const some = new TestListener("s.b");
    rig.stream.listen(all);
    rig.stream.listen(some);
    rig.stream.setAwake(all, true);
    rig.stream.setAwake(some, true);
    rig.isHolding = true;
    rig.ask("s.a");
    rig.ask("s.a");
    rig.time.turn();
    expect(all.heard).toEqual([]);
    rig.release();
    expect(all.heard).toEqual(["stored 2"]);
    expect(some.heard).toEqual([]);
    rig.publish("s.b");
    expect(some.heard).toEqual(["stored 3"]);
    expect([rig.stream.storedFor(all), rig.stream.storedFor(some)]).toEqual([3, 1]);
  });

  test("that sleep hear nothing, and wake up to what was stored meanwhile", () => {
    const rig = new StreamRig();
    const listener = new TestListener();
    rig.stream.listen(listener);
    rig.isHolding = true;
    rig.ask("s.a");
    rig.stream.setAwake(listener, true);
    rig.release();
    expect(listener.heard).toEqual(["stored 1"]);
    rig.stream.setAwake(listener, false);
    rig.publish("s.a");
    expect(listener.heard).toEqual(["stored 1"]);
  });

  test("hear of removals of what they want", () => {
    const rig = new StreamRig({ maxMessages: 2 });
    const all = new TestListener();
    const some = new TestListener("s.b");
    rig.stream.listen(all);
    const listening = rig.stream.listen(some);
    rig.publish("s.a");
    rig.publish("s.b");
    rig.publish("s.c");
    rig.stream.removeMessage(2, false, () => {});
    expect(all.heard).toEqual(["removed 1 s.a", "removed 2 s.b"]);
    expect(some.heard).toEqual(["removed 2 s.b"]);
    listening[Symbol.dispose]();
    rig.stream.purge({ filter: "", sequence: 0, keep: 0 }, () => {});
    expect(some.heard).toHaveLength(1);
  });

  test("hear of a large purge once, those only whom it may concern", () => {
    const rig = new StreamRig();
    const some = new TestListener("s.b.*");
    const other = new TestListener("s.c.*");
    rig.stream.listen(some);
    rig.stream.listen(other);
    for (let at = 0; at < 40; at++) {
      rig.publish(`s.b.${at % 4}`);
    }
    expect(rig.stream.purgeNow({ filter: "s.b.>", sequence: 0, keep: 0 })).toBe(40);
    expect([some.heard, other.heard]).toEqual([["purged"], []]);
  });
});

describe("an interest stream", () => {
  test("numbers what nobody wants and stores nothing", () => {
    const rig = new StreamRig({ retention: "interest" });
    expect(rig.publish("s.a")).toBe('{"stream":"S","seq":1}');
    expect([rig.store.state.messages, rig.store.state.firstSequence]).toEqual([0, 2]);
    rig.stream.listen(new TestListener("s.b"));
    expect(rig.publish("s.a")).toBe('{"stream":"S","seq":2}');
    expect(rig.publish("s.b")).toBe('{"stream":"S","seq":3}');
    expect(rig.sequences).toEqual([3]);
  });

  test("remembers the id of what it did not store", () => {
    const rig = new StreamRig({ retention: "interest" });
    rig.publish("s.a", "", { "Nats-Msg-Id": "x" });
    expect(rig.publish("s.a", "", { "Nats-Msg-Id": "x" })).toContain('"duplicate": true');
  });

  test("lets a message go when the last who needs it is done", () => {
    const rig = new StreamRig({ retention: "interest" });
    const one = new TestListener();
    const other = new TestListener("s.a");
    rig.stream.listen(one);
    rig.stream.listen(other);
    rig.publish("s.a");
    rig.publish("s.b");
    rig.stream.acknowledged(one, 1);
    rig.stream.acknowledged(one, 2);
    expect(rig.sequences).toEqual([1]);
    one.needsAll = false;
    rig.stream.acknowledged(other, 1);
    expect(rig.sequences).toEqual([]);
    expect([...one.heard, ...other.heard]).toEqual([]);
  });

  test("finds after a restart what its consumers are done with", () => {
    const rig = new StreamRig({ retention: "interest" });
    rig.stream.listen(new TestListener());
    for (const subject of ["s.a", "s.b", "s.c"]) {
      rig.publish(subject);
    }
    const stream = rig.open({ retention: "interest" });
    stream.reconcile();
    expect(rig.sequences).toEqual([1, 2, 3]);
    const listener = new TestListener();
    listener.needsAll = false;
    listener.needed.add(2);
    stream.listen(listener);
    stream.reconcile();
    expect(rig.sequences).toEqual([2]);
  });

  test("lets go of what only a deleted consumer needed", () => {
    const rig = new StreamRig({ retention: "interest" });
    const leaving = new TestListener();
    const staying = new TestListener("s.b");
    rig.stream.listen(leaving);
    const listening = rig.stream.listen(staying);
    rig.publish("s.a");
    rig.publish("s.b");
    rig.stream.retire(leaving, 1);
    expect(rig.sequences).toEqual([2]);
    listening[Symbol.dispose]();
    rig.stream.retire(leaving, 1);
    expect(rig.sequences).toEqual([]);
  });
});

describe("a work queue", () => {
  test("lets a message go with its acknowledgement, and keeps what nobody wants yet", () => {
    const rig = new StreamRig({ retention: "workqueue" });
    const worker = new TestListener("s.a");
    rig.stream.listen(worker);
    rig.publish("s.a");
    rig.publish("s.b");
    rig.stream.acknowledged(worker, 1);
    expect(rig.sequences).toEqual([2]);
    worker.needsAll = false;
    rig.stream.reconcile();
    expect(rig.sequences).toEqual([2]);
  });
});

describe("an update", () => {
  test("enforces narrower limits at once", () => {
    const rig = new StreamRig();
    for (const subject of ["s.a", "s.a", "s.b", "s.a"]) {
      rig.publish(subject, "body");
    }
    rig.stream.update({ ...rig.stream.config, maxMessagesPerSubject: 2 });
    expect(rig.sequences).toEqual([2, 3, 4]);
    rig.stream.update({ ...rig.stream.config, maxMessages: 1 });
    expect(rig.sequences).toEqual([4]);
    rig.stream.update({ ...rig.stream.config, maxBytes: 10 });
    expect(rig.sequences).toEqual([]);
  });

  test("listens to new subjects and no more to those left out", () => {
    const rig = new StreamRig();
    rig.stream.update({ ...rig.stream.config, subjects: ["t.>"] });
    expect(rig.publish("s.a")).toBe("");
    expect(rig.publish("t.a")).toBe('{"stream":"S","seq":1}');
  });

  test("from limits to interest lets go of what nobody needs", () => {
    const rig = new StreamRig();
    const listener = new TestListener();
    listener.needsAll = false;
    rig.stream.listen(listener);
    rig.publish("s.a");
    rig.stream.update({ ...rig.stream.config, retention: "interest" });
    expect(rig.sequences).toEqual([]);
  });
});

test("a stopped stream hears nothing, and can be started again", () => {
  const rig = new StreamRig({ allowDirect: true });
  rig.stream.stop();
  expect(rig.publish("s.a")).toBe("");
  rig.stream.start();
  expect(rig.publish("s.a")).toBe('{"stream":"S","seq":1}');
});

test("a purge of few of many tells those whom it concerns", () => {
  const rig = new StreamRig();
  const some = new TestListener("s.b");
  rig.stream.listen(some);
  for (let at = 0; at < 30; at++) {
    rig.publish("s.b");
  }
  expect(rig.stream.purgeNow({ filter: "s.b", sequence: 3, keep: 0 })).toBe(2);
  expect(rig.stream.purgeNow({ filter: "s.b", sequence: 0, keep: 27 })).toBe(1);
  expect(rig.stream.purgeNow({ filter: "s.*", sequence: 0, keep: 26 })).toBe(1);
  expect(some.heard).toEqual(["purged", "purged", "removed 4 s.b"]);
});

test("no purge brings a stream to where numbers are not exact any more", () => {
  const rig = new StreamRig();
  rig.stream.purgeNow({ filter: "", sequence: Number.MAX_SAFE_INTEGER, keep: 0 });
  expect(rig.publish("s.a")).toBe(`{"stream":"S","seq":${2 ** 53 - 2 ** 32}}`);
  rig.stream.skipTo(Number.MAX_SAFE_INTEGER);
  expect(rig.publish("s.a")).toBe(error(503, 10077, "no sequence is left"));
});
