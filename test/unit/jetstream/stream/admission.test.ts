import { describe, expect, test } from "bun:test";
import { StreamRig } from "./stream-rig.ts";

/** The number and the text of a refusal, or "ok". */
function outcome(answer: string): string {
  const found = /"err_code":(\d+),"description":"(.*?)"[,}]/.exec(answer);
  return found === null ? "ok" : `${found[1]} ${found[2]?.replaceAll('\\"', "'")}`;
}

const of = (rig: StreamRig, subject: string, headers = {}, body = ""): string =>
  outcome(rig.publish(subject, body, headers));

describe("expected headers", () => {
  test("of another stream are refused", () => {
    const rig = new StreamRig();
    expect(of(rig, "s.a", { "Nats-Expected-Stream": "T" })).toBe(
      "10060 expected stream does not match",
    );
    expect(of(rig, "s.a", { "Nats-Expected-Stream": "S" })).toBe("ok");
  });

  test("of the last sequence hold for the stream", () => {
    const rig = new StreamRig();
    rig.publish("s.a");
    expect(of(rig, "s.a", { "Nats-Expected-Last-Sequence": "0" })).toBe(
      "10071 wrong last sequence: 1",
    );
    expect(of(rig, "s.a", { "Nats-Expected-Last-Sequence": "x" })).toBe(
      "10071 wrong last sequence: 1",
    );
    expect(of(rig, "s.a", { "Nats-Expected-Last-Sequence": "" })).toBe("ok");
    expect(of(rig, "s.a", { "Nats-Expected-Last-Sequence": "2" })).toBe("ok");
  });

  test("of the last sequence of a subject hold for it, or for the subject they name", () => {
    const rig = new StreamRig();
    rig.publish("s.a");
    rig.publish("s.b");
    const expecting = (sequence: number, subject = ""): Record<string, string> => ({
      "Nats-Expected-Last-Subject-Sequence": String(sequence),
      ...(subject === "" ? {} : { "Nats-Expected-Last-Subject-Sequence-Subject": subject }),
    });
    expect(of(rig, "s.a", expecting(2))).toBe("10071 wrong last sequence: 1");
    expect(of(rig, "s.c", expecting(1))).toBe("10071 wrong last sequence: 0");
    expect(of(rig, "s.c", expecting(0))).toBe("ok");
    expect(of(rig, "s.c", expecting(2, "s.b"))).toBe("ok");
    expect(of(rig, "s.c", expecting(1, "s.*"))).toBe("10071 wrong last sequence: 4");
    expect(of(rig, "s.c", expecting(4, "s.*"))).toBe("ok");
    expect(of(rig, "s.a", { "Nats-Expected-Last-Subject-Sequence-Subject": "s.a" })).toBe(
      "10193 missing sequence for expected last sequence per subject",
    );
  });

  test("of the last message's id hold for the message before, whatever it had", () => {
    const rig = new StreamRig();
    rig.publish("s.a", "", { "Nats-Msg-Id": "one" });
    expect(of(rig, "s.a", { "Nats-Expected-Last-Msg-Id": "two" })).toBe(
      "10070 wrong last msg ID: one",
    );
    expect(of(rig, "s.a", { "Nats-Expected-Last-Msg-Id": "one" })).toBe("ok");
    expect(of(rig, "s.a", { "Nats-Expected-Last-Msg-Id": "one" })).toBe(
      "10070 wrong last msg ID: ",
    );
  });
});

