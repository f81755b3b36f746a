import { describe, expect, test } from "bun:test";
import { StreamRig } from "./stream-rig.ts";

const get = "$JS.API.DIRECT.GET.S";

function filled(): StreamRig {
  const rig = new StreamRig({ allowDirect: true });
  for (const [subject, body] of [
    ["s.a", "1"],
    ["s.b", "2"],
    ["s.a", "3"],
    ["s.c", "4"],
    ["s.b", "5"],
  ] as const) {
    rig.publish(subject, body);
    rig.time.advance(1000);
  }
  return rig;
}

const ask = (rig: StreamRig, request: object): ReturnType<StreamRig["send"]> =>
  rig.send(get, JSON.stringify(request));

const bodies = (rig: StreamRig, request: object): readonly string[] =>
  ask(rig, request).map(({ status, body }) => status || body);

describe("a direct get of one message", () => {
  test("by sequence tells where the message stands", () => {
    const rig = filled();
    expect(ask(rig, { seq: 3 })).toEqual([
      {
        status: "",
        headers: {
          "Nats-Stream": "S",
          "Nats-Subject": "s.a",
          "Nats-Sequence": "3",
          "Nats-Time-Stamp": "2026-11-22T23:32:23Z",
        },
        body: "3",
      },
    ]);
  });

  test("keeps the message's own headers before those", () => {
    const rig = new StreamRig({ allowDirect: true });
    rig.publish("s.a", "", { A: "b" });
    expect(Object.keys(ask(rig, { seq: 1 })[0]?.headers ?? {})).toEqual([
      "A",
      "Nats-Stream",
      "Nats-Subject",
      "Nats-Sequence",
      "Nats-Time-Stamp",
    ]);
  });

  test("takes the last, the next, or the first after a time", () => {
    const rig = filled();
    expect(bodies(rig, { last_by_subj: "s.a" })).toEqual(["3"]);
    expect(bodies(rig, { last_by_subj: "s.*" })).toEqual(["5"]);
    expect(bodies(rig, { next_by_subj: "s.b", seq: 3 })).toEqual(["5"]);
    expect(bodies(rig, { next_by_subj: "s.b" })).toEqual(["2"]);
    expect(bodies(rig, { start_time: "2026-11-22T23:32:22.5Z" })).toEqual(["3"]);
    expect(bodies(rig, { seq: 2, no_hdr: true })).toEqual(["2"]);
  });

  test("by the subject behind the stream's name is the last of it", () => {
    const rig = filled();
    expect(rig.send(`${get}.s.a`)[0]?.body).toBe("3");
    expect(rig.send(`${get}.s.a`, '{"no_hdr":true}')).toEqual([
      { status: "", headers: {}, body: "3" },
    ]);
    expect(rig.send(`${get}.s.a`, '{"seq":1}')[0]?.status).toBe("408 Bad Request");
    expect(rig.send(`${get}.s.x`)[0]?.status).toBe("404 Message Not Found");
  });

  test("says what is wrong with the request", () => {
    const rig = filled();
    const status = (body: string): string | undefined => rig.send(get, body)[0]?.status;
    expect(status("")).toBe("408 Empty Request");
    expect(status("{}")).toBe("408 Empty Request");
    expect(status("{")).toBe("408 Malformed Request");
    expect(status('{"seq":"1"}')).toBe("408 Malformed Request");
    expect(status('{"seq":1,"last_by_subj":"s.a"}')).toBe("408 Bad Request");
    expect(status('{"last_by_subj":"s.a","batch":2}')).toBe("408 Bad Request");
    expect(status('{"multi_last":["s.a"],"next_by_subj":"s.a"}')).toBe("408 Bad Request");
    expect(status('{"seq":9}')).toBe("404 Message Not Found");
    expect(rig.send(get, '{"seq":1}', { "Nats-Required-Api-Level": "99" })[0]?.status).toBe(
      "412 Required Api Level",
    );
    expect(rig.send(get, '{"seq":1}', { "Nats-Required-Api-Level": "4" })[0]?.body).toBe("1");
  });

  test("of what is not durable yet is answered when it is; of the rest at once", () => {
    const rig = new StreamRig({ allowDirect: true });
    rig.publish("s.a", "old");
    rig.isHolding = true;
    rig.ask("s.b", "new");
    const waiting = rig.ask(`${get}.s.b`);
    const known = rig.ask(`${get}.s.a`);
    rig.time.turn();
    expect([waiting.length, known[0]?.body]).toEqual([0, "old"]);
    rig.release();
    expect(waiting[0]?.body).toBe("new");
  });

  test("is answered only where the stream allows it, under the domain too", () => {
    const rig = new StreamRig({ allowDirect: true }, { domain: "hub" });
    rig.publish("s.a", "1");
    expect(rig.send("$JS.hub.API.DIRECT.GET.S.s.a")[0]?.body).toBe("1");
    rig.stream.update({ ...rig.stream.config, allowDirect: false });
    expect(rig.send(`${get}.s.a`)).toEqual([]);
  });
});