describe("sizes", () => {
  test("above the stream's are refused, headers counted", () => {
    const rig = new StreamRig({ maxMessageSize: 40 });
    expect(of(rig, "s.a", {}, "x".repeat(41))).toBe("10054 message size exceeds maximum allowed");
    expect(of(rig, "s.a", {}, "x".repeat(40))).toBe("ok");
    expect(of(rig, "s.a", { A: "1" }, "x".repeat(30))).toContain("10054");
  });

  test("above the stream's are refused before what headers ask for", () => {
    const rig = new StreamRig({ maxMessageSize: 80 });
    rig.publish("s.a", "", { "Nats-Msg-Id": "one" });
    const long = "x".repeat(80);
    for (const headers of [
      { "Nats-Expected-Last-Sequence": "7" },
      { "Nats-Expected-Stream": "T" },
      { "Nats-Msg-Id": "one" },
      { "Nats-Rollup": "all" },
    ]) {
      expect(of(rig, "s.a", headers, long)).toContain("10054");
    }
  });

  test("of headers above 64 KB are refused", () => {
    const rig = new StreamRig();
    expect(of(rig, "s.a", { A: "x".repeat(65_535) })).toBe(
      "10097 header size exceeds maximum allowed of 64k",
    );
  });

  test("of records above 32 MiB are refused in files, and taken in memory", () => {
    const body = "x".repeat(32 * 1024 * 1024);
    expect(of(new StreamRig(), "s.a", {}, body)).toBe("10077 message too large");
    expect(of(new StreamRig({ storage: "memory" }), "s.a", {}, body)).toBe("ok");
  });
});

describe("a full stream that discards what is new", () => {
  test("refuses by messages, unless the message replaces one of its subject", () => {
    const rig = new StreamRig({ discard: "new", maxMessages: 2, maxMessagesPerSubject: 1 });
    rig.publish("s.a");
    rig.publish("s.b");
    expect(of(rig, "s.c")).toBe("10077 maximum messages exceeded");
    expect(of(rig, "s.a")).toBe("ok");
    expect(rig.sequences).toEqual([2, 3]);
  });

  test("refuses by bytes, unless what is replaced was as large", () => {
    const rig = new StreamRig({ discard: "new", maxBytes: 80, maxMessagesPerSubject: 1 });
    rig.publish("s.a", "12345");
    rig.publish("s.b", "12345");
    expect(of(rig, "s.c")).toBe("10077 maximum bytes exceeded");
    expect(of(rig, "s.a", {}, "123456")).toBe("10077 maximum bytes exceeded");
    expect(of(rig, "s.a", {}, "54321")).toBe("ok");
  });

  test("refuses by subject where it shall, but takes what rolls up", () => {
    const rig = new StreamRig({
      discard: "new",
      discardNewPerSubject: true,
      maxMessagesPerSubject: 1,
      allowRollup: true,
    });
    rig.publish("s.a");
    expect(of(rig, "s.a")).toBe("10077 maximum messages per subject exceeded");
    expect(of(rig, "s.a", { "Nats-Rollup": "sub" })).toBe("ok");
    expect(rig.sequences).toEqual([2]);
  });
});

describe("roll-ups", () => {
  test("replace all before them, or all of their subject", () => {
    const rig = new StreamRig({ allowRollup: true });
    for (const subject of ["s.a", "s.b", "s.a"]) {
      rig.publish(subject);
    }
    expect(of(rig, "s.a", { "Nats-Rollup": "SUB" })).toBe("ok");
    expect(rig.sequences).toEqual([2, 4]);
    expect(of(rig, "s.c", { "Nats-Rollup": "all" })).toBe("ok");
    expect(rig.sequences).toEqual([5]);
  });

  test("are refused where they are not allowed, or say something else", () => {
    expect(of(new StreamRig(), "s.a", { "Nats-Rollup": "sub" })).toBe("10111 rollup not permitted");
    const rig = new StreamRig({ allowRollup: true });
    expect(of(rig, "s.a", { "Nats-Rollup": "some" })).toBe("10111 rollup value invalid: 'some'");
    expect(rig.sequences).toEqual([]);
  });
});

test("clients may not say where a message was sourced from, nor use features the stream has not", () => {
  const rig = new StreamRig();
  expect(of(rig, "s.a", { "Nats-Stream-Source": "T 1 > > s.a" })).toBe(
    "10227 message stream source header is not allowed",
  );
  expect(of(rig, "s.a", { "Nats-Incr": "+1" })).toBe("10168 message counters is disabled");
  expect(of(rig, "s.a", { "Nats-Schedule": "@every 1s" })).toBe(
    "10188 message schedules is disabled",
  );
});