describe("a direct get of many", () => {
  test("counts down what is left, names the one before, and ends", () => {
    const rig = filled();
    const answers = ask(rig, { seq: 1, batch: 3 });
    expect(answers.map(({ body, headers }) => [body, headers["Nats-Num-Pending"]])).toEqual([
      ["1", "4"],
      ["2", "3"],
      ["3", "2"],
      ["", "2"],
    ]);
    expect(answers.map(({ headers }) => headers["Nats-Last-Sequence"])).toEqual([
      "0",
      "1",
      "2",
      "3",
    ]);
    expect(answers.at(-1)?.status).toBe("204 EOB");
  });

  test("steps over what is gone, and ends early where there is no more", () => {
    const rig = filled();
    rig.stream.removeMessage(2, false, () => {});
    expect(bodies(rig, { seq: 2, batch: 9 })).toEqual(["3", "4", "5", "204 EOB"]);
    expect(bodies(rig, { next_by_subj: "s.b", batch: 9 })).toEqual(["5", "204 EOB"]);
    expect(bodies(rig, { seq: 9, batch: 2 })).toEqual(["404 Message Not Found"]);
  });

  test("stops behind the message that fills the bytes asked for", () => {
    const rig = filled();
    expect(bodies(rig, { seq: 1, batch: 5, max_bytes: 5 })).toEqual(["1", "2", "204 EOB"]);
  });

  test("of the last messages of subjects gives them in order, up to a sequence or a time", () => {
    const rig = filled();
    const all = { multi_last: ["s.a", "s.>"] };
    expect(bodies(rig, all)).toEqual(["3", "4", "5", "204 EOB"]);
    expect(bodies(rig, { ...all, up_to_seq: 4 })).toEqual(["2", "3", "4", "204 EOB"]);
    expect(bodies(rig, { ...all, up_to_time: "2026-11-22T23:32:22.5Z" })).toEqual([
      "1",
      "2",
      "204 EOB",
    ]);
    expect(bodies(rig, { ...all, seq: 4 })).toEqual(["4", "5", "204 EOB"]);
    expect(bodies(rig, { ...all, batch: 1 })).toEqual(["3", "204 EOB"]);
    expect(bodies(rig, { multi_last: ["s.x"] })).toEqual(["404 No Results"]);
    expect(bodies(rig, { ...all, up_to_time: "2020-01-01T00:00:00Z" })).toEqual(["404 No Results"]);
    expect(ask(rig, { ...all, up_to_seq: 4 }).at(-1)?.headers).toEqual({
      "Nats-Num-Pending": "0",
      "Nats-Last-Sequence": "4",
      "Nats-UpTo-Sequence": "4",
    });
  });

  test("of more subjects than a named number is refused", () => {
    const rig = new StreamRig({ allowDirect: true });
    for (let at = 0; at < 1025; at++) {
      rig.client.publish(`s.${at}`, "");
    }
    rig.time.turn();
    expect(bodies(rig, { multi_last: ["s.*"] })).toEqual(["413 Too Many Results"]);
    rig.stream.removeMessage(1, false, () => {});
    expect(bodies(rig, { multi_last: ["s.*"] })).toHaveLength(1025);
  });
});
